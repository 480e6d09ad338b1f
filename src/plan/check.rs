//! Faults that a stage can tell only with its dataset at hand.
//!
//! Knows nothing of what is checked.

use super::draft::Draft;
use crate::{
    config::{Pipeline, Written},
    errors::Fault,
    stage::{CheckFault, ImageFacts},
};

/// Asks every member of every stage.
pub(super) fn check(pipeline: &Pipeline, drafts: &[Draft], faults: &mut Vec<Fault>) {
    for (stage, draft) in pipeline.stages.iter().zip(drafts) {
        let data = data(drafts, draft);
        let found = draft.members.iter().flat_map(|(_, member)| member.check(data));
        faults.extend(found.map(|fault| located(pipeline, stage, fault)));
    }
}

fn data(drafts: &[Draft], draft: &Draft) -> Option<ImageFacts> {
    let link = draft.links.iter().find(|link| link.field == "data")?;
    drafts[link.from].members.first()?.1.images()
}

fn located(pipeline: &Pipeline, stage: &Written, fault: CheckFault) -> Fault {
    let CheckFault { paths, message, help } = fault;
    let written = paths.iter().find(|path| pipeline.is_written(stage, path));
    let field = written.or(paths.last()).map_or_else(String::new, |path| format!(".{path}"));
    let found = Fault::new(format!("`{}{field}`: {message}", stage.name))
        .at(pipeline.span(stage, &paths), "this one");
    Fault { help, ..found }
}
