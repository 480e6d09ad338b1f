//! From pipelines to variants: what may be pooled, what must not be, and which
//! variant is the baseline.
//!
//! Instances that are called alike are pooled if they have the same settings, or if
//! the store knows them by the same keys; a seed that two pipelines share is then one
//! observation. All others stand apart.
//!
//! Knows nothing of statistics.

use std::collections::{BTreeMap, HashMap};

use super::{
    VariantScores,
    settings::{InstanceSettings, KnownSettings},
};
use acai_common::names::Name;
use acai_engine::{key::Key, status::Status};
use acai_plan::{Instance, Plan};

/// One of the pipelines to compare.
#[derive(Clone, Copy, Debug)]
pub struct Side<'a> {
    /// What it is called beside the others.
    pub label: &'a str,
    /// What it plans.
    pub plan: &'a Plan,
    /// The status of every instance.
    pub statuses: &'a [Status],
}

/// What there is to compare.
#[derive(Clone, Debug, Default)]
pub struct Study {
    /// Stage by stage, baselines first.
    pub variants: Vec<VariantScores>,
    /// Variants that the first pipeline and a later one call alike and mean
    /// differently.
    pub counterparts: Vec<Counterparts>,
}

/// Two variants of one stage and name that are not the same, by their places.
#[derive(Clone, Debug)]
pub struct Counterparts {
    /// What both are called.
    pub variant: String,
    /// Place of the first pipeline's variant.
    pub from: usize,
    /// Place of the other's.
    pub to: usize,
    /// Which pipeline the other belongs to.
    pub side: usize,
}

/// What is measured of one variant at one stage, before it has its label.
#[derive(Debug)]
struct Draft<'a> {
    stage: &'a Name,
    variant: &'a Name,
    settings: InstanceSettings,
    /// The variant that its family is compared with.
    default: &'a Name,
    sides: Vec<usize>,
    seeds: BTreeMap<u64, &'a Status>,
}

/// What there is to compare in `sides`; `baseline` is the name or the label of the
/// variant to compare with, wherever there is such a one.
///
/// # Errors
/// The labels there are, if none is `baseline`.
pub fn study(sides: &[Side<'_>], baseline: Option<&str>) -> Result<Study, Vec<String>> {
    let mut drafts: Vec<Draft<'_>> = Vec::new();
    let mut known_settings = KnownSettings::default();
    for (place, side) in sides.iter().enumerate() {
        let mut alike: HashMap<_, Vec<usize>> = HashMap::new();
        for (at, draft) in drafts.iter().enumerate() {
            alike.entry((draft.stage, draft.variant)).or_default().push(at);
        }
        for draft in drafts_of(place, *side, &mut known_settings) {
            let others = alike.get(&(draft.stage, draft.variant)).into_iter().flatten();
            match others.copied().find(|&at| drafts[at].is_same(&draft)) {
                Some(at) => drafts[at].take(draft),
                None => drafts.push(draft),
            }
        }
    }
    arranged(&drafts, sides, baseline)
}

/// The drafts of one pipeline. Only what has a variant and a seed has scores.
fn drafts_of<'a>(
    place: usize,
    side: Side<'a>,
    known_settings: &mut KnownSettings,
) -> Vec<Draft<'a>> {
    let defaults = defaults(side.plan);
    let all = side.plan.instances.iter().zip(side.statuses).zip(known_settings.of(side.plan));
    let mut drafts: Vec<Draft<'a>> = Vec::new();
    let mut places = HashMap::new();
    for (at, ((instance, status), settings)) in all.enumerate() {
        let name = &instance.name;
        let (Some(variant), Some(seed), Some(default)) = (&name.variant, name.seed, defaults[at])
        else {
            continue;
        };
        let stage = &name.stage;
        let draft = *places.entry((stage, variant, settings)).or_insert_with(|| {
            let (sides, seeds) = (vec![place], BTreeMap::new());
            drafts.push(Draft { stage, variant, settings, default, sides, seeds });
            drafts.len() - 1
        });
        drafts[draft].seeds.insert(seed, status);
    }
    drafts
}

