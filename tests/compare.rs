//! Variants and pipelines side by side.

use serde_json::{Value, json};

use crate::support::{Space, TINY};

/// [`TINY`] with three seeds, of which two have run.
fn two_of_three() -> Space {
    let space = Space::new(&TINY.replace("name: \"tiny\",", "name: \"tiny\", seeds: [0, 1, 2],"));
    space.run(&["--set", "seeds=[0, 1]"]);
    space
}

fn find<'a>(rows: &'a [Value], stage: &str, score: &str, variant: &str) -> &'a Value {
    let is_it =
        |row: &&Value| row["stage"] == stage && row["score"] == score && row["variant"] == variant;
    rows.iter().find(is_it).unwrap()
}

#[test]
fn missing_seeds_are_named_and_the_rest_is_compared() {
    let space = two_of_three();
    let said = space.say(&["compare", "tiny.ron"]);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    let head: Vec<&str> = said.stdout.lines().next().unwrap().split_whitespace().collect();
    assert_eq!(head, ["stage", "score", "baseline", "acai"]);
    assert!(said.stdout.contains("(n=2)") && said.stdout.contains("difference"), "{}", said.stdout);
    assert_eq!(
        said.stderr,
        "missing: baseline, seed 2, at models, latents, clusters, probe, paths, map, near, samples\n\
         missing: acai, seed 2, at models, latents, clusters, probe, paths, map, near, samples\n\
         `acai-pipe run tiny.ron` makes what is missing\n\
         p-values are corrected by Holm's method over 11 comparisons; a `primary` score in the \
         pipeline would stand on its own\n"
    );
    let quiet = space.say(&["-q", "compare", "tiny.ron"]);
    assert_eq!((quiet.stdout, quiet.stderr), (said.stdout, String::new()));

    space.run(&[]);
    let said = space.say(&["compare", "tiny.ron"]);
    assert!(said.stdout.contains("(n=3)") && !said.stderr.contains("missing"), "{}", said.stderr);
}

#[test]
fn json_is_an_object_per_score_and_variant() {
    let space = two_of_three();
    let rows = space.array("compare", &[]);
    let fields = [
        "score",
        "stage",
        "variant",
        "n",
        "mean",
        "std",
        "image_ci95",
        "scale",
        "effect",
        "ci95",
        "welch_ci95",
        "p",
        "verdict",
        "missing",
    ];
    assert!(rows.iter().all(|row| row.as_object().unwrap().keys().eq(fields)));
    let baseline = find(&rows, "paths", "smoothness", "baseline");
    assert_eq!((&baseline["n"], &baseline["missing"]), (&json!(2), &json!([2])));
    assert!(baseline["effect"].is_null() && baseline["ci95"].is_null());
    assert!(baseline["verdict"].is_null() && baseline["std"].is_f64());

    let shown = space.array("show", &[]);
    let value = |variant: &str, seed: u64| {
        let name = format!("paths/{variant}/{seed}");
        let one = shown.iter().find(|one| one["instance"] == *name).unwrap();
        one["scores"]["smoothness"].as_f64().unwrap()
    };
    let acai = find(&rows, "paths", "smoothness", "acai");
    let ratios = [0, 1].map(|seed| value("acai", seed) / value("baseline", seed));
    let effect = acai["effect"].as_f64().unwrap();
    assert!((effect / (ratios[0] * ratios[1]).sqrt() - 1.0).abs() < 1e-12);
    for ends in [&acai["ci95"], &acai["welch_ci95"]].map(|ends| ends.as_array().unwrap()) {
        assert!(ends[0].as_f64() <= Some(effect) && Some(effect) <= ends[1].as_f64());
    }
    assert!(["better", "worse", "inconclusive"].contains(&acai["verdict"].as_str().unwrap()));

    let one = space.array("compare", &["--set", "seeds=[0]"]);
    let acai = find(&one, "paths", "smoothness", "acai");
    assert!(acai["std"].is_null() && acai["ci95"].is_null() && acai["effect"].is_f64());
    assert_eq!((&acai["verdict"], &acai["missing"]), (&json!("inconclusive"), &json!([])));
}

