//! What would run, why, where that is written and what it costs; and the
//! pipeline as a picture.

use std::process::Command;

use acai_common::names::Name;
use acai_config::Pipeline;
use acai_engine::status::{Compared, State, Status};
use acai_plan::{Instance, Plan};
use acai_report::graph::{Graph, svg};
use serde_json::{Value, json};

use crate::support::{Space, plain, skipped, unsealed};

const LAMBDA: &str = "models.variants.acai.regularizer.lambda=1.0";

/// [`plain`] after a run whose records say that stages took these seconds, and
/// the digests that the run gave.
struct PastRun {
    space: Space,
    digests: Vec<(String, String)>,
}

const TOOK: &[(&str, &str)] = &[
    ("Dataset", "0.5"),
    ("Train", "200.0"),
    ("Encode", "10.0"),
    ("KMeans", "4.0"),
    ("Probe", "2.0"),
    ("Interpolate", "30.0"),
];

impl PastRun {
    fn new() -> Self {
        let space = Space::new(&plain());
        space.run(&[]);
        for entry in std::fs::read_dir(space.path(".acai/actions")).unwrap() {
            let path = entry.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap();
            let text = unsealed(&text);
            let is_kind = |kind: &str| text.contains(&format!("key kind {kind}\n"));
            let (_, seconds) = TOOK.iter().find(|(kind, _)| is_kind(kind)).unwrap();
            let line = text.lines().find(|line| line.starts_with("elapsed_s ")).unwrap();
            std::fs::write(&path, text.replace(line, &format!("elapsed_s {seconds}"))).unwrap();
        }
        let digests = space.digests();
        Self { space, digests }
    }

    /// Stdout, then stderr; digests by the instance they belong to.
    fn say(&self, arguments: &[&str]) -> String {
        let said = self.space.say(arguments);
        assert_eq!(said.code, Some(0), "{}", said.stderr);
        let text = said.stdout + &said.stderr;
        self.digests
            .iter()
            .fold(text, |text, (name, digest)| text.replace(&digest[..10], &format!("<{name}>")))
    }

    fn array(&self, arguments: &[&str]) -> Vec<Value> {
        serde_json::from_str(&self.say(arguments)).unwrap()
    }
}

#[test]
fn plan_names_field_line_edge_and_cost() {
    let run = PastRun::new();
    run.space.write(&plain().replace("lambda: 0.5", "lambda: 0.25"));
    let expected = "
  lines                Dataset      cached
  models/baseline/0    Train        cached
  models/acai/0        Train        run      ≈ 3 m 20 s  lambda 0.5 → 0.25 (tiny.ron:11:79)
  latents/baseline/0   Encode       cached
  latents/acai/0       Encode       maybe    ≈ 10.0 s    model of models/acai/0 <models/acai/0> → computed first (tiny.ron:14:35)
  clusters/baseline/0  KMeans       cached
  clusters/acai/0      KMeans       maybe    ≈ 4.0 s     latents of latents/acai/0 <latents/acai/0> → computed first (tiny.ron:15:37)
  probe/baseline/0     Probe        cached
  probe/acai/0         Probe        maybe    ≈ 2.0 s     latents of latents/acai/0 <latents/acai/0> → computed first (tiny.ron:16:36)
  paths/baseline/0     Interpolate  cached
  paths/acai/0         Interpolate  maybe    ≈ 30.0 s    model of models/acai/0 <models/acai/0> → computed first (tiny.ron:17:40)
6 cached, 1 to run (≈ 3 m 20 s), 4 to run if what they read changes (≈ 46.0 s); in all ≈ 4 m 06 s by past durations, one after another
";
    assert_eq!(run.say(&["plan", "tiny.ron"]), expected[1..]);
}

