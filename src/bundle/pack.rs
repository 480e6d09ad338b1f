//! Writes an archive: the same files give the same bytes, whenever and by
//! whomever they are packed.
//!
//! One zstd frame at a fixed level, by one thread, with a checksum; entries
//! sorted by path, without owner or time. Knows nothing of what the files hold.

use std::{
    fs::File,
    io::{self, BufWriter, Read, Write},
    path::{Path, PathBuf},
};

use fs_err as fs;
use zstd::stream::write::Encoder;

use super::{
    header::{header, padding},
    manifest::{self, MANIFEST, ManifestEntry},
};
use acai_archive::tar::BLOCK;
use acai_artifact::{Digest, Hasher};
use acai_common::files;

/// Beyond it, time grows faster than bundles shrink: what is large is
/// compressed by HDF5 already.
const LEVEL: i32 = 3;

/// How far back matches reach, as a power of two; a reader needs so much memory.
pub(super) const WINDOW_LOG: u32 = 21;

/// How every bundle begins: zstd's magic number, a frame with a checksum and
/// without a length, and the window.
pub(super) const FRAME: [u8; 6] = [0x28, 0xb5, 0x2f, 0xfd, 0x04, 0x58];

/// A file to be packed.
pub(super) enum Packable {
    Text(String),
    File(PathBuf),
}

impl Packable {
    fn open(&self) -> io::Result<Box<dyn Read + '_>> {
        Ok(match self {
            Self::Text(text) => Box::new(text.as_bytes()),
            Self::File(path) => Box::new(files::open_unlinked(path)?),
        })
    }
}

/// Packs `all` into a bundle at `to`, whole or not at all, and returns its length.
pub(super) fn pack(mut all: Vec<(String, Packable)>, to: &Path) -> io::Result<u64> {
    all.sort_by(|(one, _), (other, _)| one.cmp(other));
    let entries = all.iter().map(|(path, file)| entry(path, file));
    let entries = entries.collect::<io::Result<Vec<_>>>()?;
    files::write_atomically_with(to, |out| write_all(&entries, &all, out))?;
    Ok(fs::metadata(to)?.len())
}

fn entry(path: &str, file: &Packable) -> io::Result<ManifestEntry> {
    let (size, digest) = copy(&mut file.open()?, &mut io::sink())?;
    Ok(ManifestEntry { path: path.to_owned(), size, digest })
}

fn write_all(
    entries: &[ManifestEntry],
    all: &[(String, Packable)],
    out: &mut BufWriter<File>,
) -> io::Result<()> {
    let mut packed = Encoder::new(out, LEVEL)?;
    packed.include_checksum(true)?;
    packed.window_log(WINDOW_LOG)?;
    let manifest = manifest::write(entries);
    packed.write_all(&header(MANIFEST, manifest.len() as u64))?;
    packed.write_all(manifest.as_bytes())?;
    pad(&mut packed, manifest.len() as u64)?;
    for (entry, (_, file)) in entries.iter().zip(all) {
        packed.write_all(&header(&entry.path, entry.size))?;
        let written = copy(&mut file.open()?, &mut packed)?;
        if written != (entry.size, entry.digest) {
            let why = format!("`{}` changed while it was packed", entry.path);
            return Err(io::Error::other(why));
        }
        pad(&mut packed, entry.size)?;
    }
    packed.write_all(&[0; 2 * BLOCK])?;
    packed.finish()?;
    Ok(())
}

fn pad(out: &mut impl Write, size: u64) -> io::Result<()> {
    out.write_all(&[0; BLOCK][..padding(size)])
}

/// Copies everything and says how much it was, and its digest.
pub(super) fn copy(from: &mut dyn Read, to: &mut dyn Write) -> io::Result<(u64, Digest)> {
    let mut hash = Hasher::new("acai-pipe 2026 bundled file");
    let mut piece = vec![0; 1 << 16];
    let mut size = 0;
    loop {
        match from.read(&mut piece) {
            Ok(0) => return Ok((size, hash.finish())),
            Ok(count) => {
                hash.bytes(&piece[..count]);
                to.write_all(&piece[..count])?;
                size += count as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
