//! acai-pipe: declarative pipelines for studying interpolation in autoencoders.

use std::process::ExitCode;

fn main() -> ExitCode {
    acai_cli::run(std::env::args_os())
}
