//! `acai-pipe compare PIPELINE…`.
//!
//! Knows nothing of statistics; `report` says what differs and how sure that is.

pub(super) mod notes;

use std::{collections::HashSet, path::PathBuf};

use clap::Args;
use serde_json::{Value, json};

use super::{
    exit::{Exit, Failure},
    opened::Opened,
    options::Options,
    out,
};
use acai_common::text::alternatives;
use acai_engine::status::Status;
use acai_plan::Plan;
use acai_progress::Verbosity;
use acai_report::{
    Table,
    compare::{
        ScoreRow,
        changes::changes,
        rows,
        study::{Side, Study, study},
        tables,
    },
    markdown, terminal,
};

/// Compare variants over seeds, or two pipelines.
#[derive(Debug, Args)]
pub(super) struct Compare {
    /// The pipeline file; a second one is compared with the first
    #[arg(required = true, value_name = "PIPELINE")]
    pipelines: Vec<PathBuf>,
    /// The variant to compare with [default: the one that trains without a regularizer]
    #[arg(long, value_name = "NAME")]
    baseline: Option<String>,
    /// Write tables in Markdown
    #[arg(long, group = "syntax")]
    markdown: bool,
    /// Write comma-separated values, a line per score and variant
    #[arg(long, group = "syntax")]
    csv: bool,
    /// Write a JSON array, an object per score and variant
    #[arg(long, group = "syntax")]
    json: bool,
}

impl Compare {
    pub(super) fn run(&self, options: &Options) -> Result<Exit, Failure> {
        // A collector waits while artifacts are open.
        let _guard = options.store().lock_shared()?;
        let opened = self.pipelines.iter().map(|path| Opened::open(path, options));
        let opened: Vec<Opened> = opened.collect::<Result<_, _>>()?;
        let found = opened.iter().map(|study| study.scored(options.device()));
        let found: Vec<Vec<Status>> = found.collect::<Result<_, _>>()?;
        let plans: Vec<Plan> = opened.into_iter().map(|study| study.plan).collect();
        let labels = self.labels(&plans);
        let sides = labels.iter().zip(&plans).zip(&found);
        let sides: Vec<Side<'_>> =
            sides.map(|((label, plan), statuses)| Side { label, plan, statuses }).collect();
        let study =
            study(&sides, self.baseline.as_deref()).map_err(|names| self.unknown(&names))?;
        let rows = rows(&study.arms);
        self.write(&rows, &study, &sides)?;
        if options.verbosity() != Verbosity::Quiet {
            let files = self.pipelines.iter().zip(found.iter().map(Vec::as_slice));
            for line in notes::lines(&study.arms, &rows, files) {
                out::tell(&line);
            }
        }
        Ok(Exit::Done)
    }

    fn write(&self, rows: &[ScoreRow], study: &Study, sides: &[Side<'_>]) -> Result<Exit, Failure> {
        if self.json {
            return out::array(&rows.iter().map(object).collect::<Vec<_>>());
        }
        if self.csv {
            return out::data(&tables::csv(rows));
        }
        let mut all = tables::wide(rows);
        for (place, side) in sides.iter().enumerate().skip(1) {
            all.extend(against(study, &sides[0], side, place));
        }
        let draw = if self.markdown { markdown::draw } else { terminal::draw };
        out::data(&all.iter().map(draw).collect::<Vec<_>>().join("\n"))
    }

    /// What the pipelines are called beside each other: by name, or by file
    /// where two share a name.
    fn labels(&self, plans: &[Plan]) -> Vec<String> {
        let names: Vec<String> = plans.iter().map(|plan| plan.name().to_string()).collect();
        if names.iter().collect::<HashSet<_>>().len() == names.len() {
            return names;
        }
        self.pipelines.iter().map(|path| path.display().to_string()).collect()
    }

    fn unknown(&self, names: &[String]) -> Failure {
        let wanted = self.baseline.as_deref().unwrap_or_default();
        let mut seen = HashSet::new();
        let names = names.iter().map(String::as_str).filter(|&name| seen.insert(name));
        let help = alternatives(wanted, names);
        Failure::Usage(format!("there is no variant `{wanted}` to compare with; {help}"))
    }
}

/// What a later pipeline changes, and what its scores do.
fn against(study: &Study, first: &Side<'_>, side: &Side<'_>, place: usize) -> Vec<Table> {
    let counterparts: Vec<_> =
        study.counterparts.iter().filter(|counterparts| counterparts.side == place).collect();
    let pairs: Vec<_> = counterparts
        .iter()
        .map(|counterparts| (&study.arms[counterparts.from], &study.arms[counterparts.to]))
        .collect();
    let variants: Vec<&str> =
        counterparts.iter().map(|counterparts| counterparts.variant.as_str()).collect();
    let changes = changes(first.plan, side.plan);
    let changed = tables::changed(&changes, first.label, side.label);
    let moved = tables::moved(&pairs, &variants, first.label, side.label);
    changed.into_iter().chain(moved).collect()
}

fn object(row: &ScoreRow) -> Value {
    let summary = row.summary.as_ref();
    let difference = row.against.and_then(|against| against.difference);
    let interval = difference.and_then(|difference| difference.interval);
    json!({
        "score": row.score,
        "stage": row.stage.as_str(),
        "variant": row.variant,
        "n": summary.map_or(0, |summary| summary.n),
        "mean": summary.map(|summary| summary.mean),
        "std": summary.and_then(|summary| summary.std),
        "diff": difference.map(|difference| difference.mean),
        "ci95": interval.map(|(low, high)| [low, high]),
        "verdict": row.against.map(|against| against.verdict.word()),
        "missing": row.missing,
    })
}
