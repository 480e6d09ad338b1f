//! Stages with their members, and references resolved to stages.
//!
//! Knows nothing of families: which instances a reference means comes later.

use std::{collections::HashMap, sync::Arc};

use acai_artifact::Kind;
use acai_common::{
    diagnostics::{Diagnostic, Span},
    names::{Name, Reference},
    text::{alternatives, listed},
};
use acai_config::{Pipeline, StageEntry};
use acai_stage::{Input, KINDS, Stage, makes};

/// A stage on its way into the plan.
#[derive(Debug, Default)]
pub(super) struct Draft {
    /// What it stands for, seeds left aside; empty if it has diagnostics.
    pub(super) members: Vec<(Option<Name>, Arc<dyn Stage>)>,
    /// What it reads, as far as there is such a stage.
    pub(super) links: Vec<Link>,
    /// Whether it could be read and everything it names is there.
    pub(super) is_sound: bool,
}

/// A reference to another stage.
#[derive(Debug)]
pub(super) struct Link {
    /// The field it stands in.
    pub(super) field: &'static str,
    /// Place of the stage it names.
    pub(super) from: usize,
    /// The variant it selects.
    pub(super) variant: Option<Name>,
    /// Parts of the artifact that are read.
    pub(super) reads: &'static [&'static str],
    /// Where it is written.
    pub(super) span: Span,
}

/// Drafts every stage, in the order of the pipeline.
pub(super) fn drafts(pipeline: &Pipeline, diagnostics: &mut Vec<Diagnostic>) -> Vec<Draft> {
    let stages = pipeline.stages.iter().enumerate();
    let places = stages.map(|(place, stage)| (&stage.name, place)).collect();
    let drafter = Drafter { pipeline, places };
    pipeline.stages.iter().map(|stage| drafter.draft(stage, diagnostics)).collect()
}

struct Drafter<'a> {
    pipeline: &'a Pipeline,
    places: HashMap<&'a Name, usize>,
}

impl Drafter<'_> {
    fn draft(&self, stage: &StageEntry, diagnostics: &mut Vec<Diagnostic>) -> Draft {
        let Some(declaration) = &stage.declaration else { return Draft::default() };
        let members = declaration.members().into_iter();
        let members: Vec<(_, Arc<dyn Stage>)> =
            members.map(|member| (member.variant, member.stage.into())).collect();
        let Some((_, first)) = members.first() else {
            diagnostics.push(self.empty(stage));
            return Draft::default();
        };
        let inputs = first.inputs();
        let links = inputs.iter().filter_map(|input| self.link(stage, input, diagnostics));
        let links: Vec<Link> = links.collect();
        Draft { is_sound: links.len() == inputs.len(), members, links }
    }

    /// The stage an input names, whatever it makes.
    fn link(
        &self,
        stage: &StageEntry,
        input: &Input,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<Link> {
        let span = self.pipeline.span(stage, &[input.field.to_owned()]);
        let Some(&from) = self.places.get(&input.reference.stage) else {
            diagnostics.push(self.unknown(stage, input, span));
            return None;
        };
        diagnostics.extend(self.wrong_kind(stage, input, &self.pipeline.stages[from], span));
        let Input { field, reads, reference: Reference { variant, .. }, .. } = input;
        Some(Link { field, from, variant: variant.clone(), reads, span })
    }

    fn empty(&self, stage: &StageEntry) -> Diagnostic {
        let span = self.pipeline.span(stage, &["variants".to_owned()]);
        Diagnostic::new(format!("`{}` is a family without members", stage.name))
            .at(span, "no variant")
            .help("list at least one, such as `\"baseline\": (autoencoder: Baseline)`")
    }

    fn unknown(&self, stage: &StageEntry, input: &Input, span: Span) -> Diagnostic {
        let name = &input.reference.stage;
        let others = self.pipeline.stages.iter().filter(|other| other.name != stage.name);
        Diagnostic::new(format!("there is no stage `{name}` for `{}.{}`", stage.name, input.field))
            .at(span, "names no stage")
            .help(alternatives(name.as_str(), others.map(|other| other.name.as_str())))
    }

    fn wrong_kind(
        &self,
        stage: &StageEntry,
        input: &Input,
        found: &StageEntry,
        span: Span,
    ) -> Option<Diagnostic> {
        let kind = found.kind.as_deref()?;
        let made = makes(kind).filter(|&made| made != input.wants)?;
        let (name, field, wants) = (&stage.name, input.field, input.wants);
        let message =
            format!("`{name}.{field}` wants `{wants:?}`, but `{}` makes `{made:?}`", found.name);
        Some(Diagnostic::new(message).at(span, format!("is `{kind}`")).help(self.would_do(wants)))
    }

    fn would_do(&self, wants: Kind) -> String {
        let makes_it = |kind: &str| makes(kind) == Some(wants);
        let stages = self.pipeline.stages.iter();
        let would: Vec<&Name> = stages
            .filter(|stage| stage.kind.as_deref().is_some_and(makes_it))
            .map(|stage| &stage.name)
            .collect();
        if would.is_empty() {
            let kinds = KINDS.iter().filter(|kind| makes_it(kind));
            return format!("no stage here makes `{wants:?}`; these kinds do: {}", listed(kinds));
        }
        format!("these make `{wants:?}`: {}", listed(would))
    }
}
