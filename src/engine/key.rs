//! Keys: everything that decides an instance's result, and nothing else.
//!
//! One struct gives the hash, the text in the record and the explanation, so
//! the three cannot drift. Knows nothing of the store.

use std::{
    collections::BTreeMap,
    fmt::{self, Write as _},
};

use acai_artifact::{Digest, Digests, Hasher};
use acai_net::DeviceKind;
use acai_plan::Instance;
use acai_stage::Param;

/// Raised when keys of unchanged instances must change.
const FORMAT: u32 = 1;

/// What decides an instance's result.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Key {
    /// The fields, each once, in canonical order.
    pub fields: Vec<Field>,
}

/// One field of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// What kind of field.
    pub kind: FieldKind,
    /// Dotted name, such as `regularizer.lambda` or `data.train`; empty where
    /// the kind says it all.
    pub name: String,
    /// Canonical text of the value; for inputs the digest of the part.
    pub value: String,
}

/// Kinds of fields, in canonical order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FieldKind {
    /// The stage's kind.
    Kind,
    /// The version of the stage's code.
    Version,
    /// A parameter that differs from its default, or has none.
    Param,
    /// A parameter at its default: shown in explanations, left out of the hash,
    /// so that a new field with a default invalidates no results.
    Default,
    /// A part of an input that is read.
    Input,
    /// The seed, where random numbers are drawn.
    Seed,
    /// The kind of device, where it matters.
    Device,
}

/// A field that differs between two keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What kind of field.
    pub kind: FieldKind,
    /// Its name, as in [`Field::name`].
    pub name: String,
    /// The value before; none if there was no such field.
    pub old: Option<String>,
    /// The value now; none if there is no such field any more.
    pub new: Option<String>,
}

impl Key {
    /// The key of `instance`, given the digests of each input by field.
    ///
    /// # Panics
    /// If an input is left out.
    #[must_use]
    pub fn new(
        instance: &Instance,
        inputs: &BTreeMap<&'static str, &Digests>,
        device: DeviceKind,
    ) -> Self {
        let stage = &instance.stage;
        let mut fields = vec![
            Field::new(FieldKind::Kind, "", instance.kind),
            Field::new(FieldKind::Version, "", stage.version()),
        ];
        fields.extend(stage.params().0.iter().map(Field::param));
        for edge in &instance.inputs {
            let parts = &inputs.get(edge.field).expect("every input of an edge is given").parts;
            // A part that only some artifacts of a kind have is no field of the others.
            fields.extend(edge.reads.iter().filter_map(|&part| {
                let digest = parts.get(part)?;
                Some(Field::new(FieldKind::Input, &format!("{}.{part}", edge.field), digest))
            }));
        }
        if stage.is_seeded() {
            fields.extend(instance.seed.map(|seed| Field::new(FieldKind::Seed, "", seed)));
        }
        if stage.runs_on_device() {
            fields.push(Field::new(FieldKind::Device, "", device_name(device)));
        }
        fields.sort_by(|a, b| (a.kind, &a.name).cmp(&(b.kind, &b.name)));
        Self { fields }
    }

    /// The digest: a hash of [`Key::text`].
    #[must_use]
    pub fn digest(&self) -> Digest {
        let mut hash = Hasher::new("acai-pipe 2026 key");
        hash.text(&self.text());
        hash.finish()
    }

    /// The canonical text: one line per field that decides the result.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = format!("acai-pipe key {FORMAT}\n");
        for field in self.fields.iter().filter(|field| field.kind != FieldKind::Default) {
            let _ = writeln!(text, "{field}");
        }
        text
    }

    /// The value of the field without a name, such as the kind or the seed.
    #[must_use]
    pub fn value(&self, kind: FieldKind) -> Option<&str> {
        self.fields.iter().find(|field| field.kind == kind).map(|field| field.value.as_str())
    }

    /// What differs from `old`, in canonical order.
    #[must_use]
    pub fn differences(&self, old: &Self) -> Vec<Difference> {
        let mut slots: BTreeMap<_, (Option<&Field>, Option<&Field>)> = BTreeMap::new();
        for field in &old.fields {
            slots.entry(field.slot()).or_default().0 = Some(field);
        }
        for field in &self.fields {
            slots.entry(field.slot()).or_default().1 = Some(field);
        }
        let value = |field: Option<&Field>| field.map(|field| field.value.clone());
        let differences = slots.into_iter().map(|((kind, name), (old, new))| Difference {
            kind,
            name: name.to_owned(),
            old: value(old),
            new: value(new),
        });
        differences.filter(|difference| difference.old != difference.new).collect()
    }
}

impl Field {
    fn new(kind: FieldKind, name: &str, value: impl fmt::Display) -> Self {
        Self { kind, name: name.to_owned(), value: one_line(value.to_string()) }
    }

    fn param(param: &Param) -> Self {
        let kind = if param.is_default { FieldKind::Default } else { FieldKind::Param };
        Self::new(kind, &param.name, &param.value)
    }

    /// What makes two fields of two keys the same field: a parameter stays
    /// itself whether it is at its default or not.
    pub(super) fn slot(&self) -> (FieldKind, &str) {
        let kind = if self.kind == FieldKind::Default { FieldKind::Param } else { self.kind };
        (kind, &self.name)
    }

    /// Reads a line as written by its `Display`.
    #[must_use]
    pub fn parse(line: &str) -> Option<Self> {
        let (word, rest) = line.split_once(' ')?;
        let kind = FieldKind::ALL.into_iter().find(|kind| kind.as_str() == word)?;
        let (name, value) = if kind.has_name() { rest.split_once(' ')? } else { ("", rest) };
        Some(Self::new(kind, name, value))
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, value) = (self.kind.as_str(), &self.value);
        if self.kind.has_name() {
            write!(f, "{kind} {} {value}", self.name)
        } else {
            write!(f, "{kind} {value}")
        }
    }
}

impl FieldKind {
    const ALL: [Self; 7] = [
        Self::Kind,
        Self::Version,
        Self::Param,
        Self::Default,
        Self::Input,
        Self::Seed,
        Self::Device,
    ];

    /// The word for it, in key texts and explanations.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Kind => "kind",
            Self::Version => "version",
            Self::Param => "param",
            Self::Default => "default",
            Self::Input => "input",
            Self::Seed => "seed",
            Self::Device => "device",
        }
    }

    fn has_name(self) -> bool {
        matches!(self, Self::Param | Self::Default | Self::Input)
    }
}

/// How a device is written in keys and records.
#[must_use]
pub fn device_name(device: DeviceKind) -> &'static str {
    match device {
        DeviceKind::Cpu => "cpu",
        DeviceKind::Cuda => "cuda",
    }
}

/// Canonical values have no line breaks; a raw string in a file might.
fn one_line(value: String) -> String {
    if value.contains(['\n', '\r']) { value.escape_debug().to_string() } else { value }
}
