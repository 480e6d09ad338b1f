//! A batch of activations with shapes known at run time: what nets and losses
//! exchange.

use acai_kernel::BATCH_MULTIPLE;

/// Channels, rows and columns of an activation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Channels.
    pub channels: usize,
    /// Rows, and columns: everything is square.
    pub side: usize,
}

impl Shape {
    /// Elements of one example.
    #[must_use]
    pub fn len(self) -> usize {
        self.channels * self.side * self.side
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }
}

/// Activations `(channels, side, side, padded_batch)`, batch last: `count` examples,
/// then zeros.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// The shape of one example.
    pub shape: Shape,
    /// How many examples.
    pub count: usize,
    /// The elements: element `e` of example `b` at `e · padded_batch + b`.
    pub data: Vec<f32>,
}

impl Batch {
    /// A batch of `data`, in which the padding may hold anything; it becomes zeros.
    ///
    /// # Panics
    /// If the length does not fit.
    #[must_use]
    pub fn new(shape: Shape, count: usize, mut data: Vec<f32>) -> Self {
        let padded_batch = padded_batch(count);
        assert_eq!(data.len(), shape.len() * padded_batch, "{count} examples of {shape:?}");
        if count < padded_batch {
            data.chunks_exact_mut(padded_batch).for_each(|values| values[count..].fill(0.0));
        }
        Self { shape, count, data }
    }

    /// A batch of zeros.
    #[must_use]
    pub fn zeros(shape: Shape, count: usize) -> Self {
        Self { shape, count, data: vec![0.0; shape.len() * padded_batch(count)] }
    }

    /// A batch of examples that are given one after the other.
    ///
    /// # Panics
    /// If `rows` does not hold whole examples.
    #[must_use]
    pub fn from_rows(shape: Shape, rows: &[f32]) -> Self {
        assert_eq!(rows.len() % shape.len(), 0, "whole examples of {shape:?}");
        let mut batch = Self::zeros(shape, rows.len() / shape.len());
        let (padded_batch, n) = (batch.padded_batch(), shape.len());
        // Sixteen examples at a time: what is written then lies in one cache line.
        for (group, rows) in rows.chunks(n * BATCH_MULTIPLE).enumerate() {
            for (e, values) in batch.data.chunks_exact_mut(padded_batch).enumerate() {
                let values = &mut values[group * BATCH_MULTIPLE..];
                for (value, row) in values.iter_mut().zip(rows.chunks_exact(n)) {
                    *value = row[e];
                }
            }
        }
        batch
    }

    /// The examples, one after the other: `(count, channels, side, side)`.
    #[must_use]
    pub fn to_rows(&self) -> Vec<f32> {
        let (padded_batch, n) = (self.padded_batch(), self.shape.len());
        let mut rows = vec![0.0; self.count * n];
        for (group, rows) in rows.chunks_mut(n * BATCH_MULTIPLE).enumerate() {
            for (e, values) in self.data.chunks_exact(padded_batch).enumerate() {
                let values = &values[group * BATCH_MULTIPLE..];
                for (row, &value) in rows.chunks_exact_mut(n).zip(values) {
                    row[e] = value;
                }
            }
        }
        rows
    }

    /// `count` padded to a multiple of [`BATCH_MULTIPLE`].
    #[must_use]
    pub fn padded_batch(&self) -> usize {
        padded_batch(self.count)
    }

    /// A batch of the same shape with `f` of each element and the number of its example.
    #[must_use]
    pub fn map(&self, f: impl Fn(f32, usize) -> f32) -> Self {
        let mut out = self.clone();
        out.update(|v, _, example| f(v, example));
        out
    }

    /// Replaces each element by `f(value, index, example)`; the padding stays zero.
    pub fn update(&mut self, f: impl Fn(f32, usize, usize) -> f32) {
        let (padded_batch, count) = (self.padded_batch(), self.count);
        for (element, values) in self.data.chunks_exact_mut(padded_batch).enumerate() {
            for (example, v) in values[..count].iter_mut().enumerate() {
                *v = f(*v, element * padded_batch + example, example);
            }
        }
    }

    /// `self + other`, element by element.
    ///
    /// # Panics
    /// If the shapes differ.
    #[must_use]
    pub fn plus(mut self, other: &Self) -> Self {
        assert_eq!((self.shape, self.count), (other.shape, other.count), "batches of one shape");
        for (a, b) in self.data.iter_mut().zip(&other.data) {
            *a += b;
        }
        self
    }
}

/// `count` padded to a multiple of [`BATCH_MULTIPLE`].
fn padded_batch(count: usize) -> usize {
    count.next_multiple_of(BATCH_MULTIPLE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_padding_becomes_zero() {
        let batch = Batch::new(Shape { channels: 1, side: 1 }, 2, vec![7.0; 16]);
        assert_eq!(batch.data[..3], [7.0, 7.0, 0.0]);
        assert!(batch.data[2..].iter().all(|&v| v == 0.0));
    }

    #[test]
    fn rows_survive_a_round_trip_and_the_padding_is_zero() {
        let shape = Shape { channels: 2, side: 2 };
        let rows: Vec<f32> = (0..24).map(|v| v as f32 + 1.0).collect();
        let batch = Batch::from_rows(shape, &rows);
        assert_eq!((batch.count, batch.padded_batch()), (3, 16));
        assert_eq!(batch.data[..4], [1.0, 9.0, 17.0, 0.0]);
        assert_eq!(batch.to_rows(), rows);
        assert!(batch.map(|v, _| v + 1.0).data[3..16].iter().all(|&v| v == 0.0));
    }
}
