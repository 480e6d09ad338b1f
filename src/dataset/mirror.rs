//! The address of a file in a descriptor, which may hold a password or a token.
//!
//! It is shown and written without what gives access; only downloads see the rest. Knows
//! nothing of how a file is asked for.

use std::fmt;

use serde::{Deserialize, Serialize, Serializer};

use acai_common::address::public;

/// An address: `http://…`, `https://…` or `file://…`.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Mirror(String);

impl Mirror {
    /// The address as a descriptor has it.
    #[must_use]
    pub fn new(address: impl Into<String>) -> Self {
        Self(address.into())
    }

    /// The whole of it, which is for its server alone.
    pub(super) fn address(&self) -> &str {
        &self.0
    }
}

/// Without what gives access.
impl fmt::Display for Mirror {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&public(&self.0))
    }
}

impl fmt::Debug for Mirror {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&public(&self.0), f)
    }
}

/// Without what gives access, so that no file that is shared has it.
impl Serialize for Mirror {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_but_its_server_gets_a_password() {
        let mirror = Mirror::new("https://me:pw@a.b/c?token=x");
        assert_eq!(mirror.to_string(), "https://a.b/c");
        assert_eq!(format!("{mirror:?}"), "\"https://a.b/c\"");
        assert_eq!(acai_common::text::canonical_ron(&mirror), "\"https://a.b/c\"");
        assert_eq!(mirror.address(), "https://me:pw@a.b/c?token=x");
    }
}
