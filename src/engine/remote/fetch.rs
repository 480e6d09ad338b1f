//! From a shared cache into the store, verified on arrival.
//!
//! Nothing that a shared cache says is believed but which artifact a key gave:
//! the file is copied, the copy is read and digested, and what it holds goes
//! into the record, not what was written about it. Knows nothing of pipelines.

use std::{
    fs::File,
    io::{self, Read, Write as _},
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
};

use super::Remote;
use crate::{
    record::{Provenance, Record},
    reservation::{NewArtifact, Reservation},
    store::object_name,
};
use acai_artifact::{ArtifactError, Digest, Kind, Reader};
use acai_common::{events::Stopped, files};

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
    #[error("`{}` is damaged and was not taken ({why}); `push --again` replaces it", path.display())]
    Unreadable {
        /// The shared file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// It holds something else than its name says.
    #[error(
        "`{}` is damaged and was not taken: its content is {found}; `push --again` replaces it",
        path.display()
    )]
    OtherContent {
        /// The shared file.
        path: PathBuf,
        /// What it holds.
        found: Digest,
    },
    /// A record that no artifact of the stage's kind can fit.
    #[error("`{}` contradicts itself and was not believed; `push --again` replaces it", .0.display())]
    Contradiction(PathBuf),
    /// The system refused.
    #[error("{0}")]
    Io(#[from] io::Error),
}

impl From<Refused> for Stopped<Refused> {
    fn from(refused: Refused) -> Self {
        Self::Failed(refused)
    }
}

impl Remote {
    /// The record of what is there under `key`, if that can be an artifact of
    /// kind `wanted`; none if there is nothing.
    ///
    /// # Errors
    /// If what is there must not be taken.
    pub(crate) fn offered(&self, key: &Digest, wanted: Kind) -> Result<Option<Record>, Refused> {
        let Some(record) = self.record(key)? else { return Ok(None) };
        let path = self.object(&record.digest);
        let objects = self.folder("objects")?;
        let there = objects.map(|objects| objects.entry(&object_name(&record.digest)));
        let Some(there) = there.transpose()?.flatten() else { return Err(Refused::Absent(path)) };
        if !there.is_file {
            return Err(Refused::Unreadable { path, why: "it is no regular file".to_owned() });
        }
        if there.bytes != record.bytes {
            let why = format!("it has {} bytes, and its record says {}", there.bytes, record.bytes);
            return Err(Refused::Unreadable { path, why });
        }
        if record.parts.artifact(wanted) != record.digest {
            return Err(Refused::Contradiction(self.action(key)));
        }
        Ok(Some(record))
    }

    /// Opens the file of an artifact, a regular one.
    fn open(&self, digest: &Digest) -> io::Result<File> {
        let objects = self.folder("objects")?.ok_or(io::ErrorKind::NotFound)?;
        objects.open(&object_name(digest))
    }

    /// Copies the artifact of `record`, which is [offered](Self::offered), to the
    /// path of `reservation`, for publication.
    ///
    /// # Errors
    /// If it is damaged, or the copy was interrupted.
    pub(crate) fn copy(
        &self,
        record: Record,
        reservation: &Reservation,
        stop: &AtomicBool,
    ) -> Result<NewArtifact, Stopped<Refused>> {
        let path = self.object(&record.digest);
        let object = self.open(&record.digest).map_err(Refused::Io)?;
        copy(object.take(record.bytes), reservation.path(), stop)?;
        let copied = match read_back(reservation.path()) {
            Ok(copied) => copied,
            Err(error) => {
                return Err(Refused::Unreadable { path, why: error.kind.to_string() }.into());
            }
        };
        let found = copied.digests.artifact(copied.kind);
        if found != record.digest {
            return Err(Refused::OtherContent { path, found }.into());
        }
        Ok(NewArtifact { made: without_control_characters(record.made), ..copied })
    }
}

/// Copies what the record says that there is, and no more.
fn copy(mut object: impl Read, to: &Path, stop: &AtomicBool) -> Result<(), Stopped<Refused>> {
    let mut file = files::create_anew(to).map_err(Refused::Io)?;
    while io::copy(&mut object.by_ref().take(PIECE), &mut file).map_err(Refused::Io)? > 0 {
        if stop.load(Ordering::Relaxed) {
            return Err(Stopped::Interrupted);
        }
    }
    Ok(file.flush().map_err(Refused::Io)?)
}

/// What a copied file holds, whatever was said about it.
fn read_back(path: &Path) -> Result<NewArtifact, ArtifactError> {
    let reader = Reader::open(path)?;
    let (kind, digests, scores) = (reader.kind(), reader.digests()?, reader.scores()?);
    Ok(NewArtifact { kind, digests, scores, made: Provenance::default() })
}

/// What others wrote may be shown on a terminal, which obeys such characters.
fn without_control_characters(made: Provenance) -> Provenance {
    let plain = |text: String| text.chars().filter(|c| !c.is_control()).collect::<String>();
    let sets = made.sets.into_iter().map(plain).collect();
    Provenance { host: plain(made.host), tool: plain(made.tool), sets, ..made }
}
