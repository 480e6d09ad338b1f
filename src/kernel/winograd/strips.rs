//! How a convolution's columns are divided. A column is one 4×4 tile of the image of one
//! example; columns are ordered by row of tiles, tile, example.

use std::ops::Range;

use super::super::{BATCH_MULTIPLE, ConvShape};

/// Some tiles of some examples.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Strip {
    /// Numbers of tiles, row by row.
    pub(super) tiles: Range<usize>,
    pub(super) examples: Range<usize>,
}

impl Strip {
    /// How many columns it has: a multiple of 16.
    pub(super) fn columns(&self) -> usize {
        self.tiles.len() * self.examples.len()
    }
}

/// Divides all columns into strips of at most `columns` each, or 16 if that is more: as
/// many examples as fit and divide the batch, and then as many tiles as fit.
pub(super) fn strips(shape: ConvShape, columns: usize) -> Vec<Strip> {
    let groups = shape.padded_batch / BATCH_MULTIPLE;
    let fits = |n: &usize| groups.is_multiple_of(*n) && n * BATCH_MULTIPLE <= columns;
    let examples = (1..=groups).rev().find(fits).unwrap_or(1) * BATCH_MULTIPLE;
    let tiles = (columns / examples).max(1);
    let all_tiles = tiles_of(shape);
    (0..all_tiles)
        .step_by(tiles)
        .flat_map(|first| {
            (0..shape.padded_batch).step_by(examples).map(move |example| Strip {
                tiles: first..(first + tiles).min(all_tiles),
                examples: example..example + examples,
            })
        })
        .collect()
}

/// How many tiles an image has.
pub(super) fn tiles_of(shape: ConvShape) -> usize {
    (shape.height / 4) * (shape.width / 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn divided(padded_batch: usize, columns: usize) -> Vec<(usize, usize)> {
        let shape = ConvShape { inputs: 8, outputs: 8, height: 8, width: 12, padded_batch };
        let strips = strips(shape, columns);
        strips.iter().map(|strip| (strip.tiles.len(), strip.examples.len())).collect()
    }

    #[test]
    fn strips_take_whole_batches_first_and_tiles_then() {
        assert_eq!(divided(16, 64), [(4, 16), (2, 16)]);
        assert_eq!(divided(48, 96), [(2, 48); 3]);
        assert_eq!(divided(64, 32), [(1, 32); 12]);
        assert_eq!(divided(80, 48), [(3, 16); 10]);
        assert_eq!(divided(32, 1), [(1, 16); 12]);
    }
}
