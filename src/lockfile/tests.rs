//! What a lock says, what it refuses, and what becomes of it.

use std::collections::BTreeMap;

use super::{Drift, LockGap, LockedInstance, Lockfile};
use acai_artifact::{Digest, Digests};
use acai_common::diagnostics::RenderOptions;
use acai_config::Pipeline;
use acai_engine::{
    key::Key,
    record::{Provenance, Record},
};
use acai_net::DeviceKind;
use acai_plan::{Instance, Plan};

const TEXT: &str = r#"Pipeline(
    name: "small",
    stages: {
        "lines":  Dataset(source: "lines", train: 256, test: 128),
        "models": Train(
            data: "lines",
            net: (depth: 2, latent: 2, width: 8),
            kimg: 2,
            variants: {
                "plain": (autoencoder: Baseline),
                "acai": (autoencoder: Baseline, regularizer: Acai),
            },
        ),
        "paths": Interpolate(model: "models", data: "lines", pairs: 16),
    },
)
"#;

/// In the order of the plan.
const NAMES: [&str; 5] =
    ["lines", "models/plain/0", "models/acai/0", "paths/plain/0", "paths/acai/0"];

fn plan(text: &str) -> Plan {
    Plan::new(&Pipeline::parse("small.ron", text, &[]).unwrap()).unwrap()
}

/// The parts of an artifact that is filled with `byte`.
fn parts(instance: &Instance, byte: u8) -> Digests {
    let names: &[&str] = match instance.kind {
        "Dataset" => &["test", "train"],
        "Train" => &["decoder", "encoder"],
        _ => &["pairs", "scores"],
    };
    let part = |(at, name): (usize, &&str)| ((*name).to_owned(), Digest([byte + at as u8; 32]));
    Digests { parts: names.iter().enumerate().map(part).collect() }
}

/// Records of a run whose artifacts are filled with these bytes.
fn records(plan: &Plan, bytes: [Option<u8>; 5]) -> Vec<Option<Record>> {
    let mut known: Vec<Digests> = Vec::new();
    let mut records = Vec::new();
    for (instance, byte) in plan.instances.iter().zip(bytes) {
        let parts = parts(instance, byte.unwrap_or(0));
        let inputs = instance.inputs.iter().map(|edge| (edge.field, &known[edge.from]));
        let key = Key::new(instance, &inputs.collect(), DeviceKind::Cpu);
        let made = Provenance { tool: "acai-pipe 0.1.0".to_owned(), ..Provenance::default() };
        let digest = parts.artifact(instance.stage.output());
        let scores = match instance.kind {
            "Interpolate" => vec![("mean_distance".to_owned(), 0.25)],
            _ => Vec::new(),
        };
        let record = Record { key, digest, parts: parts.clone(), bytes: 1, scores, made };
        records.push(byte.map(|_| record));
        known.push(parts);
    }
    records
}

fn lock(plan: &Plan, bytes: [Option<u8>; 5]) -> Lockfile {
    Lockfile::of(plan, records(plan, bytes).iter().map(Option::as_ref))
}

fn whole(plan: &Plan) -> Lockfile {
    lock(plan, [1, 11, 21, 31, 41].map(Some))
}

fn names(lock: &Lockfile) -> Vec<String> {
    lock.entries.keys().map(ToString::to_string).collect()
}

/// The diagnostics of a text, as their author sees them.
fn refused(text: &str) -> String {
    let diagnostics = Lockfile::read("small.lock.ron", text).expect_err("it is no lock");
    diagnostics.render(RenderOptions { width: 100, colour: false })
}

