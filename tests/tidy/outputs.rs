//! Every output and score that a document shows is what the program says.
//!
//! `<!-- output: COMMAND -->` above a block of code says where its text comes
//! from. The command is run in a folder with the shipped pipelines, `first.ron`
//! of "Getting started", and a store that is made from lockfiles: it has every
//! score and digest, and no array. Durations are replaced by `…`.
//!
//! With `ACAI_RENEW=1` the documents are written instead of compared, and
//! `first.ron` is run for its lockfile. `make renew` does so.

use std::{path::Path, process::Command};

use acai_common::{files::length_and_digest, format::number};
use acai_config::Pipeline;
use acai_engine::{
    Runs,
    record::{Provenance, Record},
    roots::Origin,
    store::Store,
};
use acai_lockfile::{Lockfile, beside};
use acai_net::DeviceKind;
use acai_plan::Plan;

use super::{
    documents::{documents, pipelines},
    none,
    source::read,
};
use crate::support::Space;

const FIRST_LOCK: &str = "tests/documents/first.lock.ron";

fn is_renewing() -> bool {
    std::env::var_os("ACAI_RENEW").is_some()
}

/// The pipeline of "Getting started", without its mistake.
fn first() -> String {
    let page = read("docs/getting-started.md");
    let (_, rest) = page.split_once("```ron,wrong\n").expect("the pipeline is there");
    let (text, _) = rest.split_once("```").expect("the block ends");
    text.replace("lamda", "lambda")
}

fn plan(file: &str, text: &str) -> Plan {
    Plan::new(&Pipeline::parse(file, text, &[]).unwrap()).unwrap()
}

fn lockfile(path: &str) -> Lockfile {
    Lockfile::load(Path::new(path)).unwrap().unwrap_or_else(|| panic!("there is no {path}"))
}

/// A folder with pipelines, documents and records of the results in lockfiles.
fn space() -> Space {
    let space = Space::new("");
    let store = Store::new(&space.path(".acai"));
    std::fs::create_dir(space.path("pipelines")).unwrap();
    std::fs::copy("README.md", space.path("README.md")).unwrap();
    std::fs::write(space.path("first.ron"), first()).unwrap();
    for path in pipelines() {
        std::fs::copy(&path, space.path(&path)).unwrap();
        let lock = beside(Path::new(&path));
        if lock.exists() {
            std::fs::copy(&lock, space.path(lock.to_str().unwrap())).unwrap();
            remember(&store, &plan(&path, &read(&path)), &lockfile(lock.to_str().unwrap()));
        }
    }
    remember(&store, &plan("first.ron", &first()), &lockfile(FIRST_LOCK));
    space
}

/// Puts a record and an empty object of every entry into the store.
fn remember(store: &Store, plan: &Plan, lock: &Lockfile) {
    let mut runs = Runs::default();
    for instance in &plan.instances {
        let entry = &lock.entries[&instance.name];
        let key = lock.key(plan, instance, DeviceKind::Cpu).unwrap();
        runs.0.insert(instance.name.to_string(), (key.digest(), entry.digest));
        let scores = entry.scores.clone().into_iter().collect();
        let (digest, parts) = (entry.digest, entry.parts.clone());
        let record = Record { key, digest, parts, bytes: 0, scores, made: Provenance::default() };
        store.import_record(&record).unwrap();
        let object = store.object(&digest);
        std::fs::write(&object, "").unwrap();
        let checksum = store.root().join("checksums").join(digest.to_string());
        std::fs::write(checksum, length_and_digest(&mut std::io::empty()).unwrap()).unwrap();
    }
    let planned = runs.0.keys().cloned().collect();
    store.note_run(&Origin::named(plan.name().as_str()), runs, &planned).unwrap();
}

/// What a shell says to `command`, durations replaced.
fn output(space: &Space, command: &str) -> String {
    let program = Path::new(env!("CARGO_BIN_EXE_acai-pipe")).parent().unwrap();
    let path = std::env::var("PATH").unwrap_or_default();
    let mut shell = Command::new("sh");
    shell.args(["-c", command]).env("PATH", format!("{}:{path}", program.display()));
    let output = space.at_home(&mut shell).output().unwrap();
    assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let lines = text.trim_matches('\n').lines().map(|line| hide_durations(line.trim_end()));
    lines.collect::<Vec<_>>().join("\n") + "\n"
}

