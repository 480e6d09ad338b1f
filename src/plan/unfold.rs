//! From stages to instances: one per variant and seed, inputs joined on both.
//!
//! Knows nothing of diagnostics: all have been found.

use std::{collections::HashMap, sync::Arc};

use super::{
    Edge, Instance,
    draft::{Draft, Link},
    family::Family,
};
use acai_common::names::{InstanceName, Name};
use acai_config::Pipeline;

/// All instances, in the `order` of their stages.
///
/// # Panics
/// If a stage has no family, which is a diagnostic that was told.
pub(super) fn unfold(
    pipeline: &Pipeline,
    drafts: &[Draft],
    order: &[usize],
    families: &[Option<Family>],
) -> Vec<Instance> {
    let mut blocks: HashMap<usize, Block<'_>> = HashMap::with_capacity(order.len());
    let mut instances = Vec::new();
    for &place in order {
        let family = families[place].as_ref().expect("a plan without faults has all families");
        let block = Block::new(family, instances.len(), pipeline.seeds.len());
        instances.extend(block.members(&pipeline.seeds).map(|member| {
            let draft = &drafts[place];
            let stage = draft.members.get(member.variant.place).unwrap_or(&draft.members[0]);
            Instance {
                name: InstanceName {
                    stage: pipeline.stages[place].name.clone(),
                    variant: member.variant.name.cloned(),
                    seed: member.seed.map(|(_, seed)| seed),
                },
                kind: stage.1.kind(),
                stage: Arc::clone(&stage.1),
                seed: member.seed.map(|(_, seed)| seed),
                inputs: draft
                    .links
                    .iter()
                    .map(|link| blocks[&link.from].edge(link, &member))
                    .collect(),
                written: place,
            }
        }));
        blocks.insert(place, block);
    }
    instances
}

/// The instances of one stage: variants, and in each the seeds.
struct Block<'a> {
    first: usize,
    /// One entry without a name where nothing depends on a variant.
    variants: Vec<Option<&'a Name>>,
    places: HashMap<&'a Name, usize>,
    /// How many seeds each variant has; `None` where nothing depends on one.
    seeds: Option<usize>,
}

/// One instance of a block.
struct Member<'a> {
    variant: Variant<'a>,
    /// Place and value.
    seed: Option<(usize, u64)>,
}

#[derive(Clone, Copy)]
struct Variant<'a> {
    place: usize,
    name: Option<&'a Name>,
}

impl<'a> Block<'a> {
    fn new(family: &'a Family, first: usize, n_seeds: usize) -> Self {
        let names = family.variants.as_ref().map(|(_, names)| &**names);
        let variants = match names {
            Some(names) => names.iter().map(Some).collect(),
            None => vec![None],
        };
        let places =
            names.unwrap_or_default().iter().enumerate().map(|(place, name)| (name, place));
        let seeds = family.is_seeded.then_some(n_seeds);
        Self { first, variants, places: places.collect(), seeds }
    }

    fn members<'b>(&'b self, seeds: &'b [u64]) -> impl Iterator<Item = Member<'a>> + 'b {
        let variants = self.variants.iter().enumerate();
        let variants = variants.map(|(place, &name)| Variant { place, name });
        variants.flat_map(move |variant| {
            let seeds: Vec<_> = match self.seeds {
                Some(_) => seeds.iter().copied().enumerate().map(Some).collect(),
                None => vec![None],
            };
            seeds.into_iter().map(move |seed| Member { variant, seed })
        })
    }

    /// The instance here that belongs to `member`, which reads it by `link`.
    fn edge(&self, link: &Link, member: &Member<'_>) -> Edge {
        let variant = member.variant.name.and_then(|name| self.places.get(name)).unwrap_or(&0);
        let seed = match (self.seeds, member.seed) {
            (Some(_), Some((place, _))) => place,
            _ => 0,
        };
        let from = self.first + variant * self.seeds.unwrap_or(1) + seed;
        Edge { field: link.field, from, reads: link.reads }
    }
}
