//! Tar archives: their entries as they lie, and the header of a file.

use std::{
    borrow::Cow,
    io::{self, Read},
    path::Path,
};

use tar::{Archive, Entry, EntryType, Header, PaxExtensions};

/// Tar counts in blocks of so many bytes; a header is one.
pub const BLOCK: usize = 512;

/// The most bytes of a long name or of an entry's extended header.
const EXTENDED: u64 = 1 << 16;

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// A regular file.
    File,
    /// A file that is to lie in one piece on its disk.
    ContiguousFile,
    /// A symbolic link.
    SymbolicLink,
    /// Another name of an earlier entry.
    HardLink,
    /// A folder.
    Folder,
    /// A device.
    Device,
    /// A named pipe.
    Pipe,
    /// Something that only some programs know.
    Extension,
}

/// An entry of an archive.
pub struct TarEntry<'a> {
    /// Its name, as it is written.
    pub name: Vec<u8>,
    /// What it is.
    pub kind: EntryKind,
    /// How many bytes it has.
    pub size: u64,
    /// The bytes.
    pub bytes: &'a mut dyn Read,
}

/// An archive cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum TarError {
    /// The stream cannot be read, or is no archive.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// A longer header than is read.
    #[error("a member's extended header has {0} bytes")]
    LongHeader(u64),
}

/// Calls `visit` with every entry as it lies, until it returns false; the stream
/// after the last entry, if there was no end before.
///
/// # Errors
/// What `visit` returns, or what `failed` makes of an error of the archive.
pub fn walk<R: Read, E>(
    stream: R,
    failed: impl Fn(TarError) -> E,
    mut visit: impl FnMut(TarEntry<'_>) -> Result<bool, E>,
) -> Result<Option<R>, E> {
    let io = |error: io::Error| failed(error.into());
    let mut archive = Archive::new(stream);
    let mut long = None;
    for entry in archive.entries().map_err(io)?.raw(true) {
        let mut entry = entry.map_err(io)?;
        if is_extension(&entry) {
            long = long_name(&mut entry).map_err(&failed)?.or(long);
            continue;
        }
        let name = long.take().unwrap_or_else(|| entry.path_bytes().into_owned());
        let (kind, size) = (entry.header().entry_type().into(), entry.size());
        if !visit(TarEntry { name, kind, size, bytes: &mut entry })? {
            return Ok(None);
        }
    }
    Ok(Some(archive.into_inner()))
}

/// Whether an entry only says something about the next.
fn is_extension(entry: &Entry<'_, impl Read>) -> bool {
    let kind = entry.header().entry_type();
    kind.is_gnu_longname()
        || kind.is_gnu_longlink()
        || kind.is_pax_local_extensions()
        || kind.is_pax_global_extensions()
}

/// The name that such an entry gives to the next.
fn long_name(entry: &mut Entry<'_, impl Read>) -> Result<Option<Vec<u8>>, TarError> {
    let kind = entry.header().entry_type();
    if entry.size() > EXTENDED {
        return Err(TarError::LongHeader(entry.size()));
    }
    let mut bytes = Vec::new();
    entry.read_to_end(&mut bytes)?;
    if kind.is_gnu_longname() {
        let end = bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len());
        bytes.truncate(end);
        return Ok(Some(bytes));
    }
    let mut path = None;
    for extension in PaxExtensions::new(&bytes) {
        let extension = extension?;
        let is_path = kind.is_pax_local_extensions() && extension.key_bytes() == b"path";
        path = if is_path { Some(extension.value_bytes().to_vec()) } else { path };
    }
    Ok(path)
}

impl From<EntryType> for EntryKind {
    fn from(kind: EntryType) -> Self {
        match kind {
            EntryType::Regular => Self::File,
            EntryType::Continuous => Self::ContiguousFile,
            EntryType::Symlink => Self::SymbolicLink,
            EntryType::Link => Self::HardLink,
            EntryType::Directory => Self::Folder,
            EntryType::Char | EntryType::Block => Self::Device,
            EntryType::Fifo => Self::Pipe,
            _ => Self::Extension,
        }
    }
}

/// The header of the file at `path`, which is `size` bytes long: no owner, no
/// time, no rights beyond the usual.
///
/// # Errors
/// If `path` is absolute or longer than a header holds.
pub fn file_header(path: &str, size: u64) -> io::Result<[u8; BLOCK]> {
    let mut header = Header::new_ustar();
    header.set_path(path)?;
    header.set_size(size);
    header.set_mode(0o644);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header.set_entry_type(EntryType::Regular);
    header.set_cksum();
    Ok(*header.as_bytes())
}

/// A header, which may say anything.
pub struct ParsedHeader(Header);

impl ParsedHeader {
    /// The header in `block`.
    #[must_use]
    pub fn new(block: &[u8; BLOCK]) -> Self {
        let mut header = Header::new_ustar();
        header.as_mut_bytes().copy_from_slice(block);
        Self(header)
    }

    /// What the entry is.
    #[must_use]
    pub fn kind(&self) -> EntryKind {
        self.0.entry_type().into()
    }

    /// Its name, as it is written.
    #[must_use]
    pub fn name(&self) -> Cow<'_, [u8]> {
        self.0.path_bytes()
    }

    /// Its name as a path; nothing if it is none.
    #[must_use]
    pub fn path(&self) -> Option<Cow<'_, Path>> {
        self.0.path().ok()
    }

    /// How many bytes it has; nothing if that is no number.
    #[must_use]
    pub fn size(&self) -> Option<u64> {
        self.0.size().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_come_as_they_lie() {
        let file = |name: &str, bytes: &[u8; 2]| {
            let header = file_header(name, 2).unwrap();
            [&header[..], bytes, &[0; BLOCK - 2]].concat()
        };
        let archive = [file("a/b", b"12"), file("c", b"34")].concat();
        let mut seen = Vec::new();
        let mut visit = |entry: TarEntry<'_>| {
            let mut bytes = Vec::new();
            entry.bytes.read_to_end(&mut bytes)?;
            seen.push((entry.name, entry.kind, entry.size, bytes));
            Ok::<_, TarError>(true)
        };
        assert!(walk(&archive[..], |error| error, &mut visit).unwrap().is_some());
        let entry = |name: &[u8], bytes: &[u8]| (name.to_vec(), EntryKind::File, 2, bytes.to_vec());
        assert_eq!(seen, [entry(b"a/b", b"12"), entry(b"c", b"34")]);
    }

    #[test]
    fn a_header_is_read_back() {
        let header = ParsedHeader::new(&file_header("a/b", 7).unwrap());
        assert_eq!((header.kind(), header.size()), (EntryKind::File, Some(7)));
        assert_eq!(header.path().unwrap(), Path::new("a/b"));
        assert!(file_header(&"x".repeat(300), 0).is_err());
    }
}
