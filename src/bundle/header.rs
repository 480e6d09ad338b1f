//! The head of an archive's entry: there is one way to write it, and only that
//! is read.
//!
//! Knows nothing of what entries hold.

use std::path::Path;

use tar::{EntryType, Header};

/// Tar counts in blocks of so many bytes.
pub(super) const BLOCK: usize = 512;

/// The head of the file at `path`, which is `size` bytes long: no owner, no
/// time, no rights beyond the usual.
///
/// # Panics
/// If `path` is longer than a head holds; no path of a bundle is.
pub(super) fn header(path: &str, size: u64) -> Header {
    let mut header = Header::new_ustar();
    header.set_path(path).expect("paths of bundles are short and relative");
    header.set_size(size);
    header.set_mode(0o644);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header.set_entry_type(EntryType::Regular);
    header.set_cksum();
    header
}

/// What is wrong with a head that is not the one expected for `path`.
pub(super) fn describe(block: &[u8; BLOCK], path: &str, size: u64) -> String {
    if block.iter().all(|&byte| byte == 0) {
        return format!("the archive ends before `{path}`");
    }
    let mut header = Header::new_ustar();
    header.as_mut_bytes().copy_from_slice(block);
    let shown = String::from_utf8_lossy(&header.path_bytes()).escape_debug().to_string();
    if let Some(what) = what(header.entry_type()) {
        return format!("`{shown}` is {what}; a bundle holds files alone");
    }
    let (name, length) = (header.path(), header.size());
    let (Ok(name), Ok(length)) = (name, length) else {
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

fn what(kind: EntryType) -> Option<&'static str> {
    match kind {
        EntryType::Regular | EntryType::Continuous => None,
        EntryType::Symlink | EntryType::Link => Some("a link"),
        EntryType::Directory => Some("a folder"),
        EntryType::Char | EntryType::Block => Some("a device"),
        EntryType::Fifo => Some("a pipe"),
        _ => Some("an extension of tar"),
    }
}

/// How many bytes follow a file of `size` bytes up to the next block.
pub(super) fn padding(size: u64) -> usize {
    (size.next_multiple_of(BLOCK as u64) - size) as usize
}
