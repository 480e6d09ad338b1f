//! Reading on after a diagnostic, so that all diagnostics of a text are told at once:
//! what is wrong is told, cut out, and the rest is read again.
//!
//! Knows nothing of what is read.

use serde::de::DeserializeOwned;

use super::{
    problem::Problem,
    read::Reader,
    tree::{Body, Node},
};
use crate::diagnostics::{Diagnostic, Sources};

/// More diagnostics than this in one value are not told.
const ENOUGH: usize = 50;

/// What a text is read with.
#[derive(Clone, Copy, Debug)]
pub struct Reading<'a> {
    /// The texts.
    pub sources: &'a Sources,
}

impl Reading<'_> {
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
        let mut problem = match self.attempt(node) {
            Ok(value) => return Some(value),
            Err(problem) => problem,
        };
        let mut rest = node.clone();
        loop {
            diagnostics.extend(problem.diagnostic(&rest, path, self.sources));
            if !cut(&mut rest, problem.route()) || diagnostics.len() >= before + ENOUGH {
                return None;
            }
            problem = match self.attempt::<T>(&rest) {
                Ok(_) => return None,
                Err(problem) => problem,
            };
        }
    }

    fn attempt<T: DeserializeOwned>(self, node: &Node) -> Result<T, Problem> {
        T::deserialize(Reader::new(self.sources, node))
    }
}

/// Makes a hole at `route`, or around the hole that is there; `false` if that
/// leaves nothing.
fn cut(root: &mut Node, mut route: Vec<usize>) -> bool {
    while !route.is_empty() {
        let node = route.iter().try_fold(&mut *root, |node, &place| node.child_mut(place));
        match node {
            Some(node) if !node.is_hole() => {
                node.body = Body::Hole;
                return true;
            }
            _ => drop(route.pop()),
        }
    }
    false
}
