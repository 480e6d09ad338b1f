//! `acai-pipe models`.
//!
//! Knows nothing of nets but that `net` lists them.

use clap::Args;

use super::{
    exit::{Exit, Failure},
    options::Options,
    out,
};
use acai_net as net;

/// List the net sizes that are compiled.
#[derive(Debug, Args)]
pub(super) struct Models;

impl Models {
    #[expect(clippy::unused_self, reason = "every verb is run alike")]
    pub(super) fn run(&self, _: &Options) -> Result<Exit, Failure> {
        out::data(&(net::compiled_sizes().join("\n") + "\n"))
    }
}
