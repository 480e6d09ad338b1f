//! Families, names and places, on the quickstart's shape.

use super::*;
use acai_common::names::InstanceName;
use acai_stage::Params;

const TEXT: &str = r#"
Pipeline(
    name: "quick",
    seeds: [0, 7],
    stages: {
        "probe": Probe(latents: "latents"),
        "lines": Dataset(source: "lines"),
        "models": Train(
            data: "lines",
            net: (depth: 16, latent: 16, width: 2),
            kimg: 192,
            variants: {
                "baseline": (autoencoder: Baseline),
                "acai": (autoencoder: Baseline(), regularizer: Acai(lambda: 0.25), kimg: 64),
            },
        ),
        "latents": Encode(model: "models", data: "lines"),
        "only": KMeans(latents: "latents/acai", restarts: 3),
    },
)
"#;

fn plan(text: &str, sets: &[&str]) -> Plan {
    let sets: Vec<String> = sets.iter().map(|&set| set.to_owned()).collect();
    let pipeline = Pipeline::parse("quick.ron", text, &sets).expect("the text is RON");
    Plan::new(&pipeline).expect("the pipeline has no faults")
}

fn at<'a>(plan: &'a Plan, name: &str) -> &'a Instance {
    &plan.instances[plan.position(name).expect("there is such an instance")]
}

fn inputs(plan: &Plan, name: &str) -> Vec<String> {
    let edges = at(plan, name).inputs.iter();
    edges.map(|edge| format!("{}={}", edge.field, plan.instances[edge.from].name)).collect()
}

fn param(plan: &Plan, instance: &str, name: &str) -> (String, bool, String) {
    let instance = at(plan, instance);
    let Params(params) = instance.stage.params();
    let param = params.into_iter().find(|param| param.name == name).expect("there is such one");
    let location = plan.location(instance, &param.spelled);
    (param.value, param.is_default, location)
}

#[test]
fn stages_unfold_over_variants_and_seeds_after_what_they_read() {
    let names: Vec<String> =
        plan(TEXT, &[]).instances.iter().map(|instance| instance.name.to_string()).collect();
    assert_eq!(
        names,
        [
            "lines",
            "models/baseline/0",
            "models/baseline/7",
            "models/acai/0",
            "models/acai/7",
            "latents/baseline/0",
            "latents/baseline/7",
            "latents/acai/0",
            "latents/acai/7",
            "probe/baseline/0",
            "probe/baseline/7",
            "probe/acai/0",
            "probe/acai/7",
            "only/acai/0",
            "only/acai/7",
        ]
    );
}

#[test]
fn inputs_are_joined_on_variant_and_seed() {
    let plan = plan(TEXT, &[]);
    assert_eq!(inputs(&plan, "lines"), [] as [&str; 0]);
    assert_eq!(inputs(&plan, "models/acai/7"), ["data=lines"]);
    assert_eq!(inputs(&plan, "latents/acai/7"), ["model=models/acai/7", "data=lines"]);
    assert_eq!(inputs(&plan, "probe/baseline/7"), ["latents=latents/baseline/7"]);
    assert_eq!(inputs(&plan, "only/acai/0"), ["latents=latents/acai/0"]);
}

#[test]
fn only_what_depends_on_a_seed_has_one() {
    let plan = plan(TEXT, &[]);
    assert_eq!(at(&plan, "lines").seed, None);
    let latents = at(&plan, "latents/acai/7");
    assert_eq!((latents.seed, latents.stage.is_seeded()), (Some(7), false));
    let names = InstanceName {
        stage: "latents".parse().expect("a name"),
        variant: Some("acai".parse().expect("a name")),
        seed: Some(7),
    };
    assert_eq!(latents.name, names);
}

#[test]
fn a_parameter_is_where_it_is_spelled_most_specifically() {
    let plan = plan(TEXT, &[]);
    let value = |text: &str, is_default, place: &str| {
        (text.to_owned(), is_default, format!("quick.ron:{place}"))
    };
    assert_eq!(param(&plan, "models/baseline/0", "kimg"), value("192", false, "11:19"));
    assert_eq!(param(&plan, "models/acai/0", "kimg"), value("64", false, "14:90"));
    assert_eq!(param(&plan, "models/acai/0", "regularizer.lambda"), value("0.25", false, "14:77"));
    assert_eq!(param(&plan, "models/acai/0", "regularizer.depth"), value("16", true, "8:19"));
    assert_eq!(param(&plan, "models/acai/0", "net.depth"), value("16", false, "10:26"));
    assert_eq!(param(&plan, "models/baseline/0", "autoencoder"), value("Baseline", false, "13:43"));
    assert_eq!(param(&plan, "models/baseline/0", "regularizer"), value("None", true, "8:19"));
    assert_eq!(param(&plan, "probe/acai/0", "rule"), value("Converged", true, "6:18"));
}

