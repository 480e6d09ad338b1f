//! The points to be clustered, made ready for the two things that take time: finding
//! the nearest of many centres, and adding up the points of a cluster.
//!
//! Knows nothing of where centres come from.

use rayon::prelude::*;

use acai_kernel::POINTS_PER_TILE;

/// Points, moved so that their mean is 0 (which keeps `f32` products exact enough), and
/// rounded to a grid so fine that `f32` hardly sees it, on which all sums of points are
/// exact in `f64`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct PreparedPoints {
    /// Values of one point.
    pub(super) width: usize,
    /// What was subtracted from each point.
    pub(super) mean: Vec<f32>,
    /// Sum of the squares of all values.
    pub(super) square: f64,
    /// (points × width), by rows.
    rows: Vec<f32>,
    /// The same in tiles of 64 points, each by columns; the last tile ends in zeros.
    tiles: Vec<f32>,
}

impl PreparedPoints {
    /// Points of `width` values each.
    pub(super) fn new(mut rows: Vec<f32>, width: usize) -> Self {
        let mean = mean(&rows, width);
        for row in rows.chunks_mut(width) {
            row.iter_mut().zip(&mean).for_each(|(value, mean)| *value -= mean);
        }
        round(&mut rows, width);
        let square = rows.iter().map(|&x| f64::from(x) * f64::from(x)).sum();
        let tiles = tiles(&rows, width);
        Self { width, mean, square, rows, tiles }
    }

    /// How many points.
    pub(super) fn len(&self) -> usize {
        self.rows.len() / self.width
    }

    /// All points in order.
    pub(super) fn rows(&self) -> impl Iterator<Item = &[f32]> {
        self.rows.chunks(self.width)
    }

    /// Point `i`.
    pub(super) fn row(&self, i: usize) -> &[f32] {
        &self.rows[i * self.width..(i + 1) * self.width]
    }

    /// `count` tiles from tile `first` on, or those there are; and the same points by rows.
    pub(super) fn piece(&self, first: usize, count: usize) -> (&[f32], &[f32]) {
        let tile = POINTS_PER_TILE * self.width;
        let (start, end) = (first * tile, (first + count) * tile);
        let cut = |values: &'_ [f32]| start..end.min(values.len());
        (&self.tiles[cut(&self.tiles)], &self.rows[cut(&self.rows)])
    }

    /// The mean over the values of a point of their variance over the points.
    pub(super) fn mean_variance(&self) -> f64 {
        self.square / self.rows.len() as f64
    }
}

fn mean(rows: &[f32], width: usize) -> Vec<f32> {
    let mut sums = vec![0.0; width];
    for row in rows.chunks(width) {
        sums.iter_mut().zip(row).for_each(|(sum, &x)| *sum += f64::from(x));
    }
    let count = (rows.len() / width) as f64;
    sums.iter().map(|sum| (sum / count) as f32).collect()
}

/// Rounds values to multiples of a power of two, so that a sum of as many points as there
/// are takes no more than 52 bits.
///
/// Of 60,000 points only values below 2⁻¹² of the largest are changed, by at most 2⁻³⁶ of it.
fn round(rows: &mut [f32], width: usize) {
    let largest = rows.iter().fold(0.0_f32, |largest, x| largest.max(x.abs()));
    let (_, exponent) = libm::frexp(f64::from(largest));
    let count = (rows.len() / width).next_power_of_two().trailing_zeros();
    // 1.5 · 2⁵² steps of the grid: beside them an `f64` holds whole steps only.
    let steps = 1.5 * libm::ldexp(1.0, exponent + count.cast_signed());
    for value in rows {
        *value = ((f64::from(*value) + steps) - steps) as f32;
    }
}

/// Tiles of 64 points by columns.
fn tiles(rows: &[f32], width: usize) -> Vec<f32> {
    let tile = POINTS_PER_TILE * width;
    let mut tiles = vec![0.0; rows.len().next_multiple_of(tile)];
    tiles.par_chunks_mut(tile).zip(rows.par_chunks(tile)).for_each(|(tile, rows)| {
        for (lane, row) in rows.chunks(width).enumerate() {
            for (column, &value) in tile.chunks_mut(POINTS_PER_TILE).zip(row) {
                column[lane] = value;
            }
        }
    });
    tiles
}

#[cfg(test)]
mod tests {
    use super::*;
    use acai_random::RngStream;

    #[test]
    fn points_are_moved_to_their_mean() {
        let points = PreparedPoints::new(vec![1.0, 10.0, 3.0, 30.0], 2);
        assert_eq!(points.mean, [2.0, 20.0]);
        assert_eq!(points.row(1), [1.0, 10.0]);
        assert!((points.mean_variance() - 50.5).abs() < 1e-12);
    }

    #[test]
    fn tiles_hold_the_points_by_columns() {
        let points =
            PreparedPoints::new((0..70).flat_map(|i| [i as f32, -0.5 * i as f32]).collect(), 2);
        let (tiles, rows) = points.piece(1, 9);
        assert_eq!(
            rows,
            [29.5, -14.75, 30.5, -15.25, 31.5, -15.75, 32.5, -16.25, 33.5, -16.75, 34.5, -17.25]
        );
        assert_eq!(tiles[..7], [29.5, 30.5, 31.5, 32.5, 33.5, 34.5, 0.0]);
        assert_eq!(tiles[POINTS_PER_TILE..POINTS_PER_TILE + 2], [-14.75, -15.25]);
        assert_eq!(points.piece(0, 1).0.len(), 2 * POINTS_PER_TILE);
    }

    /// Values over 20 orders of magnitude, added in two orders.
    #[test]
    fn sums_of_points_do_not_depend_on_the_order() {
        let mut stream = RngStream::new(5, "points.test", 0);
        let mut values = stream.normals(20_000, 1.0);
        for x in &mut values {
            *x *= libm::exp10f(-20.0 * stream.uniform() as f32);
        }
        let sum = |values: &mut dyn Iterator<Item = &f32>| {
            values.map(|&x| f64::from(x)).sum::<f64>().to_bits()
        };
        let sums = |values: &[f32]| [sum(&mut values.iter()), sum(&mut values.iter().rev())];
        let [forth, back] = sums(&values);
        assert_ne!(forth, back);
        let before = values.clone();
        round(&mut values, 1);
        let [forth, back] = sums(&values);
        assert_eq!(forth, back);
        let largest = before.iter().fold(0.0_f32, |largest, x| largest.max(x.abs()));
        let is_near = |(a, b): (&f32, &f32)| (a - b).abs() <= largest * 1e-11;
        assert!(before.iter().zip(&values).all(is_near));
    }
}
