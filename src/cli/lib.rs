//! The command line: one file per verb.
//!
//! Data goes to stdout, everything for people to stderr. Knows nothing of what
//! stages compute.

use std::{ffi::OsString, process::ExitCode};

use clap::{Parser, Subcommand};

mod bundle;
mod cache;
mod check;
mod compare;
mod completions;
mod data;
mod exit;
mod explain;
mod export;
mod gc;
mod graph;
mod interrupt;
mod models;
mod opened;
mod options;
mod out;
mod plan;
mod pull;
mod push;
mod relay;
mod report;
mod run;
mod screen;
mod show;
mod size;
#[cfg(test)]
mod tests;
mod unbundle;
mod verify;
mod why;

use exit::{Exit, Failure};
use options::Options;

const EXIT_CODES: &str = "\
Exit codes: 0 done, 1 a stage failed, 2 the pipeline or the command line is wrong, 130 interrupted.

Environment: ACAI_CACHE names the store where --cache does not; ACAI_DATA lists folders with files
of datasets, as --data does; ACAI_DOWNLOADS is where downloads are kept;
ACAI_REMOTE names a shared cache, as --remote does;
ACAI_SIMD=avx512|avx2|portable forces a kernel path.";

/// Declarative pipelines for studying interpolation in autoencoders.
#[derive(Debug, Parser)]
#[command(name = "acai-pipe", version, after_help = EXIT_CODES)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
    #[command(flatten)]
    options: Options,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Run what is not in the store yet, and show the scores.
    Run(run::Run),
    /// Find every fault of a pipeline file.
    Check(check::Check),
    /// Say what a run would do.
    Plan(plan::Plan),
    /// Say why an instance would run, or why not.
    Explain(explain::Explain),
    /// Draw the pipeline and what a run would do.
    Graph(graph::Graph),
    /// Show results: of a pipeline, or of one of its instances.
    Show(show::Show),
    /// Hand pictures, arrays or weights to other tools.
    Export(export::Export),
    /// Compare variants over seeds, or two pipelines.
    Compare(compare::Compare),
    /// Write results as one page for a browser.
    Report(report::Report),
    /// Run instances once more and say whether they come out the same.
    Verify(verify::Verify),
    /// Collect what no pipeline needs any more.
    Gc(gc::Gc),
    /// Say what is in the store, and whether it is sound.
    Cache(cache::Cache),
    /// Copy results to a shared cache.
    Push(push::Push),
    /// Get results from a shared cache.
    Pull(pull::Pull),
    /// Put a pipeline and what came out of it into one file.
    Bundle(bundle::Bundle),
    /// Unpack a bundle into a folder, once it was checked.
    Unbundle(unbundle::Unbundle),
    /// List the net sizes that are compiled.
    Models,
    /// List, describe, fetch and verify datasets.
    Data(data::Data),
    /// Read a file that nobody vouches for, for another acai-pipe.
    #[command(hide = true)]
    Relay(relay::Relay),
    /// Write a completion script for a shell.
    Completions(completions::Completions),
}

/// Does what the arguments ask for; to be called from `main`.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let exit = match Cli::try_parse_from(arguments) {
        Ok(cli) => dispatch(&cli).unwrap_or_else(Failure::tell),
        Err(error) => {
            let _ = error.print();
            if error.use_stderr() { Exit::Wrong } else { Exit::Done }
        }
    };
    exit.into()
}

fn dispatch(cli: &Cli) -> Result<Exit, Failure> {
    let options = &cli.options;
    options.check()?;
    // Who opens artifacts and is soon done keeps collectors away meanwhile.
    let _reading = match &cli.verb {
        Verb::Show(_) | Verb::Compare(_) => options.store().reading()?,
        _ => None,
    };
    match &cli.verb {
        Verb::Run(verb) => verb.run(options),
        Verb::Check(verb) => verb.run(options),
        Verb::Plan(verb) => verb.run(options),
        Verb::Explain(verb) => verb.run(options),
        Verb::Graph(verb) => verb.run(options),
        Verb::Show(verb) => verb.run(options),
        Verb::Export(verb) => verb.run(options),
        Verb::Compare(verb) => verb.run(options),
        Verb::Report(verb) => verb.run(options),
        Verb::Verify(verb) => verb.run(options),
        Verb::Gc(verb) => verb.run(options),
        Verb::Cache(verb) => verb.run(options),
        Verb::Push(verb) => verb.run(options),
        Verb::Pull(verb) => verb.run(options),
        Verb::Bundle(verb) => verb.run(options),
        Verb::Unbundle(verb) => verb.run(),
        Verb::Models => models::run(),
        Verb::Data(verb) => verb.run(options),
        Verb::Relay(verb) => verb.run(),
        Verb::Completions(verb) => verb.run(),
    }
}
