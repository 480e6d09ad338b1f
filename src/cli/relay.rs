//! `acai-pipe relay FILE`, for acai-pipe itself: opens an artifact that nobody
//! vouches for, and writes its content to stdout.
//!
//! Knows nothing of who asked.

use std::{
    io::{self, BufWriter, Write},
    path::PathBuf,
};

use clap::Args;

use super::{
    exit::{Exit, Failure},
    options::Options,
};
use acai_artifact::{Reader, sandboxed_read::send};
use acai_bundle::confine;

/// Read a file of unknown origin, for another acai-pipe.
#[derive(Debug, Args)]
#[command(hide = true)]
pub(super) struct Relay {
    /// The artifact
    file: PathBuf,
}

impl Relay {
    pub(super) fn run(&self, _: &Options) -> Result<Exit, Failure> {
        confine(std::fs::metadata(&self.file)?.len())?;
        let reader = Reader::open(&self.file)?;
        let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
        send(&reader, &mut out)?;
        out.flush()?;
        Ok(Exit::Done)
    }
}
