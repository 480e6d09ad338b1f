//! The plan of an untrusted pipeline, which may name nothing outside the bundle
//! and not unfold without end.
//!
//! Knows nothing of locks and records.

use std::{collections::BTreeSet, path::Path};

use fs_err as fs;

use super::super::{
    PIPELINE, Refusal,
    manifest::{FileRole, ManifestEntry, role},
};
use acai_common::{
    diagnostics::Diagnostics,
    text::{RonDocument, from_str},
};
use acai_config::{Context, Pipeline};
use acai_dataset::{SearchPaths, descriptor::Descriptor, hashes::Hashes, shipped};
use acai_plan::Plan;

/// No study has more instances.
const MOST_INSTANCES: usize = 100_000;

/// The plan of the pipeline in `folder`.
pub(super) fn plan(entries: &[ManifestEntry], folder: &Path) -> Result<Plan, Refusal> {
    let is_there = |path: &str| entries.iter().any(|entry| entry.path == path);
    if !is_there(PIPELINE) {
        return Err(Refusal::Missing(PIPELINE.to_owned()));
    }
    let descriptors = entries.iter().filter(|entry| role(&entry.path) == FileRole::Descriptor);
    let descriptors: BTreeSet<&str> = descriptors.map(|entry| entry.path.as_str()).collect();
    for path in &descriptors {
        let text = text(folder, path)?;
        is_resolved(&from_str(path, &text)?, path)?;
    }
    names_nothing_outside(&text(folder, PIPELINE)?, &descriptors)?;
    let places = SearchPaths { is_offline: true, ..SearchPaths::default() };
    let mut around = Context { places, hashes: Hashes::default() };
    let pipeline = Pipeline::read(&folder.join(PIPELINE), &[], &mut around)?;
    is_finite(&pipeline)?;
    Ok(Plan::new(&pipeline)?)
}

fn text(folder: &Path, path: &str) -> Result<String, Refusal> {
    let text = String::from_utf8(fs::read(folder.join(path))?);
    text.map_err(|_| Refusal::Damaged(format!("`{path}` is not UTF-8 text")))
}

/// Every dataset is a descriptor of the bundle, or drawn.
fn names_nothing_outside(text: &str, descriptors: &BTreeSet<&str>) -> Result<(), Refusal> {
    let document = RonDocument::parse(PIPELINE, text)?;
    let stages = document.root.entry("stages").map_or(&[][..], |stages| stages.value.entries());
    for stage in stages {
        let sources = stage.value.inside().entries().iter().filter(|entry| entry.name == "source");
        for source in sources {
            let written = document.sources.text(source.value.span);
            let path = written.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
            let is_inside = path.is_some_and(|path| descriptors.contains(path) || is_drawn(path));
            if !is_inside {
                let (name, written) = (stage.name.escape_debug(), written.escape_debug());
                let why = format!("takes `{name}` from {written}, which is not in the bundle");
                return Err(Refusal::Pipeline(why));
            }
        }
    }
    Ok(())
}

/// Whether the shipped dataset of that name has no files.
fn is_drawn(name: &str) -> bool {
    let descriptor = shipped::text(name).map(|text| from_str(name, text));
    matches!(descriptor, Some(Ok(descriptor)) if Descriptor::is_drawn(&descriptor))
}

/// A descriptor has to be enough to know its files by, wherever they are.
fn is_resolved(descriptor: &Descriptor, path: &str) -> Result<(), Refusal> {
    if let Some(undeclared) = descriptor.undeclared() {
        let why = format!("has a dataset, `{path}`, with `{undeclared}`, which has no checksum");
        return Err(Refusal::Pipeline(why));
    }
    if descriptor.files.iter().any(|file| file.mirrors.iter().any(|url| is_local(&url.to_string())))
    {
        let why = format!("has a dataset, `{path}`, that is to be got from this very machine");
        return Err(Refusal::Pipeline(why));
    }
    Ok(())
}

/// Whether a mirror is a file on this machine.
pub(crate) fn is_local(mirror: &str) -> bool {
    let scheme = mirror.split_once(':').map_or("", |(scheme, _)| scheme);
    !scheme.eq_ignore_ascii_case("https") && !scheme.eq_ignore_ascii_case("http")
}

/// Variants and seeds multiply: they are counted before they are unfolded.
fn is_finite(pipeline: &Pipeline) -> Result<(), Diagnostics> {
    let members = pipeline.stages.iter().filter_map(|stage| stage.declaration.as_ref());
    let most = members.map(|declared| declared.members().len()).max().unwrap_or(0);
    let all = most.checked_mul(pipeline.seeds.len());
    let all = all.and_then(|all| all.checked_mul(pipeline.stages.len()));
    match all {
        Some(all) if all <= MOST_INSTANCES => Ok(()),
        _ => Err(Diagnostics::new(
            std::sync::Arc::clone(pipeline.sources()),
            vec![acai_common::diagnostics::Diagnostic::new(format!(
                "the pipeline unfolds into more than {MOST_INSTANCES} instances"
            ))],
        )),
    }
}
