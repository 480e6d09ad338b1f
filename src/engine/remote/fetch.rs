//! From a shared cache into the store, verified on arrival.
//!
//! Nothing that a shared cache says is believed but which artifact a key gave:
//! the file is copied, the copy is read and digested, and what it leases goes
//! into the record, not what was written about it. Knows nothing of pipelines.

use std::{
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
};

use fs_err::File;

use super::Remote;
use crate::{
    record::Provenance,
    store::{NewArtifact, Reservation, found},
};
use acai_artifact::{ArtifactError, Digest, Kind, Reader};

/// So many bytes are copied between two looks at the flag that ends it.
const PIECE: u64 = 8 * 1024 * 1024;

/// Why something that a shared cache has is not taken.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// A record without its artifact.
    #[error(
        "`{}` is not there, though its record is; push it again from where it is",
        .0.display()
    )]
    Absent(PathBuf),
    /// It cannot be read as an artifact.
    #[error("`{}` is damaged and was not taken ({why}); `push --again` mends it", path.display())]
    Unreadable {
        /// The shared file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// It leases something else than its name says.
    #[error(
        "`{}` is damaged and was not taken: its content is {found}; `push --again` mends it",
        path.display()
    )]
    OtherContent {
        /// The shared file.
        path: PathBuf,
        /// What it leases.
        found: Digest,
    },
    /// It is another kind of artifact than the stage makes.
    #[error(
        "`{}` holds `{}`, and `{}` is wanted; the record that led to it was not believed",
        path.display(), found.as_str(), wanted.as_str()
    )]
    OtherKind {
        /// The shared file.
        path: PathBuf,
        /// What it is.
        found: Kind,
        /// What the stage makes.
        wanted: Kind,
    },
    /// The system refused.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// It was ended from outside.
    #[error("interrupted")]
    Interrupted,
}

impl Remote {
    /// Copies what is there for the slot's key to the slot's path, for
    /// publication; none if there is nothing.
    ///
    /// # Errors
    /// If what is there must not be taken; the slot may compute it then.
    pub fn fetch(
        &self,
        slot: &Reservation,
        wanted: Kind,
        stop: &AtomicBool,
    ) -> Result<Option<NewArtifact>, Refused> {
        let Some(record) = self.record(&slot.key().digest())? else { return Ok(None) };
        let path = self.object(&record.digest);
        let Some(object) = found(File::open(&path))? else { return Err(Refused::Absent(path)) };
        copy(&object, slot.path(), stop)?;
        let unreadable = |error: &ArtifactError| Refused::Unreadable {
            path: path.clone(),
            why: error.kind.to_string(),
        };
        let arrived = arrived(slot.path()).map_err(|error| unreadable(&error))?;
        let (kind, finish) = (arrived.kind, NewArtifact { made: plain(record.made), ..arrived });
        let digest = finish.digests.artifact(kind);
        if digest != record.digest {
            return Err(Refused::OtherContent { path, found: digest });
        }
        if kind != wanted {
            return Err(Refused::OtherKind { path, found: kind, wanted });
        }
        Ok(Some(finish))
    }
}

fn copy(object: &File, to: &Path, stop: &AtomicBool) -> Result<(), Refused> {
    let mut file = File::create(to)?;
    while io::copy(&mut object.take(PIECE), &mut file)? > 0 {
        if stop.load(Ordering::Relaxed) {
            return Err(Refused::Interrupted);
        }
    }
    Ok(file.flush()?)
}

/// What a copied file leases, whatever was said about it.
fn arrived(path: &Path) -> Result<NewArtifact, ArtifactError> {
    let reader = Reader::open(path)?;
    let (kind, digests, scores) = (reader.kind(), reader.digests()?, reader.scores()?);
    Ok(NewArtifact { kind, digests, scores, made: Provenance::default() })
}

/// What others wrote may end on a terminal: no control characters.
fn plain(made: Provenance) -> Provenance {
    let plain = |text: String| text.chars().filter(|c| !c.is_control()).collect::<String>();
    let sets = made.sets.into_iter().map(plain).collect();
    Provenance { host: plain(made.host), tool: plain(made.tool), sets, ..made }
}
