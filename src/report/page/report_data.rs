//! What the page is made of: a pipeline's families, and their artifacts in the
//! store.
//!
//! Knows nothing of pages.

use acai_artifact::{ArtifactError, Kind, Reader};
use acai_common::names::Name;
use acai_engine::{status::Status, store::Store};
use acai_plan::{Instance, Plan};

/// A pipeline and its results.
#[derive(Clone, Copy)]
pub struct ReportData<'a> {
    /// What is planned.
    pub plan: &'a Plan,
    /// The status of every instance.
    pub statuses: &'a [Status],
    /// The store that has the artifacts.
    pub store: &'a Store,
    /// The command that makes what is missing.
    pub command: &'a str,
    /// The variants, the baseline first.
    pub variants: &'a [String],
}

/// Number of colours for variants.
const COLOURS: usize = 8;

/// A stage's instances of one variant: places in the plan, seed by seed.
#[derive(Clone, Debug)]
pub(super) struct VariantInstances<'a> {
    /// None where the stage is no family.
    pub(super) variant: Option<&'a Name>,
    pub(super) places: Vec<usize>,
}

impl<'a> ReportData<'a> {
    /// The stages that make artifacts of a kind, in the order of the plan, and
    /// their members.
    pub(super) fn families(self, kind: Kind) -> Vec<(&'a Name, Vec<VariantInstances<'a>>)> {
        let mut families: Vec<(&Name, Vec<VariantInstances<'_>>)> = Vec::new();
        for (place, instance) in self.plan.instances.iter().enumerate() {
            if instance.stage.output() != kind {
                continue;
            }
            let (stage, variant) = (&instance.name.stage, instance.name.variant.as_ref());
            if families.last().is_none_or(|(last, _)| *last != stage) {
                families.push((stage, Vec::new()));
            }
            let Some((_, members)) = families.last_mut() else { continue };
            match members.last_mut().filter(|member| member.variant == variant) {
                Some(member) => member.places.push(place),
                None => members.push(VariantInstances { variant, places: vec![place] }),
            }
        }
        for (_, members) in &mut families {
            members.sort_by_key(|member| self.rank(&member.label()));
        }
        families
    }

    fn rank(self, variant: &str) -> usize {
        let place = self.variants.iter().position(|name| name == variant);
        place.unwrap_or(self.variants.len())
    }

    /// What decides the colour of a member.
    pub(super) fn class(self, member: &VariantInstances<'_>) -> String {
        format!("v{}", self.rank(&member.label()) % COLOURS)
    }

    pub(super) fn instance(self, place: usize) -> &'a Instance {
        &self.plan.instances[place]
    }

    /// The instance that `place` reads as its `field`.
    pub(super) fn input(self, place: usize, field: &str) -> Option<usize> {
        let mut edges = self.instance(place).inputs.iter();
        Some(edges.find(|edge| edge.field == field)?.from)
    }

    /// The artifact of an instance, opened; none if it is not there yet.
    ///
    /// # Errors
    /// If it is damaged.
    pub(super) fn open(self, place: usize) -> Result<Option<Reader>, ArtifactError> {
        let record = self.statuses[place].record.as_ref();
        record.map(|record| Reader::open(&self.store.object(&record.digest))).transpose()
    }

    /// The first instance of a member that is there, and its artifact.
    ///
    /// # Errors
    /// If it is damaged.
    pub(super) fn first(
        self,
        member: &VariantInstances<'_>,
    ) -> Result<Option<(usize, Reader)>, ArtifactError> {
        let there = member.places.iter().find(|&&place| self.statuses[place].record.is_some());
        let Some(&place) = there else { return Ok(None) };
        Ok(self.open(place)?.map(|reader| (place, reader)))
    }

    /// Instances of a family that are not there.
    pub(super) fn missing(self, members: &[VariantInstances<'_>]) -> Vec<String> {
        let places = members.iter().flat_map(|member| &member.places);
        let gone = places.filter(|&&place| self.statuses[place].record.is_none());
        gone.map(|&place| self.instance(place).name.to_string()).collect()
    }
}

impl VariantInstances<'_> {
    /// What it is called in figures.
    pub(super) fn label(&self) -> String {
        self.variant.map_or_else(|| "all".to_owned(), Name::to_string)
    }
}
