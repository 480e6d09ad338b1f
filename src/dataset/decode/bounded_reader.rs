//! Bytes from a file, an archive member or a compressed stream, read from the
//! front and never by more than is really there.
//!
//! Knows nothing of what the bytes mean.

use std::{
    fs::File,
    io::{self, BufReader, Cursor, Read, Seek},
    path::{Path, PathBuf},
};

use flate2::bufread::MultiGzDecoder;

use super::{FormatError, Problem};
use acai_common::files;

/// Bytes that are read from a file at once.
const BUFFER: usize = 1 << 17;

/// The most bytes that are allocated before anything has been read.
const RESERVE: usize = 1 << 22;

/// The file, and the member inside, that an error is about.
#[derive(Clone, Debug)]
pub(crate) struct Location {
    file: PathBuf,
    member: String,
}

/// A stream of bytes that knows where it comes from.
pub(crate) struct BoundedReader<'a> {
    inner: Box<dyn Read + 'a>,
    location: Location,
    /// How many bytes are to come, where that is known.
    left: Option<u64>,
}

impl Location {
    pub(crate) fn new(file: &Path, member: &str) -> Self {
        Self { file: file.to_owned(), member: member.to_owned() }
    }

    /// Says where `problem` is.
    pub(crate) fn error(&self, problem: Problem) -> FormatError {
        FormatError { file: self.file.clone(), member: self.member.clone(), problem }
    }

    /// Distinguishes errors of the system from data that a decoder cannot read.
    pub(crate) fn unreadable(&self, error: io::Error) -> FormatError {
        let reason = match error.kind() {
            _ if error.raw_os_error().is_some() => return self.error(Problem::Io(error)),
            io::ErrorKind::UnexpectedEof => "its compressed data ends early".to_owned(),
            _ => error.to_string(),
        };
        self.error(Problem::Damaged { reason })
    }

    /// Opens the file, if it is one.
    pub(crate) fn open(&self) -> Result<File, FormatError> {
        let kind = std::fs::metadata(&self.file).map_err(|error| self.error(error.into()))?;
        if !kind.is_file() {
            return Err(self.error(Problem::NotAFile));
        }
        files::open_regular(&self.file).map_err(|error| self.error(error.into()))
    }
}

impl<'a> BoundedReader<'a> {
    pub(crate) fn new(location: Location, inner: impl Read + 'a) -> Self {
        Self { inner: Box::new(inner), location, left: None }
    }

    /// A file, inflated if its first bytes are gzip's.
    pub(crate) fn plain_or_gzip(location: Location) -> Result<Self, FormatError> {
        let mut file = BufReader::with_capacity(BUFFER, location.open()?);
        let mut magic = Vec::new();
        let read = (&mut file).take(2).read_to_end(&mut magic);
        let length = read.and_then(|_| file.rewind()).and_then(|()| file.get_ref().metadata());
        let length = length.map_err(|error| location.unreadable(error))?.len();
        if magic == [0x1f, 0x8b] {
            return Ok(Self::new(location, MultiGzDecoder::new(file)));
        }
        Ok(Self { left: Some(length), ..Self::new(location, file) })
    }

    /// Declares that exactly `left` bytes are to come.
    pub(crate) fn with_left(self, left: u64) -> Self {
        Self { left: Some(left), ..self }
    }

    /// Puts bytes that were read already in front again.
    pub(crate) fn with_front(self, bytes: Vec<u8>) -> Self {
        let left = self.left.map(|left| left.saturating_add(bytes.len() as u64));
        Self { inner: Box::new(Cursor::new(bytes).chain(self.inner)), left, ..self }
    }

    /// How many bytes are to come, where that is known.
    pub(crate) fn left(&self) -> Option<u64> {
        self.left
    }

    /// Says where `problem` is.
    pub(crate) fn error(&self, problem: Problem) -> FormatError {
        self.location.error(problem)
    }

    /// Says where reading failed.
    pub(crate) fn unreadable(&self, error: io::Error) -> FormatError {
        self.location.unreadable(error)
    }

    /// The next `wanted` bytes; fewer only if the stream ends.
    pub(crate) fn some(&mut self, wanted: usize) -> Result<Vec<u8>, FormatError> {
        let mut bytes = Vec::with_capacity(wanted.min(RESERVE));
        let read = (&mut self.inner).take(wanted as u64).read_to_end(&mut bytes);
        read.map_err(|error| self.location.unreadable(error))?;
        self.left = self.left.map(|left| left.saturating_sub(bytes.len() as u64));
        Ok(bytes)
    }

    /// The next `wanted` bytes, which are `part` of the file.
    pub(crate) fn all(
        &mut self,
        wanted: usize,
        part: &'static str,
    ) -> Result<Vec<u8>, FormatError> {
        let bytes = self.some(wanted)?;
        if bytes.len() < wanted { Err(self.error(Problem::Ends { part })) } else { Ok(bytes) }
    }

    /// The next bytes as an array.
    pub(crate) fn array<const N: usize>(
        &mut self,
        part: &'static str,
    ) -> Result<[u8; N], FormatError> {
        let bytes = self.all(N, part)?;
        Ok(std::array::from_fn(|at| bytes[at]))
    }

    /// Reads to the end, so that decoders compare their checksums.
    pub(crate) fn drain(&mut self) -> Result<(), FormatError> {
        let read = io::copy(&mut self.inner, &mut io::sink());
        read.map(drop).map_err(|error| self.location.unreadable(error))
    }
}

impl Read for BoundedReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.left = self.left.map(|left| left.saturating_sub(count as u64));
        Ok(count)
    }
}