#[test]
fn explain_follows_an_instance_to_what_was_changed() {
    let run = PastRun::new();
    run.space.write(&plain().replace("lambda: 0.5", "lambda: 0.25"));
    let expected = "
clusters/acai/0 (KMeans) is cached if what it reads comes out as it did last time, and runs if not:
  latents of latents/acai/0 <latents/acai/0> → computed first   tiny.ron:15:37
because, in latents/acai/0:
  model of models/acai/0 <models/acai/0> → computed first   tiny.ron:14:35
because, in models/acai/0:
  lambda 0.5 → 0.25   tiny.ron:11:79

cost by past durations: ≈ 4.0 s
";
    assert_eq!(run.say(&["explain", "tiny.ron", "clusters/acai/0"]), expected[1..]);
    let expected = "
models/acai/0 (Train) will run; compared with its last run:
  lambda 0.5 → 0.25   tiny.ron:11:79

downstream:
  maybe    latents/acai/0
  maybe    clusters/acai/0
  maybe    probe/acai/0
  maybe    paths/acai/0

cost by past durations: ≈ 3 m 20 s
with everything downstream, one after another: ≈ 4 m 06 s
";
    assert_eq!(run.say(&["explain", "tiny.ron", "models/acai/0"]), expected[1..]);
    let one = run.array(&["explain", "tiny.ron", "models/acai/0", "--json"]);
    let planned = run.array(&["plan", "tiny.ron", "--json"]);
    assert_eq!(one, [planned[2].clone()]);
    assert_eq!((&one[0]["cost_s"], &one[0]["cost_of"]), (&json!(200.0), &json!("itself")));
}

#[test]
fn explain_takes_the_whole_pipeline() {
    let run = PastRun::new();
    let expected = "all 11 instances are cached: nothing that decides their results has changed\n";
    assert_eq!(run.say(&["explain", "tiny.ron"]), expected);
    run.space.write(&plain().replace("restarts: 5", "restarts: 6, k: 9"));
    let expected = "
clusters/baseline/0 (KMeans) will run; compared with its last run:
  k 10 → 9         tiny.ron:15:64
  restarts 5 → 6   tiny.ron:15:58
  ≈ 4.0 s

clusters/acai/0 (KMeans) will run; compared with its last run:
  k 10 → 9         tiny.ron:15:64
  restarts 5 → 6   tiny.ron:15:58
  ≈ 4.0 s

9 cached, 2 to run; in all ≈ 8.0 s by past durations, one after another
";
    assert_eq!(run.say(&["explain", "tiny.ron"]), expected[1..]);
}

#[test]
fn a_field_that_went_back_to_its_default_is_told_at_its_stage() {
    let run = PastRun::new();
    let shorter = plain()
        .replace(", restarts: 5", "")
        .replace("regularizer: Acai(lambda: 0.5, gamma: 0.2)", "kimg: 3");
    run.space.write(&shorter);
    let plan = run.array(&["plan", "tiny.ron", "--json"]);
    let reasons = |name: &str| {
        let one = plan.iter().find(|one| one["instance"] == name).unwrap();
        let reasons = one["reasons"].as_array().unwrap().iter();
        let text = |value: &Value| value.as_str().unwrap_or("none").to_owned();
        let told =
            reasons.map(|one| ["field", "old", "new", "at"].map(|fact| text(&one[fact])).join(" "));
        told.collect::<Vec<_>>()
    };
    assert_eq!(reasons("clusters/baseline/0"), ["restarts 5 1000 tiny.ron:15:21"]);
    // Nothing of the regularizer is written any more; training goes on for longer
    // than the baseline's, which would be the same else.
    let expected = [
        "kimg 2 3 tiny.ron:11:59",
        "regularizer Acai None tiny.ron:5:19",
        "depth 2 none tiny.ron:5:19",
        "gamma 0.2 none tiny.ron:5:19",
        "lambda 0.5 none tiny.ron:5:19",
    ];
    assert_eq!(reasons("models/acai/0"), expected);
}

