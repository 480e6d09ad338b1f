//! `--set PATH=VALUE`: a pipeline file's tree with some values changed.
//!
//! Knows nothing of what the values mean; they are read with the file.

use acai_common::{
    diagnostics::{Diagnostic, SourceText},
    text::{Body, Edit, Identifier, Node, RonDocument},
};

/// Fields of the pipeline itself; every other path starts with a stage.
pub(super) const OWN_FIELDS: [&str; 3] = ["name", "seeds", "primary"];

/// Changes what `argument` says; its text becomes one of the document's, so
/// that a diagnostic in the value points there.
pub(super) fn set(document: &mut RonDocument, argument: &str) -> Result<(), Diagnostic> {
    let text = argument.to_owned();
    let source = SourceText { name: "--set".to_owned(), text, is_file: false };
    let source = document.sources.add(source);
    let Edit { path, value } = Edit::parse(argument, source)?;
    if OWN_FIELDS.contains(&path[0].text.as_str()) {
        return document.root.set("", &path, value);
    }
    match document.root.entry_mut("stages").map(Node::inside_mut) {
        Some(stages) if matches!(stages.body, Body::Map(_)) => {
            stages.set("", &path, value).map_err(|diagnostic| hint(diagnostic, &path))
        }
        _ => {
            Err(Diagnostic::new("there are no stages to set anything in")
                .at(path[0].span, "no stage"))
        }
    }
}

/// The likeliest wrong start of a path.
fn hint(diagnostic: Diagnostic, path: &[Identifier]) -> Diagnostic {
    if path[0].text == "stages" && path.len() > 1 {
        return diagnostic.help("leave `stages.` out: a path starts with the stage's name");
    }
    diagnostic
}
