//! Where everything on the page comes from: the pipeline's text, and every
//! instance with its key, digest, duration, version and machine.
//!
//! Knows nothing of results.

use std::{collections::BTreeSet, fmt::Write as _};

use maud::{Markup, PreEscaped, html};

use super::{report_data::ReportData, text};
use crate::graph::{Graph, svg};
use acai_artifact::Digest;
use acai_common::format::{bytes, count, duration};
use acai_engine::{
    key::Key,
    record::Provenance,
    status::{State, Status},
};
use acai_plan::Instance;

/// One sentence: how many instances have a result, and how long they took.
pub(super) fn summary(found: ReportData<'_>) -> String {
    let all = found.statuses.len();
    let made: Vec<&Provenance> = records(found).map(|(_, made)| made).collect();
    let families = match found.variants.len() {
        0 => String::new(),
        1 => "1 variant · ".to_owned(),
        n => format!("{n} variants · "),
    };
    let seeds = match found.plan.pipeline().seeds.len() {
        1 => "1 seed".to_owned(),
        n => format!("{n} seeds"),
    };
    let there = if made.len() == all {
        format!("all {all} instances are there")
    } else {
        format!("{} of {all} instances are there", made.len())
    };
    let took: f64 = made.iter().map(|made| made.elapsed_s).sum();
    let mut text = format!("{families}{seeds} · {there}");
    if !made.is_empty() {
        let _ = write!(text, " · {} of work", duration(took));
    }
    text
}

/// Which tools and machines made what is there; none if nothing is.
pub(super) fn makers(found: ReportData<'_>) -> Option<String> {
    let each = |of: fn(&Provenance) -> &String| -> Vec<String> {
        let all: BTreeSet<&String> = records(found).map(|(_, made)| of(made)).collect();
        all.into_iter().cloned().collect()
    };
    let (tools, hosts) = (each(|made| &made.tool), each(|made| &made.host));
    (!tools.is_empty()).then(|| format!("{} on {}", tools.join(", "), hosts.join(", ")))
}

fn records(found: ReportData<'_>) -> impl Iterator<Item = (Digest, &Provenance)> {
    let records = found.statuses.iter().filter_map(|status| status.record.as_ref());
    records.map(|record| (record.digest, &record.made))
}

/// The pipeline as a picture, with what ran and what is missing, and as text.
pub(super) fn pipeline(found: ReportData<'_>) -> Markup {
    let picture = PreEscaped(svg(&Graph::new(found.plan, found.statuses)));
    html! {
        (text::scroller("The pipeline as a graph", html! { div.graph { (picture) } }))
        (text(found))
    }
}

/// The pipeline's file as it is, and what was set beside it.
fn text(found: ReportData<'_>) -> Markup {
    let pipeline = found.plan.pipeline();
    let source = pipeline.sources().first();
    let text = source.map_or("", |source| source.text.trim_end());
    html! {
        @if !pipeline.sets.is_empty() {
            p { "With " @for set in &pipeline.sets { code { "--set " (set) " " } } }
        }
        (text::scroller("The pipeline's text", html! { pre { code { (text) } } }))
    }
}

/// Every instance, how it came about, and what it is known by.
pub(super) fn table(found: ReportData<'_>) -> Markup {
    let titles = ["instance", "kind", "state", "key", "digest", "size", "took", "made by", "on"];
    let instances = found.plan.instances.iter().zip(found.statuses);
    let table = html! {
        table.made {
            thead { tr { @for title in titles { th scope="col" { (title) } } } }
            tbody { @for (instance, status) in instances { (row(instance, status)) } }
        }
    };
    text::scroller("Every instance", table)
}

fn row(instance: &Instance, status: &Status) -> Markup {
    let state = match status.state {
        State::Cached | State::Copied => "there",
        State::Run | State::Fetched => "missing",
        State::Maybe => "perhaps",
    };
    let key = status.key.as_ref().map(Key::digest);
    let record = status.record.as_ref();
    let made = record.map(|record| &record.made);
    let took = made.map_or_else(String::new, |made| {
        let rate = made.images_per_s.map(|rate| format!(", {} images/s", count(rate as u64)));
        duration(made.elapsed_s) + &rate.unwrap_or_default()
    });
    html! {
        tr {
            th scope="row" { (instance.name) }
            td { (instance.kind) }
            td { (state) }
            (digest(key))
            (digest(record.map(|record| record.digest)))
            td.number { @if let Some(record) = record { (bytes(record.bytes)) } }
            td.number { (took) }
            td { @if let Some(made) = made { (made.tool) } }
            td { @if let Some(made) = made { (made.host) } }
        }
    }
}

/// The start of a digest; all of it under the pointer.
fn digest(digest: Option<Digest>) -> Markup {
    html! { td { @if let Some(digest) = digest { code title=(digest) { (digest.short()) } } } }
}
