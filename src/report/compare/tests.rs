//! Comparisons of fabricated scores.

use super::{tables::*, *};
use crate::{markdown, terminal};

/// A variant of the stage `paths`; seeds from 0, NaN-free values or none.
fn variant(label: &str, score: &str, values: &[Option<f64>]) -> VariantScores {
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

fn judged(variants: &[VariantScores]) -> Vec<ScoreRow> {
    rows(variants, &Question::default())
}

fn verdicts(score: &str, baseline: &[f64], other: &[f64]) -> &'static str {
    let variants =
        [variant("baseline", score, &all(baseline)), variant("acai", score, &all(other))];
    judged(&variants)[1].against.unwrap().verdict.word()
}

#[test]
fn better_is_what_the_score_says() {
    let (low, high) = ([0.1, 0.2, 0.3], [1.1, 1.25, 1.3]);
    assert_eq!(verdicts("mean_distance", &high, &low), "better");
    assert_eq!(verdicts("mean_distance", &low, &high), "worse");
    assert_eq!(verdicts("accuracy", &low, &high), "better");
    assert_eq!(verdicts("accuracy", &high, &low), "worse");
    assert_eq!(verdicts("colourfulness", &high, &low), "differs");
    assert_eq!(verdicts("mse", &high, &low), "not tested");
}

#[test]
fn equal_variants_are_inconclusive() {
    let values = [0.1, 0.25, 0.3];
    assert_eq!(verdicts("accuracy", &values, &values), "inconclusive");
    assert_eq!(verdicts("accuracy", &[0.1, 0.2, 0.3], &[0.2, 0.1, 0.3]), "inconclusive");
    assert_eq!(verdicts("colourfulness", &values, &values), "inconclusive");
}

#[test]
fn one_pair_says_nothing() {
    let variants =
        [variant("baseline", "accuracy", &all(&[0.5])), variant("acai", "accuracy", &all(&[0.25]))];
    let against = judged(&variants)[1].against.unwrap();
    assert_eq!((against.effect(), against.interval(), against.p_value), (Some(-0.25), None, None));
    assert_eq!(against.verdict, Verdict::Inconclusive);
}

#[test]
fn seeds_are_paired_whatever_else_is_there() {
    let variants = [
        variant("baseline", "accuracy", &[Some(1.0), Some(2.0), Some(9.0), None]),
        variant("acai", "accuracy", &[Some(0.5), Some(1.0), None, Some(7.0)]),
    ];
    let rows = judged(&variants);
    assert_eq!(rows[1].summary.unwrap().n, 3);
    let paired = rows[1].against.unwrap().paired.unwrap();
    assert_eq!((paired.n, paired.mean), (2, -0.75));
    assert_eq!((&rows[0].missing, &rows[1].missing), (&vec![3], &vec![2]));
}

#[test]
fn what_is_no_finite_number_is_missing_and_named() {
    let values = [Some(f64::NAN), Some(2.0), None, Some(f64::INFINITY)];
    let rows = judged(&[variant("baseline", "accuracy", &values)]);
    assert_eq!((rows[0].summary.unwrap().n, rows[0].summary.unwrap().mean), (1, 2.0));
    assert_eq!((&rows[0].missing, &rows[0].not_finite), (&vec![0, 2, 3], &vec![0, 3]));
}

#[test]
fn a_variant_without_anything_has_its_rows_and_a_score_of_others_is_not_missing() {
    let variants = [
        variant("baseline", "accuracy", &all(&[1.0, 2.0])),
        variant("empty", "accuracy", &[None, None]),
        variant("other", "critic", &all(&[1.0, 2.0])),
    ];
    let rows = judged(&variants);
    let names: Vec<_> = rows.iter().map(|row| (&*row.score, &*row.variant)).collect();
    let expected =
        [("accuracy", "baseline"), ("accuracy", "empty"), ("critic", "empty"), ("critic", "other")];
    assert_eq!(names, expected);
    assert_eq!((rows[1].summary, rows[1].missing.len()), (None, 2));
    assert_eq!(rows[1].against.unwrap().paired, None);
}

