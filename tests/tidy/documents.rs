//! Documents and shipped pipelines keep up with the code.
//!
//! Knows nothing of whether what they say is wise.

use std::path::Path;

use acai_artifact::Kind;
use acai_config::Pipeline;
use acai_lockfile::{Lockfile, beside};
use acai_net::DeviceKind;
use acai_plan::Plan;
use acai_stage as stage;

use super::{
    none,
    source::{files, has_extension, read, rust},
};

pub(super) fn pipelines() -> impl Iterator<Item = String> {
    let files = files().into_iter().filter(|path| path.starts_with("pipelines/"));
    files.filter(|path| has_extension(path, "ron") && !path.ends_with(".lock.ron"))
}

pub(super) fn documents() -> impl Iterator<Item = String> {
    files().into_iter().filter(|path| has_extension(path, "md"))
}

#[test]
fn every_shipped_pipeline_is_sound() {
    let violations = pipelines().filter_map(|path| {
        let planned = Pipeline::parse(&path, &read(&path), &[]).and_then(|read| Plan::new(&read));
        planned.err().map(|violations| violations.to_string())
    });
    none("correct the pipeline, or the code that broke it", violations);
    assert!(pipelines().count() >= 2, "the shipped pipelines are gone");
}

/// Whoever changes a shipped pipeline runs it, or takes its lock away.
#[test]
fn every_shipped_lock_is_of_its_pipeline() {
    let violations = pipelines().filter_map(|path| {
        let lock = Lockfile::load(&beside(Path::new(&path))).unwrap()?;
        let planned = Pipeline::parse(&path, &read(&path), &[]).and_then(|read| Plan::new(&read));
        let plan = planned.ok()?;
        let gaps = lock.gaps(&plan, DeviceKind::Cpu);
        (!gaps.is_empty()).then(|| format!("{path}: {gaps:?}"))
    });
    none("run the pipeline, so that its lock is renewed", violations);
}

/// A header is the comment at the top: question, command, result.
#[test]
fn every_shipped_pipeline_says_what_to_expect() {
    let violations = pipelines().filter(|path| {
        let text = read(path);
        let head: String = text.lines().take_while(|line| line.starts_with("//")).collect();
        let has_result = head.contains("measured:") || head.contains("estimate, not a measurement");
        !(head.contains('?') && head.contains(&format!("acai-pipe run {path}")) && has_result)
    });
    none(
        "open the pipeline with its question, its command, and `measured: …` or `estimate, not a measurement: …`",
        violations,
    );
}

#[test]
fn the_readme_shows_the_quickstart_as_it_is() {
    let pipeline = read("pipelines/quickstart.ron");
    let body = &pipeline[pipeline.find("Pipeline(").expect("it is a pipeline")..];
    assert!(read("README.md").contains(body), "copy pipelines/quickstart.ron into README.md");
}

#[test]
fn the_changelog_is_open() {
    let changelog = read("CHANGELOG.md");
    let first = changelog.lines().find(|line| line.starts_with("## "));
    assert_eq!(first, Some("## Upcoming"), "CHANGELOG.md starts with what is to come");
}

#[test]
fn every_kind_is_documented() {
    let (grammar, layout) = (read("docs/pipeline-file.md"), read("docs/artifacts.md"));
    let stages = stage::KINDS.iter().filter(|kind| !grammar.contains(&format!("### `{kind}`")));
    let artifacts = Kind::ALL.iter().filter(|kind| !layout.contains(&format!("## `{kind}`")));
    let missing = stages.map(|kind| format!("### `{kind}` in docs/pipeline-file.md"));
    none(
        "write the section",
        missing.chain(artifacts.map(|kind| format!("## `{kind}` in docs/artifacts.md"))),
    );
}

/// "Held by" is followed, on its line, by tests (`net::tests::gradients_…`) and
/// files with examples that must not compile; what is not held is a "*Gap: …*".
#[test]
fn tests_that_documents_name_are_there() {
    let sources: String = rust(&["src", "tests"]).iter().map(|path| read(path)).collect();
    let is_there = |name: &str| {
        let test = name.rsplit("::").next().unwrap_or(name);
        std::path::Path::new(name).exists() || sources.contains(&format!("fn {test}("))
    };
    let violations = documents().flat_map(|path| {
        let text = read(&path);
        let named =
            text.lines().filter_map(|line| line.split_once("Held by")).flat_map(|(_, tail)| {
                let held = tail.split("*Gap").next().unwrap_or(tail);
                held.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>()
            });
        let gone = named.filter(|name| !is_there(name));
        gone.map(|name| format!("{path}: `{name}`")).collect::<Vec<_>>()
    });
    none("a document names a test that is not there", violations);
}

#[test]
fn links_between_documents_lead_somewhere() {
    let violations = documents().flat_map(|path| {
        let folder =
            path.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
        let text = read(&path);
        let targets = text.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next());
        let inner = targets.filter(|target| !target.is_empty() && !target.contains("://"));
        let broken =
            inner.filter(|target| !std::path::Path::new(&format!("{folder}{target}")).exists());
        broken.map(|target| format!("{path}: {target}")).collect::<Vec<_>>()
    });
    none("a link leads nowhere", violations);
}
