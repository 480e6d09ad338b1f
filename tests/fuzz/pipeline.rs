//! Texts of pipelines, read, planned, and their diagnostics drawn.

use super::{run, text_edit};
use crate::mutants::{is_ron, survives as planned_or_refused};

#[test]
fn survives() {
    let texts = texts();
    run("pipeline", text_edit::mutants(), |mutant| {
        let text = mutant.of(&texts);
        // A carriage return ends a line here, and no comment in ron.
        let is_ron = || is_ron(&text.replace('\r', "\n"));
        assert!(!planned_or_refused(&text, &[]) || is_ron(), "ron refuses {text}");
    });
}

/// Every shipped pipeline.
pub(super) fn texts() -> Vec<String> {
    super::texts("pipelines", |name| !name.contains(".lock."))
}
