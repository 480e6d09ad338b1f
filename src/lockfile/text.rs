//! The lock's text: sorted, a fact per line, a block per instance with an empty
//! line between, and nothing that sums up the whole. So two who ran different
//! variants changed different lines, and git merges them; and where two added
//! blocks in one place, the conflict is whole blocks.
//!
//! Knows nothing of files.

use std::{collections::BTreeMap, fmt::Write as _, sync::Arc};

use serde::{Deserialize, Serialize};

use super::{LockedInstance, Lockfile};
use acai_artifact::{Digest, Digests};
use acai_common::{
    diagnostics::{Diagnostic, Diagnostics, SourceMap, SourceText, Span},
    names::InstanceName,
    text::{Node, Ordered, RonDocument, TolerantReader, canonical_ron},
};
use acai_dataset::checksum::Checksum;
use acai_stage as stage;

/// The version of the text.
const FORMAT: u64 = 1;

/// No lock is longer, in bytes: enough for ten thousand instances.
const LONGEST: usize = 16 << 20;

/// No line of a lock is longer, in bytes.
const LONGEST_LINE: usize = 4_096;

/// No name of a file or tool is longer, in bytes.
const LONGEST_TEXT: usize = 512;

const HEAD: &str = "\
// What `acai-pipe run` made of the pipeline beside this file. Commit both.
// After a conflict keep either side of each block: the next run puts it right.
";

/// What git leaves at the beginnings of lines.
const MARKERS: [&str; 4] = ["<<<<<<< ", "||||||| ", "=======", ">>>>>>> "];

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename = "Lock")]
struct LockText {
    #[serde(rename = "format")]
    _format: u64,
    instances: Ordered<InstanceName, InstanceText>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct InstanceText {
    kind: String,
    key: Digest,
    digest: Digest,
    parts: Ordered<String, Digest>,
    #[serde(default = "nothing")]
    files: Ordered<String, Checksum>,
    #[serde(default = "nothing")]
    scores: Ordered<String, f64>,
    tool: String,
}

fn nothing<K, V>() -> Ordered<K, V> {
    Ordered(Vec::new())
}

impl Lockfile {
    /// Reads what [`Lockfile::write`] wrote, called `name` in messages.
    ///
    /// # Errors
    /// Everything that is wrong with it: it is no lock, it holds a conflict, or
    /// a digest is not that of the parts beside it.
    pub fn read(name: &str, text: &str) -> Result<Self, Diagnostics> {
        if let Some(diagnostic) = oversize(name, text) {
            return Err(Diagnostics::new(Arc::default(), vec![diagnostic]));
        }
        if let Some(diagnostics) = conflict(name, text) {
            return Err(diagnostics);
        }
        let mut document = RonDocument::parse(name, text)?;
        let mut diagnostics =
            foreign(&document).map_or_else(Vec::new, |diagnostic| vec![diagnostic]);
        if diagnostics.is_empty() {
            diagnostics = document.drop_duplicates();
            let reading = TolerantReader { sources: &document.sources };
            let written: Option<LockText> = reading.read(&document.root, "", &mut diagnostics);
            let lock = written.map(|written| checked(written, &document.root, &mut diagnostics));
            if let Some(lock) = lock.filter(|_| diagnostics.is_empty()) {
                return Ok(lock);
            }
        }
        Err(Diagnostics::new(Arc::new(document.sources), diagnostics))
    }

    /// The text.
    #[must_use]
    pub fn write(&self) -> String {
        let mut text = format!("{HEAD}Lock(\n    format: {FORMAT},\n    instances: {{\n");
        for (place, (name, entry)) in self.entries.iter().enumerate() {
            if place > 0 {
                text.push('\n');
            }
            let _ = writeln!(text, "        \"{name}\": (");
            entry.write(name, &mut text);
            // An end of its own, or git would pull the ends of two new blocks together.
            let _ = writeln!(text, "        ), // {name}");
        }
        text + "    },\n)\n"
    }
}

impl LockedInstance {
    fn write(&self, instance: &InstanceName, text: &mut String) {
        // Maps say whose they are where they end: of new blocks with some equal
        // figures git would else take the lines between for common ones.
        let whose = format!(" // {instance}");
        let mut field = |name: &str, value: &str, note: &str| {
            let _ = writeln!(text, "            {name}: {value},{note}");
        };
        field("kind", &canonical_ron(&self.kind), "");
        field("key", &quoted(&self.key), "");
        field("digest", &quoted(&self.digest), "");
        let parts = self.parts.parts.iter().map(|(name, part)| (name, quoted(part)));
        field("parts", &map(parts), &whose);
        if !self.files.is_empty() {
            let files = self.files.iter().map(|(name, sum)| (name, quoted(sum)));
            field("files", &map(files), &whose);
        }
        if !self.scores.is_empty() {
            let scores = self.scores.iter().map(|(name, score)| (name, number(score)));
            field("scores", &map(scores), &whose);
        }
        field("tool", &canonical_ron(&self.tool), "");
    }
}

/// A map, an entry per line.
fn map<'a>(entries: impl Iterator<Item = (&'a String, String)>) -> String {
    let mut text = String::from("{\n");
    for (name, value) in entries {
        let _ = writeln!(text, "                {}: {value},", canonical_ron(name));
    }
    text + "            }"
}

