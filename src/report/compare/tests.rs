//! Comparisons of fabricated scores.

use super::{tables::*, *};
use crate::{markdown, terminal};

/// An arm of the stage `paths`; seeds from 0, NaN-free values or none.
fn arm(label: &str, score: &str, values: &[Option<f64>]) -> VariantScores {
    let seeds = values.iter().zip(0..).map(|(value, seed)| {
        let scores = value.map(|value| vec![(score.to_owned(), value)]);
        (seed, scores)
    });
    let stage = "paths".parse().unwrap();
    let is_baseline = label == "baseline";
    VariantScores { stage, label: label.to_owned(), is_baseline, seeds: seeds.collect() }
}

fn all(values: &[f64]) -> Vec<Option<f64>> {
    values.iter().copied().map(Some).collect()
}

fn verdicts(score: &str, baseline: &[f64], other: &[f64]) -> &'static str {
    let arms = [arm("baseline", score, &all(baseline)), arm("acai", score, &all(other))];
    rows(&arms)[1].against.unwrap().verdict.word()
}

#[test]
fn better_is_what_the_score_says() {
    let (low, high) = ([0.1, 0.2, 0.3], [1.1, 1.25, 1.3]);
    assert_eq!(verdicts("mean_distance", &high, &low), "better");
    assert_eq!(verdicts("mean_distance", &low, &high), "worse");
    assert_eq!(verdicts("accuracy", &low, &high), "better");
    assert_eq!(verdicts("accuracy", &high, &low), "worse");
    assert_eq!(verdicts("colourfulness", &high, &low), "differs");
}

#[test]
fn equal_arms_are_inconclusive() {
    let values = [0.1, 0.25, 0.3];
    assert_eq!(verdicts("accuracy", &values, &values), "inconclusive");
    assert_eq!(verdicts("accuracy", &[0.1, 0.2, 0.3], &[0.2, 0.1, 0.3]), "inconclusive");
    assert_eq!(verdicts("colourfulness", &values, &values), "inconclusive");
}

#[test]
fn one_pair_says_nothing() {
    let arms = [arm("baseline", "mse", &all(&[0.5])), arm("acai", "mse", &all(&[0.25]))];
    let against = rows(&arms)[1].against.unwrap();
    let difference = against.difference.unwrap();
    assert_eq!((difference.mean, difference.interval), (-0.25, None));
    assert_eq!(against.verdict, Verdict::Inconclusive);
}

#[test]
fn seeds_are_paired_whatever_else_is_there() {
    let arms = [
        arm("baseline", "mse", &[Some(1.0), Some(2.0), Some(9.0), None]),
        arm("acai", "mse", &[Some(0.5), Some(1.0), None, Some(7.0)]),
    ];
    let rows = rows(&arms);
    assert_eq!(rows[1].summary.unwrap().n, 3);
    let difference = rows[1].against.unwrap().difference.unwrap();
    assert_eq!((difference.n, difference.mean), (2, -0.75));
    assert_eq!((&rows[0].missing, &rows[1].missing), (&vec![3], &vec![2]));
}

#[test]
fn what_is_no_finite_number_is_missing_and_named() {
    let values = [Some(f64::NAN), Some(2.0), None, Some(f64::INFINITY)];
    let rows = rows(&[arm("baseline", "mse", &values)]);
    assert_eq!((rows[0].summary.unwrap().n, rows[0].summary.unwrap().mean), (1, 2.0));
    assert_eq!((&rows[0].missing, &rows[0].not_finite), (&vec![0, 2, 3], &vec![0, 3]));
}

#[test]
fn an_arm_without_anything_has_its_rows_and_a_score_of_others_is_not_missing() {
    let arms = [
        arm("baseline", "mse", &all(&[1.0, 2.0])),
        arm("empty", "mse", &[None, None]),
        arm("other", "critic", &all(&[1.0, 2.0])),
    ];
    let rows = rows(&arms);
    let names: Vec<_> = rows.iter().map(|row| (&*row.score, &*row.variant)).collect();
    let expected =
        [("mse", "baseline"), ("mse", "empty"), ("critic", "empty"), ("critic", "other")];
    assert_eq!(names, expected);
    assert_eq!((rows[1].summary, rows[1].missing.len()), (None, 2));
    assert_eq!(rows[1].against.unwrap().difference, None);
}

