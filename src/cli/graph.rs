//! `acai-pipe graph PIPELINE`.
//!
//! Knows nothing of how a graph is drawn.

use std::{
    io,
    path::{Path, PathBuf},
};

use clap::{Args, ValueEnum};

use super::{
    exit::{Exit, Failure},
    opened::Opened,
    options::Options,
    out,
    output::OutputFile,
};
use acai_engine::status::statuses;
use acai_progress::Verbosity;
use acai_report::graph::{self, dot, mermaid, svg};

/// Draw the pipeline and what a run would do.
#[derive(Debug, Args)]
pub(super) struct Graph {
    /// The pipeline file
    pipeline: PathBuf,
    /// How it is written
    #[arg(long, value_enum, default_value_t = Format::Svg)]
    format: Format,
    /// Where to write it [default: stdout]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A picture for browsers and papers.
    Svg,
    /// For Graphviz.
    Dot,
    /// For Markdown pages.
    Mermaid,
}

impl Graph {
    pub(super) fn run(&self, options: &Options) -> Result<Exit, Failure> {
        let Opened { plan, store, .. } = Opened::open(&self.pipeline, options)?;
        let statuses = statuses(&plan, &store, options.device())?;
        let graph = graph::Graph::new(&plan, &statuses);
        let text = match self.format {
            Format::Svg => svg(&graph),
            Format::Dot => dot(&graph),
            Format::Mermaid => mermaid(&graph),
        };
        match &self.output {
            None => out::data(&text),
            Some(path) => write(path, &text, options.verbosity() == Verbosity::Quiet),
        }
    }
}

fn write(path: &Path, text: &str, is_quiet: bool) -> Result<Exit, Failure> {
    let told = |error| io::Error::other(format!("{}: {error}", path.display()));
    let output = OutputFile::named(path).map_err(told)?;
    output.write(text.as_bytes()).map_err(told)?;
    if output.is_link() && !is_quiet {
        out::tell(&format!("wrote {output}"));
    }
    Ok(Exit::Done)
}
