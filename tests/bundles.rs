//! Bundles as people make, give and take them.
//!
//! Knows nothing of how archives are written; `forge` does.

pub(crate) mod forge;
pub(crate) mod hostile;
mod publics;

use std::sync::OnceLock;

use crate::support::{Said, Space, counts, events, skipped};

/// The smallest study that has a trained net, and what depends on it.
pub(crate) const STUDY: &str = r#"Pipeline(
    name: "study",
    stages: {
        "lines":   Dataset(source: "lines", train: 256, test: 64),
        "models":  Train(
            data: "lines",
            net: (depth: 2, latent: 2, width: 8),
            kimg: 1,
            variants: {"baseline": (autoencoder: Baseline)},
        ),
        "latents": Encode(model: "models", data: "lines"),
        "probe":   Probe(latents: "latents", rule: Reference(kimg: 1)),
    },
)
"#;

/// The study, run and bundled with everything: the same for all tests.
pub(crate) fn good() -> &'static [u8] {
    static GOOD: OnceLock<Vec<u8>> = OnceLock::new();
    GOOD.get_or_init(|| {
        let space = Space::new(STUDY);
        space.run(&[]);
        bundled(&space, "all")
    })
}

/// The pipeline of `space` bundled.
fn bundled(space: &Space, level: &str) -> Vec<u8> {
    let said = space.say(&["bundle", "tiny.ron", "-o", "a.acai", "--with", level]);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    std::fs::read(space.path("a.acai")).unwrap()
}

/// Another folder with the bundle in it.
fn elsewhere(bundle: &[u8]) -> Space {
    let space = Space::new("");
    std::fs::write(space.path("study.acai"), bundle).unwrap();
    space
}

fn done(said: &Said) -> &str {
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    &said.stdout
}

#[test]
fn bundling_the_same_study_twice_gives_the_same_file() {
    let space = Space::new(STUDY);
    space.run(&[]);
    let one = bundled(&space, "models");
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    assert!(one == bundled(&space, "models"));
    let text = String::from_utf8_lossy(&zstd::decode_all(one.as_slice()).unwrap()).into_owned();
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let place = space.path("").display().to_string();
    for private in [host.trim(), place.trim_end_matches('/')].iter().filter(|one| one.len() > 3) {
        assert!(!text.contains(private), "{private}");
    }
}

#[test]
fn a_bundle_of_a_bundle_is_the_same_bundle() {
    let space = elsewhere(good());
    done(&space.say(&["bundle", "study.acai", "-o", "again.acai", "--with", "all"]));
    let again = std::fs::read(space.path("again.acai")).unwrap();
    let (one, other) = (forge::Forge::read(good()), forge::Forge::read(&again));
    let texts = |forge: &forge::Forge| -> Vec<(String, Vec<u8>)> {
        let is_text = |entry: &&forge::Entry| !is_about_files(&entry.path);
        forge
            .entries
            .iter()
            .filter(is_text)
            .map(|one| (one.path.clone(), one.data.clone()))
            .collect()
    };
    assert_eq!(texts(&one), texts(&other));
    let paths = |forge: &forge::Forge| -> Vec<String> {
        forge.entries.iter().map(|entry| entry.path.clone()).collect()
    };
    assert_eq!(paths(&one), paths(&other));
}

/// Records and the page say how long files are, and files are written anew; the
/// page also shows the pipeline as it was written, and a bundle's is resolved.
fn is_about_files(path: &str) -> bool {
    ["store/", "report.html"].iter().any(|start| path.starts_with(start))
}

#[test]
fn a_run_of_a_bundle_reuses_what_it_brings_and_nothing_else_learns_of_it() {
    let space = elsewhere(good());
    let said = space.say(&["run", "study.acai", "--progress", "json"]);
    assert_eq!(counts(&events(done(&said))), (0, 4, 0, 0));
    assert!(!space.path(".acai/actions").exists());
    // The same pipeline as a file of one's own is run as if there were no bundle.
    space.write(STUDY);
    assert_eq!(counts(&space.run(&[])), (4, 0, 0, 0));
    // With a setting, everything downstream runs.
    let set = ["run", "study.acai", "--progress", "json", "--set", "probe.rule.kimg=2"];
    assert_eq!(counts(&events(done(&space.say(&set)))), (1, 3, 0, 0));
}

