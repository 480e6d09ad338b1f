//! `acai-pipe report PIPELINE`.
//!
//! Knows nothing of what a page looks like; `report` draws it.

mod splice;

use std::path::{Path, PathBuf};

use clap::Args;

use super::{
    compare::{notes, question},
    exit::{Exit, Failure},
    opened::Opened,
    options::Options,
    out,
    output::OutputFile,
};
use acai_common::format::bytes;
use acai_engine::status::{Status, statuses};
use acai_progress::Verbosity;
use acai_report::{
    compare::{
        rows,
        study::{Side, study},
    },
    page::{ReportData, page},
};

/// Write results as one page for a browser.
#[derive(Debug, Args)]
pub(super) struct Report {
    /// The pipeline file
    pipeline: PathBuf,
    /// Where to write the page [default: the pipeline's name and `.html`, here]; `-` is stdout
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Put the score table into a document instead, between the lines `<!-- NAME -->` and
    /// `<!-- end of NAME -->`, NAME being the pipeline's; the rest of it stays as it is
    #[arg(long, value_name = "FILE", conflicts_with = "output")]
    splice: Option<PathBuf>,
    /// Write nothing; end with 1 if the document has another table
    #[arg(long, requires = "splice")]
    check: bool,
}

impl Report {
    pub(super) fn run(&self, options: &Options) -> Result<Exit, Failure> {
        let opened = Opened::open(&self.pipeline, options)?;
        let Opened { plan, store, .. } = &opened;
        let statuses = statuses(plan, store, options.device())?;
        let command = options.command("run", &self.pipeline, &[]);
        if let Some(document) = &self.splice {
            let quiet = options.verbosity() == Verbosity::Quiet;
            return splice::run(document, plan, &statuses, &command, self.check, quiet);
        }
        let named = self.output.as_deref();
        if named == Some(Path::new("-")) {
            return out::data(&drawn(&opened, &statuses, &command)?);
        }
        let output = OutputFile::new(named, &format!("{}.html", plan.name()), "--output")?;
        let page = drawn(&opened, &statuses, &command)?;
        output.write(page.as_bytes())?;
        if options.verbosity() != Verbosity::Quiet {
            out::tell(&format!("{output}: {}", bytes(page.len() as u64)));
        }
        Ok(Exit::Done)
    }
}

/// The page of what was opened; `command` makes what is missing.
pub(super) fn drawn(
    opened: &Opened,
    statuses: &[Status],
    command: &str,
) -> Result<String, Failure> {
    let Opened { plan, store, .. } = opened;
    let label = plan.name().to_string();
    let side = Side { label: &label, plan, statuses };
    let study = study(&[side], None).unwrap_or_default();
    let question = question(plan, None);
    let rows = rows(&study.variants, &question);
    let notes = notes::lines(
        &study.variants,
        &rows,
        &question,
        [(command.to_owned(), statuses)].into_iter(),
    );
    let mut variants: Vec<String> = Vec::new();
    for variant in &study.variants {
        if !variants.contains(&variant.label) {
            variants.push(variant.label.clone());
        }
    }
    let found = ReportData { plan, statuses, store, command, variants: &variants };
    Ok(page(found, &rows, &notes)?)
}
