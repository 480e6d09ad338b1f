//! Reads a lock that is, byte for byte, what [`Lockfile::write`] writes: line by
//! line, and many times as fast as RON is read. So a run of thousands of
//! instances with nothing to do is not held up by its lock.
//!
//! Approach: lines are taken loosely, and then the lock is written and compared.
//! A text that was edited, merged or damaged comes out as another one, and is
//! left to whoever reads RON and tells what is wrong.
//!
//! Knows nothing of diagnostics.

use std::collections::BTreeMap;

use super::{LockedInstance, Lockfile};
use acai_artifact::{Digest, Digests};
use acai_stage as stage;

/// The lock; none if `text` is not exactly as it was written, or contradicts
/// itself.
pub(super) fn read(text: &str) -> Option<Lockfile> {
    let mut lock = Lockfile::default();
    let mut lines = text.lines().map(str::trim_start);
    lines.find(|line| *line == "instances: {")?;
    while let Some(line) = lines.next() {
        if let Some(name) = line.strip_suffix(": (") {
            lock.entries.insert(unquoted(name)?.parse().ok()?, entry(&mut lines)?);
        }
    }
    (lock.write() == text).then_some(lock)
}

/// The entry whose fields follow.
fn entry<'a>(lines: &mut impl Iterator<Item = &'a str>) -> Option<LockedInstance> {
    let mut entry = LockedInstance {
        kind: "",
        key: Digest([0; 32]),
        digest: Digest([0; 32]),
        parts: Digests::default(),
        files: BTreeMap::new(),
        scores: BTreeMap::new(),
        tool: String::new(),
    };
    loop {
        let line = lines.next()?;
        if line.starts_with("),") {
            break;
        }
        let (field, value) = line.split_once(": ")?;
        match field {
            "kind" => entry.kind = kind(unquoted(value)?)?,
            "key" => entry.key = unquoted(value)?.parse().ok()?,
            "digest" => entry.digest = unquoted(value)?.parse().ok()?,
            "parts" => entry.parts.parts = map(lines, |part| unquoted(part)?.parse().ok())?,
            "files" => entry.files = map(lines, |sum| unquoted(sum)?.parse().ok())?,
            "scores" => entry.scores = map(lines, |score| score.parse().ok())?,
            "tool" => unquoted(value)?.clone_into(&mut entry.tool),
            _ => return None,
        }
    }
    (entry.parts.artifact(stage::makes(entry.kind)?) == entry.digest).then_some(entry)
}

/// The map whose entries follow, one a line.
fn map<'a, V>(
    lines: &mut impl Iterator<Item = &'a str>,
    value: impl Fn(&str) -> Option<V>,
) -> Option<BTreeMap<String, V>> {
    let entries = lines.take_while(|line| !line.starts_with("},")).map(|line| {
        let (name, written) = line.split_once(": ")?;
        Some((unquoted(name)?.to_owned(), value(written.strip_suffix(',')?)?))
    });
    entries.collect()
}

/// What stands between quotes, with or without a comma behind them.
fn unquoted(written: &str) -> Option<&str> {
    written.strip_suffix(',').unwrap_or(written).strip_prefix('"')?.strip_suffix('"')
}

fn kind(word: &str) -> Option<&'static str> {
    stage::KINDS.iter().find(|kind| **kind == word).copied()
}
