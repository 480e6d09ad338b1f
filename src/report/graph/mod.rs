//! A pipeline as a picture: a block per stage, in it a cell per instance,
//! variants down and seeds across, each marked with what a run would do.
//!
//! One content, [`Graph`], for every syntax. Edges join blocks, for inputs are
//! joined variant by variant and seed by seed; so sixty instances are as
//! readable as six. Knows nothing of the store and of why something runs.

mod blocks;
mod dot;
mod layout;
mod mermaid;
mod svg;
#[cfg(test)]
mod tests;

pub use self::{dot::dot, mermaid::mermaid, svg::svg};
pub(crate) use svg::STYLE;

use acai_common::names::Name;
use acai_engine::status::{State, Status};
use acai_plan::Plan;

/// What is drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Graph {
    /// The pipeline's name.
    pub pipeline: Name,
    /// The stages, each after those it reads.
    pub blocks: Vec<StageBlock>,
    /// The inputs of every block, in the order of the reading blocks.
    pub links: Vec<Link>,
}

/// A stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StageBlock {
    /// Its name.
    pub stage: Name,
    /// Its kind, such as `Train`.
    pub kind: &'static str,
    /// A row per variant; one without a name where nothing depends on one.
    pub rows: Vec<VariantRow>,
}

/// The instances of one variant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VariantRow {
    /// The variant.
    pub variant: Option<Name>,
    /// Its instances by seed; one without a seed where nothing depends on one.
    pub cells: Vec<InstanceCell>,
}

/// An instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstanceCell {
    /// Its name, such as `models/acai/0`.
    pub instance: String,
    /// Its seed.
    pub seed: Option<u64>,
    /// What a run would do with it.
    pub state: State,
}

/// An input of a stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Place of the block that is read.
    pub from: usize,
    /// The row that is read, if it is one of several.
    pub row: Option<usize>,
    /// Place of the block that reads.
    pub to: usize,
    /// The field that names the input, such as `data`.
    pub field: &'static str,
}

impl Graph {
    /// The picture of a plan; `statuses` are those of its instances.
    #[must_use]
    pub fn new(plan: &Plan, statuses: &[Status]) -> Self {
        blocks::graph(plan, statuses)
    }

    /// How many instances are in that state.
    #[must_use]
    pub fn count(&self, state: State) -> usize {
        self.cells().filter(|cell| cell.state == state).count()
    }

    /// Every instance.
    pub fn cells(&self) -> impl Iterator<Item = &InstanceCell> {
        self.blocks.iter().flat_map(StageBlock::cells)
    }

    /// The field of a link, where its stage reads more than one thing.
    fn label(&self, link: &Link) -> Option<&'static str> {
        let first = self.links.partition_point(|other| other.to < link.to);
        let inputs = self.links[first..].iter().take_while(|other| other.to == link.to);
        (inputs.count() > 1).then_some(link.field)
    }
}

impl StageBlock {
    /// Its instances.
    pub fn cells(&self) -> impl Iterator<Item = &InstanceCell> {
        self.rows.iter().flat_map(|row| &row.cells)
    }

    /// Whether it stands for more than one thing, or for one of several.
    fn is_family(&self) -> bool {
        self.rows.iter().any(|row| row.variant.is_some() || row.cells[0].seed.is_some())
    }
}

/// The states, the word and the meaning of each.
const STATES: [(State, &str, &str); 3] = [
    (State::Cached, "cached", "its result is there"),
    (State::Run, "run", "will be computed"),
    (State::Maybe, "maybe", "computed if what it reads changes"),
];

/// Where there is one folder of results, nothing is copied or downloaded.
fn word(state: State) -> &'static str {
    let state = match state {
        State::Copied => State::Cached,
        State::Fetched => State::Run,
        state => state,
    };
    STATES.iter().find(|(other, ..)| *other == state).map_or("", |(_, word, _)| word)
}

/// `6 cached, 1 run, 4 maybe`, without states that no instance is in.
fn summary(graph: &Graph) -> String {
    let counts = STATES.iter().map(|(state, word, _)| (graph.count(*state), word));
    let told: Vec<String> =
        counts.filter(|(n, _)| *n > 0).map(|(n, word)| format!("{n} {word}")).collect();
    told.join(", ")
}
