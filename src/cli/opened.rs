//! What stands where a pipeline is expected: its file, or a bundle that it came in.
//!
//! Knows nothing of what is done with it.

use std::path::{Path, PathBuf};

use super::{exit::Failure, options::Options};
use acai_bundle as bundle;
use acai_bundle::is_bundle;
use acai_engine::{
    confined::Confined,
    status::{Status, recorded, statuses},
    store::{Store, StoreError},
};
use acai_net::DeviceKind;
use acai_plan::Plan;

/// A pipeline and where its results are.
pub(super) struct Opened {
    /// The plan, `--set` applied.
    pub(super) plan: Plan,
    /// Where results are kept: a bundle's apart from everybody else's.
    pub(super) store: Store,
    /// The pipeline's file.
    pub(super) pipeline: PathBuf,
    /// Whether it came in a bundle.
    pub(super) is_bundled: bool,
}

impl Opened {
    /// The study at `path`.
    pub(super) fn open(path: &Path, options: &Options) -> Result<Self, Failure> {
        let is_bundled = is_bundle(path);
        let (pipeline, store) = if is_bundled {
            let study = bundle::Study::open(path, &options.cache(), &Confined::this()?)?;
            (study.pipeline(), study.store())
        } else {
            (path.to_owned(), options.store())
        };
        Ok(Self { plan: options.plan(&pipeline)?, store, pipeline, is_bundled })
    }

    /// What is known of each instance, for its scores: a bundle tells them
    /// without the artifacts, too.
    pub(super) fn scored(&self, device: DeviceKind) -> Result<Vec<Status>, StoreError> {
        let look = if self.is_bundled { recorded } else { statuses };
        look(&self.plan, &self.store, device)
    }
}
