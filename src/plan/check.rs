//! Faults that a stage can tell only with its dataset at hand.
//!
//! Knows nothing of what is checked.

use super::draft::Draft;
use crate::{config::Pipeline, errors::Fault, stage::ImageFacts};

/// Asks every member of every stage.
pub(super) fn check(pipeline: &Pipeline, drafts: &[Draft], faults: &mut Vec<Fault>) {
    for (stage, draft) in pipeline.stages.iter().zip(drafts) {
        let data = data(drafts, draft);
        let found = draft.members.iter().flat_map(|(_, member)| member.check(data));
        faults.extend(found.map(|fault| pipeline.located(stage, fault)));
    }
}

fn data(drafts: &[Draft], draft: &Draft) -> Option<ImageFacts> {
    let link = draft.links.iter().find(|link| link.field == "data")?;
    drafts[link.from].members.first()?.1.images()
}
