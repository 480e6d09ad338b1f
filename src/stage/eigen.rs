//! Eigenvalues and eigenvectors of a symmetric matrix, with the same bits everywhere.
//!
//! Jacobi's method: rotations of two axes at a time, each making one element off the
//! diagonal vanish, until all have. One round rotates n/2 disjoint pairs at once (in
//! the order of a round-robin tournament), so threads share the work and the result
//! does not depend on how many there are.
//!
//! Knows nothing of what the matrix means.

use std::mem::take;

use rayon::prelude::*;

/// Sweeps after which to stop in any case; ten are usually enough.
const SWEEPS: usize = 40;

/// Elements off the diagonal count as gone at this share of the matrix's norm.
const GONE: f64 = 1e-16;

/// Rows handled by one task at least.
const ROWS: usize = 32;

/// An eigenvalue and its eigenvector of length 1.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Axis {
    pub(super) value: f64,
    /// The largest component (the first of equals) is positive.
    pub(super) direction: Vec<f64>,
}

/// The rotation of the axes p and q by an angle of this cosine and sine.
#[derive(Clone, Copy)]
struct Rotation {
    p: usize,
    q: usize,
    cos: f64,
    sin: f64,
}

/// All axes of the symmetric matrix of these rows, largest eigenvalue first.
pub(super) fn axes(mut matrix: Vec<Vec<f64>>) -> Vec<Axis> {
    let n = matrix.len();
    let mut directions: Vec<Vec<f64>> =
        (0..n).map(|i| (0..n).map(|j| f64::from(u8::from(i == j))).collect()).collect();
    for _ in 0..SWEEPS {
        if is_diagonal(&matrix) {
            break;
        }
        for round in 0..n.next_multiple_of(2) - 1 {
            let rotations: Vec<Rotation> =
                pairs(n, round).map(|(p, q)| Rotation::annihilating(&matrix, p, q)).collect();
            rotate(&mut matrix, &mut directions, &rotations);
        }
    }
    let values = (0..n).map(|i| matrix[i][i]);
    let mut axes: Vec<Axis> =
        values.zip(directions).map(|(value, direction)| Axis::new(value, direction)).collect();
    axes.sort_by(|a, b| b.value.total_cmp(&a.value));
    axes
}

impl Axis {
    fn new(value: f64, mut direction: Vec<f64>) -> Self {
        let mut largest = 0.0_f64;
        for &component in &direction {
            if component.abs() > largest.abs() {
                largest = component;
            }
        }
        if largest < 0.0 {
            for component in &mut direction {
                *component = -*component;
            }
        }
        Self { value, direction }
    }
}

fn is_diagonal(matrix: &[Vec<f64>]) -> bool {
    let square = |row: &Vec<f64>| row.iter().map(|x| x * x).sum::<f64>();
    let all: f64 = matrix.iter().map(square).sum();
    let off = |(i, row): (usize, &Vec<f64>)| {
        row.iter().enumerate().filter(|&(j, _)| j != i).map(|(_, x)| x * x).sum::<f64>()
    };
    let off: f64 = matrix.iter().enumerate().map(off).sum();
    // Also true where a value is not finite: no rotation would mend that.
    !(off > GONE * GONE * all && off.is_finite())
}

/// The pairs of one round of a tournament of `n`: over all rounds each pair meets once.
fn pairs(n: usize, round: usize) -> impl Iterator<Item = (usize, usize)> {
    let even = n.next_multiple_of(2);
    // The first stays where it is, the others move on by one seat per round.
    let seat = move |i: usize| if i == 0 { 0 } else { 1 + (i - 1 + round) % (even - 1) };
    let meet = move |i: usize| (seat(i), seat(even - 1 - i));
    (0..even / 2).map(meet).filter(move |&(p, q)| p < n && q < n).map(|(p, q)| (p.min(q), p.max(q)))
}

impl Rotation {
    /// The smaller of the two rotations that make the element (p, q) vanish.
    fn annihilating(matrix: &[Vec<f64>], p: usize, q: usize) -> Self {
        let element = matrix[p][q];
        if element == 0.0 {
            return Self { p, q, cos: 1.0, sin: 0.0 };
        }
        let theta = (matrix[q][q] - matrix[p][p]) / (2.0 * element);
        let tan = theta.signum() / (theta.abs() + (theta * theta + 1.0).sqrt());
        let cos = 1.0 / (tan * tan + 1.0).sqrt();
        Self { p, q, cos, sin: tan * cos }
    }

