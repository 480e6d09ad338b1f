//! `acai-pipe gc [PIPELINE…]`.
//!
//! Knows nothing of what may go; `engine` decides that, and says so.

use std::{collections::HashSet, fmt::Write as _, path::PathBuf, time::Duration};

use clap::Args;

use super::{
    exit::{Exit, Failure},
    interrupt,
    options::Options,
    out, size,
};
use acai_artifact::Digest;
use acai_common::{
    format::{bytes, count, duration},
    text::alternatives,
};
use acai_engine::{
    garbage::{Garbage, GarbageKind, GcOptions, GcReport, Inventory},
    host,
    roots::KeepTrials,
    status::statuses,
    store::Store,
};
use acai_progress::Verbosity;
use acai_report::{Table, terminal::draw};

/// Collect what no pipeline needs any more.
#[derive(Debug, Args)]
pub(super) struct Gc {
    /// Pipeline files whose results stay, beside those of every pipeline that was run
    #[arg(value_name = "PIPELINE")]
    pipelines: Vec<PathBuf>,
    /// Keep up to so much, as far as it is worth it: what took longest for its size first
    #[arg(long, value_name = "SIZE", value_parser = size::parse)]
    max_size: Option<u64>,
    /// Keep the last so many trials of each pipeline file (`10`), or those of the last days
    /// (`30d`): runs with `--set`, and what a file had come to before it was edited
    #[arg(long, value_name = "N|Nd", default_value = "10", value_parser = keep_trials)]
    keep_trials: KeepTrials,
    /// Forget the results of the pipeline of this name; may be repeated
    #[arg(long, value_name = "NAME")]
    forget: Vec<String>,
    /// Say what would go and what it would take to make it again, and remove nothing
    #[arg(long)]
    dry_run: bool,
}

impl Gc {
    pub(super) fn run(&self, options: &Options) -> Result<Exit, Failure> {
        let store = options.store();
        self.check_names(&store)?;
        let gc = GcOptions {
            keys: self.keys(options, &store)?,
            max_bytes: self.max_size,
            keep_trials: self.keep_trials,
            forget: self.forget.clone(),
            dry_run: self.dry_run,
        };
        let stop = interrupt::flag()?;
        let mut waiting = || out::tell("waiting until nothing reads the store");
        let report = store.collect(&gc, &mut waiting, stop)?;
        let is_quiet = options.verbosity() == Verbosity::Quiet;
        if !report.gone.is_empty() && (self.dry_run || !is_quiet) {
            out::data(&draw(&table(&report.gone)))?;
        }
        if !is_quiet {
            self.sum_up(&report);
        }
        Ok(Exit::Done)
    }

    fn check_names(&self, store: &Store) -> Result<(), Failure> {
        let known = store.pipelines()?;
        match self.forget.iter().find(|name| !known.contains(name)) {
            None => Ok(()),
            Some(name) => {
                let help = alternatives(name, known.iter().map(String::as_str));
                Err(Failure::Usage(format!("no pipeline `{name}` was run here; {help}")))
            }
        }
    }

    /// The keys of the given pipelines, as far as they are known.
    fn keys(&self, options: &Options, store: &Store) -> Result<HashSet<Digest>, Failure> {
        let mut keys = HashSet::new();
        for path in &self.pipelines {
            let plan = options.plan(path)?;
            for status in statuses(&plan, store, options.device())? {
                keys.extend(status.key.map(|key| key.digest()));
            }
        }
        Ok(keys)
    }

    fn sum_up(&self, report: &GcReport) {
        let verb = if self.dry_run { "would go" } else { "gone" };
        let mut told = match report.gone.len() {
            0 => "nothing to collect".to_owned(),
            number => format!(
                "{} {verb}: {}, {} to make again",
                files(number),
                bytes(report.bytes()),
                duration(report.elapsed_s())
            ),
        };
        let Inventory { bytes: size, .. } = report.needed;
        let _ = write!(told, "; {} needed, {}", artifacts(&report.needed), bytes(size));
        if report.retained.number > 0 {
            let Inventory { number, bytes: size, elapsed_s } = report.retained;
            let (size, time) = (bytes(size), duration(elapsed_s));
            let _ = write!(told, "; {number} more stay, {size}, {time} of work");
        }
        out::tell(&told);
        for (origin, Inventory { number, bytes: size, elapsed_s }) in &report.by_origin {
            let origin = if origin.is_empty() { "no pipeline that is known" } else { origin };
            let (number, size) = (count(*number as u64), bytes(*size));
            out::tell(&format!(
                "  of {origin}: {number}, {size}, {} of work",
                duration(*elapsed_s)
            ));
        }
        if let Some(max) = self.max_size.filter(|&max| max < report.needed.bytes) {
            out::tell(&format!(
                "what is needed is more than {}: fewer pipelines are needed after `--forget NAME`",
                bytes(max)
            ));
        }
    }
}

/// `10` or `30d`.
fn keep_trials(text: &str) -> Result<KeepTrials, String> {
    let wrong = |_| "trials to keep are a number, `10`, or days, `30d`".to_owned();
    match text.strip_suffix('d') {
        Some(days) => days.parse().map(KeepTrials::Days).map_err(wrong),
        None => text.parse().map(KeepTrials::Number).map_err(wrong),
    }
}

fn files(number: usize) -> String {
    if number == 1 { "1 thing".to_owned() } else { format!("{} things", count(number as u64)) }
}

fn artifacts(stock: &Inventory) -> String {
    match stock.number {
        1 => "1 artifact is".to_owned(),
        number => format!("{} artifacts are", count(number as u64)),
    }
}

fn table(gone: &[Garbage]) -> Table {
    let head = ["what", "about", "made", "size", "to make again"].map(str::to_owned).to_vec();
    let rows = gone.iter().map(|garbage| {
        let again = if is_made(garbage) { duration(garbage.elapsed_s) } else { String::new() };
        let made = garbage.made_unix_s.map_or_else(String::new, ago);
        vec![word(&garbage.what), garbage.about.clone(), made, bytes(garbage.bytes), again]
    });
    Table { head, rows: rows.collect(), text_columns: 3 }
}

fn is_made(garbage: &Garbage) -> bool {
    matches!(garbage.what, GarbageKind::Artifact(_))
}

fn word(what: &GarbageKind) -> String {
    match what {
        GarbageKind::Artifact(kind) => kind.clone(),
        GarbageKind::Trial => "trial".to_owned(),
        GarbageKind::Orphan => "without record".to_owned(),
        GarbageKind::Record => "record".to_owned(),
        GarbageKind::Checkpoint => "checkpoint".to_owned(),
        GarbageKind::HalfWritten => "half-written".to_owned(),
        GarbageKind::Damaged => "damaged".to_owned(),
        GarbageKind::Trace => "left behind".to_owned(),
    }
}

/// How long ago that was, in days if it is more than two.
fn ago(unix_s: u64) -> String {
    const DAY: Duration = Duration::from_secs(24 * 3600);
    let age = Duration::from_secs(host::unix_s().saturating_sub(unix_s));
    if age > 2 * DAY {
        format!("{} days ago", count(age.as_secs() / DAY.as_secs()))
    } else {
        format!("{} ago", duration(age.as_secs_f64()))
    }
}
