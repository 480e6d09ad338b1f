//! Reading on after an error, so that all diagnostics of a text are reported at once:
//! the value that is wrong is marked as invalid, and the rest is read again.
//!
//! Knows nothing of what is read.

use serde::de::DeserializeOwned;

use super::{
    read::NodeDeserializer,
    read_error::ReadError,
    tree::{Body, Node},
};
use crate::diagnostics::{Diagnostic, SourceMap};

/// Most diagnostics that are reported of one value.
const MAX_DIAGNOSTICS: usize = 50;

/// Reads typed values and collects every error instead of stopping at the first.
#[derive(Clone, Copy, Debug)]
pub struct TolerantReader<'a> {
    /// The texts.
    pub sources: &'a SourceMap,
}

impl TolerantReader<'_> {
    /// Reads a value from `node`, which has the path `path` in messages. Without a
    /// value there is at least one more diagnostic than before, unless the node
    /// itself was invalid.
    pub fn read<T: DeserializeOwned>(
        self,
        node: &Node,
        path: &str,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<T> {
        let before = diagnostics.len();
        let mut error = match self.attempt(node) {
            Ok(value) => return Some(value),
            Err(error) => error,
        };
        let mut rest = node.clone();
        loop {
            diagnostics.extend(error.diagnostic(&rest, path, self.sources));
            if !invalidate(&mut rest, error.route())
                || diagnostics.len() >= before + MAX_DIAGNOSTICS
            {
                return None;
            }
            error = match self.attempt::<T>(&rest) {
                Ok(_) => return None,
                Err(error) => error,
            };
        }
    }

    fn attempt<T: DeserializeOwned>(self, node: &Node) -> Result<T, ReadError> {
        T::deserialize(NodeDeserializer::new(self.sources, node))
    }
}

/// Marks the node at `route` as invalid, or the innermost valid node around it;
/// `false` if that leaves nothing.
fn invalidate(root: &mut Node, mut route: Vec<usize>) -> bool {
    while !route.is_empty() {
        let node = route.iter().try_fold(&mut *root, |node, &index| node.child_mut(index));
        match node {
            Some(node) if !node.is_invalid() => {
                node.body = Body::Invalid;
                return true;
            }
            _ => drop(route.pop()),
        }
    }
    false
}