/// Two stages of one family, one of them for one member alone.
fn study() -> Vec<ScoreRow> {
    let only = VariantScores {
        stage: "only".parse().unwrap(),
        ..arm("acai", "accuracy", &all(&[0.5, 0.75]))
    };
    rows(&[
        arm("baseline", "mean_distance", &all(&[0.0141, 0.0196, 0.0229])),
        arm("acai", "mean_distance", &all(&[0.0085, 0.0077, 0.0081])),
        arm("odd,one", "mean_distance", &[Some(0.0041), None, Some(0.0110)]),
        only,
    ])
}

fn drawn(draw: fn(&crate::Table) -> String) -> String {
    wide(&study()).iter().map(draw).collect::<Vec<_>>().join("\n")
}

#[test]
fn in_a_terminal() {
    insta::assert_snapshot!(drawn(terminal::draw), @r"
     stage   score                             baseline                             acai                         odd,one
    ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
     paths   mean distance ↓   0.01887 ± 0.004446 (n=3)       0.008100 ± 0.0004000 (n=3)       0.007550 ± 0.004879 (n=2)
             difference                                   -0.01077 [-0.02245, 0.0009176]   -0.01095 [-0.02302, 0.001121]
             verdict                                                 inconclusive at n=3             inconclusive at n=2

     stage   score                         acai
    ────────────────────────────────────────────
     only    accuracy ↑   0.6250 ± 0.1768 (n=2)
    ");
}

#[test]
fn more_than_eight_arms_stand_below_each_other() {
    let names: Vec<String> = (1..9).map(|place| format!("acai-{place}")).collect();
    let others = names.iter().map(|name| arm(name, "mse", &all(&[0.5, 0.25])));
    let arms: Vec<VariantScores> =
        [arm("baseline", "mse", &all(&[0.5, 0.5]))].into_iter().chain(others).collect();
    assert_eq!(wide(&rows(&arms[..8]))[0].head.len(), 10);
    let tables = wide(&rows(&arms));
    assert_eq!(
        tables[0].head,
        ["stage", "score", "variant", "mean", "difference", "verdict"].map(str::to_owned)
    );
    assert_eq!(
        tables[0].rows[..2],
        [
            ["paths", "mse ↓", "baseline", "0.5000 ± 0 (n=2)", "", ""],
            [
                "",
                "",
                "acai-1",
                "0.3750 ± 0.1768 (n=2)",
                "-0.1250 [-1.713, 1.463]",
                "inconclusive at n=2"
            ],
        ]
        .map(|row| row.map(str::to_owned).to_vec())
    );
    assert_eq!((tables.len(), tables[0].rows.len()), (1, 9));
}

#[test]
fn in_markdown() {
    insta::assert_snapshot!(drawn(markdown::draw), @r"
    | stage | score | baseline | acai | odd,one |
    | --- | --- | ---: | ---: | ---: |
    | paths | mean distance ↓ | 0.01887 ± 0.004446 (n=3) | 0.008100 ± 0.0004000 (n=3) | 0.007550 ± 0.004879 (n=2) |
    | | difference | | -0.01077 [-0.02245, 0.0009176] | -0.01095 [-0.02302, 0.001121] |
    | | verdict | | inconclusive at n=3 | inconclusive at n=2 |

    | stage | score | acai |
    | --- | --- | ---: |
    | only | accuracy ↑ | 0.6250 ± 0.1768 (n=2) |
    ");
}

/// Numbers are cut: their last digits are the platform's.
#[test]
fn in_comma_separated_values() {
    let cut = |value: &str| match value.parse::<f64>() {
        Ok(number) if value.contains('.') => format!("{number:.8}"),
        _ => value.to_owned(),
    };
    let line = |line: &str| line.split(',').map(cut).collect::<Vec<_>>().join(",");
    let lines: Vec<String> = csv(&study()).lines().map(line).collect();
    insta::assert_snapshot!(lines.join("\n"), @r#"
    score,stage,variant,n,mean,std,diff,ci95_low,ci95_high,verdict,missing
    mean_distance,paths,baseline,3,0.01886667,0.00444560,,,,,
    mean_distance,paths,acai,3,0.00810000,0.00040000,-0.01076667,-0.02245092,0.00091759,inconclusive,
    mean_distance,paths,"odd,one",2,0.00755000,0.00487904,-0.01095000,-0.02302089,0.00112089,inconclusive,1
    accuracy,only,acai,2,0.62500000,0.17677670,,,,,
    "#);
}
