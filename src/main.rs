//! acai-pipe: declarative pipelines for studying interpolation in autoencoders.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run(std::env::args_os())
}
