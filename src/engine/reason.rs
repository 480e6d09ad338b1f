//! Reasons: what of an instance differs from what it is compared with, and
//! where that is written.
//!
//! Knows nothing of the store and of how reasons are shown.

use super::key::{Difference, FieldKind, Key};
use acai_artifact::Digest;
use acai_plan::{Edge, Instance, Plan};
use acai_stage::Param;

/// One reason why an instance is computed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// The field that differs: last segment of its name where that is clear.
    pub field: String,
    /// Its value in what is compared with; of an input that is not computed
    /// yet, the digest of the artifact that was read.
    pub old: Option<String>,
    /// Its value now; none for an input that is not computed yet.
    pub new: Option<String>,
    /// Where it stands, `file:line:column`; the stage's place, if it is not
    /// written. None for what no file says.
    pub at: Option<String>,
    /// The instance that an input comes from.
    pub upstream: Option<String>,
}

/// Where fields are looked up: an instance in the plan source file is told.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) plan: &'a Plan,
    pub(super) instance: &'a Instance,
}

impl Reason {
    /// A field that differs. `here` has the field now, and `now` is its key;
    /// places are told as they are in `written`.
    pub(super) fn of(
        difference: &Difference,
        now: &Key,
        here: Place<'_>,
        written: Place<'_>,
    ) -> Self {
        let Difference { kind, name, old, new } = difference;
        let edges = &here.instance.inputs;
        let edge =
            edges.iter().find(|edge| *kind == FieldKind::Input && edge.field == field_of(name));
        Self {
            field: shown(*kind, name, now),
            old: old.clone(),
            new: new.clone(),
            at: located(*kind, name, here, written),
            upstream: edge.map(|edge| upstream(here, edge)),
        }
    }

    /// An input that has to be computed first; `old` is what was read before.
    pub(super) fn computed_first(
        edge: &Edge,
        old: Option<&Digest>,
        here: Place<'_>,
        written: Place<'_>,
    ) -> Self {
        Self {
            field: edge.field.to_owned(),
            old: old.map(Digest::to_string),
            new: None,
            at: Some(written.plan.location(written.instance, &[edge.field.to_owned()])),
            upstream: Some(upstream(here, edge)),
        }
    }

    /// Nothing changed, but the artifact's bytes are not those that were published.
    pub(super) fn damaged(old: &Digest) -> Self {
        Self { new: Some("damaged".to_owned()), ..Self::missing(old) }
    }

    /// Nothing changed, but the artifact is gone.
    pub(super) fn missing(old: &Digest) -> Self {
        let old = Some(old.to_string());
        Self { field: "artifact".to_owned(), old, new: None, at: None, upstream: None }
    }
}

fn upstream(here: Place<'_>, edge: &Edge) -> String {
    here.plan.instances[edge.from].name.to_string()
}

/// Where a field is written; what a file does not say has no place.
fn located(kind: FieldKind, name: &str, here: Place<'_>, written: Place<'_>) -> Option<String> {
    let Place { plan, instance } = written;
    match kind {
        FieldKind::Param | FieldKind::Default => {
            let params = [here.instance, instance].map(|one| one.stage.params().0);
            Some(plan.location(instance, &spelled(&params.concat(), name)))
        }
        FieldKind::Input => Some(plan.location(instance, &[field_of(name).to_owned()])),
        FieldKind::Kind => Some(plan.location(instance, &[])),
        FieldKind::Seed => plan.seeds_location(),
        FieldKind::Version | FieldKind::Device => None,
    }
}

/// How a file may spell the parameter, or else what it belongs to: `lambda` is
/// no parameter any more where there is no `regularizer`.
fn spelled(params: &[Param], name: &str) -> Vec<String> {
    let mut name = Some(name);
    while let Some(wanted) = name {
        if let Some(param) = params.iter().find(|param| param.name == wanted) {
            return param.spelled.clone();
        }
        name = wanted.rsplit_once('.').map(|(outer, _)| outer);
    }
    Vec::new()
}

/// The field that an input's name (`data.train`) starts with.
pub(super) fn field_of(name: &str) -> &str {
    name.split('.').next().unwrap_or(name)
}

/// The last segment of a parameter's name, unless two parameters share it.
fn shown(kind: FieldKind, name: &str, key: &Key) -> String {
    let last = |name: &str| name.rsplit('.').next().unwrap_or(name).to_owned();
    match kind {
        FieldKind::Param | FieldKind::Default => {
            let alike = key.fields.iter().filter(|field| last(&field.name) == last(name));
            if alike.count() > 1 { name.to_owned() } else { last(name) }
        }
        FieldKind::Input => name.to_owned(),
        FieldKind::Kind | FieldKind::Version | FieldKind::Seed | FieldKind::Device => {
            kind.as_str().to_owned()
        }
    }
}
