//! Reading on after a diagnostic, so that all diagnostics of a text are told at once:
//! what is wrong is told, cut out, and the rest is read again.
//!
//! Knows nothing of what is read.

use serde::de::DeserializeOwned;

use super::{
    read::NodeDeserializer,
    read_error::ReadError,
    tree::{Body, Node},
};
use crate::diagnostics::{Diagnostic, SourceMap};

/// More diagnostics than this in one value are not told.
const MAX_DIAGNOSTICS: usize = 50;

/// What a text is read with.
#[derive(Clone, Copy, Debug)]
pub struct TolerantReader<'a> {
    /// The texts.
    pub sources: &'a SourceMap,
}

impl TolerantReader<'_> {
    /// Reads a value from `node`, which is called `path` in messages. Without a
    /// value there is at least one more diagnostic than before, unless the node
    /// itself was cut out.
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
            if !cut(&mut rest, error.route()) || diagnostics.len() >= before + MAX_DIAGNOSTICS {
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

/// Makes a hole at `route`, or around the hole that is there; `false` if that
/// leaves nothing.
fn cut(root: &mut Node, mut route: Vec<usize>) -> bool {
    while !route.is_empty() {
        let node = route.iter().try_fold(&mut *root, |node, &place| node.child_mut(place));
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