#[test]
fn a_lock_is_sorted_and_a_fact_per_line() {
    let plan = plan(TEXT);
    let text = whole(&plan).write();
    let instances: Vec<&str> = text.lines().filter(|line| line.ends_with("\": (")).collect();
    let sorted = [2, 1, 4, 3].map(|at| format!("        \"{}\": (", NAMES[at]));
    assert_eq!(instances[0], "        \"lines\": (");
    assert_eq!(instances[1..], sorted);
    let (_, paths) = text.split_once("        \"paths/acai/0\": (\n").unwrap();
    let (paths, _) = paths.split_once("\n\n").unwrap();
    let entry = &whole(&plan).entries[&"paths/acai/0".parse().unwrap()];
    let wanted = format!(
        "            kind: \"Interpolate\",
            key: \"{}\",
            digest: \"{}\",
            parts: {{
                \"pairs\": \"{}\",
                \"scores\": \"{}\",
            }}, // paths/acai/0
            scores: {{
                \"mean_distance\": 0.25,
            }}, // paths/acai/0
            tool: \"acai-pipe 0.1.0\",
        ), // paths/acai/0",
        entry.key,
        entry.digest,
        "29".repeat(32),
        "2a".repeat(32),
    );
    assert_eq!(paths, wanted);
}

/// The last bit of every score, and which kind of no number it is.
#[test]
fn scores_keep_every_bit() {
    let mut lock = whole(&plan(TEXT));
    let scores = &mut lock.entries.get_mut(&"paths/acai/0".parse().unwrap()).unwrap().scores;
    for (name, value) in [
        ("mean_distance", f64::from_bits(0x3fb9_9999_9999_999a)),
        ("smoothness", f64::from_bits(0x3fb9_9999_9999_999b)),
        ("detour", f64::from_bits(1)),
        ("defined_smoothness", f64::MAX),
        ("pixel_smoothness", -0.0),
        ("latent_smoothness", -f64::NAN),
    ] {
        scores.insert(name.to_owned(), value);
    }
    let read = Lockfile::read("x", &lock.write()).unwrap();
    assert_eq!(read, lock);
    let scores = &read.entries[&"paths/acai/0".parse().unwrap()].scores;
    assert_eq!(scores["detour"].to_bits(), 1);
    assert_eq!(scores["pixel_smoothness"].to_bits(), (-0.0_f64).to_bits());
    assert!(scores["latent_smoothness"].is_nan());
}

#[test]
fn a_lock_may_be_laid_out_otherwise() {
    let lock = whole(&plan(TEXT));
    let text = lock.write();
    let words = text.lines().map(|line| line.split("//").next().unwrap().trim());
    assert_eq!(Lockfile::read("x", &words.collect::<String>()).unwrap(), lock);
    assert_eq!(Lockfile::read("x", &text.replace("0.25", "0.250")).unwrap(), lock);
}

#[test]
fn what_is_written_reads_back() {
    let mut lock = whole(&plan(TEXT));
    let entry = lock.entries.get_mut(&"paths/acai/0".parse().unwrap()).unwrap();
    let sum = "md5:f68b3c2dcbeaaa9fbdd348bbdeb94873".parse().unwrap();
    entry.files = BTreeMap::from([("a \"quoted\"\nname.gz".to_owned(), sum)]);
    for (name, value) in [
        ("mean_distance", f64::NAN),
        ("smoothness", f64::NEG_INFINITY),
        ("detour", f64::INFINITY),
        ("pixel_smoothness", 5e-324),
    ] {
        entry.scores.insert(name.to_owned(), value);
    }
    assert_eq!(Lockfile::read("x", &lock.write()).unwrap(), lock);
    assert_eq!(Lockfile::read("x", &Lockfile::default().write()).unwrap(), Lockfile::default());
}

#[test]
fn a_conflict_of_git_is_told_as_such() {
    let text = whole(&plan(TEXT)).write();
    let half = text.len() / 2;
    let at = half + text[half..].find('\n').unwrap() + 1;
    let conflict = format!("{}<<<<<<< HEAD\n=======\n>>>>>>> other\n{}", &text[..at], &text[at..]);
    let said = refused(&conflict);
    assert!(said.contains("the lock holds a conflict of two branches"), "{said}");
    assert!(said.contains("<<<<<<< HEAD") && said.contains("keep either side"), "{said}");
}

