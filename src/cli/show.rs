//! `acai-pipe show PIPELINE [INSTANCE]`.
//!
//! Knows nothing of how results came about.

mod drawings;
mod images;
mod overview;

use std::{fmt::Write as _, path::PathBuf};

use clap::Args;
use serde_json::{Map, Value, json};

use super::{
    exit::{Exit, Failure},
    explain::position,
    opened::Opened,
    options::Options,
    out, screen,
    why::word,
};
use acai_artifact::{Kind, Reader};
use acai_common::{
    format::{bytes, count, duration, number},
    names::Name,
    printable::printable,
};
use acai_engine::{
    record::Record,
    status::{Status, statuses},
    store::Store,
};
use acai_plan::{Instance, Plan};
use acai_report::{
    scores::{Scored, table},
    terminal::draw,
};

/// Show results: of a pipeline, or of one of its instances.
#[derive(Debug, Args)]
pub(super) struct Show {
    /// The pipeline file
    pipeline: PathBuf,
    /// One instance, such as `paths/acai/0`: its artifact in full
    instance: Option<String>,
    /// Write a JSON array
    #[arg(long, conflicts_with = "instance")]
    json: bool,
    /// Where to write the contact sheet of a dataset that the terminal cannot show
    #[arg(long, value_name = "FILE", requires = "instance")]
    png: Option<PathBuf>,
}

impl Show {
    pub(super) fn run(&self, options: &Options) -> Result<Exit, Failure> {
        // A collector waits while artifacts are open.
        let _guard = options.store().lock_shared()?;
        let Opened { plan, store, .. } = Opened::open(&self.pipeline, options)?;
        let index = self.instance.as_ref().map(|name| position(&plan, name)).transpose()?;
        let statuses = statuses(&plan, &store, options.device())?;
        if let Some(index) = index {
            let one = (&plan.instances[index], &statuses[index]);
            return self.one(one, &store, options);
        }
        if self.json {
            let both = plan.instances.iter().zip(&statuses);
            let objects = both.map(|(instance, status)| object(instance, status, &store));
            return out::array(&objects.collect::<Vec<_>>());
        }
        let mut text = list(&plan, &statuses, &store);
        let (screen, is_seen) = screen::stdout();
        if is_seen {
            overview::tell(&plan, &statuses, &store, screen, &mut text);
        }
        out::drawn(&text)
    }
}

impl Show {
    fn one(
        &self,
        (instance, status): (&Instance, &Status),
        store: &Store,
        options: &Options,
    ) -> Result<Exit, Failure> {
        let Some(record) = &status.record else {
            let name = &instance.name;
            let run = options.command("run", &self.pipeline, &[]);
            let explain = options.command("explain", &self.pipeline, &[&name.to_string()]);
            return Err(Failure::Usage(format!(
                "`{name}` has no artifact yet; `{run}` makes it, `{explain}` says why"
            )));
        };
        let mut text = format!("{} ({})\n", instance.name, instance.kind);
        let path = store.object(&record.digest);
        let _ = writeln!(text, "  digest  {}\n  path    {}", record.digest, path.display());
        facts(record, &mut text);
        let reader = Reader::open(&path)?;
        datasets(&reader, &mut text)?;
        // What records and files say is not ours; what is drawn below is.
        let mut text = printable(&text).into_owned();
        let (screen, is_seen) = screen::stdout();
        if reader.kind() == Kind::Images {
            let kept = store.preview(&record.digest);
            let png = self.png.as_deref().map_or(images::Sheet::Kept(&kept), images::Sheet::Asked);
            let screen = Some(screen).filter(|_| is_seen && self.png.is_none());
            images::tell(&reader, screen, png, &mut text)?;
        } else if self.png.is_some() {
            let message = "`--png` is for datasets; `acai-pipe export --png` draws everything else";
            return Err(Failure::Usage(message.to_owned()));
        }
        drawings::tell(&reader, screen, &mut text)?;
        text.push_str("\nkey\n");
        for line in record.key.text().lines() {
            let _ = writeln!(text, "  {}", printable(line));
        }
        out::drawn(&text)
    }
}

fn object(instance: &Instance, status: &Status, store: &Store) -> Value {
    let name = &instance.name;
    let record = status.record.as_ref();
    let scores: Map<String, Value> = record
        .map(|record| record.scores.iter().map(|(name, value)| (name.clone(), json!(value))))
        .into_iter()
        .flatten()
        .collect();
    json!({
        "instance": name.to_string(),
        "stage": name.stage.as_str(),
        "variant": name.variant.as_ref().map(Name::as_str),
        "seed": name.seed,
        "kind": instance.kind,
        "key": status.key.as_ref().map(|key| key.digest().to_string()),
        "digest": record.map(|record| record.digest.to_string()),
        "path": record.map(|record| store.object(&record.digest).display().to_string()),
        "scores": scores,
    })
}

fn list(plan: &Plan, statuses: &[Status], store: &Store) -> String {
    let names: Vec<String> = plan.instances.iter().map(|one| one.name.to_string()).collect();
    let width = names.iter().map(String::len).max().unwrap_or(0);
    let mut text = String::new();
    let mut scored = Vec::new();
    for ((name, instance), status) in names.iter().zip(&plan.instances).zip(statuses) {
        let (kind, state) = (instance.kind, word(status.state));
        let (digest, path) = status.record.as_ref().map_or_else(Default::default, |record| {
            (record.digest.short(), store.object(&record.digest).display().to_string())
        });
        let line = format!("  {name:<width$}  {kind:<11}  {state:<6}  {digest:<10}  {path}");
        let _ = writeln!(text, "{}", line.trim_end());
        let scores = status.record.as_ref().map(|record| record.scores.clone());
        scored.push(Scored { instance: instance.name.clone(), scores: scores.unwrap_or_default() });
    }
    if let Some(table) = table(&scored) {
        text.push_str(&draw(&table));
    }
    text
}

fn facts(record: &Record, text: &mut String) {
    let made = &record.made;
    let _ = writeln!(text, "  size    {}", bytes(record.bytes));
    let mut made_by = vec![duration(made.elapsed_s)];
    made_by.extend(made.images_per_s.map(|rate| format!("{} images/s", count(rate as u64))));
    made_by.extend(made.peak_rss_bytes.map(|peak| format!("peak memory {}", bytes(peak))));
    made_by.extend([format!("on {}", made.host), format!("by {}", made.tool)]);
    let _ = writeln!(text, "  made    in {}", made_by.join(", "));
    for set in &made.sets {
        let _ = writeln!(text, "          with --set {set}");
    }
    if !record.scores.is_empty() {
        text.push_str("\nscores\n");
    }
    let width = record.scores.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    for (name, value) in &record.scores {
        let _ = writeln!(text, "  {name:<width$}  {}", number(*value));
    }
}

fn datasets(reader: &Reader, text: &mut String) -> Result<(), Failure> {
    let paths = reader.datasets("")?;
    let width = paths.iter().map(String::len).max().unwrap_or(0);
    text.push_str("\ndatasets\n");
    for path in paths {
        let (element, shape) = (reader.element_type(&path)?.as_str(), reader.shape(&path)?);
        let axes: Vec<String> = shape.iter().map(usize::to_string).collect();
        let shape = if axes.is_empty() { "scalar".to_owned() } else { axes.join(" × ") };
        let _ = writeln!(text, "  {path:<width$}  {element:<7}  {shape}");
    }
    Ok(())
}
