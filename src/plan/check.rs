//! Diagnostics that a stage can tell only with its dataset at hand.
//!
//! Knows nothing of what is checked.

use super::draft::Draft;
use acai_common::diagnostics::Diagnostic;
use acai_config::Pipeline;
use acai_stage::{InputFacts, Stage};

/// Asks every member of every stage.
pub(super) fn check(pipeline: &Pipeline, drafts: &[Draft], diagnostics: &mut Vec<Diagnostic>) {
    for (stage, draft) in pipeline.stages.iter().zip(drafts) {
        let known = known(drafts, draft);
        let found = draft.members.iter().flat_map(|(_, member)| member.check(known));
        diagnostics.extend(found.map(|diagnostic| pipeline.located(stage, diagnostic)));
    }
}

fn known(drafts: &[Draft], draft: &Draft) -> InputFacts {
    let behind = |field: &str| -> Option<&dyn Stage> {
        let link = draft.links.iter().find(|link| link.field == field)?;
        Some(&*drafts[link.from].members.first()?.1)
    };
    InputFacts {
        data: behind("data").and_then(Stage::images),
        model: behind("model").and_then(Stage::model),
    }
}
