//! Reads an untrusted archive, in one pass and in little memory.
//!
//! The manifest comes first and is checked whole. From then on every byte is
//! known before it is read: each head must be the one that acai-pipe writes for
//! the manifest's next line, what follows must have its length and digest, and
//! between and behind there are zeros alone. So no path, no kind of entry and
//! no extension of tar has to be judged, only compared.
//!
//! Artifacts are put under `unverified`, which nothing reads. Knows nothing
//! of what the files hold.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::Path,
};

use fs_err::{self as fs, OpenOptions};
use zstd::stream::read::Decoder;

use super::{
    Refusal,
    header::{describe, header, padding},
    manifest::{self, FileRole, LONGEST, MANIFEST, ManifestEntry},
    pack::{FRAME, WINDOW_LOG, copy},
};
use acai_archive::tar::{BLOCK, ParsedHeader};
use acai_common::files;

/// Where artifacts wait.
pub(super) const UNVERIFIED: &str = "unverified";

/// Any bundle may unpack to so many bytes, and to so many times its length.
const FLOOR: u64 = 64 << 20;
const EXPANSION: u64 = 1_000;

/// Whether the file at `path` is a bundle, or at least no text: it begins as
/// compressed files do.
#[must_use]
pub fn is_bundle(path: &Path) -> bool {
    let mut start = [0; 4];
    let is_file = fs::metadata(path).is_ok_and(|found| found.is_file());
    let mut read = || files::open_regular(path)?.read_exact(&mut start);
    is_file && read().is_ok() && start == FRAME[..4]
}

/// Unpacks the bundle into `into`, an empty folder, and says what it holds.
pub(super) fn unpack(bundle: &Path, into: &Path) -> Result<Vec<ManifestEntry>, Refusal> {
    let (mut frame, length) = frame(bundle)?;
    let mut archive = Archive { bytes: &mut frame };
    let entries = archive.manifest(length)?;
    fs::create_dir(into.join(UNVERIFIED))?;
    for (place, entry) in entries.iter().enumerate() {
        archive.entry(place + 2, entry, into)?;
    }
    archive.end(entries.len() + 2)?;
    match frame.finish().fill_buf()? {
        [] => Ok(entries),
        _ => Err(Refusal::Damaged("something follows its end".to_owned())),
    }
}

/// What the bundle says that it holds; nothing else of it is read.
pub(super) fn manifest(bundle: &Path) -> Result<Vec<ManifestEntry>, Refusal> {
    let (mut frame, length) = frame(bundle)?;
    Archive { bytes: &mut frame }.manifest(length)
}

/// The bundle, to be decompressed, and its length.
fn frame(bundle: &Path) -> Result<(Decoder<'static, BufReader<File>>, u64), Refusal> {
    let file = files::open_named(bundle)?;
    let length = file.metadata()?.len();
    let mut packed = BufReader::new(file);
    if !packed.fill_buf()?.starts_with(&FRAME) {
        return Err(Refusal::Foreign("it does not begin like one"));
    }
    let mut frame = Decoder::with_buffer(packed)?.single_frame();
    frame.window_log_max(WINDOW_LOG)?;
    Ok((frame, length))
}

struct Archive<'a> {
    bytes: &'a mut dyn Read,
}

impl Archive<'_> {
    /// The manifest of a bundle that is `length` bytes long.
    fn manifest(&mut self, length: u64) -> Result<Vec<ManifestEntry>, Refusal> {
        let head = self.block()?;
        let size = ParsedHeader::new(&head).size().filter(|&size| size <= LONGEST);
        let size = size.filter(|&size| header(MANIFEST, size) == head);
        let size = size.ok_or(Refusal::Foreign("it does not begin with a manifest"))?;
        let mut text = Vec::new();
        self.file(size, &mut text)?;
        manifest::read(&text, FLOOR.saturating_add(length.saturating_mul(EXPANSION)))
    }

    fn entry(&mut self, place: usize, entry: &ManifestEntry, into: &Path) -> Result<(), Refusal> {
        let ManifestEntry { path, size, digest } = entry;
        let head = self.block()?;
        if header(path, *size) != head {
            return Err(Refusal::Entry { place, why: describe(&head, path, *size) });
        }
        let target = match manifest::role(path) {
            FileRole::Object(object) => into.join(UNVERIFIED).join(format!("{object}.h5")),
            _ => into.join(path),
        };
        if let Some(folder) = target.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut out = OpenOptions::new().write(true).create_new(true).open(&target)?;
        if self.file(*size, &mut out)? == *digest {
            Ok(())
        } else {
            Err(Refusal::File(path.clone()))
        }
    }

    /// The content of a file and the zeros behind it.
    fn file(
        &mut self,
        size: u64,
        out: &mut dyn io::Write,
    ) -> Result<acai_artifact::Digest, Refusal> {
        let mut source = Source { bytes: &mut *self.bytes, left: size, failed: None };
        let copied = copy(&mut source, out);
        if let Some(error) = source.failed.take() {
            return Err(damaged(&error));
        }
        let (_, digest) = copied?;
        let mut rest = [0; BLOCK];
        let rest = &mut rest[..padding(size)];
        self.exact(rest)?;
        if rest.iter().any(|&byte| byte != 0) {
            return Err(Refusal::Damaged("something stands between its files".to_owned()));
        }
        Ok(digest)
    }

    /// Zeros, and then nothing.
    fn end(&mut self, place: usize) -> Result<(), Refusal> {
        for _ in 0..2 {
            let block = self.block()?;
            if block.iter().any(|&byte| byte != 0) {
                let why = "it is not in the manifest".to_owned();
                return Err(Refusal::Entry { place, why });
            }
        }
        match self.bytes.read(&mut [0]) {
            Ok(0) => Ok(()),
            Ok(_) => Err(Refusal::Damaged("its archive goes on behind its end".to_owned())),
            Err(error) => Err(damaged(&error)),
        }
    }

    fn block(&mut self) -> Result<[u8; BLOCK], Refusal> {
        let mut block = [0; BLOCK];
        self.exact(&mut block)?;
        Ok(block)
    }

    fn exact(&mut self, into: &mut [u8]) -> Result<(), Refusal> {
        self.bytes.read_exact(into).map_err(|error| damaged(&error))
    }
}

fn damaged(error: &io::Error) -> Refusal {
    Refusal::Damaged(match error.kind() {
        io::ErrorKind::UnexpectedEof => "it ends too early".to_owned(),
        _ => format!("it cannot be decompressed ({error})"),
    })
}

/// The next `left` bytes; what fails here is the bundle and not the disk.
struct Source<'a> {
    bytes: &'a mut dyn Read,
    left: u64,
    failed: Option<io::Error>,
}

impl Read for Source<'_> {
    fn read(&mut self, piece: &mut [u8]) -> io::Result<usize> {
        let most = piece.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        if most == 0 {
            return Ok(0);
        }
        let count = match self.bytes.read(&mut piece[..most]) {
            Ok(0) => {
                self.failed = Some(io::ErrorKind::UnexpectedEof.into());
                return Ok(0);
            }
            Ok(count) => count,
            Err(error) => {
                let told = io::Error::other("the bundle cannot be read");
                self.failed = Some(error);
                return Err(told);
            }
        };
        self.left -= count as u64;
        Ok(count)
    }
}
