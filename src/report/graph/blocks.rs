//! From instances to blocks, rows and links.
//!
//! Knows nothing of how they are drawn.

use std::collections::BTreeSet;

use super::{Graph, InstanceCell, Link, StageBlock, VariantRow};
use acai_engine::status::Status;
use acai_plan::{Instance, Plan};

/// Where an instance went: block and row.
type RowIndex = (usize, usize);

/// The instances of a stage follow each other in a plan, and in them those of a
/// variant.
pub(super) fn graph(plan: &Plan, statuses: &[Status]) -> Graph {
    let mut blocks: Vec<StageBlock> = Vec::new();
    let mut row_indices: Vec<RowIndex> = Vec::new();
    for (instance, status) in plan.instances.iter().zip(statuses) {
        if blocks.last().is_none_or(|block| block.stage != instance.name.stage) {
            let (stage, kind) = (instance.name.stage.clone(), instance.kind);
            blocks.push(StageBlock { stage, kind, rows: Vec::new() });
        }
        let place = blocks.len() - 1;
        let rows = &mut blocks[place].rows;
        if rows.last().is_none_or(|row| row.variant != instance.name.variant) {
            rows.push(VariantRow { variant: instance.name.variant.clone(), cells: Vec::new() });
        }
        row_indices.push((place, rows.len() - 1));
        let cell = InstanceCell {
            instance: instance.name.to_string(),
            seed: instance.name.seed,
            state: status.state,
        };
        rows.last_mut().expect("a row was added").cells.push(cell);
    }
    let links = links(&plan.instances, &row_indices, &blocks);
    Graph { pipeline: plan.name().clone(), blocks, links }
}

fn links(instances: &[Instance], row_indices: &[RowIndex], blocks: &[StageBlock]) -> Vec<Link> {
    let mut links = Vec::new();
    let mut start = 0;
    for (to, block) in blocks.iter().enumerate() {
        let members = &instances[start..start + block.cells().count()];
        start += members.len();
        for (input, edge) in members[0].inputs.iter().enumerate() {
            let from = row_indices[edge.from].0;
            let read = members.iter().map(|member| row_indices[member.inputs[input].from].1);
            let read: BTreeSet<usize> = read.collect();
            let is_one_of_several = read.len() == 1 && blocks[from].rows.len() > 1;
            let row = read.first().copied().filter(|_| is_one_of_several);
            links.push(Link { from, row, to, field: edge.field });
        }
    }
    links
}
