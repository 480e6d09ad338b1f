//! Members of a `.tar` or `.tar.gz` archive, read where they lie.
//!
//! Names are compared as they are written, a leading `./` left aside. Only
//! members that are asked for are looked at: links and other things that are no
//! files are refused among them, and so is any name that leads out.
//!
//! Knows nothing of what members hold.

use std::{
    io::Read,
    path::{Component, Path},
};

use tar::{Archive, Entry, EntryType, PaxExtensions};

use super::{
    FormatError, Names, Problem,
    bounded_reader::{BoundedReader, Place},
};

/// The most bytes of a long name or of a member's extended header.
const EXTENDED: u64 = 1 << 16;

/// Calls `visit` with the place in `members` and the bytes of every member that
/// is asked for, as they lie, until it returns false; the archive is read to its
/// end otherwise.
pub(super) fn walk(
    archive: &Path,
    members: &[String],
    mut visit: impl FnMut(usize, BoundedReader<'_>) -> Result<bool, FormatError>,
) -> Result<(), FormatError> {
    let place = Place::new(archive, "");
    let mut slots = Slots::new(archive, members)?;
    let mut tar = Archive::new(BoundedReader::plain_or_gzip(place.clone())?);
    let entries = tar.entries().map_err(|error| place.unreadable(error))?.raw(true);
    let mut long = None;
    for entry in entries {
        let mut entry = entry.map_err(|error| place.unreadable(error))?;
        if is_extension(&entry) {
            long = long_name(&place, &mut entry)?.or(long);
            continue;
        }
        let name = long.take().unwrap_or_else(|| entry.path_bytes().into_owned());
        let Some(member) = slots.take(&name, entry.header().entry_type())? else { continue };
        let size = entry.size();
        let bounded_reader =
            BoundedReader::new(Place::new(archive, &members[member]), &mut entry).with_left(size);
        if !visit(member, bounded_reader)? {
            return Ok(());
        }
    }
    tar.into_inner().drain()?;
    slots.all_taken()
}

/// What is asked for, and what was found of it.
struct Slots<'a> {
    archive: &'a Path,
    members: &'a [String],
    is_taken: Vec<bool>,
    names: Names,
}

impl<'a> Slots<'a> {
    fn new(archive: &'a Path, members: &'a [String]) -> Result<Self, FormatError> {
        for (at, member) in members.iter().enumerate() {
            let place = Place::new(archive, member);
            let path = Path::new(member.strip_prefix("./").unwrap_or(member));
            let is_inside = path.components().all(|part| matches!(part, Component::Normal(_)));
            if !is_inside || path.as_os_str().is_empty() {
                return Err(place.error(Problem::Resolver { outside: "the archive" }));
            }
            let is_it = |other: &String| bare(other.as_bytes()) == bare(member.as_bytes());
            if members[..at].iter().any(is_it) {
                return Err(place.error(Problem::Twice));
            }
        }
        let is_taken = vec![false; members.len()];
        Ok(Self { archive, members, is_taken, names: Names::default() })
    }

    /// Which member `name` is, if it is asked for.
    fn take(&mut self, name: &[u8], kind: EntryType) -> Result<Option<usize>, FormatError> {
        self.names.push(&String::from_utf8_lossy(name));
        let is_it = |member: &String| bare(member.as_bytes()) == bare(name);
        let place = self.members.iter().position(is_it);
        let Some(place) = place else { return Ok(None) };
        let error = |problem| Place::new(self.archive, &self.members[place]).error(problem);
        if let Some(found) = no_file(kind) {
            return Err(error(Problem::Member { found }));
        }
        if std::mem::replace(&mut self.is_taken[place], true) {
            return Err(error(Problem::Twice));
        }
        Ok(Some(place))
    }

    fn all_taken(self) -> Result<(), FormatError> {
        let Some(place) = self.is_taken.iter().position(|&is_taken| !is_taken) else {
            return Ok(());
        };
        let missing = Problem::Missing { missing: self.members[place].clone(), found: self.names };
        Err(Place::new(self.archive, "").error(missing))
    }
}

/// A name without a leading `./`.
fn bare(name: &[u8]) -> &[u8] {
    name.strip_prefix(b"./").unwrap_or(name)
}

fn no_file(kind: EntryType) -> Option<&'static str> {
    match kind {
        EntryType::Regular => None,
        EntryType::Symlink => Some("a symbolic link"),
        EntryType::Link => Some("a hard link"),
        EntryType::Directory => Some("a folder"),
        _ => Some("no regular file"),
    }
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
fn long_name(
    place: &Place,
    entry: &mut Entry<'_, impl Read>,
) -> Result<Option<Vec<u8>>, FormatError> {
    let kind = entry.header().entry_type();
    if entry.size() > EXTENDED {
        let reason = format!("a member's extended header has {} bytes", entry.size());
        return Err(place.error(Problem::Damaged { reason }));
    }
    let mut bytes = Vec::new();
    entry.read_to_end(&mut bytes).map_err(|error| place.unreadable(error))?;
    if kind.is_gnu_longname() {
        let end = bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len());
        bytes.truncate(end);
        return Ok(Some(bytes));
    }
    let mut path = None;
    for extension in PaxExtensions::new(&bytes) {
        let extension = extension.map_err(|error| place.unreadable(error))?;
        let is_path = kind.is_pax_local_extensions() && extension.key_bytes() == b"path";
        path = if is_path { Some(extension.value_bytes().to_vec()) } else { path };
    }
    Ok(path)
}
