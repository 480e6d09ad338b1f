//! Records: what is remembered of each computed instance beside its artifact.
//!
//! One line per fact, readable with any pager. Knows nothing of where records
//! are kept.

use std::fmt::Write as _;

use super::{
    key::{Field, FieldKind, Key},
    seal,
};
use acai_artifact::{Digest, Digests};
use acai_stage as stage;

const HEADER: &str = "acai-pipe record 1";

/// Whether a text is a record of another version: one that is not ours, and not
/// cut either.
#[must_use]
pub(super) fn is_foreign(text: &str) -> bool {
    let head = text.lines().next().unwrap_or_default();
    let version = head.strip_prefix("acai-pipe record ");
    version.is_some_and(|version| !version.is_empty() && !HEADER.ends_with(&format!(" {version}")))
}

/// What is remembered of a computed instance.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// Everything that decided the result, defaults included.
    pub key: Key,
    /// Digest of the artifact.
    pub digest: Digest,
    /// Digests of its parts.
    pub parts: Digests,
    /// Length of its file.
    pub bytes: u64,
    /// Its scores.
    pub scores: Vec<(String, f64)>,
    /// How it was made.
    pub made: Provenance,
}

/// How a result came about; no part of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Provenance {
    /// Seconds of work.
    pub elapsed_s: f64,
    /// Training throughput.
    pub images_per_s: Option<f64>,
    /// Peak resident memory of the process.
    pub peak_rss_bytes: Option<u64>,
    /// When it was done, in seconds since 1970.
    pub finished_unix_s: u64,
    /// The machine.
    pub host: String,
    /// The acai-pipe that made it.
    pub tool: String,
    /// The `--set` arguments of the run.
    pub sets: Vec<String>,
}

impl Record {
    /// The text, one line per fact, and its seal.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = format!("{HEADER}\n");
        let mut line = |name: &str, value: &dyn std::fmt::Display| {
            let _ = writeln!(text, "{name} {value}");
        };
        for field in &self.key.fields {
            line("key", field);
        }
        for (part, digest) in &self.parts.parts {
            line("part", &format_args!("{digest} {part}"));
        }
        for (name, value) in &self.scores {
            line("score", &format_args!("{value:?} {name}"));
        }
        self.made.write(&mut line);
        line("bytes", &self.bytes);
        line("digest", &self.digest);
        seal::sealed(text)
    }

    /// Reads [`Record::text`] back; none if it is incomplete, damaged or of another version,
    /// or if it has scores that its stage does not give.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let body = seal::opened(text)?.strip_prefix(HEADER)?.strip_prefix('\n')?;
        let mut record = Self::blank();
        let mut complete = false;
        for line in body.lines() {
            let (name, value) = line.split_once(' ')?;
            record.read(name, value)?;
            complete = name == "digest";
        }
        // The digest comes last: without it the text was cut.
        (complete && record.has_known_scores()).then_some(record)
    }

    /// Whether every score has a name that its kind of stage gives: names are shown.
    fn has_known_scores(&self) -> bool {
        let kind = self.key.value(FieldKind::Kind).unwrap_or_default();
        self.scores.iter().all(|(name, _)| stage::may_score(kind, name))
    }

    fn blank() -> Self {
        Self {
            key: Key::default(),
            digest: Digest([0; 32]),
            parts: Digests::default(),
            bytes: 0,
            scores: Vec::new(),
            made: Provenance::default(),
        }
    }

    fn read(&mut self, name: &str, value: &str) -> Option<()> {
        match name {
            "key" => self.key.fields.push(Field::parse(value)?),
            "part" => {
                let (digest, part) = value.split_once(' ')?;
                self.parts.parts.insert(part.to_owned(), digest.parse().ok()?);
            }
            "score" => {
                let (score, name) = value.split_once(' ')?;
                self.scores.push((name.to_owned(), score.parse().ok()?));
            }
            "bytes" => self.bytes = value.parse().ok()?,
            "digest" => self.digest = value.parse().ok()?,
            _ => self.made.read(name, value)?,
        }
        Some(())
    }
}

impl Provenance {
    fn write(&self, line: &mut dyn FnMut(&str, &dyn std::fmt::Display)) {
        line("elapsed_s", &format_args!("{:?}", self.elapsed_s));
        if let Some(rate) = self.images_per_s {
            line("images_per_s", &format_args!("{rate:?}"));
        }
        if let Some(bytes) = self.peak_rss_bytes {
            line("peak_rss_bytes", &bytes);
        }
        line("finished_unix_s", &self.finished_unix_s);
        line("host", &self.host);
        line("tool", &self.tool);
        for set in &self.sets {
            line("set", &set.replace(['\n', '\r'], " "));
        }
    }

    /// Facts that a newer version may have added are passed over.
    fn read(&mut self, name: &str, value: &str) -> Option<()> {
        match name {
            "elapsed_s" => self.elapsed_s = value.parse().ok()?,
            "images_per_s" => self.images_per_s = Some(value.parse().ok()?),
            "peak_rss_bytes" => self.peak_rss_bytes = Some(value.parse().ok()?),
            "finished_unix_s" => self.finished_unix_s = value.parse().ok()?,
            "host" => value.clone_into(&mut self.host),
            "tool" => value.clone_into(&mut self.tool),
            "set" => self.sets.push(value.to_owned()),
            _ => {}
        }
        Some(())
    }
}
