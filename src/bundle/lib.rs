//! Bundles: a study in one file, to be given to strangers and taken from them.
//!
//! ```text
//! study.acai              one zstd frame around a tar archive, entries sorted
//!   MANIFEST              what follows: digest, length and path of each
//!   REPRODUCING.md        what it is, for people
//!   croissant/NAME.json   each dataset, for catalogues
//!   datasets/NAME.ron     descriptors, every file with its checksum
//!   pipeline.lock.ron     what came out
//!   pipeline.ron          the pipeline, `--set` applied
//!   report.html           the page, if one was made
//!   ro-crate-metadata.json
//!   store/actions/KEY     records: how it came about
//!   store/objects/DIGEST.h5   as many artifacts as were asked for
//! ```
//!
//! `content` decides what goes in, `pack` writes it; `unpack` believes nothing
//! of what it reads, and `import` lets artifacts into a store one by one.
//!
//! Knows nothing of the command line.

mod content;
mod crate_metadata;
mod croissant;
mod header;
mod manifest;
mod pack;
mod refusal;
mod reproducing;
mod study;
mod unpack;
mod verify_import;

use acai_artifact::Kind;
use acai_common::{names::Name, shell};

pub use content::{Attribution, Content, PackError, without_machine};
pub use refusal::{Refusal, Refused};
pub use study::Study;
pub use unpack::is_bundle;

/// What the pipeline is called inside.
pub const PIPELINE: &str = "pipeline.ron";

/// The command that does `verb` with the bundle of the pipeline called `name`, where it
/// is called as it is by default.
#[must_use]
pub fn command(verb: &str, name: &Name) -> String {
    shell::command([verb.as_ref(), format!("{name}.acai").as_ref()])
}

/// What its lock is called.
const LOCK: &str = "pipeline.lock.ron";

/// The folder that is a store.
pub const STORE: &str = "store";

/// Which artifacts go into a bundle; each takes those before it, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Figures; and, as always, the records of everything.
    Scores,
    /// What was encoded, and what was made of that.
    Latents,
    /// Trained nets, and what they decoded.
    Models,
    /// Images too.
    All,
}

impl Level {
    /// Whether artifacts of `kind` go in.
    #[must_use]
    pub fn takes(self, kind: Kind) -> bool {
        self >= match kind {
            Kind::Scores => Self::Scores,
            Kind::Latents | Kind::Clusters | Kind::Projection => Self::Latents,
            Kind::Model | Kind::Interpolations | Kind::Samples => Self::Models,
            Kind::Images => Self::All,
        }
    }

    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Scores => "scores",
            Self::Latents => "latents",
            Self::Models => "models",
            Self::All => "all",
        }
    }
}
