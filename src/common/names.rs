//! Names of stages, variants and instances, and the one way each is written.
//!
//! Knows nothing of what a stage does or of where its results are kept.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// A stage's or a variant's name: `[A-Za-z][A-Za-z0-9_-]*`, at most 100 characters,
/// so that files can be named after it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Name(String);

/// A text that is not a [`Name`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{}` is not a name: a name starts with a letter and goes on with letters, digits, `_` or `-`, \
     {MOST} characters in all at most",
    shortened(.0)
)]
pub struct BadName(pub String);

/// Most characters of a name.
const MOST: usize = 100;

/// The beginning of a text that is too long for a message.
fn shortened(text: &str) -> String {
    let mut letters = text.chars();
    let head: String = letters.by_ref().take(MOST).collect();
    if letters.next().is_none() { head } else { format!("{head}…") }
}

impl Name {
    /// The name as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Name {
    type Err = BadName;

    fn from_str(text: &str) -> Result<Self, BadName> {
        let mut chars = text.chars();
        let head = chars.next().is_some_and(|c| c.is_ascii_alphabetic());
        let tail = chars.all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
        let fits = text.len() <= MOST;
        if head && tail && fits { Ok(Self(text.to_owned())) } else { Err(BadName(text.to_owned())) }
    }
}

impl TryFrom<String> for Name {
    type Error = BadName;

    fn try_from(text: String) -> Result<Self, BadName> {
        text.parse()
    }
}

impl From<Name> for String {
    fn from(name: Name) -> Self {
        name.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// One unit of work: `models/acai/0` (stage/variant/seed), or just `lines`
/// where nothing is multiplied.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct InstanceName {
    /// The stage it belongs to.
    pub stage: Name,
    /// Which member of the family over variants, if there is one.
    pub variant: Option<Name>,
    /// Which seed, if the instance depends on one.
    pub seed: Option<u64>,
}

impl fmt::Display for InstanceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = self.stage.to_string();
        for part in [self.variant.as_ref().map(Name::to_string), self.seed.map(|s| s.to_string())]
            .into_iter()
            .flatten()
        {
            text.push('/');
            text.push_str(&part);
        }
        f.pad(&text)
    }
}

/// A text that is not an [`InstanceName`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not an instance: one is written `stage`, `stage/variant`, `stage/seed` or `stage/variant/seed`"
)]
pub struct BadInstance(pub String);

impl FromStr for InstanceName {
    type Err = BadInstance;

    fn from_str(text: &str) -> Result<Self, BadInstance> {
        let bad = || BadInstance(text.to_owned());
        let mut parts = text.split('/');
        let stage = parts.next().and_then(|part| part.parse().ok()).ok_or_else(bad)?;
        let mut name = Self { stage, variant: None, seed: None };
        for part in parts {
            match part.parse() {
                Ok(seed) => name.seed = Some(seed),
                Err(_) => name.variant = Some(part.parse().map_err(|_| bad())?),
            }
        }
        // Each is written in one way: parts out of order or twice, and `007`, are not it.
        if name.to_string() == text { Ok(name) } else { Err(bad()) }
    }
}

impl TryFrom<String> for InstanceName {
    type Error = BadInstance;

    fn try_from(text: String) -> Result<Self, BadInstance> {
        text.parse()
    }
}

/// What a stage names as its input: a stage, or one variant of it (`models/acai`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct Reference {
    /// The stage referred to.
    pub stage: Name,
    /// The variant selected, if only one is wanted.
    pub variant: Option<Name>,
}

impl FromStr for Reference {
    type Err = BadName;

    fn from_str(text: &str) -> Result<Self, BadName> {
        let bad = |_| BadName(text.to_owned());
        Ok(match text.split_once('/') {
            None => Self { stage: text.parse()?, variant: None },
            Some((stage, variant)) => Self {
                stage: stage.parse().map_err(bad)?,
                variant: Some(variant.parse().map_err(bad)?),
            },
        })
    }
}

impl TryFrom<String> for Reference {
    type Error = BadName;

    fn try_from(text: String) -> Result<Self, BadName> {
        text.parse()
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.variant {
            None => write!(f, "{}", self.stage),
            Some(variant) => write!(f, "{}/{variant}", self.stage),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_short_enough_for_files() {
        assert!("a".repeat(100).parse::<Name>().is_ok());
        let told = "a".repeat(300).parse::<Name>().unwrap_err().to_string();
        let head = "a".repeat(100);
        let tail = "letters, digits, `_` or `-`, 100 characters in all at most";
        assert!(told.starts_with(&format!("`{head}…` is not a name")) && told.ends_with(tail));
    }

    #[test]
    fn instances_are_written_in_one_way() {
        for text in ["lines", "models/acai", "latents/3", "models/acai/0"] {
            assert_eq!(text.parse::<InstanceName>().map(|name| name.to_string()), Ok(text.into()));
        }
        for text in
            ["", "/", "models/", "models/0/acai", "models/00", "a/b/c", "a/b/1/2", "0", "a b"]
        {
            assert_eq!(text.parse::<InstanceName>(), Err(BadInstance(text.to_owned())));
        }
    }
}
