//! The head of an archive's entry: there is one way to write it, and only that
//! is read.
//!
//! Knows nothing of what entries hold.

use std::path::Path;

use acai_archive::tar::{BLOCK, EntryKind, ParsedHeader, file_header};

/// The head of the file at `path`, which is `size` bytes long.
///
/// # Panics
/// If `path` is longer than a head holds; no path of a bundle is.
pub(super) fn header(path: &str, size: u64) -> [u8; BLOCK] {
    file_header(path, size).expect("paths of bundles are short and relative")
}

/// What is wrong with a head that is not the one expected for `path`.
pub(super) fn describe(block: &[u8; BLOCK], path: &str, size: u64) -> String {
    if block.iter().all(|&byte| byte == 0) {
        return format!("the archive ends before `{path}`");
    }
    let header = ParsedHeader::new(block);
    let shown = String::from_utf8_lossy(&header.name()).escape_debug().to_string();
    if let Some(what) = what(header.kind()) {
        return format!("`{shown}` is {what}; a bundle holds files alone");
    }
    let (name, length) = (header.path(), header.size());
    let (Some(name), Some(length)) = (name, length) else {
        return format!("its head cannot be read; `{path}` was expected");
    };
    if name.is_absolute() || name.components().any(|part| part.as_os_str() == "..") {
        return format!("`{shown}` leads out of the bundle");
    }
    if name != Path::new(path) {
        return format!("`{shown}` is not the next in the manifest, which is `{path}`");
    }
    if length != size {
        return format!("`{path}` has {length} bytes there and {size} in the manifest");
    }
    format!("the head of `{path}` is not written as acai-pipe writes it")
}

fn what(kind: EntryKind) -> Option<&'static str> {
    match kind {
        EntryKind::File | EntryKind::ContiguousFile => None,
        EntryKind::SymbolicLink | EntryKind::HardLink => Some("a link"),
        EntryKind::Folder => Some("a folder"),
        EntryKind::Device => Some("a device"),
        EntryKind::Pipe => Some("a pipe"),
        EntryKind::Extension => Some("an extension of tar"),
    }
}

/// How many bytes follow a file of `size` bytes up to the next block.
pub(super) fn padding(size: u64) -> usize {
    (size.next_multiple_of(BLOCK as u64) - size) as usize
}