#[test]
fn lies_are_found_and_told() {
    let text = whole(&plan(TEXT)).write();
    let other = "ab".repeat(32);
    let with = |from: &str, to: &str| refused(&text.replacen(from, to, 1));
    let digest = whole(&plan(TEXT)).entries[&"lines".parse().unwrap()].digest.to_string();
    for (said, wanted) in [
        (with(&digest, &other), "the digest of `lines` is not that of its parts"),
        (with(&"01".repeat(32), &other), "the digest of `lines` is not that of its parts"),
        (with(&digest, "abc"), "`abc` is not a digest"),
        (with(&digest, &"é".repeat(32)), "is not a digest"),
        (with("\"models/acai/0\"", "\"lines\""), "`instances.lines` is given twice"),
        (with("\"models/acai/0\"", "\"../lines\""), "`../lines` is not an instance"),
        (with("\"models/acai/0\"", "\"models/acai/00\""), "`models/acai/00` is not an instance"),
        (with("Dataset", "Datasat"), "`Datasat` is no kind of stage"),
        (with("format: 1", "format: 2"), "the lock has format 2, and this acai-pipe reads 1"),
        (with("format: 1,", ""), "lacks the field `format`"),
        (with("tool: ", "tools: "), "has no field `tools`"),
        (with("0.25", "much"), "a number"),
        (refused(""), "expected a value"),
        (refused(text.split_once("parts").unwrap().0), "the text ends before a closing"),
        (refused(&"(".repeat(100)), "nested more than 64 deep"),
        (refused(&"x".repeat(5_000)), "its line 1 is longer than 4096 bytes"),
        (refused(&"\n".repeat(17 << 20)), "is no lock: it has 17825792 bytes"),
    ] {
        assert!(said.contains(wanted), "{wanted}:\n{said}");
        assert!(said.len() < 10_000, "{wanted}: {} bytes", said.len());
    }
}

#[test]
fn what_a_run_did_not_reach_stays_while_the_pipeline_means_it() {
    let plan = plan(TEXT);
    let all = whole(&plan);
    let renewed = |now: [Option<u8>; 5]| all.renewed(&plan, &lock(&plan, now), DeviceKind::Cpu);
    assert_eq!(renewed([None; 5]), all);
    assert_eq!(renewed([Some(1), None, Some(21), None, None]), all);
    // A dataset that came out otherwise contradicts the keys of all that reads it.
    assert_eq!(names(&renewed([Some(5), None, None, None, None])), ["lines"]);
    // So does a model, for the paths of its variant.
    let kept = renewed([Some(1), None, Some(23), None, None]);
    assert_eq!(names(&kept), ["lines", "models/acai/0", "models/plain/0", "paths/plain/0"]);
}

#[test]
fn what_the_pipeline_does_not_say_any_more_goes() {
    let all = whole(&plan(TEXT));
    let after = |text: &str| {
        let plan = plan(text);
        names(&all.renewed(&plan, &Lockfile::default(), DeviceKind::Cpu))
    };
    let other = after(&TEXT.replace("regularizer: Acai", "regularizer: Acai(lambda: 0.25)"));
    assert_eq!(other, ["lines", "models/plain/0", "paths/plain/0"]);
    assert_eq!(
        after(&TEXT.replace("\"acai\"", "\"with\"")),
        ["lines", "models/plain/0", "paths/plain/0"]
    );
    // Twice as many seeds, pairs of another number: only what changed goes.
    let seeds = after(&TEXT.replace("\"small\",", "\"small\", seeds: [1, 0],"));
    assert_eq!(seeds.len(), 5);
    let pairs = after(&TEXT.replace("pairs: 16", "pairs: 8"));
    assert_eq!(pairs, ["lines", "models/acai/0", "models/plain/0"]);
    assert_eq!(after(&TEXT.replace("train: 256", "train: 128")), [""; 0]);
}

#[test]
fn who_made_a_result_is_no_change() {
    let plan = plan(TEXT);
    let all = whole(&plan);
    let mut now = all.clone();
    let lines: acai_common::names::InstanceName = "lines".parse().unwrap();
    let tool = |lock: &mut Lockfile| {
        lock.entries.get_mut(&lines).unwrap().tool = "acai-pipe 9.0.0".to_owned();
    };
    tool(&mut now);
    assert_eq!(all.renewed(&plan, &now, DeviceKind::Cpu), all);
    assert_eq!(all.drift(&now), []);
}

