//! A stage's resolved parameters as a flat list of names and canonical texts:
//! what enters the key, and what an explanation compares.
//!
//! Knows nothing of keys and files.

use serde::{Serialize, de::DeserializeOwned};

use acai_common::text::{canonical_ron, default_variant, variant_and_fields};

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
        self.push(name, canonical_ron(value), false)
    }

    /// A parameter that may be left out of the file.
    #[must_use]
    pub fn defaulted<T: Serialize>(self, name: &str, value: &T, default: &T) -> Self {
        let value = canonical_ron(value);
        let is_default = value == canonical_ron(default);
        self.push(name, value, is_default)
    }

    /// A variant such as `Acai(lambda: 0.25)`: its word as `name`, its fields as
    /// `name.lambda` and so on; fields that are as in `default` are defaults.
    #[must_use]
    pub fn variant<T: Serialize>(mut self, name: &str, value: &T, default: Option<&T>) -> Self {
        let (word, fields) = variant_and_fields(value);
        let defaults = default.map(variant_and_fields).map_or_else(Vec::new, |(_, fields)| fields);
        self = self.push(name, word, false);
        for field in fields {
            let is_default = defaults.contains(&field);
            self = self.push(&format!("{name}.{}", field.0), field.1, is_default);
        }
        self
    }

    /// A variant that may be left out of the file: its word is a default if it is
    /// that of `default`, its fields if they are as its own word alone has them.
    #[must_use]
    pub fn defaulted_variant<T>(self, name: &str, value: &T, default: &T) -> Self
    where
        T: Serialize + DeserializeOwned,
    {
        let (word, at) = (variant_and_fields(value).0, self.0.len());
        let mut params = self.variant(name, value, default_variant::<T>(&word).as_ref());
        params.0[at].is_default = word == variant_and_fields(default).0;
        params
    }

    /// A variant that is left out, as is the default.
    #[must_use]
    pub fn absent(self, name: &str) -> Self {
        self.push(name, "None".to_owned(), true)
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

    /// Says that every parameter so far is written as `field`, whatever its name.
    #[must_use]
    pub fn written_as(mut self, field: &str) -> Self {
        for param in &mut self.0 {
            param.spelled = vec![field.to_owned()];
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

#[cfg(test)]
mod tests {
    use super::*;
    use acai_autoencoder::{AutoencoderSpec, RegularizerSpec, regularizer::acai::Acai, vae::Vae};

    fn texts(params: &Params) -> Vec<(&str, &str, bool)> {
        params.0.iter().map(|p| (p.name.as_str(), p.value.as_str(), p.is_default)).collect()
    }

    #[test]
    fn values_have_one_text() {
        let params = Params::default()
            .required("net", &16_usize)
            .defaulted("lr", &1e-4, &0.0001)
            .defaulted("whiten", &false, &true)
            .required("source", &"lines");
        assert_eq!(
            texts(&params),
            [
                ("net", "16", false),
                ("lr", "0.0001", true),
                ("whiten", "false", false),
                ("source", "\"lines\"", false),
            ]
        );
    }

    #[test]
    fn a_variant_is_its_word_and_its_fields() {
        let acai = |lambda| RegularizerSpec::Acai(Acai { lambda, gamma: 0.2, depth: Some(16) });
        let params = Params::default().variant("regularizer", &acai(0.25), Some(&acai(0.5)));
        assert_eq!(
            texts(&params),
            [
                ("regularizer", "Acai", false),
                ("regularizer.lambda", "0.25", false),
                ("regularizer.gamma", "0.2", true),
                ("regularizer.depth", "16", true),
            ]
        );
    }

    #[test]
    fn a_variant_that_may_be_left_out_is_a_default_by_its_word() {
        let plain = AutoencoderSpec::plain();
        let vae = AutoencoderSpec::Vae(Vae { beta: 1.0 });
        let of = |value| Params::default().defaulted_variant("method", value, &plain);
        assert_eq!(texts(&of(&plain)), [("method", "Baseline", true)]);
        assert_eq!(texts(&of(&vae)), [("method", "Vae", false), ("method.beta", "1.0", true)]);
    }

    #[test]
    fn the_most_specific_spelling_comes_first() {
        let net = Params::default().required("depth", &16_usize);
        let params = Params::default().nested("net", net).also_under("variants.acai");
        assert_eq!(params.0[0].name, "net.depth");
        assert_eq!(params.0[0].spelled, ["variants.acai.net.depth", "net.depth"]);
    }
}
