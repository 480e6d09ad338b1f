//! A block: its name, its seeds across, its variants down, and a cell for each
//! instance.
//!
//! Knows nothing of other blocks.

use maud::{Markup, html};

use super::{number, width};
use crate::graph::{
    InstanceCell, StageBlock, VariantRow,
    layout::{GraphPoint, Size},
    word,
};
use acai_engine::status::State;

/// Around everything in a block.
const PAD: f64 = 10.0;

/// Height of the line with the stage's name.
const HEAD: f64 = 20.0;

/// Height of the line with the seeds.
const SEEDS: f64 = 14.0;

/// Between two cells.
const GAP: f64 = 5.0;

/// Side of a cell.
const SIDE: f64 = 18.0;

/// Side of a cell where there are many seeds.
const SMALL: f64 = 10.0;

/// More seeds than that are many: their numbers are left out.
const MANY: usize = 12;

/// A block with its measures.
pub(super) struct StageBox<'a> {
    block: &'a StageBlock,
    /// Width of the longest variant's name, and what follows it.
    labels: f64,
    /// From one cell to the next.
    pitch: f64,
    side: f64,
}

impl<'a> StageBox<'a> {
    pub(super) fn new(block: &'a StageBlock) -> Self {
        let n_seeds = seeds(block).count();
        let side = if n_seeds > MANY { SMALL } else { SIDE };
        let numbers = seeds(block).map(|seed| width(&seed.to_string(), 10.0));
        let widest = if n_seeds > MANY { 0.0 } else { numbers.fold(0.0, f64::max) };
        let names = block.rows.iter().filter_map(|row| row.variant.as_ref());
        let names = names.map(|name| width(name.as_str(), 12.0));
        let word = if n_seeds > 0 { width(&head_of(n_seeds), 10.0) } else { 0.0 };
        let labels = names.fold(word, f64::max);
        Self { block, labels: labels + 8.0, pitch: widest.max(side) + GAP, side }
    }

    pub(super) fn size(&self) -> Size {
        let head = width(self.block.stage.as_str(), 13.0) + 8.0 + width(self.block.kind, 11.0);
        if !self.block.is_family() {
            return Size { width: head + 10.0 + SIDE + 2.0 * PAD, height: HEAD + 2.0 * PAD };
        }
        let across = self.block.rows.iter().map(|row| row.cells.len()).max().unwrap_or(0);
        let grid = self.labels + across as f64 * self.pitch - GAP;
        let rows = self.block.rows.len() as f64 * self.line();
        let height = HEAD + self.seeds() + rows - GAP + 4.0 + 2.0 * PAD;
        Size { width: head.max(grid) + 2.0 * PAD, height }
    }

    /// How far below the block's top the middle of a row is.
    pub(super) fn middle_of(&self, row: usize) -> f64 {
        self.top_of(row) + (self.line() - GAP) / 2.0
    }

    pub(super) fn draw(&self, at: GraphPoint) -> Markup {
        let Size { width: across, height } = self.size();
        let StageBlock { stage, kind, rows } = self.block;
        let corner = GraphPoint { x: across - PAD - SIDE, y: PAD + 1.0 };
        html! {
            g transform={ "translate(" (number(at.x)) " " (number(at.y)) ")" } {
                rect.card width=(number(across)) height=(number(height)) rx="8" {}
                text.stage x=(PAD) y="24" {
                    (stage)
                    tspan.kind dx="6" font-weight="400" { (kind) }
                }
                @if self.block.is_family() {
                    (self.seeds_line())
                    @for (place, row) in rows.iter().enumerate() { (self.row(place, row)) }
                } @else {
                    (cell(&rows[0].cells[0], kind, corner, SIDE))
                }
            }
        }
    }

    fn seeds_line(&self) -> Markup {
        let n_seeds = seeds(self.block).count();
        let y = number(PAD + HEAD + SEEDS - 3.0);
        let x = |place| number(self.left_of(place) + self.side / 2.0);
        html! {
            @if n_seeds > 0 {
                text.note x=(PAD) y=(y) { (head_of(n_seeds)) }
            }
            @if n_seeds <= MANY {
                @for (place, seed) in seeds(self.block).enumerate() {
                    text.seed x=(x(place)) y=(y) { (seed) }
                }
            }
        }
    }

    fn row(&self, place: usize, row: &VariantRow) -> Markup {
        let y = self.top_of(place) + (self.line() - GAP - self.side) / 2.0;
        let corner = |column| GraphPoint { x: self.left_of(column), y };
        html! {
            @if let Some(variant) = &row.variant {
                text x=(PAD) y=(number(self.middle_of(place) + 4.0)) { (variant) }
            }
            @for (column, one) in row.cells.iter().enumerate() {
                (cell(one, self.block.kind, corner(column), self.side))
            }
        }
    }

    /// Height of a row and of what follows it.
    fn line(&self) -> f64 {
        self.side.max(14.0) + GAP
    }

    fn seeds(&self) -> f64 {
        if seeds(self.block).next().is_some() { SEEDS } else { 0.0 }
    }

    fn top_of(&self, row: usize) -> f64 {
        PAD + HEAD + self.seeds() + 4.0 + row as f64 * self.line()
    }

    fn left_of(&self, column: usize) -> f64 {
        PAD + self.labels + column as f64 * self.pitch + (self.pitch - GAP - self.side) / 2.0
    }
}

/// The seeds of a block, which are those of its first row.
fn seeds(block: &StageBlock) -> impl Iterator<Item = u64> {
    block.rows.iter().take(1).flat_map(|row| &row.cells).filter_map(|cell| cell.seed)
}

fn head_of(n_seeds: usize) -> String {
    if n_seeds > MANY { format!("{n_seeds} seeds") } else { "seed".to_owned() }
}

fn cell(cell: &InstanceCell, kind: &str, corner: GraphPoint, side: f64) -> Markup {
    let word = word(cell.state);
    html! {
        g class=(word) {
            title { (cell.instance) " (" (kind) "): " (word) }
            (mark(cell.state, corner, side))
        }
    }
}

/// A state shows in shape, border and sign as well as in colour.
pub(super) fn mark(state: State, GraphPoint { x, y }: GraphPoint, side: f64) -> Markup {
    let unit = side / SIDE;
    let at = |dx: f64, dy: f64| format!("{} {}", number(x + dx * unit), number(y + dy * unit));
    let (inset, round, glyph) = match state {
        State::Cached | State::Copied => {
            (0.5, 5.0 * unit, format!("M{}L{}L{}", at(5.0, 9.5), at(8.0, 12.5), at(13.2, 6.0)))
        }
        State::Run | State::Fetched => {
            (1.2, 0.0, format!("M{}L{}L{}Z", at(6.6, 4.8), at(13.0, 9.0), at(6.6, 13.2)))
        }
        State::Maybe => (
            0.7,
            side / 2.0,
            format!(
                "M{}C{} {} {}S{} {}M{}L{}",
                at(6.6, 7.0),
                at(6.8, 3.6),
                at(11.6, 3.6),
                at(11.4, 6.9),
                at(9.0, 8.6),
                at(9.0, 10.4),
                at(9.0, 13.2),
                at(9.0, 13.3)
            ),
        ),
    };
    let inner = number(side - 2.0 * inset);
    html! {
        rect.shape
            x=(number(x + inset))
            y=(number(y + inset))
            width=(inner)
            height=(inner)
            rx=(number(round))
            {}
        path.glyph d=(glyph) {}
    }
}
