//! The command line: one file per verb.
//!
//! To add a verb: one file here, whose type has a method `run`, and one line in
//! `verbs!` below.
//!
//! Data goes to stdout, everything for people to stderr. Knows nothing of what
//! stages compute.

use std::{borrow::Cow, ffi::OsString, process::ExitCode};

use acai_common::printable::printable;
use clap::{ColorChoice, Parser, Subcommand};

mod exit;
mod interrupt;
mod opened;
mod options;
mod out;
mod output;
mod screen;
mod size;
#[cfg(test)]
mod tests;
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
#[command(name = "acai-pipe", version, after_help = EXIT_CODES, color = help_colours())]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
    #[command(flatten)]
    options: Options,
}

/// Whether help has colours. Where `CI` is set, clap would give them to a dumb terminal too.
fn help_colours() -> ColorChoice {
    if acai_progress::is_dumb() { ColorChoice::Never } else { ColorChoice::Auto }
}

/// The table of verbs: the file and the type of each, in the order of `--help`,
/// which says of each what the type's comment says.
macro_rules! verbs {
    ($($file:ident => $verb:ident;)+) => {
        $(mod $file;)+

        #[derive(Debug, Subcommand)]
        enum Verb {
            $($verb($file::$verb),)+
        }

        impl Verb {
            fn run(&self, options: &Options) -> Result<Exit, Failure> {
                match self {
                    $(Self::$verb(verb) => verb.run(options),)+
                }
            }
        }

        #[cfg(test)]
        const VERB_FILES: &[&str] = &[$(stringify!($file)),+];
    };
}

verbs! {
    run => Run;
    check => Check;
    plan => Plan;
    explain => Explain;
    graph => Graph;
    show => Show;
    export => Export;
    compare => Compare;
    curves => Curves;
    report => Report;
    verify => Verify;
    gc => Gc;
    cache => Cache;
    push => Push;
    pull => Pull;
    bundle => Bundle;
    unbundle => Unbundle;
    models => Models;
    data => Data;
    sandboxed_read => SandboxedRead;
    completions => Completions;
}

/// Does what the arguments ask for; to be called from `main`.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let exit = match Cli::try_parse_from(arguments) {
        Ok(cli) => dispatch(&cli).unwrap_or_else(Failure::tell),
        Err(error) => {
            let plain = error.to_string();
            let printed = match printable(&plain) {
                Cow::Borrowed(_) => error.print(),
                // An argument that a terminal would obey.
                Cow::Owned(plain) => {
                    out::tell(plain.trim_end());
                    Ok(())
                }
            };
            match printed {
                _ if error.use_stderr() => Exit::Wrong,
                Ok(()) => Exit::Done,
                Err(error) => Failure::from(error).tell(),
            }
        }
    };
    exit.into()
}

fn dispatch(cli: &Cli) -> Result<Exit, Failure> {
    cli.options.check()?;
    cli.verb.run(&cli.options)
}