#[test]
fn each_level_brings_what_it_says() {
    let space = Space::new(STUDY);
    space.run(&[]);
    for (level, objects, states) in [
        ("scores", 1, ["run", "run", "run", "run"]),
        ("latents", 2, ["run", "run", "maybe", "maybe"]),
        ("models", 3, ["run", "maybe", "maybe", "maybe"]),
        ("all", 4, ["cached"; 4]),
    ] {
        let there = elsewhere(&bundled(&space, level));
        done(&there.say(&["unbundle", "study.acai", "out"]));
        let listed = std::fs::read_dir(there.path("out/store/objects")).unwrap();
        assert_eq!(listed.count(), objects, "{level}");
        let plan = there.say(&["plan", "study.acai", "--json"]);
        let plan: Vec<serde_json::Value> = serde_json::from_str(done(&plan)).unwrap();
        let found: Vec<&str> = plan.iter().map(|one| one["state"].as_str().unwrap()).collect();
        if level != "scores" {
            assert_eq!(found, states, "{level}");
        }
        // Scores are told by records, whether or not artifacts came along.
        let shown = there.say(&["compare", "study.acai", "--csv"]);
        assert_eq!(done(&shown), done(&space.say(&["compare", "tiny.ron", "--csv"])), "{level}");
    }
}

/// Threads and instructions are forced as in `bits`: without AVX-512, with AVX2
/// and without either.
#[test]
fn made_in_one_folder_it_verifies_bit_identical_in_another() {
    let space = Space::new(STUDY);
    done(&space.say(&["run", "tiny.ron", "--threads", "1", "-q"]));
    for (level, threads, simd) in
        [("models", "2", None), ("models", "3", Some("portable")), ("scores", "2", Some("avx2"))]
    {
        if simd == Some("avx2") && !has_avx2() {
            let test = "made_in_one_folder_it_verifies_bit_identical_in_another";
            skipped(test, "its part with avx2, which this processor lacks");
            continue;
        }
        let there = elsewhere(&bundled(&space, level));
        let mut command = there.command(&["verify", "study.acai", "--threads", threads, "--json"]);
        command.envs(simd.map(|simd| ("ACAI_SIMD", simd)));
        let said = Said::from(command.output().unwrap());
        let verdicts: Vec<serde_json::Value> = serde_json::from_str(done(&said)).unwrap();
        let verdicts: Vec<&str> =
            verdicts.iter().map(|one| one["verdict"].as_str().unwrap()).collect();
        assert_eq!(verdicts, ["bit-identical"; 4]);
    }
}

/// A run makes what the bundle lacks, and fails unless it comes out as locked.
#[test]
fn a_run_of_a_bundle_is_held_to_its_lock() {
    let space = Space::new(STUDY);
    space.run(&[]);
    let there = elsewhere(&bundled(&space, "scores"));
    let mut command = there.command(&["run", "study.acai", "--progress", "json", "--threads", "3"]);
    let said = Said::from(command.env("ACAI_SIMD", "portable").output().unwrap());
    let (ran, cached, ..) = counts(&events(done(&said)));
    assert_eq!((ran, cached), (3, 1));
}

fn has_avx2() -> bool {
    std::fs::read_to_string("/proc/cpuinfo").is_ok_and(|info| info.contains("avx2"))
}

#[test]
fn settings_are_in_the_bundle_and_do_not_have_to_be_said_again() {
    let space = Space::new(STUDY);
    let sets = ["--set", "models.kimg=2", "--set", "lines.test=65"];
    done(&space.say(&[&["run", "tiny.ron", "-q"], &sets[..]].concat()));
    let bundle = [&["bundle", "tiny.ron", "-o", "a.acai", "--with", "all"], &sets[..]].concat();
    done(&space.say(&bundle));
    let there = elsewhere(&std::fs::read(space.path("a.acai")).unwrap());
    let said = there.say(&["run", "study.acai", "--progress", "json"]);
    assert_eq!(counts(&events(done(&said))), (0, 4, 0, 0));
}

#[test]
fn what_was_not_run_cannot_be_bundled() {
    let space = Space::new(STUDY);
    let said = space.say(&["bundle", "tiny.ron", "-o", "a.acai"]);
    assert_eq!(said.code, Some(2));
    assert_eq!(
        said.stderr,
        "error: lines, models/baseline/0, latents/baseline/0, probe/baseline/0 cannot be bundled \
         without being run; `acai-pipe run tiny.ron` does that\n"
    );
    assert!(!space.path("a.acai").exists());
}

#[test]
fn unbundling_never_writes_over_anything() {
    let space = elsewhere(good());
    std::fs::create_dir(space.path("taken")).unwrap();
    std::fs::write(space.path("taken/mine"), "").unwrap();
    let said = space.say(&["unbundle", "study.acai", "taken"]);
    assert_eq!(said.code, Some(1), "{}", said.stderr);
    assert!(said.stderr.contains("there is something in `taken` already"), "{}", said.stderr);
    let said = space.say(&["unbundle", "tiny.ron", "out"]);
    assert_eq!((said.code, said.stderr.as_str()), (Some(2), "error: `tiny.ron` is no bundle\n"));
    std::fs::create_dir(space.path("empty")).unwrap();
    done(&space.say(&["unbundle", "study.acai", "empty"]));
    // What was unpacked is a pipeline with its store.
    let run = ["run", "empty/pipeline.ron", "--cache", "empty/store", "--progress", "json"];
    assert_eq!(counts(&events(done(&space.say(&run)))), (0, 4, 0, 0));
}
