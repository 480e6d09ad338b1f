//! What two pipelines say differently: parameters from → to, stages and
//! variants that only one has, and seeds.
//!
//! Knows nothing of results.

use std::collections::{HashMap, HashSet};

use acai_common::names::Name;
use acai_plan::{Instance, Plan};

/// Something that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The stage, or the variant if not all of the stage's changed alike; empty
    /// for the pipeline itself.
    pub of: String,
    /// The parameter.
    pub field: String,
    /// Its value in the first pipeline; none if that has no such thing.
    pub from: Option<String>,
    /// Its value in the second.
    pub to: Option<String>,
}

type Member<'a> = (&'a Name, Option<&'a Name>);

/// What differs, in the order of `from`, then what only `to` has.
#[must_use]
pub fn changes(from: &Plan, to: &Plan) -> Vec<Change> {
    let mut changes: Vec<Change> = seeds(from, to).into_iter().collect();
    let (one, other) = (Members::of(from), Members::of(to));
    for stage in one.stages() {
        let shared = one.of_stage(stage).filter(|member| other.place.contains_key(member));
        let differ = shared
            .map(|member| (member, differ((from, one.place[&member]), (to, other.place[&member]))));
        changes.extend(summed_up(&differ.collect::<Vec<_>>()));
        changes.extend(one.without(&other, stage).map(|(field, value)| Change {
            of: stage.to_string(),
            field,
            from: Some(value),
            to: None,
        }));
    }
    for stage in other.stages() {
        changes.extend(other.without(&one, stage).map(|(field, value)| Change {
            of: stage.to_string(),
            field,
            from: None,
            to: Some(value),
        }));
    }
    changes
}

/// Every stage × variant of a plan, and its first instance.
struct Members<'a> {
    order: Vec<Member<'a>>,
    place: HashMap<Member<'a>, &'a Instance>,
}

impl<'a> Members<'a> {
    fn of(plan: &'a Plan) -> Self {
        let mut members = Self { order: Vec::new(), place: HashMap::new() };
        for instance in &plan.instances {
            let member = (&instance.name.stage, instance.name.variant.as_ref());
            members.place.entry(member).or_insert_with(|| {
                members.order.push(member);
                instance
            });
        }
        members
    }

    fn stages(&self) -> impl Iterator<Item = &'a Name> {
        let mut seen = HashSet::new();
        self.order.iter().map(|&(stage, _)| stage).filter(move |&stage| seen.insert(stage))
    }

    fn of_stage(&self, stage: &Name) -> impl Iterator<Item = Member<'a>> {
        self.order.iter().copied().filter(move |(name, _)| *name == stage)
    }

    /// What of a stage `other` does not have: variants by their names, or the
    /// whole stage by its kind.
    fn without(&self, other: &Self, stage: &Name) -> impl Iterator<Item = (String, String)> {
        let is_new = other.of_stage(stage).next().is_none();
        let gone = self.of_stage(stage).filter(|member| !other.place.contains_key(member));
        let told = gone.map(move |member| match member.1 {
            Some(variant) if !is_new => ("variant".to_owned(), variant.to_string()),
            _ => ("stage".to_owned(), self.place[&member].kind.to_owned()),
        });
        told.take(if is_new { 1 } else { usize::MAX })
    }
}

/// (field, from, to)
type Differ = (String, Option<String>, Option<String>);

