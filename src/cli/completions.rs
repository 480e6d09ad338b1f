//! `acai-pipe completions SHELL`.
//!
//! The script is made from the verbs' own descriptions.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::{
    Cli,
    exit::{Exit, Failure},
    options::Options,
    out,
};

/// Write a completion script for a shell.
#[derive(Debug, Args)]
pub(super) struct Completions {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

impl Completions {
    pub(super) fn run(&self, _: &Options) -> Result<Exit, Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "acai-pipe", &mut script);
        out::data(&String::from_utf8_lossy(&script))
    }
}
