//! Digests: what stands for content.
//!
//! Knows nothing of HDF5; `content` says what is digested.

use std::{collections::BTreeMap, fmt, str::FromStr};

use serde::Deserialize;

use super::Kind;

/// A BLAKE3 digest; displayed and parsed as 64 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct Digest(pub [u8; 32]);

/// A text that is not 64 hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a digest: a digest is 64 hexadecimal digits")]
pub struct BadDigest(pub String);

/// The content digests of an artifact's parts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Digests {
    /// Part name to content digest.
    pub parts: BTreeMap<String, Digest>,
}

impl Digest {
    /// The first ten digits: enough for people.
    #[must_use]
    pub fn short(&self) -> String {
        self.to_string()[..10].to_owned()
    }
}

impl Digests {
    /// The digest of the whole artifact: a hash over its kind and parts.
    #[must_use]
    pub fn artifact(&self, kind: Kind) -> Digest {
        let mut hash = Hasher::new("acai-pipe 2026 artifact");
        hash.text(kind.as_str());
        hash.number(self.parts.len() as u64);
        for (name, digest) in &self.parts {
            hash.text(name);
            hash.bytes(&digest.0);
        }
        hash.finish()
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(blake3::Hash::from_bytes(self.0).to_hex().as_str())
    }
}

impl FromStr for Digest {
    type Err = BadDigest;

    fn from_str(text: &str) -> Result<Self, BadDigest> {
        match blake3::Hash::from_hex(text) {
            Ok(hash) => Ok(Self(*hash.as_bytes())),
            Err(_) => Err(BadDigest(text.to_owned())),
        }
    }
}

impl TryFrom<String> for Digest {
    type Error = BadDigest;

    fn try_from(text: String) -> Result<Self, BadDigest> {
        text.parse()
    }
}

/// Digests a sequence of texts, numbers and bytes that cannot be mistaken for
/// another: every text carries its length.
pub struct Hasher(blake3::Hasher);

impl Hasher {
    /// Starts a digest that no other `purpose` can give.
    #[must_use]
    pub fn new(purpose: &str) -> Self {
        Self(blake3::Hasher::new_derive_key(purpose))
    }

    /// Takes in a text and its length.
    pub fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.bytes(text.as_bytes());
    }

    /// Takes in a number, little-endian.
    pub fn number(&mut self, number: u64) {
        self.bytes(&number.to_le_bytes());
    }

    /// Takes in bytes as they are.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The digest of everything taken in.
    #[must_use]
    pub fn finish(&self) -> Digest {
        Digest(*self.0.finalize().as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digests(parts: &[(&str, u8)]) -> Digests {
        let parts = parts.iter().map(|&(name, byte)| (name.to_owned(), Digest([byte; 32])));
        Digests { parts: parts.collect() }
    }

    #[test]
    fn text_reads_back() {
        let digest = Digest([0xa5; 32]);
        assert_eq!(digest.to_string(), "a5".repeat(32));
        assert_eq!(digest.to_string().parse(), Ok(digest));
        assert_eq!(digest.short(), "a5a5a5a5a5");
        assert!("a5".parse::<Digest>().is_err());
    }

    #[test]
    fn kind_name_and_content_of_parts_all_count() {
        let base = digests(&[("test", 1), ("train", 2)]);
        let whole = base.artifact(Kind::Images);
        assert_ne!(whole, base.artifact(Kind::Latents));
        assert_ne!(whole, digests(&[("test", 1), ("train", 3)]).artifact(Kind::Images));
        assert_ne!(whole, digests(&[("test", 1), ("trail", 2)]).artifact(Kind::Images));
        assert_ne!(whole, digests(&[("test", 1)]).artifact(Kind::Images));
    }
}
