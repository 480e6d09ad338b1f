//! `acai-pipe unbundle BUNDLE DIR`.
//!
//! Knows nothing of what is in a bundle.

use std::path::PathBuf;

use clap::Args;

use super::{
    exit::{Exit, Failure},
    options::Options,
    out,
};
use acai_bundle::{Study, is_bundle};
use acai_engine::confined::Confined;

/// Unpack a bundle into a folder, once it was checked.
#[derive(Debug, Args)]
pub(super) struct Unbundle {
    /// The bundle
    bundle: PathBuf,
    /// The folder to make; it may be there if it is empty
    dir: PathBuf,
}

impl Unbundle {
    pub(super) fn run(&self, _: &Options) -> Result<Exit, Failure> {
        if self.bundle.is_file() && !is_bundle(&self.bundle) {
            let path = self.bundle.display();
            return Err(Failure::Usage(format!("`{path}` is no bundle")));
        }
        let study = Study::unpack(&self.bundle, &self.dir, &Confined::this()?)?;
        out::data(&format!("{}\n", study.pipeline().display()))
    }
}
