//! `report --splice FILE`: the score table of a pipeline inside a document.
//!
//! Knows nothing of pages.

use std::{io, path::Path};

use super::super::{
    exit::{Exit, Failure},
    out,
    output::OutputFile,
};
use acai_common::text::read_text;
use acai_engine::status::Status;
use acai_plan::Plan;
use acai_report::{
    scores::{Scored, table},
    splice::spliced,
    terminal::draw,
};

/// Puts the table that `run` ends with into `document`; with `only_check` it is
/// only said whether that would change anything.
pub(super) fn run(
    document: &Path,
    plan: &Plan,
    statuses: &[Status],
    command: &str,
    only_check: bool,
    is_quiet: bool,
) -> Result<Exit, Failure> {
    let name = document.display();
    let told = |error: io::Error| Failure::Usage(format!("`{name}` cannot be read: {error}"));
    let before = read_text(document).map_err(told)?;
    let output = OutputFile::named(document)?;
    let table = draw(&whole(plan, statuses, command)?);
    let after = spliced(&before, plan.name().as_str(), &table)
        .map_err(|fault| Failure::Usage(format!("`{name}` {fault}")))?;
    if after == before {
        return Ok(Exit::Done);
    }
    if only_check {
        out::tell(&format!("`{name}` has another table than the results"));
        return Ok(Exit::Failed);
    }
    output.write(after.as_bytes())?;
    if output.is_link() && !is_quiet {
        out::tell(&format!("wrote {output}"));
    }
    Ok(Exit::Done)
}

/// The score table, if everything has run: half a table is not to be published.
fn whole(plan: &Plan, statuses: &[Status], command: &str) -> Result<acai_report::Table, Failure> {
    let scored = plan.instances.iter().zip(statuses).filter_map(|(instance, status)| {
        let scores = status.record.as_ref()?.scores.clone();
        Some(Scored { instance: instance.name.clone(), scores })
    });
    let scored: Vec<Scored> = scored.collect();
    let (there, all) = (scored.len(), statuses.len());
    if there < all {
        let gone = all - there;
        return Err(Failure::Usage(format!(
            "{gone} of {all} instances have no result yet; `{command}` makes them"
        )));
    }
    let none = || Failure::Usage(format!("`{}` has no scores to show", plan.name()));
    table(&scored).ok_or_else(none)
}
