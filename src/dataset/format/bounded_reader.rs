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

/// Bytes that are read from a file at once.
const BUFFER: usize = 1 << 17;

/// The most that is set aside before anything has been read.
const RESERVE: usize = 1 << 22;

/// What an error is about.
#[derive(Clone, Debug)]
pub(super) struct Place {
    file: PathBuf,
    member: String,
}

/// A stream of bytes that knows its place.
pub(super) struct BoundedReader<'a> {
    inner: Box<dyn Read + 'a>,
    place: Place,
    /// How many bytes are to come, where that is known.
    left: Option<u64>,
}

impl Place {
    pub(super) fn new(file: &Path, member: &str) -> Self {
        Self { file: file.to_owned(), member: member.to_owned() }
    }

    /// Says where `problem` is.
    pub(super) fn error(&self, problem: Problem) -> FormatError {
        FormatError { file: self.file.clone(), member: self.member.clone(), problem }
    }

    /// Tells what the system refuses from what a decoder does not understand.
    pub(super) fn unreadable(&self, error: io::Error) -> FormatError {
        let reason = match error.kind() {
            _ if error.raw_os_error().is_some() => return self.error(Problem::Io(error)),
            io::ErrorKind::UnexpectedEof => "its compressed data ends early".to_owned(),
            _ => error.to_string(),
        };
        self.error(Problem::Damaged { reason })
    }

    /// Opens the file, if it is one.
    pub(super) fn open(&self) -> Result<File, FormatError> {
        let kind = std::fs::metadata(&self.file).map_err(|error| self.error(error.into()))?;
        if !kind.is_file() {
            return Err(self.error(Problem::NotAFile));
        }
        File::open(&self.file).map_err(|error| self.error(error.into()))
    }
}

impl<'a> BoundedReader<'a> {
    pub(super) fn new(place: Place, inner: impl Read + 'a) -> Self {
        Self { inner: Box::new(inner), place, left: None }
    }

    /// A file, inflated if its first bytes are gzip's.
    pub(super) fn plain_or_gzip(place: Place) -> Result<Self, FormatError> {
        let mut file = BufReader::with_capacity(BUFFER, place.open()?);
        let mut magic = Vec::new();
        let read = (&mut file).take(2).read_to_end(&mut magic);
        let length = read.and_then(|_| file.rewind()).and_then(|()| file.get_ref().metadata());
        let length = length.map_err(|error| place.unreadable(error))?.len();
        if magic == [0x1f, 0x8b] {
            return Ok(Self::new(place, MultiGzDecoder::new(file)));
        }
        Ok(Self { left: Some(length), ..Self::new(place, file) })
    }

    /// Says that exactly `left` bytes are to come.
    pub(super) fn with_left(self, left: u64) -> Self {
        Self { left: Some(left), ..self }
    }

    /// Puts bytes that were read already in front again.
    pub(super) fn with_front(self, bytes: Vec<u8>) -> Self {
        let left = self.left.map(|left| left.saturating_add(bytes.len() as u64));
        Self { inner: Box::new(Cursor::new(bytes).chain(self.inner)), left, ..self }
    }

    /// How many bytes are to come, where that is known.
    pub(super) fn left(&self) -> Option<u64> {
        self.left
    }

    /// Says where `problem` is.
    pub(super) fn error(&self, problem: Problem) -> FormatError {
        self.place.error(problem)
    }

    /// Says where reading failed.
    pub(super) fn unreadable(&self, error: io::Error) -> FormatError {
        self.place.unreadable(error)
    }

    /// The next `wanted` bytes; fewer only if the stream ends.
    pub(super) fn some(&mut self, wanted: usize) -> Result<Vec<u8>, FormatError> {
        let mut bytes = Vec::with_capacity(wanted.min(RESERVE));
        let read = (&mut self.inner).take(wanted as u64).read_to_end(&mut bytes);
        read.map_err(|error| self.place.unreadable(error))?;
        self.left = self.left.map(|left| left.saturating_sub(bytes.len() as u64));
        Ok(bytes)
    }

    /// The next `wanted` bytes, of `place` in the file.
    pub(super) fn all(
        &mut self,
        wanted: usize,
        place: &'static str,
    ) -> Result<Vec<u8>, FormatError> {
        let bytes = self.some(wanted)?;
        if bytes.len() < wanted { Err(self.error(Problem::Ends { place })) } else { Ok(bytes) }
    }

    /// The next bytes as an array.
    pub(super) fn array<const N: usize>(
        &mut self,
        place: &'static str,
    ) -> Result<[u8; N], FormatError> {
        let bytes = self.all(N, place)?;
        Ok(std::array::from_fn(|at| bytes[at]))
    }

    /// Reads to the end, which lets decoders compare their checksums.
    pub(super) fn drain(&mut self) -> Result<(), FormatError> {
        let read = io::copy(&mut self.inner, &mut io::sink());
        read.map(drop).map_err(|error| self.place.unreadable(error))
    }
}

impl Read for BoundedReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.left = self.left.map(|left| left.saturating_sub(count as u64));
        Ok(count)
    }
}