#[test]
fn a_setting_is_where_a_parameter_stands_from_then_on() {
    let sets = ["models.kimg=3", "models.variants.acai.regularizer.gamma=0.5", "lines.train=64"];
    let plan = plan(TEXT, &sets);
    let value = |text: &str, set: &str| (text.to_owned(), false, format!("--set {set}"));
    assert_eq!(param(&plan, "models/baseline/0", "kimg"), value("3", sets[0]));
    assert_eq!(param(&plan, "models/acai/0", "kimg").0, "64");
    assert_eq!(param(&plan, "models/acai/0", "regularizer.gamma"), value("0.5", sets[1]));
    assert_eq!(param(&plan, "lines", "train"), value("64", sets[2]));
}

#[test]
fn settings_reach_words_names_and_seeds() {
    let text = TEXT.replace("Acai(lambda: 0.25)", "Acai");
    let sets = [
        "models.variants.acai.regularizer.lambda=1",
        "models.variants.baseline.regularizer=Acai",
        "models.variants.baseline.autoencoder=Baseline()",
        "name=other",
        "seeds=[3]",
        "lines.source=lines",
        "only.latents=latents/baseline",
    ];
    let plan = plan(&text, &sets);
    assert_eq!(plan.name().as_str(), "other");
    assert_eq!(param(&plan, "models/acai/3", "regularizer.lambda").0, "1.0");
    assert_eq!(param(&plan, "models/baseline/3", "regularizer").0, "Acai");
    assert_eq!(inputs(&plan, "only/baseline/3"), ["latents=latents/baseline/3"]);
    assert_eq!(plan.pipeline().sets, sets);
}

/// Parameters without the places where they may be spelled, which carry names.
fn params(plan: &Plan, name: &str) -> Vec<(String, String, bool)> {
    let Params(params) = at(plan, name).stage.params();
    params.into_iter().map(|param| (param.name, param.value, param.is_default)).collect()
}

#[test]
fn names_comments_order_and_written_defaults_change_no_parameter() {
    let other = r#"
        (stages: { /* the same */
            "train": Train(
                variants: {
                    "ours": (
                        kimg: Some(64),
                        regularizer: Some(Acai(depth: 16, gamma: 2e-1, lambda: 0.250)),
                        autoencoder: Baseline,
                    ),
                },
                lr: 0.0001, batch: 0x40,
                net: (width: 2, latent: 16, depth: 16), // reordered
                data: "images",
            ),
            "images": Dataset(test: 5_000, train: 10240, source: r"lines"),
            "codes": Encode(data: "images", model: "train"),
            "groups": KMeans(latents: "codes", restarts: 3, k: 10, whiten: true, fit: 60_000),
        }, name: "other")
    "#;
    let (one, other) = (plan(TEXT, &[]), plan(other, &[]));
    assert_eq!(params(&one, "lines"), params(&other, "images"));
    assert_eq!(params(&one, "models/acai/0"), params(&other, "train/ours/0"));
    assert_eq!(params(&one, "only/acai/0"), params(&other, "groups/ours/0"));
}

#[test]
fn ten_thousand_instances_are_joined_rightly() {
    let variants: Vec<String> =
        (1..=1000).map(|i| format!("\"v{i}\": (autoencoder: Baseline, kimg: {i})")).collect();
    let variants = variants.join(", ");
    let text = format!(
        r#"Pipeline(name: "many", seeds: [0, 1, 2, 3, 4], stages: {{
            "lines": Dataset(source: "lines"),
            "models": Train(data: "lines", net: (depth: 16, latent: 16, width: 2),
                            variants: {{{variants}}}),
            "paths": Interpolate(model: "models", data: "lines"),
        }})"#
    );
    let plan = plan(&text, &[]);
    assert_eq!(plan.instances.len(), 10_001);
    assert_eq!(inputs(&plan, "paths/v731/3"), ["model=models/v731/3", "data=lines"]);
}

#[test]
fn what_a_kind_is_said_to_make_is_what_its_stages_make() {
    for instance in plan(TEXT, &[]).instances {
        assert_eq!(acai_stage::makes(instance.kind), Some(instance.stage.output()));
    }
}
