//! `acai-pipe bundle PIPELINE`.
//!
//! Knows nothing of what a bundle looks like inside.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{
    exit::{Exit, Failure},
    opened::Opened,
    options::Options,
    out,
    output::OutputFile,
    report::drawn,
};
use acai_bundle as bundle;
use acai_bundle::{Attribution, Content, Level, without_machine};
use acai_common::format::bytes;
use acai_engine::{
    record::Record,
    status::{Status, statuses},
};
use acai_plan::{Instance, Plan};
use acai_progress::Verbosity;

/// At most so many instances are named in one message.
const NAMED: usize = 5;

/// Put a pipeline and what came out of it into one file.
#[derive(Debug, Args)]
pub(super) struct Bundle {
    /// The pipeline file; everything in it has been run
    pipeline: PathBuf,
    /// Where to write the bundle [default: the pipeline's name and `.acai`, here]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Which artifacts go in, beside the records of everything
    #[arg(long, value_enum, value_name = "LEVEL", default_value_t = With::Models)]
    with: With,
    /// Leave the page out
    #[arg(long)]
    no_report: bool,
    /// What others may do with it: the address of a licence, or its name
    #[arg(long, value_name = "TEXT")]
    licence: Option<String>,
    /// Who made it
    #[arg(long, value_name = "NAME")]
    author: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum With {
    /// Artifacts that hold nothing but scores and classifiers.
    Scores,
    /// Latents and clusters too.
    Latents,
    /// Trained nets and decoded images too.
    Models,
    /// The datasets' images too.
    All,
}

impl Bundle {
    pub(super) fn run(&self, options: &Options) -> Result<Exit, Failure> {
        let opened = Opened::open(&self.pipeline, options)?;
        let Opened { plan, store, .. } = &opened;
        let statuses = statuses(plan, store, options.device())?;
        let run = options.command("run", &self.pipeline, &[]);
        let records = Self::records(plan, &statuses, &run)?;
        let level = match self.with {
            With::Scores => Level::Scores,
            With::Latents => Level::Latents,
            With::Models => Level::Models,
            With::All => Level::All,
        };
        let terms = Attribution { licence: self.licence.clone(), author: self.author.clone() };
        let default = format!("{}.acai", plan.name());
        let output = OutputFile::new(self.output.as_deref(), &default, "--output")?;
        let (device, report) = (options.device(), self.page(&opened, statuses)?);
        let content = Content { plan, records, store, device, level, report, terms, run };
        let length = content.pack(output.path())?;
        if options.verbosity() != Verbosity::Quiet {
            out::tell(&format!("{output}: {}", bytes(length)));
        }
        Ok(Exit::Done)
    }

    /// The page that `report` draws, which names no machine either.
    fn page(&self, opened: &Opened, statuses: Vec<Status>) -> Result<Option<String>, Failure> {
        if self.no_report {
            return Ok(None);
        }
        let statuses: Vec<Status> = statuses
            .into_iter()
            .map(|status| Status { record: status.record.as_ref().map(without_machine), ..status })
            .collect();
        let command = bundle::command("run", opened.plan.name());
        drawn(opened, &statuses, &command).map(Some)
    }

    /// The record of every instance.
    fn records(plan: &Plan, statuses: &[Status], run: &str) -> Result<Vec<Record>, Failure> {
        let both = plan.instances.iter().zip(statuses);
        let missing = both.filter(|(_, status)| status.record.is_none());
        let name = |(instance, _): (&Instance, &Status)| instance.name.to_string();
        let missing: Vec<String> = missing.map(name).collect();
        if missing.is_empty() {
            return Ok(statuses.iter().filter_map(|status| status.record.clone()).collect());
        }
        let mut named = missing.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
        if missing.len() > NAMED {
            named = format!("{named} and {} more", missing.len() - NAMED);
        }
        let message = format!("{named} cannot be bundled without being run; `{run}` does that");
        Err(Failure::Usage(message))
    }
}