    fn turn(self, x: f64, y: f64) -> (f64, f64) {
        (self.cos * x - self.sin * y, self.sin * x + self.cos * y)
    }

    fn turn_rows(self, first: &mut [f64], second: &mut [f64]) {
        for (x, y) in first.iter_mut().zip(second) {
            (*x, *y) = self.turn(*x, *y);
        }
    }
}

/// Turns the matrix on both sides, and the directions with it.
fn rotate(matrix: &mut [Vec<f64>], directions: &mut [Vec<f64>], rotations: &[Rotation]) {
    rotate_rows(matrix, rotations);
    matrix.par_iter_mut().with_min_len(ROWS).for_each(|row| {
        for rotation in rotations {
            (row[rotation.p], row[rotation.q]) = rotation.turn(row[rotation.p], row[rotation.q]);
        }
    });
    for &Rotation { p, q, .. } in rotations {
        (matrix[p][q], matrix[q][p]) = (0.0, 0.0);
    }
    rotate_rows(directions, rotations);
}

/// Turns pairs of rows; no row is in two pairs.
fn rotate_rows(rows: &mut [Vec<f64>], rotations: &[Rotation]) {
    let mut taken: Vec<_> = rotations
        .iter()
        .map(|&rotation| (rotation, take(&mut rows[rotation.p]), take(&mut rows[rotation.q])))
        .collect();
    taken
        .par_iter_mut()
        .with_min_len(ROWS)
        .for_each(|(rotation, first, second)| rotation.turn_rows(first, second));
    for (rotation, first, second) in taken {
        (rows[rotation.p], rows[rotation.q]) = (first, second);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use acai_random::RngStream;

    /// A random symmetric matrix.
    fn matrix(n: usize) -> Vec<Vec<f64>> {
        let draws = RngStream::new(3, "eigen.test", 0).normals(n * n, 1.0);
        let at = |i: usize, j: usize| f64::from(draws[i * n + j] + draws[j * n + i]);
        (0..n).map(|i| (0..n).map(|j| at(i, j)).collect()).collect()
    }

    fn dot(a: &[f64], b: &[f64]) -> f64 {
        a.iter().zip(b).map(|(a, b)| a * b).sum()
    }

    #[test]
    fn axes_of_a_known_matrix() {
        let axes = axes(vec![vec![2.0, -1.0], vec![-1.0, 2.0]]);
        let half = 0.5_f64.sqrt();
        for (axis, want) in axes.iter().zip([(3.0, [half, -half]), (1.0, [half, half])]) {
            assert!((axis.value - want.0).abs() < 1e-15);
            assert!(axis.direction.iter().zip(want.1).all(|(a, b)| (a - b).abs() < 1e-15));
        }
    }

    #[test]
    fn directions_are_orthonormal_and_only_stretched() {
        for n in [1, 2, 5, 40] {
            let (matrix, axes) = (matrix(n), axes(matrix(n)));
            for (i, axis) in axes.iter().enumerate() {
                for (row, component) in matrix.iter().zip(&axis.direction) {
                    assert!((dot(row, &axis.direction) - axis.value * component).abs() < 1e-12);
                }
                for (j, other) in axes.iter().enumerate() {
                    let want = f64::from(u8::from(i == j));
                    assert!((dot(&axis.direction, &other.direction) - want).abs() < 1e-13);
                }
            }
            assert!(axes.windows(2).all(|pair| pair[0].value >= pair[1].value));
        }
    }

    #[test]
    fn every_pair_meets_once_in_a_tournament() {
        for n in [2_usize, 5, 8] {
            let rounds = 0..n.next_multiple_of(2) - 1;
            let mut met: Vec<_> = rounds.flat_map(|round| pairs(n, round)).collect();
            met.sort_unstable();
            let all: Vec<_> = (0..n).flat_map(|p| (p + 1..n).map(move |q| (p, q))).collect();
            assert_eq!(met, all);
        }
    }

    #[test]
    fn threads_do_not_change_the_bits() {
        let with = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| axes(matrix(100)))
        };
        assert_eq!(with(1), with(3));
    }
}