/// What every member of a stage changed alike stands for the stage.
fn summed_up(members: &[(Member<'_>, Vec<Differ>)]) -> Vec<Change> {
    let is_common = |differ: &Differ| members.iter().all(|(_, differs)| differs.contains(differ));
    let mut told = HashSet::new();
    let mut changes = Vec::new();
    for ((stage, variant), differs) in members {
        for differ in differs {
            let of = match variant {
                Some(variant) if !is_common(differ) => format!("{stage}/{variant}"),
                _ if !told.insert(differ) => continue,
                _ => stage.to_string(),
            };
            let (field, from, to) = differ.clone();
            changes.push(Change { of, field, from, to });
        }
    }
    changes
}

fn differ((from, one): (&Plan, &Instance), (to, other): (&Plan, &Instance)) -> Vec<Differ> {
    let (before, after) = (facts(from, one), facts(to, other));
    let find = |facts: &[(String, String)], field: &str| {
        facts.iter().find(|(name, _)| name == field).map(|(_, value)| value.clone())
    };
    let new = after.iter().filter(|(field, _)| find(&before, field).is_none());
    let fields = before.iter().chain(new).map(|(field, _)| field);
    let both = fields.map(|field| (field.clone(), find(&before, field), find(&after, field)));
    both.filter(|(_, before, after)| before != after).collect()
}

/// Kind, inputs and parameters.
fn facts(plan: &Plan, instance: &Instance) -> Vec<(String, String)> {
    let inputs = instance
        .inputs
        .iter()
        .map(|edge| (edge.field.to_owned(), plan.instances[edge.from].name.stage.to_string()));
    let params = instance.stage.params().0.into_iter().map(|param| (param.name, param.value));
    let kind = ("kind".to_owned(), instance.kind.to_owned());
    std::iter::once(kind).chain(inputs).chain(params).collect()
}

fn seeds(from: &Plan, to: &Plan) -> Option<Change> {
    let text = |plan: &Plan| {
        let seeds: Vec<String> = plan.pipeline().seeds.iter().map(u64::to_string).collect();
        seeds.join(", ")
    };
    let (one, other) = (text(from), text(to));
    let field = "seeds".to_owned();
    (one != other).then_some(Change { of: String::new(), field, from: Some(one), to: Some(other) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use acai_config::Pipeline;

    const TEXT: &str = r#"Pipeline(
        name: "one",
        seeds: [0, 7],
        stages: {
            "lines": Dataset(source: "lines"),
            "models": Train(
                data: "lines",
                net: (depth: 16, latent: 16, width: 2),
                kimg: 192,
                variants: {
                    "baseline": (autoencoder: Baseline),
                    "acai": (autoencoder: Baseline, regularizer: Acai(lambda: 0.25)),
                },
            ),
            "latents": Encode(model: "models", data: "lines"),
            "probe": Probe(latents: "latents"),
        },
    )"#;

    fn plan(text: &str) -> Plan {
        Plan::new(&Pipeline::parse("one.ron", text, &[]).unwrap()).unwrap()
    }

    fn told(other: &str) -> Vec<String> {
        let text = |value: Option<String>| value.unwrap_or("–".to_owned());
        let line = |Change { of, field, from, to }: Change| {
            format!("{of} {field} {} → {}", text(from), text(to))
        };
        changes(&plan(TEXT), &plan(other)).into_iter().map(line).collect()
    }

    #[test]
    fn a_change_of_all_variants_is_listed_once() {
        let other = TEXT.replace("kimg: 192", "kimg: 64").replace("0.25", "0.5");
        let expected = ["models kimg 192 → 64", "models/acai regularizer.lambda 0.25 → 0.5"];
        assert_eq!(told(&other), expected);
    }

    #[test]
    fn what_one_pipeline_alone_has_is_listed() {
        let other = TEXT
            .replace("[0, 7]", "[0, 1]")
            .replace("\"acai\":", "\"ours\":")
            .replace("\"probe\": Probe(", "\"groups\": KMeans(");
        let expected = [
            " seeds 0, 7 → 0, 1",
            "models variant acai → –",
            "latents variant acai → –",
            "probe stage Probe → –",
            "models variant – → ours",
            "latents variant – → ours",
            "groups stage – → KMeans",
        ];
        assert_eq!(told(&other), expected);
    }

    #[test]
    fn comments_order_and_written_defaults_are_no_change() {
        let other = TEXT.replace("kimg: 192,", "lr: 1e-4, /* as ever */ kimg: 192,");
        assert_eq!(told(&other), [] as [String; 0]);
    }
}
