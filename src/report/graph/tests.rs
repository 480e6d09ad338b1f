//! The same small pipeline in every syntax, letter by letter.

use super::*;
use acai_config::Pipeline;
use acai_engine::status::Compared;

const TEXT: &str = r#"Pipeline(
    name: "small",
    seeds: [0, 7],
    stages: {
        "lines": Dataset(source: "lines"),
        "models": Train(
            data: "lines",
            net: (depth: 16, latent: 16, width: 2),
            variants: {
                "baseline": (autoencoder: Baseline),
                "acai": (autoencoder: Baseline, regularizer: Acai),
            },
        ),
        "paths": Interpolate(model: "models/acai", data: "lines"),
    },
)"#;

fn plan(text: &str) -> Plan {
    Plan::new(&Pipeline::parse("small.ron", text, &[]).unwrap()).unwrap()
}

/// Everything is cached, but `models/acai` runs, and `paths` depend on it.
fn drawn() -> Graph {
    let plan = plan(TEXT);
    let status = |instance: &acai_plan::Instance| Status {
        state: match instance.name.to_string().split('/').collect::<Vec<_>>()[..] {
            ["models", "acai", _] => State::Run,
            ["paths", ..] => State::Maybe,
            _ => State::Cached,
        },
        key: None,
        record: None,
        reasons: Vec::new(),
        compared: Compared::Nothing,
        same_as: None,
        estimate: None,
    };
    let statuses: Vec<Status> = plan.instances.iter().map(status).collect();
    Graph::new(&plan, &statuses)
}

#[test]
fn instances_are_sorted_into_blocks_rows_and_cells() {
    let graph = drawn();
    let block = |block: &StageBlock| {
        let row = |row: &VariantRow| {
            let seeds: Vec<String> = row
                .cells
                .iter()
                .map(|cell| cell.seed.map_or("-".to_owned(), |s| s.to_string()))
                .collect();
            format!("{:?} {}", row.variant.as_ref().map(Name::as_str), seeds.join(" "))
        };
        format!(
            "{} {}: {}",
            block.stage,
            block.kind,
            block.rows.iter().map(row).collect::<Vec<_>>().join(", ")
        )
    };
    let blocks: Vec<String> = graph.blocks.iter().map(block).collect();
    let expected = [
        "lines Dataset: None -",
        "models Train: Some(\"baseline\") 0 7, Some(\"acai\") 0 7",
        "paths Interpolate: Some(\"acai\") 0 7",
    ];
    assert_eq!(blocks, expected);
    let link = |from, row, to, field| Link { from, row, to, field };
    let expected =
        [link(0, None, 1, "data"), link(1, Some(1), 2, "model"), link(0, None, 2, "data")];
    assert_eq!(graph.links, expected);
    assert_eq!(summary(&graph), "3 cached, 2 run, 2 maybe");
}

#[test]
fn dot_draws_a_cluster_per_stage() {
    insta::assert_snapshot!(dot(&drawn()));
}

#[test]
fn mermaid_draws_a_subgraph_per_stage() {
    insta::assert_snapshot!(mermaid(&drawn()));
}

#[test]
fn svg_draws_every_instance_once_and_says_its_state() {
    let svg = svg(&drawn());
    for (title, n) in [
        ("<title>lines (Dataset): cached</title>", 1),
        ("<title>models/acai/7 (Train): run</title>", 1),
        ("<title>paths/acai/0 (Interpolate): maybe</title>", 1),
        ("<title>paths.model reads models/acai</title>", 1),
        // The legend has one more of each.
        ("<g class=\"cached\">", 4),
        ("<g class=\"run\">", 3),
        ("<g class=\"maybe\">", 3),
    ] {
        assert_eq!(svg.matches(title).count(), n, "{title}\n{svg}");
    }
    let label = "aria-label=\"pipeline small: 3 stages, 7 instances: 3 cached, 2 run, 2 maybe\"";
    assert!(svg.contains(label), "{svg}");
}

#[test]
fn svg_needs_nothing_from_outside_and_no_names_of_its_own_on_a_page() {
    let svg = svg(&drawn()).replacen("xmlns=\"http://www.w3.org/2000/svg\"", "", 1);
    for foreign in ["http", "url(", "href", "<script", " id=", "@import"] {
        assert!(!svg.contains(foreign), "{foreign}");
    }
    let style = svg.split_once("<style>").unwrap().1.split_once("</style>").unwrap().0;
    let rules = style.lines().filter(|line| line.contains('{') && !line.starts_with('@'));
    assert!(rules.clone().count() > 10);
    assert!(rules.clone().all(|rule| rule.trim_start().starts_with(".acai-graph")), "{style}");
    assert!(style.contains("prefers-color-scheme: dark"));
}

#[test]
fn elements_are_closed_in_the_order_they_were_opened() {
    let svg = svg(&drawn());
    let mut open = Vec::new();
    for tag in svg.split('<').skip(1).map(|rest| rest.split('>').next().unwrap()) {
        let name = tag.split_whitespace().next().unwrap();
        match name.strip_prefix('/') {
            Some(closed) => assert_eq!(open.pop(), Some(closed)),
            None if tag.ends_with('/') => {}
            None => open.push(name),
        }
    }
    assert_eq!(open, [] as [&str; 0]);
}

#[test]
fn whatever_a_name_holds_stays_a_name() {
    assert_eq!(dot::quoted("a\"b\\c"), "\"a\\\"b\\\\c\"");
    assert_eq!(mermaid::quoted("a\"b#c"), "\"a#quot;b#35;c\"");
}

#[test]
fn many_seeds_are_drawn_small() {
    let seeds = (0..100).map(|seed: u64| seed.to_string()).collect::<Vec<_>>().join(", ");
    let plan = plan(&TEXT.replace("0, 7", &seeds));
    let unknown = Status {
        state: State::Run,
        key: None,
        record: None,
        reasons: Vec::new(),
        compared: Compared::Nothing,
        same_as: None,
        estimate: None,
    };
    let svg = svg(&Graph::new(&plan, &vec![unknown; plan.instances.len()]));
    assert!(svg.contains(">100 seeds<") && !svg.contains("class=\"seed\""), "{svg}");
    assert_eq!(svg.matches("<g class=\"run\">").count(), 302);
}