#[test]
fn what_if_tells_what_would_change_and_touches_nothing() {
    let run = PastRun::new();
    let expected = "
with models.variants.acai.regularizer.lambda=1.0, beside the file as it is:
  models/acai/0    cached  → run      ≈ 3 m 20 s  lambda 0.5 → 1.0 (tiny.ron:11:79)
  latents/acai/0   cached  → maybe    ≈ 10.0 s    model of models/acai/0 <models/acai/0> → computed first (tiny.ron:14:35)
  clusters/acai/0  cached  → maybe    ≈ 4.0 s     latents of latents/acai/0 <latents/acai/0> → computed first (tiny.ron:15:37)
  probe/acai/0     cached  → maybe    ≈ 2.0 s     latents of latents/acai/0 <latents/acai/0> → computed first (tiny.ron:16:36)
  paths/acai/0     cached  → maybe    ≈ 30.0 s    model of models/acai/0 <models/acai/0> → computed first (tiny.ron:17:40)

what changes: 1 to run (≈ 3 m 20 s), 4 to run if what they read changes (≈ 46.0 s); in all ≈ 4 m 06 s by past durations, one after another
what stays as it is: 6 cached
";
    assert_eq!(run.say(&["explain", "tiny.ron", "--what-if", LAMBDA]), expected[1..]);
    let expected = "
with models.variants.acai.regularizer.lambda=1.0, beside the file as it is:
  lines  cached  → cached               nothing changes
";
    assert_eq!(run.say(&["explain", "tiny.ron", "lines", "--what-if", LAMBDA]), expected[1..]);
    let same = run.say(&["explain", "tiny.ron", "--what-if", &LAMBDA.replace("1.0", "0.5")]);
    assert!(same.ends_with("is:\n  nothing changes\nwhat stays as it is: 11 cached\n"), "{same}");
    assert_eq!(std::fs::read_to_string(run.space.path("tiny.ron")).unwrap(), plain());
    assert!(run.array(&["plan", "tiny.ron", "--json"]).iter().all(|one| one["state"] == "cached"));
}

#[test]
fn what_if_takes_several_values_and_counts_those_judged_by_another() {
    let run = PastRun::new();
    let arguments =
        ["explain", "tiny.ron", "--what-if", "seeds=[0, 1]", "--what-if", "clusters.k=9", "--json"];
    let found = run.array(&arguments);
    let find = |name: &str| found.iter().find(|one| one["instance"] == name).unwrap();
    let facts = |name: &str| {
        let one = find(name);
        ["state", "now", "changed", "cost_s", "cost_of"].map(|fact| one[fact].clone())
    };
    assert_eq!(
        facts("lines"),
        [json!("cached"), json!("cached"), json!(false), Value::Null, Value::Null]
    );
    assert_eq!(
        facts("clusters/acai/0"),
        [json!("run"), json!("cached"), json!(true), json!(4.0), json!("itself")]
    );
    assert_eq!(
        facts("models/acai/1"),
        [json!("run"), Value::Null, json!(true), json!(200.0), json!("nearest")]
    );
    assert_eq!(
        find("clusters/acai/0")["reasons"],
        json!([{"field": "k", "old": "10", "new": "9", "at": "tiny.ron:15:21", "upstream": null}])
    );
    let text = run.say(&arguments[..6]);
    assert!(text.contains("in all ≈ 8 m 20 s (10 of 12 by the nearest of its kind)"), "{text}");

    let fewer = run.array(&["explain", "tiny.ron", "--what-if", "seeds=[1]", "--json"]);
    let gone = fewer.iter().filter(|one| one["state"] == "gone");
    assert_eq!(gone.count(), 10);
    let wrong = run.space.say(&["explain", "tiny.ron", "--what-if", "models.kimgg=1"]);
    assert_eq!(wrong.code, Some(2));
    assert!(wrong.stderr.contains("did you mean `kimg`?"), "{}", wrong.stderr);
}

#[test]
fn nothing_is_said_of_a_cost_that_nobody_knows() {
    let space = Space::new(&plain());
    let said = space.say(&["plan", "tiny.ron"]);
    assert!(
        said.stdout
            .contains("  lines                Dataset      run      ≈ ?         never ran\n")
    );
    let expected = "11 to run; how long is unknown: nothing like it was ever computed\n";
    assert_eq!(said.stderr, expected);
    assert!(!space.path(".acai").exists());
}

