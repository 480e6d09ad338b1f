//! The manifest: what is in a bundle, a line for each file in the order of the
//! archive. It says which paths there can be, so that no other ever is.
//!
//! Knows nothing of what the files hold.

use std::fmt::Write as _;

use super::{LOCK, PIPELINE, Refusal};
use acai_artifact::Digest;
use acai_common::names::Name;

/// What the manifest is called; it comes before everything.
pub(super) const MANIFEST: &str = "MANIFEST";

/// It is not longer, in bytes.
pub(super) const LONGEST: u64 = 8 << 20;

const HEADER: &str = "acai-pipe bundle 1";

/// Files beside the pipeline; each but the report is in every bundle.
const FIXED: [&str; 5] =
    ["REPRODUCING.md", LOCK, PIPELINE, "report.html", "ro-crate-metadata.json"];

/// The longest text in a bundle, in bytes, and the longest page.
const LONGEST_TEXT: u64 = 16 << 20;
const LONGEST_PAGE: u64 = 1 << 30;

/// A file in a bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ManifestEntry {
    /// Where it stands.
    pub(super) path: String,
    /// Its length.
    pub(super) size: u64,
    /// Of its bytes.
    pub(super) digest: Digest,
}

/// What a path means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FileRole<'a> {
    /// A text or a page.
    Text,
    /// A dataset's descriptor.
    Descriptor,
    /// The record under this key.
    Record(Digest),
    /// The artifact of this digest.
    Object(Digest),
    /// A path that no bundle has.
    None(&'a str),
}

/// What the path means in a bundle.
pub(super) fn role(path: &str) -> FileRole<'_> {
    let name = |name: &str| name.parse::<Name>().is_ok() && name.len() <= 60;
    if FIXED.contains(&path) {
        return FileRole::Text;
    }
    let parts = path.split_once('/').unwrap_or_default();
    let stem = |ending: &str| parts.1.strip_suffix(ending).unwrap_or_default();
    match parts.0 {
        "croissant" if name(stem(".json")) => FileRole::Text,
        "datasets" if name(stem(".ron")) => FileRole::Descriptor,
        "store" => stored(parts.1).unwrap_or(FileRole::None(path)),
        _ => FileRole::None(path),
    }
}

fn stored(path: &str) -> Option<FileRole<'_>> {
    let digest =
        |text: &str| text.parse().ok().filter(|digest: &Digest| digest.to_string() == text);
    match path.split_once('/')? {
        ("actions", key) => Some(FileRole::Record(digest(key)?)),
        ("objects", object) => Some(FileRole::Object(digest(object.strip_suffix(".h5")?)?)),
        _ => None,
    }
}

/// The text of a manifest.
pub(super) fn write(entries: &[ManifestEntry]) -> String {
    let mut text = format!("{HEADER}\n");
    for ManifestEntry { path, size, digest } in entries {
        let _ = writeln!(text, "{digest} {size} {path}");
    }
    text
}

/// Reads [`write`] back; `most` is how many bytes all files may have together.
pub(super) fn read(text: &[u8], most: u64) -> Result<Vec<ManifestEntry>, Refusal> {
    let wrong = |line: usize, why: String| Refusal::Manifest { line, why };
    let text = std::str::from_utf8(text).map_err(|_| wrong(1, "it is not UTF-8".to_owned()))?;
    let (header, body) = text.split_once('\n').unwrap_or((text, ""));
    if header != HEADER {
        let why = format!("it starts with `{}` and not with `{HEADER}`", header.escape_debug());
        return Err(wrong(1, why));
    }
    let mut entries: Vec<ManifestEntry> = Vec::new();
    let mut said = 0_u64;
    for (place, line) in body.lines().enumerate() {
        let entry = entry(line).map_err(|why| wrong(place + 2, why))?;
        if let Some(before) = entries.last() {
            follows(before, &entry).map_err(|why| wrong(place + 2, why))?;
        }
        said = said.saturating_add(entry.size);
        entries.push(entry);
    }
    if said > most {
        return Err(Refusal::TooLarge { said, most });
    }
    if write(&entries) != text {
        return Err(wrong(1, "it is not written as acai-pipe writes it".to_owned()));
    }
    same_but_for_case(&entries)?;
    Ok(entries)
}

/// Paths come sorted, each once.
fn follows(before: &ManifestEntry, entry: &ManifestEntry) -> Result<(), String> {
    match before.path.cmp(&entry.path) {
        std::cmp::Ordering::Less => Ok(()),
        std::cmp::Ordering::Equal => Err(format!("`{}` is there twice", entry.path)),
        std::cmp::Ordering::Greater => Err(format!("`{}` is out of order", entry.path)),
    }
}

