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
    out,
};
use acai_artifact::{Reader, sandboxed_read::send};
use acai_engine::confined::confine;

/// Read a file of unknown origin, for another acai-pipe.
#[derive(Debug, Args)]
#[command(hide = true)]
pub(super) struct SandboxedRead {
    /// The artifact
    file: PathBuf,
    /// Say what confines the process, and what it lacks, instead of reading the file
    #[arg(long)]
    confinement: bool,
}

impl SandboxedRead {
    pub(super) fn run(&self, _: &Options) -> Result<Exit, Failure> {
        let confinement = confine(&self.file)?;
        if self.confinement {
            return out::data(&confinement.text());
        }
        let reader = Reader::open_handed_over(&self.file)?;
        let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
        send(&reader, &mut out)?;
        out.flush()?;
        Ok(Exit::Done)
    }
}