/// Log ratios of −0.5, −0.4 and −0.6: by hand exp(−0.5) [·exp(±4.3027·0.1/√3)].
#[test]
fn positive_scores_are_compared_by_their_ratio() {
    let values = [0.01, 0.02, 0.04];
    let factors = [-0.5_f64, -0.4, -0.6].map(f64::exp);
    let less: Vec<f64> = values.iter().zip(factors).map(|(value, factor)| value * factor).collect();
    let variants = |other: &[f64]| {
        [
            variant("baseline", "mean_distance", &all(&values)),
            variant("acai", "mean_distance", &all(other)),
        ]
    };
    let against = judged(&variants(&less))[1].against.unwrap();
    assert_eq!(against.scale, Scale::Ratio);
    assert!((against.effect().unwrap() - (-0.5_f64).exp()).abs() < 1e-12);
    let (low, high) = against.interval().unwrap();
    assert!((low.ln() + 0.748_414).abs() < 1e-5 && (high.ln() + 0.251_586).abs() < 1e-5);
    assert_eq!(against.verdict, Verdict::Better);
    let with_zero = judged(&variants(&[0.0, 0.01, 0.02]))[1].against.unwrap();
    assert_eq!(with_zero.scale, Scale::Difference);
}

/// Two scores of two variants with the p-values 0.02 and 0.04: together 0.04 and 0.04
/// after Holm; one of them primary, each keeps its own.
#[test]
fn a_primary_score_is_not_corrected_for_the_others() {
    let p_values = |question: &Question| -> Vec<f64> {
        let both = |label: &str, accuracy: &[f64], detour: &[f64]| {
            let mut scores = variant(label, "accuracy", &all(accuracy));
            for (seed, &value) in (0..).zip(detour) {
                let at_seed = scores.seeds.get_mut(&seed).unwrap().as_mut().unwrap();
                at_seed.push(("cross_entropy".to_owned(), value));
            }
            scores
        };
        let variants = [
            both("baseline", &[0.5, 0.6, 0.7], &[1.0, 1.0, 1.0]),
            both("acai", &[0.59, 0.7, 0.81], &[0.8, 0.7, 0.9]),
        ];
        let rows = rows(&variants, question);
        rows.iter().filter_map(|row| row.against?.p_value).collect()
    };
    let alone = |score: &str| {
        let primary = Some(("paths".parse().unwrap(), score.to_owned()));
        p_values(&Question { primary, margin: None })
    };
    let (together, first, second) =
        (p_values(&Question::default()), alone("accuracy"), alone("cross_entropy"));
    assert_eq!(first, second, "one comparison each");
    let (small, large) = (first[0].min(first[1]), first[0].max(first[1]));
    let wanted = [2.0 * small, large.max(2.0 * small)];
    let mut found = together;
    found.sort_by(f64::total_cmp);
    assert_eq!(found.iter().map(|p| p.to_bits()).collect::<Vec<_>>(), wanted.map(f64::to_bits));
}

#[test]
fn within_a_margin_variants_are_equivalent() {
    let variants = [
        variant("baseline", "mean_distance", &all(&[0.010, 0.020, 0.030, 0.015])),
        variant("acai", "mean_distance", &all(&[0.0101, 0.0199, 0.0302, 0.0149])),
    ];
    let judged_within = |margin| {
        let question = Question { primary: None, margin };
        rows(&variants, &question)[1].against.unwrap().verdict
    };
    assert_eq!(judged_within(Some(0.05)), Verdict::Equivalent);
    assert_eq!(judged_within(Some(0.005)), Verdict::Inconclusive);
    assert_eq!(judged_within(None), Verdict::Inconclusive);
}

#[test]
fn an_accuracy_of_one_seed_shows_its_interval_over_images() {
    let mut scores = variant("baseline", "accuracy", &all(&[0.9, 0.8]));
    for at_seed in scores.seeds.values_mut() {
        let share = at_seed.as_ref().unwrap()[0].1;
        let ends = [("accuracy_low", share - 0.01), ("accuracy_high", share + 0.01)];
        at_seed.as_mut().unwrap().extend(ends.map(|(name, value)| (name.to_owned(), value)));
    }
    let two = judged(std::slice::from_ref(&scores));
    assert_eq!(two.len(), 1, "the ends are no scores of their own");
    assert_eq!(value(&two[0]), "0.8500 ± 0.07071 (n=2)");
    assert!((two[0].image_intervals[&1].0 - 0.79).abs() < 1e-12);
    scores.seeds.remove(&1);
    assert_eq!(value(&judged(&[scores])[0]), "0.9000 (n=1) [0.8900, 0.9100]");
}

