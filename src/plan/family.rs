//! Which variants each stage stands for, and whether it is multiplied over the
//! seeds.
//!
//! A stage that lists variants is a family; what reads a family becomes one
//! too. Inputs of one family are joined on the variant.
//!
//! Knows nothing of single seeds.

use std::{collections::HashSet, sync::Arc};

use super::draft::{Draft, Link};
use acai_common::{diagnostics::Diagnostic, names::Name, text::alternatives};
use acai_config::{Pipeline, StageEntry};

/// The stage that lists the variants, and those that are left; `None` where
/// nothing depends on a variant.
pub(super) type Variants = Option<(usize, Arc<[Name]>)>;

/// How a stage is multiplied.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Family {
    /// Over which variants.
    pub(super) variants: Variants,
    /// Whether there is one instance per seed.
    pub(super) is_seeded: bool,
}

/// The family of every stage, in the order of the pipeline; `None` where a
/// diagnostic stands in the way.
pub(super) fn families(
    pipeline: &Pipeline,
    drafts: &[Draft],
    order: &[usize],
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Option<Family>> {
    let mut families = vec![None; drafts.len()];
    for &place in order.iter().filter(|&&place| drafts[place].is_sound) {
        let inputs: Option<Vec<_>> = drafts[place]
            .links
            .iter()
            .map(|link| families[link.from].as_ref().map(|family| (link, family)))
            .collect();
        let Some(inputs) = inputs else { continue };
        match family(pipeline, place, &drafts[place], &inputs) {
            Ok(family) => families[place] = Some(family),
            Err(diagnostic) => diagnostics.push(diagnostic),
        }
    }
    families
}

fn family(
    pipeline: &Pipeline,
    place: usize,
    draft: &Draft,
    inputs: &[(&Link, &Family)],
) -> Result<Family, Diagnostic> {
    let stage = &pipeline.stages[place];
    let is_seeded = draft.members.iter().any(|(_, member)| member.is_seeded())
        || inputs.iter().any(|(_, family)| family.is_seeded);
    let own: Arc<[Name]> = draft.members.iter().filter_map(|(name, _)| name.clone()).collect();
    let mut variants = (!own.is_empty()).then_some((place, own));
    let mut first: Option<&Link> = None;
    for (link, family) in inputs {
        let Some((origin, names)) = selected(pipeline, link, family)? else { continue };
        variants = match variants {
            None => Some((origin, names)),
            Some((other, _)) if other != origin => {
                return Err(two_families(pipeline, stage, (first, other), (link, origin)));
            }
            Some((_, before)) => Some((origin, common(&before, &names))),
        };
        first = first.or(Some(link));
        if variants.as_ref().is_some_and(|(_, names)| names.is_empty()) {
            return Err(nothing_common(stage, first, link));
        }
    }
    Ok(Family { variants, is_seeded })
}

/// The variants that are in both, in the order of the first.
fn common(a: &Arc<[Name]>, b: &Arc<[Name]>) -> Arc<[Name]> {
    if Arc::ptr_eq(a, b) {
        return Arc::clone(a);
    }
    let b: HashSet<&Name> = b.iter().collect();
    a.iter().filter(|name| b.contains(name)).cloned().collect()
}

/// The variants that a link means.
fn selected(pipeline: &Pipeline, link: &Link, family: &Family) -> Result<Variants, Diagnostic> {
    let Some(wanted) = &link.variant else { return Ok(family.variants.clone()) };
    let stage = &pipeline.stages[link.from].name;
    match &family.variants {
        Some((origin, names)) if names.contains(wanted) => {
            Ok(Some((*origin, Arc::new([wanted.clone()]))))
        }
        Some((_, names)) => {
            Err(Diagnostic::new(format!("the family `{stage}` has no member `{wanted}`"))
                .at(link.span, "no such member")
                .help(alternatives(wanted.as_str(), names.iter().map(Name::as_str))))
        }
        None => {
            Err(Diagnostic::new(format!("`{stage}` is no family and has no member `{wanted}`"))
                .at(link.span, "no such member")
                .help(format!("write `\"{stage}\"`")))
        }
    }
}

fn two_families(
    pipeline: &Pipeline,
    stage: &StageEntry,
    (first, one): (Option<&Link>, usize),
    (second, other): (&Link, usize),
) -> Diagnostic {
    let name = |place: usize| &pipeline.stages[place].name;
    let message = format!(
        "`{}` joins two families, `{}` and `{}`, whose variants do not belong together",
        stage.name,
        name(one),
        name(other)
    );
    let diagnostic = Diagnostic::new(message)
        .at(second.span, format!("of the family `{}`", name(other)))
        .help("read both from one family, in a stage for each");
    match first {
        Some(first) => diagnostic.at(first.span, format!("of the family `{}`", name(one))),
        None => diagnostic.at(pipeline.key_span(stage), "a family itself"),
    }
}

fn nothing_common(stage: &StageEntry, first: Option<&Link>, second: &Link) -> Diagnostic {
    let diagnostic =
        Diagnostic::new(format!("the inputs of `{}` have no variant in common", stage.name))
            .at(second.span, "other variants than the input before");
    match first {
        Some(first) => diagnostic.at(first.span, "the input before"),
        None => diagnostic,
    }
}
