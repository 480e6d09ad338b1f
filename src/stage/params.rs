//! A stage's resolved parameters as a flat list of names and canonical texts:
//! what enters the key, and what an explanation compares.
//!
//! Knows nothing of keys and files.

use serde::Serialize;

/// One resolved parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Param {
    /// Dotted name, such as `regularizer.lambda`.
    pub name: String,
    /// Canonical text of the value.
    pub value: String,
    /// Whether the value is the default; defaults stay out of the key.
    pub is_default: bool,
    /// Where a file may spell it, relative to the stage, most specific first:
    /// `variants.acai.kimg`, then `kimg`.
    pub spelled: Vec<String>,
}

/// All resolved parameters of a stage, in reading order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Params(pub Vec<Param>);

impl Params {
    /// A parameter that has no default.
    #[must_use]
    pub fn required<T: Serialize>(self, name: &str, value: &T) -> Self {
        self.push(name, canonical(value), false)
    }

    /// A parameter that may be left out of the file.
    #[must_use]
    pub fn defaulted<T: Serialize>(self, name: &str, value: &T, default: &T) -> Self {
        let value = canonical(value);
        let is_default = value == canonical(default);
        self.push(name, value, is_default)
    }

    /// All of `inner`, its names prefixed by `prefix.`.
    #[must_use]
    pub fn nested(mut self, prefix: &str, inner: Self) -> Self {
        let join = |name: &String| format!("{prefix}.{name}");
        self.0.extend(inner.0.into_iter().map(|param| Param {
            name: join(&param.name),
            spelled: param.spelled.iter().map(join).collect(),
            ..param
        }));
        self
    }

    /// Says that every parameter so far may also be spelled under `prefix`
    /// (`variants.acai`), which then wins over the plain spelling.
    #[must_use]
    pub fn also_under(mut self, prefix: &str) -> Self {
        for param in &mut self.0 {
            let inner = param.spelled.iter().map(|path| format!("{prefix}.{path}"));
            param.spelled = inner.chain(param.spelled.clone()).collect();
        }
        self
    }

    fn push(mut self, name: &str, value: String, is_default: bool) -> Self {
        self.0.push(Param {
            name: name.to_owned(),
            value,
            is_default,
            spelled: vec![name.to_owned()],
        });
        self
    }
}

/// The one text of a value: RON without spaces, floats in their shortest form
/// that reads back the same.
fn canonical<T: Serialize>(value: &T) -> String {
    ron::to_string(value).expect("parameters are plain numbers, names, lists and enums")
}