impl Draft<'_> {
    fn is_same(&self, other: &Self) -> bool {
        if self.settings == other.settings {
            return true;
        }
        let key = |status: &Status| status.key.as_ref().map(Key::digest);
        let shared = self
            .seeds
            .iter()
            .filter_map(|(seed, status)| Some(key(status)? == key(other.seeds.get(seed)?)?));
        let shared: Vec<bool> = shared.collect();
        !shared.is_empty() && shared.iter().all(|&is_same| is_same)
    }

    /// Takes in what another pipeline has of the same; of a seed that both
    /// have, one observation stays.
    fn take(&mut self, other: Self) {
        self.sides.extend(other.sides);
        for (seed, status) in other.seeds {
            let mine = self.seeds.entry(seed).or_insert(status);
            if mine.record.is_none() {
                *mine = status;
            }
        }
    }

    fn scores(&self, label: String, is_baseline: bool) -> VariantScores {
        let scores = |status: &Status| status.record.as_ref().map(|record| record.scores.clone());
        let seeds = self.seeds.iter().map(|(&seed, &status)| (seed, scores(status)));
        VariantScores { stage: self.stage.clone(), label, is_baseline, seeds: seeds.collect() }
    }
}

/// Gives drafts their labels and their order.
fn arranged(
    drafts: &[Draft<'_>],
    sides: &[Side<'_>],
    baseline: Option<&str>,
) -> Result<Study, Vec<String>> {
    let labels = labels(drafts, sides);
    let is_named =
        |name: &str, at: usize| labels[at] == name || drafts[at].variant.as_str() == name;
    if baseline.is_some_and(|name| !(0..drafts.len()).any(|at| is_named(name, at))) {
        let variants = drafts.iter().map(|draft| draft.variant.to_string());
        return Err(variants.chain(labels).collect());
    }
    let mut study = Study::default();
    let mut places = vec![0; drafts.len()];
    for members in by_stage(drafts) {
        let named = baseline.and_then(|name| members.iter().find(|&&at| is_named(name, at)));
        let default = drafts[members[0]].default;
        let first = named.or_else(|| members.iter().find(|&&at| drafts[at].variant == default));
        let rest = members.iter().filter(|&at| Some(at) != first);
        for &at in first.into_iter().chain(rest) {
            places[at] = study.variants.len();
            study.variants.push(drafts[at].scores(labels[at].clone(), Some(&at) == first));
        }
    }
    study.counterparts = counterparts(drafts, &places);
    Ok(study)
}

/// The variant's name, with its pipeline's where two variants of a stage share it.
fn labels(drafts: &[Draft<'_>], sides: &[Side<'_>]) -> Vec<String> {
    let mut count: HashMap<_, usize> = HashMap::new();
    for draft in drafts {
        *count.entry((draft.stage, draft.variant)).or_default() += 1;
    }
    let label = |draft: &Draft<'_>| match count[&(draft.stage, draft.variant)] {
        1 => draft.variant.to_string(),
        _ => format!("{}:{}", sides[draft.sides[0]].label, draft.variant),
    };
    drafts.iter().map(label).collect()
}

/// Indices of drafts, stage by stage, stages and drafts in the order they came.
fn by_stage(drafts: &[Draft<'_>]) -> Vec<Vec<usize>> {
    let mut stages: HashMap<&Name, usize> = HashMap::new();
    let mut blocks: Vec<Vec<usize>> = Vec::new();
    for (at, draft) in drafts.iter().enumerate() {
        let block = *stages.entry(draft.stage).or_insert_with(|| {
            blocks.push(Vec::new());
            blocks.len() - 1
        });
        blocks[block].push(at);
    }
    blocks
}

/// Variants of the first pipeline with those of the same name in later ones.
fn counterparts(drafts: &[Draft<'_>], places: &[usize]) -> Vec<Counterparts> {
    let firsts = drafts.iter().enumerate().filter(|(_, draft)| draft.sides.contains(&0));
    let firsts: HashMap<_, _> =
        firsts.map(|(at, draft)| ((draft.stage, draft.variant), at)).collect();
    let later = drafts.iter().enumerate().filter(|(_, draft)| !draft.sides.contains(&0));
    let counterparts = later.filter_map(|(at, draft)| {
        let from = places[*firsts.get(&(draft.stage, draft.variant))?];
        let variant = draft.variant.to_string();
        Some(draft.sides.iter().map(move |&side| Counterparts {
            variant: variant.clone(),
            from,
            to: places[at],
            side,
        }))
    });
    let mut counterparts: Vec<Counterparts> = counterparts.flatten().collect();
    counterparts.sort_by_key(|counterparts| counterparts.from);
    counterparts
}

/// For every instance, which variant its family is compared with: the one
/// called `baseline`, if it trains without a regularizer; else the first that
/// does; else the one called so; else the family's first.
fn defaults(plan: &Plan) -> Vec<Option<&Name>> {
    let mut families: Vec<Option<usize>> = Vec::with_capacity(plan.instances.len());
    for (at, instance) in plan.instances.iter().enumerate() {
        let read = instance.inputs.iter().find_map(|edge| families[edge.from]);
        families.push(read.or(instance.name.variant.as_ref().map(|_| at)));
    }
    let mut members: HashMap<&Name, Vec<(&Name, bool)>> = HashMap::new();
    for (at, instance) in plan.instances.iter().enumerate() {
        if let (Some(variant), true) = (&instance.name.variant, families[at] == Some(at)) {
            let members = members.entry(&instance.name.stage).or_default();
            if members.last().is_none_or(|(last, _)| *last != variant) {
                members.push((variant, is_plain(instance)));
            }
        }
    }
    let defaults: HashMap<&Name, &Name> = members
        .iter()
        .filter_map(|(&stage, members)| {
            let rank = |&&(name, plain): &&(&Name, bool)| (!plain, name.as_str() != "baseline");
            Some((stage, members.iter().min_by_key(rank)?.0))
        })
        .collect();
    let family = |at: usize| &plan.instances[at].name.stage;
    families.into_iter().map(|at| defaults.get(family(at?)).copied()).collect()
}

/// Whether it trains without a regularizer.
fn is_plain(instance: &Instance) -> bool {
    let params = instance.stage.params().0;
    params.iter().any(|param| param.name == "regularizer" && param.value == "None")
}

#[cfg(test)]
mod tests {
    use super::*;
    use acai_config::Pipeline;

    /// The default baselines of a family whose members are a name and whether
    /// they have a regularizer.
    fn default(members: &[(&str, bool)]) -> Vec<Option<String>> {
        let member = |&(name, has): &(&str, bool)| {
            let more = if has { ", regularizer: Acai" } else { "" };
            format!("\"{name}\": (autoencoder: Baseline{more})")
        };
        let selected = members[1].0;
        let members: Vec<String> = members.iter().map(member).collect();
        let text = format!(
            r#"Pipeline(name: "p", stages: {{
                "lines": Dataset(source: "lines"),
                "models": Train(data: "lines", net: (depth: 16, latent: 16, width: 2),
                                variants: {{ {} }}),
                "one": Encode(model: "models/{}", data: "lines"),
            }})"#,
            members.join(", "),
            selected,
        );
        let plan = Plan::new(&Pipeline::parse("p.ron", &text, &[]).unwrap()).unwrap();
        defaults(&plan).into_iter().map(|name| name.map(Name::to_string)).collect()
    }

    #[test]
    fn the_baseline_has_no_regularizer_if_any_has_none() {
        let cases = [
            (&[("a", true), ("b", false), ("baseline", false)][..], "baseline"),
            (&[("a", true), ("b", false), ("c", false)], "b"),
            (&[("a", true), ("baseline", true), ("last", false)], "last"),
            (&[("a", true), ("b", true), ("baseline", true)], "baseline"),
            (&[("a", true), ("b", true)], "a"),
        ];
        for (members, wanted) in cases {
            let found = default(members);
            assert_eq!(found[0], None, "datasets have none");
            assert!(found[1..].iter().all(|name| name.as_deref() == Some(wanted)), "{found:?}");
        }
    }
}