#[test]
fn the_baseline_is_the_plain_one_unless_another_is_named() {
    let space = two_of_three();
    let rows = space.array("compare", &["--baseline", "acai"]);
    let of_paths = rows.iter().filter(|row| row["score"] == "smoothness");
    let of_paths: Vec<_> = of_paths.map(|row| (&row["variant"], row["effect"].is_null())).collect();
    assert_eq!(of_paths, [(&json!("acai"), true), (&json!("baseline"), false)]);
    let said = space.say(&["compare", "tiny.ron", "--baseline", "acia"]);
    assert_eq!((said.code, said.stdout.as_str()), (Some(2), ""));
    assert!(said.stderr.contains("did you mean `acai`?"), "{}", said.stderr);
}

#[test]
fn variants_of_two_pipelines_are_pooled_only_if_they_are_the_same() {
    let space = two_of_three();
    let text = std::fs::read_to_string(space.path("tiny.ron")).unwrap();
    let other = text
        .replace("\"tiny\"", "\"soft\"")
        .replace("[0, 1, 2]", "[1, 2]")
        .replace("lambda: 0.5", "lambda: 0.25");
    std::fs::write(space.path("soft.ron"), other).unwrap();
    assert_eq!(space.say(&["run", "soft.ron"]).code, Some(0));

    let said = space.say(&["compare", "tiny.ron", "soft.ron", "--json"]);
    let rows: Vec<Value> = serde_json::from_str(&said.stdout).unwrap();
    // Seed 1 of the baseline is in both, and counts once.
    let smoothness = rows.iter().filter(|row| row["score"] == "smoothness");
    let variant = |row: &Value| (row["variant"].clone(), row["n"].clone());
    let variants: Vec<_> = smoothness.map(variant).collect();
    let named = |name: &str, n: u64| (json!(name), json!(n));
    let expected = [named("baseline", 3), named("tiny:acai", 2), named("soft:acai", 2)];
    assert_eq!(variants, expected);
    assert!(find(&rows, "paths", "smoothness", "soft:acai")["verdict"].is_string());
    let said = space.say(&["compare", "tiny.ron", "soft.ron"]);
    let rest = &said.stdout[said.stdout.find("parameter").unwrap()..];
    let words: Vec<Vec<&str>> =
        rest.lines().map(|line| line.split_whitespace().collect()).collect();
    assert!(words.contains(&vec!["models/acai", "regularizer.lambda", "0.5", "0.25"]), "{rest}");
    let moved: Vec<_> = words.iter().filter(|words| words.contains(&"acai")).collect();
    assert!(!moved.is_empty() && moved.iter().all(|words| !words.contains(&"baseline")), "{rest}");
    assert!(rest.contains("at n=1"), "{rest}");

    let twice = space.say(&["compare", "tiny.ron", "tiny.ron", "--json"]).stdout;
    assert_eq!(twice, space.say(&["compare", "tiny.ron", "--json"]).stdout);
}

#[test]
fn results_that_are_the_same_are_one_observation_even_if_their_data_is_longer() {
    let space = Space::new(TINY);
    space.run(&[]);
    let longer = TINY.replace("\"tiny\"", "\"longer\"").replace("test: 128", "test: 160");
    std::fs::write(space.path("longer.ron"), longer).unwrap();
    assert_eq!(space.say(&["run", "longer.ron"]).code, Some(0));
    let said = space.say(&["compare", "tiny.ron", "longer.ron", "--csv"]).stdout;
    let models: Vec<&str> = said.lines().filter(|line| line.starts_with("mse,models,")).collect();
    assert_eq!(models.len(), 2, "{said}");
    assert!(models[0].starts_with("mse,models,baseline,1,"), "{said}");
    assert!(said.contains("smoothness,paths,tiny:baseline,1,"), "{said}");
    assert!(said.contains("smoothness,paths,longer:acai,1,"), "{said}");
}

#[test]
fn a_member_alone_has_nothing_to_stand_against() {
    let text =
        TINY.replace("latents: \"latents\", restarts", "latents: \"latents/acai\", restarts");
    let space = Space::new(&text);
    space.run(&[]);
    let rows = space.array("compare", &[]);
    let clusters: Vec<&Value> = rows.iter().filter(|row| row["stage"] == "clusters").collect();
    assert!(clusters.iter().all(|row| row["variant"] == "acai" && row["verdict"].is_null()));
}

