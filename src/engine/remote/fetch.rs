//! From a shared cache into the store, verified on arrival.
//!
//! Nothing that a shared cache says is believed but which artifact a key gave: a confined
//! process reads the file, what it holds is written to a file of our own, and the digest
//! of that decides, not what was written about it. Knows nothing of pipelines.

use std::{fs::File, io, path::PathBuf, sync::atomic::AtomicBool};

use super::Remote;
use crate::{
    confined::CopyError,
    key::FieldKind,
    record::{Provenance, Record},
    reservation::{NewArtifact, Reservation},
    store::object_name,
};
use acai_artifact::{Digest, Kind, Reader};
use acai_common::events::Stopped;
use acai_stage as stage;

/// Why something that a shared cache has is not taken.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// A record without its artifact.
    #[error(
        "`{}` is not there, though its record is; push it again from where it is",
        .0.display()
    )]
    Absent(PathBuf),
    /// It cannot be read as an artifact, or is none that acai-pipe wrote.
    #[error("`{}` is damaged and was not taken: it {why}; `push --again` replaces it", path.display())]
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
    /// It has scores that its stage does not give.
    #[error(
        "`{}` has scores that no such stage gives and was not taken; `push --again` replaces it",
        .0.display()
    )]
    Scores(PathBuf),
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
            return Err(Refused::Unreadable { path, why: "is no regular file".to_owned() });
        }
        if there.bytes != record.bytes {
            let why = format!("has {} bytes, and its record says {}", there.bytes, record.bytes);
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

    /// Writes the content of the artifact of `record`, which is
    /// [offered](Self::offered), to the path of `reservation`, for publication.
    ///
    /// # Errors
    /// If it is damaged or hostile, or the copy was interrupted.
    pub(crate) fn copy(
        &self,
        record: Record,
        reservation: &Reservation,
        stop: &AtomicBool,
    ) -> Result<NewArtifact, Stopped<Refused>> {
        let path = self.object(&record.digest);
        let to = reservation.path();
        let object = self.open(&record.digest).map_err(Refused::Io)?;
        let taken = self.confined.take(object, &path, to, stop);
        let (kind, digests) = taken.map_err(|stopped| {
            stopped.map(|error| match error {
                CopyError::File(why) => Refused::Unreadable { path: path.clone(), why },
                CopyError::Here(error) => Refused::Io(error),
            })
        })?;
        let found = digests.artifact(kind);
        if found != record.digest {
            return Err(Refused::OtherContent { path, found }.into());
        }
        // From here on the file is our own.
        let scores = Reader::open(to).and_then(|reader| reader.scores());
        let scores = scores.map_err(|error| Refused::Unreadable {
            path: path.clone(),
            why: format!("cannot be read: {}", error.kind),
        })?;
        let stage_kind = reservation.key().value(FieldKind::Kind).unwrap_or_default();
        if !scores.iter().all(|(name, _)| stage::may_score(stage_kind, name)) {
            return Err(Refused::Scores(path).into());
        }
        let made = without_control_characters(record.made);
        Ok(NewArtifact { kind, digests, scores, made })
    }
}

/// What others wrote may be shown on a terminal, which obeys such characters.
fn without_control_characters(made: Provenance) -> Provenance {
    let plain = |text: String| text.chars().filter(|c| !c.is_control()).collect::<String>();
    let sets = made.sets.into_iter().map(plain).collect();
    Provenance { host: plain(made.host), tool: plain(made.tool), sets, ..made }
}
