//! Bundles taken apart and put together again, honestly or not.
//!
//! Knows nothing of what is done to them.

use std::io::Read;

use tar::{Archive, Header};

/// A file in a bundle.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) path: String,
    pub(crate) data: Vec<u8>,
    /// The head in the archive; the honest one, if none is given.
    pub(crate) head: Option<[u8; 512]>,
    /// The line in the manifest; the honest one, if none is given.
    pub(crate) line: Option<String>,
}

/// A bundle to be.
#[derive(Clone, Debug)]
pub(crate) struct Forge {
    pub(crate) entries: Vec<Entry>,
    /// The manifest's own head; the honest one, if none is given.
    pub(crate) head: Option<[u8; 512]>,
    /// What follows the last file.
    pub(crate) tail: Vec<u8>,
}

impl Entry {
    pub(crate) fn new(path: &str, data: &[u8]) -> Self {
        Self { path: path.to_owned(), data: data.to_owned(), head: None, line: None }
    }

    /// As the manifest of an honest bundle has it.
    pub(crate) fn honest_line(&self) -> String {
        format!("{} {} {}", digest(&self.data), self.data.len(), self.path)
    }

    /// As the archive of an honest bundle has it; long paths are cut.
    pub(crate) fn honest_head(&self) -> [u8; 512] {
        head(&self.path, self.data.len() as u64)
    }
}

impl Forge {
    pub(crate) fn read(bundle: &[u8]) -> Self {
        let bytes = zstd::decode_all(bundle).unwrap();
        let mut archive = Archive::new(bytes.as_slice());
        let mut entries = Vec::new();
        for entry in archive.entries().unwrap() {
            let mut entry = entry.unwrap();
            let path = entry.path().unwrap().display().to_string();
            let mut data = Vec::new();
            entry.read_to_end(&mut data).unwrap();
            entries.push(Entry::new(&path, &data));
        }
        assert_eq!(entries.remove(0).path, "MANIFEST");
        Self { entries, head: None, tail: vec![0; 1_024] }
    }

    pub(crate) fn entry(&mut self, path: &str) -> &mut Entry {
        self.entries.iter_mut().find(|entry| entry.path == path).unwrap()
    }

    /// Puts a file in its place among the sorted.
    pub(crate) fn add(&mut self, entry: Entry) {
        let place = self.entries.partition_point(|other| other.path < entry.path);
        self.entries.insert(place, entry);
    }

    pub(crate) fn remove(&mut self, path: &str) {
        self.entries.retain(|entry| entry.path != path);
    }

    /// The text of the manifest.
    pub(crate) fn manifest(&self) -> String {
        let lines = self
            .entries
            .iter()
            .map(|entry| entry.line.clone().unwrap_or_else(|| entry.honest_line()));
        lines.fold("acai-pipe bundle 1\n".to_owned(), |text, line| text + &line + "\n")
    }

    /// The archive.
    pub(crate) fn archive(&self) -> Vec<u8> {
        let manifest = self.manifest();
        let first = self.head.unwrap_or_else(|| head("MANIFEST", manifest.len() as u64));
        let mut bytes = first.to_vec();
        put(&mut bytes, manifest.as_bytes());
        for entry in &self.entries {
            bytes.extend(entry.head.unwrap_or_else(|| entry.honest_head()));
            put(&mut bytes, &entry.data);
        }
        bytes.extend(&self.tail);
        bytes
    }

    pub(crate) fn write(&self) -> Vec<u8> {
        pack(&self.archive(), 21)
    }
}

fn put(bytes: &mut Vec<u8>, data: &[u8]) {
    bytes.extend(data);
    bytes.resize(bytes.len().next_multiple_of(512), 0);
}

/// Compressed as bundles are, with a window of so many bits.
pub(crate) fn pack(archive: &[u8], window: u32) -> Vec<u8> {
    let mut packed = zstd::Encoder::new(Vec::new(), 3).unwrap();
    packed.include_checksum(true).unwrap();
    packed.window_log(window).unwrap();
    std::io::Write::write_all(&mut packed, archive).unwrap();
    packed.finish().unwrap()
}

/// The digest that manifests know a file by.
pub(crate) fn digest(data: &[u8]) -> String {
    let mut hash = blake3::Hasher::new_derive_key("acai-pipe 2026 bundled file");
    hash.update(data).finalize().to_hex().to_string()
}

/// A head with everything at its usual; the path is not judged.
pub(crate) fn head(path: &str, size: u64) -> [u8; 512] {
    let mut head = Header::new_ustar();
    let name = &mut head.as_old_mut().name;
    let count = path.len().min(name.len());
    name[..count].copy_from_slice(&path.as_bytes()[..count]);
    head.set_size(size);
    head.set_mode(0o644);
    head.set_uid(0);
    head.set_gid(0);
    head.set_mtime(0);
    head.set_entry_type(tar::EntryType::Regular);
    head.set_cksum();
    *head.as_bytes()
}

/// `head`, changed, with its checksum put right.
pub(crate) fn changed(head: &[u8; 512], change: impl Fn(&mut Header)) -> [u8; 512] {
    let mut new = Header::new_ustar();
    new.as_mut_bytes().copy_from_slice(head);
    change(&mut new);
    new.set_cksum();
    *new.as_bytes()
}

#[test]
fn put_together_again_it_is_the_same_bundle() {
    let good = super::good();
    assert!(Forge::read(good).write() == good);
}
