//! `ro-crate-metadata.json`: the bundle as an RO-Crate 1.1, profile Workflow Run
//! Crate 0.5, so that archives and other tools understand it.
//!
//! Knows nothing of what the files hold.

use serde_json::{Value, json};

use super::{
    PIPELINE,
    content::{Content, Source, object},
};
use acai_engine::record::Provenance;
use acai_plan::Instance;

const PROFILES: [(&str, &str, &str); 3] = [
    ("https://w3id.org/ro/wfrun/process/0.5", "Process Run Crate", "0.5"),
    ("https://w3id.org/ro/wfrun/workflow/0.5", "Workflow Run Crate", "0.5"),
    ("https://w3id.org/workflowhub/workflow-ro-crate/1.0", "Workflow RO-Crate", "1.0"),
];

/// Studies whose author says nothing.
const NO_LICENCE: &str = "not stated by the author";

const LANGUAGE: &str = "#acai-pipe";
const RUN: &str = "#run";

/// The text; `paths` are the other files of the bundle.
pub(super) fn text(content: &Content<'_>, sources: &[Source], paths: &[&str]) -> String {
    let mut graph = vec![descriptor(), root(content, paths)];
    graph.extend(PROFILES.iter().map(|&(id, name, version)| {
        json!({ "@id": id, "@type": "CreativeWork", "name": name, "version": version })
    }));
    graph.push(workflow(content));
    graph.push(json!({
        "@id": LANGUAGE,
        "@type": "ComputerLanguage",
        "name": "acai-pipe",
        "alternateName": "pipelines of acai-pipe, in RON",
        "version": env!("CARGO_PKG_VERSION"),
        "url": "https://github.com/ron-rs/ron",
        "identifier": { "@id": "https://github.com/ron-rs/ron" },
    }));
    graph.extend(author(content));
    let licence = content.terms.licence.as_deref().filter(|text| is_address(text));
    graph.extend(licence.map(|address| {
        json!({ "@id": address, "@type": "CreativeWork", "name": address, "identifier": address })
    }));
    graph.push(run(content, sources));
    graph.extend(paths.iter().filter(|&&path| path != PIPELINE).map(|path| file(content, path)));
    let context = "https://w3id.org/ro/crate/1.1/context";
    format!("{:#}\n", json!({ "@context": context, "@graph": graph }))
}

fn descriptor() -> Value {
    json!({
        "@id": "ro-crate-metadata.json",
        "@type": "CreativeWork",
        "about": { "@id": "./" },
        "conformsTo": [
            { "@id": "https://w3id.org/ro/crate/1.1" },
            { "@id": PROFILES[2].0 },
        ],
    })
}

fn root(content: &Content<'_>, paths: &[&str]) -> Value {
    let name = content.plan.name().as_str();
    let (_, end) = span(content);
    let mut root = json!({
        "@id": "./",
        "@type": "Dataset",
        "name": name,
        "description": format!(
            "the pipeline `{name}` of acai-pipe, what came out of it, and how to make it again"
        ),
        // There is no other date that every bundling of the study agrees on.
        "datePublished": date(end),
        "license": licence(content),
        "conformsTo": PROFILES.map(|(id, ..)| json!({ "@id": id })),
        "hasPart": paths.iter().map(|path| json!({ "@id": path })).collect::<Vec<_>>(),
        "mainEntity": { "@id": PIPELINE },
        "mentions": { "@id": RUN },
    });
    if content.terms.author.is_some() {
        root["author"] = json!({ "@id": "#author" });
    }
    root
}

fn workflow(content: &Content<'_>) -> Value {
    json!({
        "@id": PIPELINE,
        "@type": ["File", "SoftwareSourceCode", "ComputationalWorkflow"],
        "name": content.plan.name().as_str(),
        "description": "the pipeline, with every setting applied",
        "encodingFormat": "text/plain",
        "programmingLanguage": { "@id": LANGUAGE },
    })
}

fn author(content: &Content<'_>) -> Option<Value> {
    let name = content.terms.author.as_deref()?;
    Some(json!({ "@id": "#author", "@type": "Person", "name": name }))
}