#[test]
fn another_digest_or_score_under_the_same_key_is_a_departure() {
    let plan = plan(TEXT);
    let all = whole(&plan);
    let now = lock(&plan, [Some(1), Some(11), Some(23), None, Some(41)]);
    let digest = |lock: &Lockfile, name: &str| lock.entries[&name.parse().unwrap()].digest;
    let name = "models/acai/0";
    let (locked, found) = (digest(&all, name), digest(&now, name));
    assert_ne!(locked, found);
    // The paths have another key by then, so nothing can be said of them.
    assert_eq!(all.drift(&now), [Drift { instance: name.parse().unwrap(), locked, found }]);
    let mut edited = all.clone();
    let entry: &mut LockedInstance =
        edited.entries.get_mut(&"paths/acai/0".parse().unwrap()).unwrap();
    entry.scores.insert("mean_distance".to_owned(), 0.125);
    let [drift] = &edited.drift(&all)[..] else { panic!("one score differs") };
    assert_eq!(drift.locked, drift.found);
}

#[test]
fn a_lock_covers_its_own_pipeline_only() {
    let all = whole(&plan(TEXT));
    let gaps = |lock: &Lockfile, text: &str| lock.gaps(&plan(text), DeviceKind::Cpu);
    assert_eq!(gaps(&all, TEXT), []);
    let outdated = |name: &str| LockGap::Outdated(name.parse().unwrap());
    assert_eq!(
        gaps(&all, &TEXT.replace("kimg: 2", "kimg: 3")),
        [outdated("models/plain/0"), outdated("models/acai/0")]
    );
    let renamed = gaps(&all, &TEXT.replace("\"paths\"", "\"roads\""));
    let missing =
        ["roads/plain/0", "roads/acai/0"].map(|name| LockGap::Missing(name.parse().unwrap()));
    let foreign =
        ["paths/acai/0", "paths/plain/0"].map(|name| LockGap::Foreign(name.parse().unwrap()));
    assert_eq!(renamed, [missing, foreign].concat());
    assert_eq!(all.gaps(&plan(TEXT), DeviceKind::Cuda).len(), 4);
}

#[test]
fn a_lock_that_would_be_written_as_it_is_is_recognized() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("small.lock.ron");
    let lock = whole(&plan(TEXT));
    assert!(!lock.is_saved_at(&path));
    lock.save(&path).unwrap();
    assert!(lock.is_saved_at(&path));
    std::fs::write(&path, lock.write() + "\n").unwrap();
    assert!(!lock.is_saved_at(&path));
}

#[test]
fn of_runs_that_end_together_all_are_in_the_lock() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("small.lock.ron");
    let all = whole(&plan(TEXT));
    for _ in 0..20 {
        std::fs::write(&path, Lockfile::default().write()).unwrap();
        std::thread::scope(|scope| {
            for (name, entry) in &all.entries {
                let path = &path;
                scope.spawn(move || {
                    Lockfile::update(path, |mut lock| {
                        std::thread::yield_now();
                        lock.entries.insert(name.clone(), entry.clone());
                        Some(lock)
                    })
                    .unwrap();
                });
            }
        });
        assert_eq!(Lockfile::load(&path).unwrap().unwrap(), all);
    }
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1, "nothing else is left");
}

/// Whatever is read can be written and read again, with every character escaped.
#[test]
fn no_text_is_so_long_that_its_line_would_be_too_long() {
    let mut lock = whole(&plan(TEXT));
    let tool = |length: usize| "\u{1b}".repeat(length);
    lock.entries.get_mut(&"paths/acai/0".parse().unwrap()).unwrap().tool = tool(512);
    assert_eq!(Lockfile::read("x", &lock.write()).unwrap(), lock);
    lock.entries.get_mut(&"paths/acai/0".parse().unwrap()).unwrap().tool = tool(513);
    let refused = Lockfile::read("x", &lock.write()).unwrap_err().to_string();
    assert!(refused.contains("a text of `paths/acai/0` has 513 bytes"), "{refused}");
}