#[test]
fn graph_draws_the_plan_in_three_syntaxes() {
    let space = Space::new(&plain());
    space.run(&[]);
    let set = ["--set", "models.variants.acai.regularizer.lambda=0.25"];
    let svg = space.say(&[&["graph", "tiny.ron"][..], &set].concat());
    assert_eq!((svg.code, svg.stderr.as_str()), (Some(0), ""));
    let label = "pipeline tiny: 6 stages, 11 instances: 6 cached, 1 run, 4 maybe";
    assert!(svg.stdout.starts_with("<svg ") && svg.stdout.contains(label), "{}", svg.stdout);
    let dot = space.say(&["graph", "tiny.ron", "--format", "dot", "-o", "tiny.dot"]);
    assert_eq!((dot.code, dot.stdout.as_str()), (Some(0), ""));
    let dot = std::fs::read_to_string(space.path("tiny.dot")).unwrap();
    assert!(dot.contains("label=\"tiny: 11 cached\""), "{dot}");
    let mermaid = space.say(&["graph", "tiny.ron", "--format", "mermaid"]).stdout;
    assert!(mermaid.contains("\nflowchart LR\n"), "{mermaid}");
    let wrong = space.say(&["graph", "tiny.ron", "-o", "missing/tiny.svg"]);
    assert_eq!(wrong.code, Some(1));
    assert!(wrong.stderr.contains("missing/tiny.svg"), "{}", wrong.stderr);
}

#[test]
fn graphviz_draws_the_dot_file() {
    let Ok(version) = Command::new("dot").arg("-V").output() else {
        return skipped("graphviz_draws_the_dot_file", "there is no dot");
    };
    assert!(version.status.success());
    let space = Space::new(&plain());
    assert_eq!(
        space.say(&["graph", "tiny.ron", "--format", "dot", "-o", "tiny.dot"]).code,
        Some(0)
    );
    let drawn = Command::new("dot").arg("-Tplain").arg(space.path("tiny.dot")).output().unwrap();
    let (plain, told) =
        (String::from_utf8_lossy(&drawn.stdout), String::from_utf8_lossy(&drawn.stderr));
    assert!(drawn.status.success() && told.is_empty(), "{told}");
    let names = plain.lines().filter_map(|line| line.strip_prefix("node ")?.split(' ').next());
    let mut names: Vec<&str> = names.map(|name| name.trim_matches('"')).collect();
    names.retain(|name| !name.starts_with("legend/"));
    names.sort_unstable();
    let expected = [
        "clusters/acai/0",
        "clusters/baseline/0",
        "latents/acai/0",
        "latents/baseline/0",
        "lines",
        "models/acai/0",
        "models/baseline/0",
        "paths/acai/0",
        "paths/baseline/0",
        "probe/acai/0",
        "probe/baseline/0",
    ];
    assert_eq!(names, expected);
}

/// `acai-pipe graph pipelines/quickstart.ron` after a run, with another lambda.
#[test]
fn the_picture_in_the_documents_is_the_tool_s_own() {
    let text = std::fs::read_to_string("pipelines/quickstart.ron").unwrap();
    let plan = Plan::new(&Pipeline::parse("quickstart.ron", &text, &[]).unwrap()).unwrap();
    let status = |instance: &Instance| {
        let (stage, variant) = (&instance.name.stage, &instance.name.variant);
        let state = match variant.as_ref().map(Name::as_str) {
            Some("acai") if stage.as_str() == "models" => State::Run,
            Some("acai") => State::Maybe,
            _ => State::Cached,
        };
        let compared = Compared::Nothing;
        Status {
            state,
            key: None,
            record: None,
            reasons: Vec::new(),
            compared,
            same_as: None,
            estimate: None,
        }
    };
    let statuses: Vec<Status> = plan.instances.iter().map(status).collect();
    let drawn = svg(&Graph::new(&plan, &statuses));
    let kept = std::fs::read_to_string("docs/images/graph.svg").unwrap();
    assert!(drawn == kept, "draw docs/images/graph.svg anew, as docs/explaining.md says");
}
