//! `acai-pipe sandboxed-read FILE`, for acai-pipe itself: opens an untrusted
//! artifact and writes its content to stdout.

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
pub(super) struct SandboxedRead {
    /// The artifact
    file: PathBuf,
}

impl SandboxedRead {
    pub(super) fn run(&self, _: &Options) -> Result<Exit, Failure> {
        confine(std::fs::metadata(&self.file)?.len())?;
        let reader = Reader::open(&self.file)?;
        let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
        send(&reader, &mut out)?;
        out.flush()?;
        Ok(Exit::Done)
    }
}
