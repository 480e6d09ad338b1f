//! Arguments in, exit code out.

use std::process::ExitCode;

fn main() -> ExitCode {
    acai_pipe::cli::run(std::env::args_os())
}