/// The run: what it read, what came out, when.
fn run(content: &Content<'_>, sources: &[Source]) -> Value {
    let read = sources.iter().map(|source| json!({ "@id": croissant(&source.name) }));
    let mut read: Vec<Value> = read.collect();
    read.dedup();
    let objects = content.plan.instances.iter().zip(&content.records);
    let objects = objects.filter(|(instance, _)| content.level.takes(instance.stage.output()));
    let mut objects: Vec<String> = objects.map(|(_, record)| object(&record.digest)).collect();
    objects.sort();
    objects.dedup();
    let made = ["pipeline.lock.ron".to_owned()].into_iter().chain(objects);
    let (start, end) = span(content);
    let mut run = json!({
        "@id": RUN,
        "@type": "CreateAction",
        "name": format!("run of {}", content.plan.name()),
        "description": "every instance of the pipeline, as the records in store/actions say",
        "instrument": { "@id": PIPELINE },
        "object": one_or_all(read),
        "result": one_or_all(made.map(|path| json!({ "@id": path })).collect()),
        "startTime": date(start),
        "endTime": date(end),
        "actionStatus": "http://schema.org/CompletedActionStatus",
    });
    if content.terms.author.is_some() {
        run["agent"] = json!({ "@id": "#author" });
    }
    run
}

/// A list of one is written without the list.
fn one_or_all(mut all: Vec<Value>) -> Value {
    match all.len() {
        1 => all.remove(0),
        _ => Value::Array(all),
    }
}

/// The licence: an entity if it has an address, else its name.
fn licence(content: &Content<'_>) -> Value {
    match content.terms.licence.as_deref() {
        Some(address) if is_address(address) => json!({ "@id": address }),
        Some(name) => json!(name),
        None => json!(NO_LICENCE),
    }
}

fn is_address(text: &str) -> bool {
    text.starts_with("https://") || text.starts_with("http://")
}

fn croissant(name: &str) -> String {
    format!("croissant/{name}.json")
}

fn file(content: &Content<'_>, path: &str) -> Value {
    let ending = path.rsplit('.').next().unwrap_or_default();
    let encoding = match ending {
        "h5" => "application/x-hdf5",
        "html" => "text/html",
        "json" => "application/ld+json",
        "md" => "text/markdown",
        _ => "text/plain",
    };
    json!({
        "@id": path,
        "@type": "File",
        "name": path.rsplit('/').next().unwrap_or(path),
        "description": what(content, path),
        "encodingFormat": encoding,
    })
}

fn what(content: &Content<'_>, path: &str) -> String {
    let names = |wanted: &dyn Fn(usize) -> bool| -> String {
        let all = content.plan.instances.iter().enumerate();
        let names = all.filter(|(place, _)| wanted(*place));
        let name = |(_, instance): (usize, &Instance)| instance.name.to_string();
        names.map(name).collect::<Vec<_>>().join(", ")
    };
    let records = &content.records;
    if path.starts_with("store/actions/") {
        let is_its = |place: usize| path.ends_with(&records[place].key.digest().to_string());
        return format!("how {} came about", names(&is_its));
    }
    if path.starts_with("store/objects/") {
        let is_its = |place: usize| path == object(&records[place].digest);
        return format!("the artifact of {}", names(&is_its));
    }
    match path.split('/').next().unwrap_or_default() {
        "croissant" => "a dataset, for catalogues",
        "datasets" => "a dataset: its files, their checksums and how they are read",
        "pipeline.lock.ron" => "what came out: keys, digests and scores",
        "report.html" => "the results as a page",
        _ => "what this is and what to do with it",
    }
    .to_owned()
}

/// When the first result was begun and the last one done, in seconds since 1970.
fn span(content: &Content<'_>) -> (u64, u64) {
    let made = || content.records.iter().map(|record| &record.made);
    let began = |made: &Provenance| made.finished_unix_s.saturating_sub(made.elapsed_s as u64);
    let start = made().map(began).min().unwrap_or(0);
    (start, made().map(|made| made.finished_unix_s).max().unwrap_or(0))
}

/// As ISO 8601 has it, `2026-03-01T09:05:00+00:00`.
fn date(unix_s: u64) -> String {
    let (days, second) = (unix_s / 86_400, unix_s % 86_400);
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    let (mut year, mut day) = (1970, days.min(10_000 * 366));
    while day >= length(year) {
        day -= length(year);
        year += 1;
    }
    let february = length(year) - 337;
    let mut month = 1;
    for days in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30] {
        if day < days {
            break;
        }
        day -= days;
        month += 1;
    }
    format!("{year:04}-{month:02}-{:02}T{hour:02}:{minute:02}:{second:02}+00:00", day + 1)
}

/// Days of a year.
fn length(year: u64) -> u64 {
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    365 + u64::from(is_leap)
}

#[cfg(test)]
mod tests {
    use super::date;

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (unix_s, text) in [
            (0, "1970-01-01T00:00:00+00:00"),
            (951_782_399, "2000-02-28T23:59:59+00:00"),
            (951_782_400, "2000-02-29T00:00:00+00:00"),
            (951_868_800, "2000-03-01T00:00:00+00:00"),
            (1_764_028_799, "2025-11-24T23:59:59+00:00"),
            (1_798_761_599, "2026-12-31T23:59:59+00:00"),
        ] {
            assert_eq!(date(unix_s), text);
        }
    }
}