#[test]
fn nothing_and_faults_are_told() {
    let space = Space::new(TINY);
    let said = space.say(&["compare", "tiny.ron"]);
    assert_eq!((said.code, said.stdout.as_str()), (Some(0), ""));
    assert!(said.stderr.contains("`acai-pipe run tiny.ron` makes"), "{}", said.stderr);
    assert_eq!(space.array("compare", &[]), [] as [Value; 0]);
    assert!(!space.path(".acai").exists());
    for arguments in
        [&["compare"][..], &["compare", "missing.ron"], &["compare", "tiny.ron", "--csv", "--json"]]
    {
        let said = space.say(arguments);
        assert_eq!((said.code, said.stdout.as_str()), (Some(2), ""), "{arguments:?}");
    }
}

#[test]
fn the_papers_layout_has_a_row_per_dataset_and_size_and_marks_the_best() {
    let space = Space::new(TINY);
    space.run(&[]);
    let said = space.say(&["compare", "tiny.ron", "--layout", "paper", "--csv"]);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    let lines: Vec<Vec<&str>> = said.stdout.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!(lines[0], ["table", "row", "variant", "n", "mean", "std"]);
    let of = |table: &str| lines.iter().filter(|line| line[0] == table).count();
    for table in
        ["Interpolation: mean distance ↓", "Clustering: accuracy ↑", "Reconstruction: test mse ↓"]
    {
        assert_eq!(of(table), 2, "{table}: {}", said.stdout);
    }
    // The row is quoted, for it has a comma of its own.
    assert!(said.stdout.contains("\"lines, 128\",acai,1,"), "{}", said.stdout);

    let distances: Vec<f64> = lines
        .iter()
        .filter(|line| line[0] == "Interpolation: mean distance ↓")
        .map(|line| line[line.len() - 2].parse().unwrap())
        .collect();
    let best = if distances[0] <= distances[1] { "baseline" } else { "acai" };
    let drawn = space.say(&["compare", "tiny.ron", "--layout", "paper", "--markdown"]).stdout;
    let rows: Vec<&str> = drawn.lines().collect();
    assert_eq!(rows[0], "| Interpolation: mean distance ↓ | baseline | acai |");
    let marked = rows[2].split('|').position(|cell| cell.contains("**")).unwrap();
    assert_eq!(["baseline", "acai"][marked - 2], best, "{drawn}");
    let latex = space.say(&["compare", "tiny.ron", "--layout", "paper", "--latex"]).stdout;
    assert!(latex.contains("\\textbf{") && latex.contains("\\bottomrule"), "{latex}");
    assert_eq!(space.say(&["compare", "tiny.ron", "--layout", "paper", "--json"]).code, Some(2));
}

#[test]
fn a_primary_score_stands_on_its_own_and_a_margin_asks_for_equivalence() {
    let space = two_of_three();
    let text = std::fs::read_to_string(space.path("tiny.ron")).unwrap();
    space.write(&text.replace("stages: {", "primary: \"paths.mean_distance\", stages: {"));
    let said = space.say(&["compare", "tiny.ron", "--set", "seeds=[0, 1]"]);
    assert!(
        said.stderr.contains(
            "over 10 comparisons; those of the primary score, mean_distance of paths, over 1"
        ),
        "{}",
        said.stderr
    );
    // Nothing differs by a factor of a million.
    let wide = space.array("compare", &["--margin", "1e6", "--set", "seeds=[0, 1]"]);
    let distance = find(&wide, "paths", "mean_distance", "acai");
    assert_eq!(distance["verdict"], json!("equivalent"));
    assert_eq!(find(&wide, "models", "mse", "acai")["verdict"], json!("not tested"));
    let one = find(&wide, "probe", "accuracy", "acai");
    let ends = one["image_ci95"]["1"].as_array().unwrap();
    assert!(ends[0].as_f64() < ends[1].as_f64() && one["image_ci95"]["0"].is_array());
}
