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
};
use crate::{
    bundle::{Content, Level, Terms},
    engine::{
        record::Record,
        status::{Status, statuses},
    },
    figures::bytes,
    plan::{Instance, Plan},
    progress::Loudness,
};

/// At most so many instances are named in one message.
const NAMED: usize = 5;

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
    /// What others may do with it: the address of a licence, or its name
    #[arg(long, value_name = "TEXT")]
    licence: Option<String>,
    /// Who made it
    #[arg(long, value_name = "NAME")]
    author: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum With {
    /// What holds nothing but scores and classifiers.
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
        let Opened { plan, store, .. } = Opened::open(&self.pipeline, options)?;
        let statuses = statuses(&plan, &store, options.device())?;
        let records = self.records(&plan, &statuses)?;
        let level = match self.with {
            With::Scores => Level::Scores,
            With::Latents => Level::Latents,
            With::Models => Level::Models,
            With::All => Level::All,
        };
        let terms = Terms { licence: self.licence.clone(), author: self.author.clone() };
        let (device, report) = (options.device(), None);
        let content = Content { plan: &plan, records, store: &store, device, level, report, terms };
        let named = self.output.clone();
        let path = named.unwrap_or_else(|| PathBuf::from(format!("{}.acai", plan.name())));
        let length = content.pack(&path)?;
        if options.loudness() != Loudness::Quiet {
            out::tell(&format!("{}: {}", path.display(), bytes(length)));
        }
        Ok(Exit::Done)
    }

    /// The record of every instance.
    fn records(&self, plan: &Plan, statuses: &[Status]) -> Result<Vec<Record>, Failure> {
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
        let pipeline = self.pipeline.display();
        Err(Failure::Usage(format!(
            "{named} cannot be bundled without being run; `acai-pipe run {pipeline}` does that"
        )))
    }
}