/// Two stages of one family, one of them for one member alone.
fn study() -> Vec<ScoreRow> {
    let only = VariantScores {
        stage: "only".parse().unwrap(),
        ..variant("acai", "accuracy", &all(&[0.5, 0.75]))
    };
    judged(&[
        variant("baseline", "mean_distance", &all(&[0.0141, 0.0196, 0.0229])),
        variant("acai", "mean_distance", &all(&[0.0085, 0.0077, 0.0081])),
        variant("odd,one", "mean_distance", &[Some(0.0041), None, Some(0.0110)]),
        only,
    ])
}

fn drawn(draw: fn(&crate::Table) -> String) -> String {
    wide(&study()).iter().map(draw).collect::<Vec<_>>().join("\n")
}

#[test]
fn in_a_terminal() {
    insta::assert_snapshot!(drawn(terminal::draw), @r"
     stage   score                             baseline                           acai                       odd,one
    ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────
     paths   mean distance ↓   0.01887 ± 0.004446 (n=3)     0.008100 ± 0.0004000 (n=3)     0.007550 ± 0.004879 (n=2)
             ratio                                            ×0.4376 [0.2169, 0.8825]      ×0.3737 [0.01540, 9.068]
             Welch interval                                           [0.2438, 0.7854]             [0.003448, 38.23]
             verdict                                      inconclusive at n=3, p 0.074   inconclusive at n=2, p 0.16

     stage   score                         acai
    ────────────────────────────────────────────
     only    accuracy ↑   0.6250 ± 0.1768 (n=2)
    ");
}

#[test]
fn more_than_eight_variants_stand_below_each_other() {
    let names: Vec<String> = (1..9).map(|place| format!("acai-{place}")).collect();
    let others = names.iter().map(|name| variant(name, "accuracy", &all(&[0.5, 0.25])));
    let variants: Vec<VariantScores> =
        [variant("baseline", "accuracy", &all(&[0.5, 0.5]))].into_iter().chain(others).collect();
    assert_eq!(wide(&judged(&variants[..8]))[0].head.len(), 10);
    let tables = wide(&judged(&variants));
    assert_eq!(
        tables[0].head,
        ["stage", "score", "variant", "mean", "difference or ratio", "verdict", "Welch interval"]
            .map(str::to_owned)
    );
    assert_eq!(
        tables[0].rows[..2],
        [
            ["paths", "accuracy ↑", "baseline", "0.5000 ± 0 (n=2)", "", "", ""],
            [
                "",
                "",
                "acai-1",
                "0.3750 ± 0.1768 (n=2)",
                "-0.1250 [-1.713, 1.463]",
                "inconclusive at n=2, p 1.00",
                "[-1.713, 1.463]"
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
    | | ratio | | ×0.4376 [0.2169, 0.8825] | ×0.3737 [0.01540, 9.068] |
    | | Welch interval | | [0.2438, 0.7854] | [0.003448, 38.23] |
    | | verdict | | inconclusive at n=3, p 0.074 | inconclusive at n=2, p 0.16 |

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
    score,stage,variant,n,mean,std,scale,effect,ci95_low,ci95_high,welch_ci95_low,welch_ci95_high,p,verdict,missing
    mean_distance,paths,baseline,3,0.01886667,0.00444560,,,,,,,,,
    mean_distance,paths,acai,3,0.00810000,0.00040000,ratio,0.43755032,0.21692889,0.88254856,0.24377182,0.78536674,0.07357309,inconclusive,
    mean_distance,paths,"odd,one",2,0.00755000,0.00487904,ratio,0.37373259,0.01540397,9.06753790,0.00344832,38.22622165,0.15894957,inconclusive,1
    accuracy,only,acai,2,0.62500000,0.17677670,,,,,,,,,
    "#);
}