fn quoted(value: &impl ToString) -> String {
    canonical_ron(&value.to_string())
}

/// A number that reads back the same.
fn number(value: &(impl Serialize + Copy)) -> String {
    canonical_ron(value)
}

/// The diagnostic of a text that is too long for a lock.
fn oversize(name: &str, text: &str) -> Option<Diagnostic> {
    let help = "a lock is written by runs: remove the file, and the next one makes it again";
    if text.len() > LONGEST {
        let length = text.len();
        let message =
            format!("`{name}` is no lock: it has {length} bytes, and none has more than {LONGEST}");
        return Some(Diagnostic::new(message).help(help));
    }
    let place = text.lines().position(|line| line.len() > LONGEST_LINE)?;
    let message =
        format!("`{name}` is no lock: its line {} is longer than {LONGEST_LINE} bytes", place + 1);
    Some(Diagnostic::new(message).help(help))
}

/// The diagnostic of a text that was merged, but not to the end.
fn conflict(name: &str, text: &str) -> Option<Diagnostics> {
    let mut start = 0;
    let line = text.split_inclusive('\n').find(|line| {
        let is_marker = MARKERS.iter().any(|marker| line.starts_with(marker));
        start += if is_marker { 0 } else { line.len() };
        is_marker
    })?;
    let mut sources = SourceMap::default();
    let source = SourceText { name: name.to_owned(), text: text.to_owned(), is_file: true };
    let source = sources.add(source);
    let span = Span { source, start, end: start + line.trim_end().len() };
    let diagnostic = Diagnostic::new("the lock holds a conflict of two branches")
        .at(span, "git left this")
        .help(
            "remove the lines of markers and keep either side of each block, or both where they \
             are of different instances; then the next run puts right what is left",
        );
    Some(Diagnostics::new(Arc::new(sources), vec![diagnostic]))
}

/// The diagnostic of a lock that another acai-pipe wrote.
fn foreign(document: &RonDocument) -> Option<Diagnostic> {
    let span = document.root.entry("format")?.value.span;
    let found: u64 = document.sources.text(span).parse().ok()?;
    (found != FORMAT).then(|| {
        Diagnostic::new(format!("the lock has format {found}, and this acai-pipe reads {FORMAT}"))
            .at(span, "another format")
            .help("another acai-pipe wrote it: use that one, or remove the lock and run again")
    })
}

/// The lock; what contradicts itself is told.
fn checked(written: LockText, root: &Node, diagnostics: &mut Vec<Diagnostic>) -> Lockfile {
    let mut lock = Lockfile::default();
    for (name, entry) in written.instances.0 {
        let node = || root.entry("instances")?.value.entry(&name.to_string());
        let at = |field: &str| {
            let node = node().map(|entry| &entry.value);
            let field = node.and_then(|node| node.entry(field)).map(|entry| entry.value.span);
            field.or(node.map(|node| node.span)).unwrap_or(root.span)
        };
        match entry.checked(&name, at) {
            Ok(entry) => drop(lock.entries.insert(name, entry)),
            Err(diagnostic) => diagnostics.push(diagnostic),
        }
    }
    lock
}

impl InstanceText {
    fn checked(
        self,
        name: &InstanceName,
        at: impl Fn(&str) -> Span,
    ) -> Result<LockedInstance, Diagnostic> {
        let kind = stage::KINDS.iter().find(|kind| **kind == self.kind);
        let Some((&kind, makes)) = kind.and_then(|kind| Some((kind, stage::makes(kind)?))) else {
            return Err(Diagnostic::new(format!("`{}` is no kind of stage", self.kind))
                .at(at("kind"), "not one that is there")
                .help("if a newer acai-pipe wrote the lock, use that one"));
        };
        let parts = Digests { parts: collected(self.parts) };
        if parts.artifact(makes) != self.digest {
            return Err(Diagnostic::new(format!(
                "the digest of `{name}` is not that of its parts"
            ))
            .at(at("digest"), "another one")
            .help(
                "the lock was edited, or merged within a block: take the whole block of one \
                     side, or remove it and run again",
            ));
        }
        if let Some((score, _)) =
            self.scores.0.iter().find(|(name, _)| !stage::may_score(kind, name))
        {
            return Err(Diagnostic::new(format!("`{score}` is no score of a stage `{kind}`"))
                .at(at("scores"), "not one that it gives")
                .help(
                    "remove the block and run again; if a newer acai-pipe wrote it, use that one",
                ));
        }
        // Written with every character escaped, a text is up to six times as long.
        let names = self.files.0.iter().map(|(name, _)| name);
        if let Some(long) = names.chain([&self.tool]).find(|text| text.len() > LONGEST_TEXT) {
            let message = format!(
                "a text of `{name}` has {} bytes, and none has more than {LONGEST_TEXT}",
                long.len()
            );
            return Err(Diagnostic::new(message).at(at("tool"), "in this block").help(
                "a lock is written by runs: remove the block, and the next one makes it again",
            ));
        }
        let (files, scores) = (collected(self.files), collected(self.scores));
        let Self { key, digest, tool, .. } = self;
        Ok(LockedInstance { kind, key, digest, parts, files, scores, tool })
    }
}

fn collected<V>(entries: Ordered<String, V>) -> BTreeMap<String, V> {
    entries.0.into_iter().collect()
}