/// `≈ 2 m 35 s` is written as `≈ …`.
fn hide_durations(line: &str) -> String {
    let mut pieces = line.split("≈ ");
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |hidden, piece| hidden + "≈ …" + after_duration(piece))
}

/// What follows `2 m 35 s`.
fn after_duration(text: &str) -> &str {
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    let unit = [" h", " m", " s"].into_iter().find_map(|unit| rest.strip_prefix(unit));
    match unit {
        Some(rest) if rest.len() < text.len() => match rest.strip_prefix(' ') {
            Some(more) if more.starts_with(|c: char| c.is_ascii_digit()) => after_duration(more),
            _ => rest,
        },
        _ => text,
    }
}

/// The text of a page with every output as `says` gives it.
fn with_outputs(text: &str, says: impl Fn(&str) -> String) -> String {
    let (mut renewed, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once("\n<!-- output: ") {
        let (command, after) = after.split_once(" -->\n").expect("the comment ends");
        let (fence, after) = after.split_once('\n').expect("a block follows");
        let (_, after) = after.split_once("```").expect("the block ends");
        let says = says(command);
        renewed +=
            &[before, "\n<!-- output: ", command, " -->\n", fence, "\n", &says, "```"].concat();
        rest = after;
    }
    renewed + rest
}

/// Runs `first.ron` and keeps its lockfile.
fn renew_first() {
    let space = Space::new("");
    std::fs::write(space.path("first.ron"), first()).unwrap();
    output(&space, "acai-pipe run first.ron");
    std::fs::copy(space.path("first.lock.ron"), FIRST_LOCK).unwrap();
}

#[test]
fn documents_show_what_the_program_says() {
    if is_renewing() {
        renew_first();
    }
    let space = space();
    let splice = "acai-pipe report pipelines/quickstart.ron --splice README.md";
    output(&space, splice);
    let spliced = std::fs::read_to_string(space.path("README.md")).unwrap();
    let stale = documents().filter(|path| {
        let text = read(path);
        let base = if path == "README.md" { &spliced } else { &text };
        let renewed = with_outputs(base, |command| output(&self::space(), command));
        if is_renewing() {
            std::fs::write(path, &renewed).unwrap();
        }
        !is_renewing() && renewed != text
    });
    none("`make renew` writes what the program says", stale.collect::<Vec<_>>());
}

#[test]
fn first_lock_is_of_its_pipeline() {
    let gaps = lockfile(FIRST_LOCK).gaps(&plan("first.ron", &first()), DeviceKind::Cpu);
    assert!(gaps.is_empty(), "`make renew` runs the pipeline: {gaps:?}");
}

/// The lines of an interrupted run cannot be had from a store; their scores can.
#[test]
fn the_run_of_getting_started_has_the_scores_of_its_lockfile() {
    let (page, lock) = (read("docs/getting-started.md"), lockfile(FIRST_LOCK));
    let mut count = 0;
    let wrong = page.lines().filter(|line| {
        let mut words = line.split_whitespace();
        let name = words.next().and_then(|name| name.parse().ok());
        let entry = name.and_then(|name| lock.entries.get(&name));
        let (Some(entry), true) = (entry, line.contains("  ran  ") || line.contains("  cached  "))
        else {
            return false;
        };
        let scores = entry.scores.iter();
        let scores =
            scores.map(|(name, value)| format!("{} {}", name.replace('_', " "), number(*value)));
        count += 1;
        !line.contains(&scores.collect::<Vec<_>>().join("   "))
    });
    none("copy the scores from the lockfile", wrong.map(str::to_owned).collect::<Vec<_>>());
    assert_eq!(count, 16);
}

#[test]
fn durations_are_hidden_and_nothing_else() {
    assert_eq!(hide_durations("a ≈ 2 m 35 s  b (≈ 0.99 s)"), "a ≈ …  b (≈ …)");
    assert_eq!(hide_durations("12 cached"), "12 cached");
}
