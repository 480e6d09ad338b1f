//! What work needs of memory, against what there is.
//!
//! Knows nothing of what the memory is for.

use super::CheckError;
use acai_common::{format::bytes, machine::memory_bytes};

/// No machine has so much.
const MOST: f64 = (1_u64 << 50) as f64;

/// Memory that work takes at least.
#[derive(Clone, Debug, PartialEq)]
pub struct MemoryNeed {
    /// Paths of the field that decides it, most specific first.
    pub paths: Vec<String>,
    /// What needs it, such as `a step on 64 images`.
    pub work: String,
    /// How much that is; more than a number of bytes can say, where the file asks for it.
    pub bytes: f64,
    /// What to do about it.
    pub help: String,
}

impl MemoryNeed {
    /// The fault, if no machine has so much.
    #[must_use]
    pub fn beyond_reason(&self) -> Option<CheckError> {
        (self.bytes > MOST).then(|| self.fault(memory_bytes()))
    }

    /// The fault, if this machine has less.
    #[must_use]
    pub fn beyond_this_machine(&self) -> Option<CheckError> {
        let there = memory_bytes()?;
        (self.bytes > there as f64).then(|| self.fault(Some(there)))
    }

    fn fault(&self, there: Option<u64>) -> CheckError {
        let there = there.map_or_else(
            || "no machine has that".to_owned(),
            |there| format!("this machine has {}", bytes(there)),
        );
        let (work, needed) = (&self.work, bytes(self.bytes as u64));
        CheckError {
            paths: self.paths.clone(),
            message: format!("{work} needs at least {needed} of memory, and {there}"),
            help: Some(self.help.clone()),
        }
    }
}
