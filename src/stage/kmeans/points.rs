//! The points to be clustered, laid out for the one thing that takes time: finding
//! the nearest of some centres for all of them.
//!
//! Knows nothing of where centres come from.

/// Points compared with a centre side by side.
const LANES: usize = 16;

/// Centres that the lanes are compared with at a time.
const CENTRES: usize = 2;

/// Points, moved so that their mean is 0 (which keeps `f32` products exact enough).
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Points {
    /// Values of one point.
    pub(super) width: usize,
    /// What was subtracted from each point.
    pub(super) mean: Vec<f32>,
    /// (points × width), by rows.
    rows: Vec<f32>,
    /// The same in tiles of 16 points, each by columns; the last tile ends in zeros.
    tiles: Vec<f32>,
}

/// The nearest centre of each point of a tile so far.
struct Nearest {
    score: [f32; LANES],
    centre: [u32; LANES],
}

impl Points {
    /// Points of `width` values each.
    pub(super) fn new(mut rows: Vec<f32>, width: usize) -> Self {
        let count = (rows.len() / width) as f64;
        let column = |j| rows[j..].iter().step_by(width).map(|&x| f64::from(x)).sum::<f64>();
        let mean: Vec<f32> = (0..width).map(|j| (column(j) / count) as f32).collect();
        for row in rows.chunks_mut(width) {
            row.iter_mut().zip(&mean).for_each(|(value, mean)| *value -= mean);
        }
        let tiles = rows.chunks(LANES * width).flat_map(|rows| tile(rows, width)).collect();
        Self { width, mean, rows, tiles }
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

    /// The mean over the values of a point of their variance over the points.
    pub(super) fn mean_variance(&self) -> f64 {
        let squares: f64 = self.rows.iter().map(|&x| f64::from(x) * f64::from(x)).sum();
        squares / self.rows.len() as f64
    }

    /// Writes to `labels` which of `centres` (by rows) is nearest to each point, the
    /// first of equals; whether any label changed.
    pub(super) fn assign(&self, centres: &[f32], labels: &mut [u32]) -> bool {
        let centres = Centres::new(centres, self.width);
        let mut is_changed = false;
        let tiles = self.tiles.chunks(LANES * self.width);
        for (labels, tile) in labels.chunks_mut(LANES).zip(tiles) {
            let nearest = centres.nearest(tile);
            is_changed |= labels[..] != nearest[..labels.len()];
            labels.copy_from_slice(&nearest[..labels.len()]);
        }
        is_changed
    }
}

/// At most 16 points by columns.
fn tile(rows: &[f32], width: usize) -> Vec<f32> {
    let mut tile = vec![0.0; LANES * width];
    for (lane, row) in rows.chunks(width).enumerate() {
        for (column, &value) in tile.chunks_mut(LANES).zip(row) {
            column[lane] = value;
        }
    }
    tile
}

/// Centres, two by two, with half their squared norms.
struct Centres {
    pairs: Vec<Pair>,
}

struct Pair {
    /// Column by column.
    values: Vec<[f32; CENTRES]>,
    half_square: [f32; CENTRES],
}

impl Centres {
    fn new(centres: &[f32], width: usize) -> Self {
        Self { pairs: centres.chunks(CENTRES * width).map(|pair| Pair::new(pair, width)).collect() }
    }

    /// The nearest centre of each point of a tile.
    fn nearest(&self, tile: &[f32]) -> [u32; LANES] {
        let mut nearest = Nearest { score: [f32::INFINITY; LANES], centre: [0; LANES] };
        for (i, pair) in self.pairs.iter().enumerate() {
            let products = pair.products(tile);
            for (c, (products, half)) in products.iter().zip(pair.half_square).enumerate() {
                nearest.update((i * CENTRES + c) as u32, half, products);
            }
        }
        nearest.centre
    }
}

impl Pair {
    /// One or two centres; a missing one is infinitely far.
    fn new(centres: &[f32], width: usize) -> Self {
        let mut values = vec![[0.0; CENTRES]; width];
        let mut half_square = [f32::INFINITY; CENTRES];
        for (c, centre) in centres.chunks(width).enumerate() {
            values.iter_mut().zip(centre).for_each(|(column, &value)| column[c] = value);
            half_square[c] = 0.5 * centre.iter().map(|x| x * x).sum::<f32>();
        }
        Self { values, half_square }
    }

    /// The products of both centres with each point of a tile.
    fn products(&self, tile: &[f32]) -> [[f32; LANES]; CENTRES] {
        let mut products = [[0.0; LANES]; CENTRES];
        for (values, column) in self.values.iter().zip(tile.as_chunks::<LANES>().0) {
            for (products, value) in products.iter_mut().zip(values) {
                for (product, x) in products.iter_mut().zip(column) {
                    *product += value * x;
                }
            }
        }
        products
    }
}

impl Nearest {
    /// |x − c|² = |x|² + 2(|c|²/2 − x·c): the bracket alone decides.
    fn update(&mut self, centre: u32, half_square: f32, products: &[f32; LANES]) {
        let best = self.score.iter_mut().zip(&mut self.centre);
        for ((best, nearest), product) in best.zip(products) {
            let score = half_square - product;
            let is_nearer = score < *best;
            *best = if is_nearer { score } else { *best };
            *nearest = if is_nearer { centre } else { *nearest };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;

    /// For any number of points and centres, the same as by plain distances.
    #[test]
    fn every_point_finds_its_nearest_centre() {
        let mut stream = Stream::new(5, "points.test", 0);
        for (count, centres) in [(1, 1), (16, 2), (37, 5), (50, 3)] {
            let points = Points::new(stream.normals(count * 7, 1.0), 7);
            let centres = stream.normals(centres * 7, 1.0);
            let mut labels = vec![u32::MAX; count];
            assert!(points.assign(&centres, &mut labels));
            assert!(!points.assign(&centres, &mut labels), "nothing changes the second time");
            for (row, label) in points.rows().zip(labels) {
                let square = |c: &[f32]| row.iter().zip(c).map(|(a, b)| (a - b).powi(2)).sum();
                let distances: Vec<f32> = centres.chunks(7).map(square).collect();
                let nearest = distances.iter().copied().fold(f32::INFINITY, f32::min);
                assert!(distances[label as usize] <= nearest + 1e-4);
            }
        }
    }

    #[test]
    fn of_equal_centres_the_first_is_taken() {
        let points = Points::new(vec![0.0, 1.0, 2.0, 3.0], 2);
        let mut labels = vec![9; 2];
        points.assign(&[1.0, 1.0, -1.0, -1.0, 1.0, 1.0], &mut labels);
        assert_eq!(labels, [1, 0]);
    }

    #[test]
    fn points_are_moved_to_their_mean() {
        let points = Points::new(vec![1.0, 10.0, 3.0, 30.0], 2);
        assert_eq!(points.mean, [2.0, 20.0]);
        assert_eq!(points.row(1), [1.0, 10.0]);
        assert!((points.mean_variance() - 50.5).abs() < 1e-12);
    }
}