/// Some file systems take names for the same that differ in case alone.
fn same_but_for_case(entries: &[ManifestEntry]) -> Result<(), Refusal> {
    let mut lower: Vec<(String, usize)> = entries
        .iter()
        .enumerate()
        .map(|(place, entry)| (entry.path.to_lowercase(), place))
        .collect();
    lower.sort();
    match lower.windows(2).find(|pair| pair[0].0 == pair[1].0) {
        Some(pair) => {
            let (one, other) = (&entries[pair[0].1].path, &entries[pair[1].1].path);
            let why = format!("`{one}` and `{other}` are one file on some systems");
            Err(Refusal::Manifest { line: pair[1].1 + 2, why })
        }
        None => Ok(()),
    }
}

fn entry(line: &str) -> Result<ManifestEntry, String> {
    let mut words = line.splitn(3, ' ');
    let mut next = || words.next().unwrap_or_default();
    let (digest, size, path) = (next(), next(), next());
    let digest = digest.parse().map_err(|error: acai_artifact::BadDigest| error.to_string())?;
    let size = size.parse().map_err(|_| format!("`{}` is no length", size.escape_debug()))?;
    let most = match role(path) {
        FileRole::None(path) => {
            return Err(format!("`{}` is no path of a bundle", path.escape_debug()));
        }
        FileRole::Object(_) => u64::MAX,
        FileRole::Text if path == "report.html" => LONGEST_PAGE,
        FileRole::Text | FileRole::Descriptor | FileRole::Record(_) => LONGEST_TEXT,
    };
    if size > most {
        return Err(format!("`{path}` is said to have {size} bytes, and has at most {most}"));
    }
    Ok(ManifestEntry { path: path.to_owned(), size, digest })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(paths: &[&str]) -> Vec<ManifestEntry> {
        let entry = |path: &&str| ManifestEntry {
            path: (*path).to_owned(),
            size: 7,
            digest: Digest([1; 32]),
        };
        paths.iter().map(entry).collect()
    }

    fn refused(paths: &[&str]) -> String {
        read(write(&entries(paths)).as_bytes(), 1_000).unwrap_err().to_string()
    }

    #[test]
    fn a_manifest_reads_back() {
        let object = format!("store/objects/{}.h5", Digest([2; 32]));
        let all = entries(&["REPRODUCING.md", "datasets/mnist.ron", "pipeline.ron", &object]);
        assert_eq!(read(write(&all).as_bytes(), 28).unwrap(), all);
        assert_eq!(role(&object), FileRole::Object(Digest([2; 32])));
    }

    #[test]
    fn paths_that_no_bundle_has_are_refused() {
        let digest = Digest([0xab; 32]).to_string();
        for path in [
            "/etc/passwd",
            "../pipeline.ron",
            "datasets/../pipeline.ron",
            "datasets//a.ron",
            "datasets/.ron",
            "datasets/a.ron/",
            "datasets/a b.ron",
            "datasets/\u{e4}.ron",
            "datasets\\a.ron",
            "store",
            "store/actions/short",
            "store/seals/a",
            "",
            &format!("store/objects/{}.h5", digest.to_uppercase()),
            &format!("store/objects/{digest}"),
        ] {
            let shown = path.escape_debug();
            assert_eq!(
                refused(&[path]),
                format!("line 2 of its manifest: `{shown}` is no path of a bundle")
            );
        }
    }

    #[test]
    fn names_come_in_order_and_once_on_every_system() {
        assert_eq!(
            refused(&["pipeline.ron", "pipeline.ron"]),
            "line 3 of its manifest: `pipeline.ron` is there twice"
        );
        assert_eq!(
            refused(&["pipeline.ron", "REPRODUCING.md"]),
            "line 3 of its manifest: `REPRODUCING.md` is out of order"
        );
        assert_eq!(
            refused(&["datasets/A.ron", "datasets/B.ron", "datasets/a.ron"]),
            "line 4 of its manifest: `datasets/A.ron` and `datasets/a.ron` are one file on some systems"
        );
    }

    #[test]
    fn lengths_are_bounded() {
        let mut all = entries(&["pipeline.ron", "ro-crate-metadata.json"]);
        let told =
            |all: &[ManifestEntry]| read(write(all).as_bytes(), 1_000).unwrap_err().to_string();
        all[0].size = 2_993;
        assert_eq!(
            told(&all),
            "it says it unpacks to 3.0 kB, and no more than 1.0 kB are taken from a file of its length"
        );
        all[0].size = u64::MAX;
        assert!(told(&all).contains("is said to have 18446744073709551615 bytes"));
    }
}
