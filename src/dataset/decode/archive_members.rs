//! Members of a `.tar` or `.tar.gz` archive, read where they lie.
//!
//! Names are compared as they are written, a leading `./` left aside. Only
//! members that are asked for are looked at: links and other things that are no
//! files are refused among them, and so is any name that leads out.
//!
//! Knows nothing of what members hold.

use std::path::{Component, Path};

use acai_archive::tar::{self, EntryKind, TarError};

use super::{
    FormatError, Names, Problem,
    bounded_reader::{BoundedReader, Location},
};

/// Calls `visit` with the index in `members` and the bytes of every member that
/// is asked for, as they lie, until it returns false; the archive is read to its
/// end otherwise.
pub(crate) fn walk(
    archive: &Path,
    members: &[String],
    mut visit: impl FnMut(usize, BoundedReader<'_>) -> Result<bool, FormatError>,
) -> Result<(), FormatError> {
    let location = Location::new(archive, "");
    let mut selection = MemberSelection::new(archive, members)?;
    let failed = |error| match error {
        TarError::Io(error) => location.unreadable(error),
        TarError::LongHeader(_) => location.error(Problem::Damaged { reason: error.to_string() }),
    };
    let stream = BoundedReader::plain_or_gzip(location.clone())?;
    let rest = tar::walk(stream, failed, |entry| {
        let Some(member) = selection.take(&entry.name, entry.kind)? else { return Ok(true) };
        let location = Location::new(archive, &members[member]);
        visit(member, BoundedReader::new(location, entry.bytes).with_left(entry.size))
    })?;
    match rest {
        Some(mut stream) => {
            stream.drain()?;
            selection.all_taken()
        }
        None => Ok(()),
    }
}

/// The members that are asked for, and which of them were found.
struct MemberSelection<'a> {
    archive: &'a Path,
    members: &'a [String],
    is_taken: Vec<bool>,
    names: Names,
}

impl<'a> MemberSelection<'a> {
    fn new(archive: &'a Path, members: &'a [String]) -> Result<Self, FormatError> {
        for (at, member) in members.iter().enumerate() {
            let location = Location::new(archive, member);
            let path = Path::new(member.strip_prefix("./").unwrap_or(member));
            let is_inside = path.components().all(|part| matches!(part, Component::Normal(_)));
            if !is_inside || path.as_os_str().is_empty() {
                return Err(location.error(Problem::LeadsOut { root: "the archive" }));
            }
            let is_it = |other: &String| bare(other.as_bytes()) == bare(member.as_bytes());
            if members[..at].iter().any(is_it) {
                return Err(location.error(Problem::Twice));
            }
        }
        let is_taken = vec![false; members.len()];
        Ok(Self { archive, members, is_taken, names: Names::default() })
    }

    /// Which member `name` is, if it is asked for.
    fn take(&mut self, name: &[u8], kind: EntryKind) -> Result<Option<usize>, FormatError> {
        self.names.push(&String::from_utf8_lossy(name));
        let is_it = |member: &String| bare(member.as_bytes()) == bare(name);
        let Some(index) = self.members.iter().position(is_it) else { return Ok(None) };
        let error = |problem| Location::new(self.archive, &self.members[index]).error(problem);
        if let Some(found) = no_file(kind) {
            return Err(error(Problem::NotRegular { found }));
        }
        if std::mem::replace(&mut self.is_taken[index], true) {
            return Err(error(Problem::Twice));
        }
        Ok(Some(index))
    }

    fn all_taken(self) -> Result<(), FormatError> {
        let Some(index) = self.is_taken.iter().position(|&is_taken| !is_taken) else {
            return Ok(());
        };
        let missing = Problem::Missing { missing: self.members[index].clone(), found: self.names };
        Err(Location::new(self.archive, "").error(missing))
    }
}

/// A name without a leading `./`.
fn bare(name: &[u8]) -> &[u8] {
    name.strip_prefix(b"./").unwrap_or(name)
}

fn no_file(kind: EntryKind) -> Option<&'static str> {
    match kind {
        EntryKind::File => None,
        EntryKind::SymbolicLink => Some("a symbolic link"),
        EntryKind::HardLink => Some("a hard link"),
        EntryKind::Folder => Some("a folder"),
        _ => Some("no regular file"),
    }
}
