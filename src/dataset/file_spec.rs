//! A file that a descriptor names, and whether a file on the disk has its size and
//! checksums.
//!
//! Knows nothing of where files are.

use std::{
    fmt,
    io::{self, Read},
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
};

use serde::{Deserialize, Serialize};

use super::{
    checksum::{Checksum, content},
    mirror::Mirror,
};
use acai_common::{events::Interrupted, files};

/// A file that a descriptor names.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct FileSpec {
    /// Its plain name.
    pub name: String,
    /// Its length in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// No download of it is longer, in bytes, where its length is not known: a file that
    /// was compressed again has another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<u64>,
    /// The checksum of its bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checksum: Option<Checksum>,
    /// The checksum of its decompressed content, which does not depend on the
    /// compressor; gzip only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<Checksum>,
    /// Where it can be downloaded, in the order they are tried.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mirrors: Vec<Mirror>,
}

/// The first difference between a file and what is declared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mismatch {
    /// What was declared, such as `md5:f68b…`.
    pub(super) wanted: String,
    /// What the file has instead.
    pub(super) found: String,
}

impl FileSpec {
    /// A file of which only the name is declared.
    pub(super) fn named(name: &str) -> Self {
        let (size, at_most, checksum, content) = (None, None, None, None);
        Self { name: name.to_owned(), size, at_most, checksum, content, mirrors: Vec::new() }
    }

    /// The checksum that identifies the file and that downloads are kept under;
    /// without one nothing is downloaded.
    pub(super) fn primary_checksum(&self) -> Option<&Checksum> {
        self.checksum.as_ref().or(self.content.as_ref())
    }

    /// Whether the name is that of a file and not a path, which could lead
    /// anywhere.
    pub(super) fn is_plain(&self) -> bool {
        files::is_plain_name(&self.name)
    }

    /// Whether the file at `path` has the declared size and checksums, all of them.
    ///
    /// # Errors
    /// If it cannot be read, or if reading was interrupted.
    pub fn fits(&self, path: &Path, stop: &AtomicBool) -> io::Result<bool> {
        Ok(self.verify(path, stop)?.is_ok())
    }

    /// Whether the file at `path` has the declared size and checksums, all of
    /// them; otherwise the first that differs, the cheapest first.
    ///
    /// An error inside may be [`Interrupted`], see [`is_interruption`].
    pub(super) fn verify(
        &self,
        path: &Path,
        stop: &AtomicBool,
    ) -> io::Result<Result<(), Mismatch>> {
        let size = files::open_regular(path)?.metadata()?.len();
        if let Some(most) = self.at_most.filter(|&most| size > most) {
            let (wanted, found) = (format!("at most {most} bytes"), format!("{size} bytes"));
            return Ok(Err(Mismatch { wanted, found }));
        }
        if let Some(wanted) = self.size.filter(|&wanted| wanted != size) {
            let (wanted, found) = (format!("{wanted} bytes"), format!("{size} bytes"));
            return Ok(Err(Mismatch { wanted, found }));
        }
        let open = || {
            // It may grow while it is read.
            let bytes = files::open_regular(path)?.take(size.saturating_add(1));
            io::Result::Ok(Stoppable { bytes, stop })
        };
        if let Some(wanted) = &self.checksum {
            let found = Checksum::of(wanted.algorithm, open()?)?;
            if found != *wanted {
                return Ok(Err(Mismatch { wanted: wanted.to_string(), found: found.to_string() }));
            }
        }
        self.content.as_ref().map_or(Ok(Ok(())), |wanted| verify_content(wanted, open()?))
    }
}

fn verify_content(wanted: &Checksum, file: impl Read) -> io::Result<Result<(), Mismatch>> {
    let found = match Checksum::of(wanted.algorithm, content(file)) {
        Ok(found) if found == *wanted => return Ok(Ok(())),
        Ok(found) => format!("content {found}"),
        Err(error) if is_interruption(&error) => return Err(error),
        Err(error) => format!("no whole gzip file ({error})"),
    };
    Ok(Err(Mismatch { wanted: format!("content {wanted}"), found }))
}

/// The name, and what is known of the file: `` `a.gz` (12 bytes, md5:f68b…) ``.
impl fmt::Display for FileSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let size = self.size.map(|size| format!("{size} bytes"));
        let checksum = self.checksum.as_ref().map(Checksum::to_string);
        let content = self.content.as_ref().map(|content| format!("content {content}"));
        let known: Vec<String> = [size, checksum, content].into_iter().flatten().collect();
        write!(f, "`{}`", self.name)?;
        if known.is_empty() { Ok(()) } else { write!(f, " ({})", known.join(", ")) }
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "found {}, expected {}", self.found, self.wanted)
    }
}

/// A reader that fails once `stop` is set: large files take seconds.
struct Stoppable<'a, R> {
    bytes: R,
    stop: &'a AtomicBool,
}

impl<R: Read> Read for Stoppable<'_, R> {
    fn read(&mut self, piece: &mut [u8]) -> io::Result<usize> {
        if self.stop.load(Ordering::Relaxed) {
            return Err(io::Error::other(Interrupted));
        }
        self.bytes.read(piece)
    }
}

/// Whether reading was interrupted.
pub(super) fn is_interruption(error: &io::Error) -> bool {
    error.get_ref().and_then(|inner| inner.downcast_ref::<Interrupted>()).is_some()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn wanted(name: &str) -> FileSpec {
        FileSpec { size: Some(3), ..FileSpec::named(name) }
    }

    #[test]
    fn names_that_are_paths_are_not_plain() {
        assert!(wanted("train-images.idx3-ubyte.gz").is_plain());
        for name in ["", ".", "..", "a/b", "/a", "..\\a", "C:a", "a\0b", "a\n"] {
            assert!(!wanted(name).is_plain(), "{name:?}");
        }
    }

    #[test]
    fn what_is_wrong_is_told_by_size_then_by_checksum() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("abc");
        let stop = AtomicBool::new(false);
        let digits = "900150983cd24fb0d6963f7d28e17f72";
        let checksum = format!("md5:{digits}").parse().ok();
        let wanted = FileSpec { checksum, ..wanted("abc") };
        for (bytes, answer) in [
            ("abc", None),
            ("ab", Some("found 2 bytes, expected 3 bytes".to_owned())),
            (
                "abd",
                Some(format!("found md5:4911e516e5aa21d327512e0c8b197616, expected md5:{digits}")),
            ),
        ] {
            fs::write(&path, bytes).unwrap();
            let mismatch = wanted.verify(&path, &stop).unwrap().err();
            assert_eq!(mismatch.map(|mismatch| mismatch.to_string()), answer);
        }
        assert_eq!(wanted.to_string(), format!("`abc` (3 bytes, md5:{digits})"));
    }

    #[test]
    fn verifying_stops_when_told_to() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("abc");
        fs::write(&path, "abc").unwrap();
        let sum: Option<Checksum> = "md5:900150983cd24fb0d6963f7d28e17f72".parse().ok();
        for (checksum, content) in [(sum.clone(), None), (None, sum)] {
            let wanted = FileSpec { checksum, content, ..wanted("abc") };
            let error = wanted.verify(&path, &AtomicBool::new(true)).unwrap_err();
            assert!(is_interruption(&error), "{error}");
        }
    }
}
