//! A batch of activations with shapes known at run time: what passes between
//! nets and losses.
//!
//! Knows nothing of nets, devices or tapes.

use acai_kernel::GROUP;

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

/// Activations `(channels, side, side, lanes)`, batch last. The first `count`
/// lanes are examples, the others zeros.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// The shape of one example.
    pub shape: Shape,
    /// How many examples.
    pub count: usize,
    /// The elements; lane `b` of element `e` at `e · lanes + b`.
    pub data: Vec<f32>,
}

impl Batch {
    /// A batch of `data`, in which the lanes beyond `count` may hold anything;
    /// they become zeros.
    ///
    /// # Panics
    /// If the length does not fit.
    #[must_use]
    pub fn new(shape: Shape, count: usize, mut data: Vec<f32>) -> Self {
        let lanes = lanes(count);
        assert_eq!(data.len(), shape.len() * lanes, "{count} examples of {shape:?}");
        if count < lanes {
            data.chunks_exact_mut(lanes).for_each(|values| values[count..].fill(0.0));
        }
        Self { shape, count, data }
    }

    /// A batch of zeros.
    #[must_use]
    pub fn zeros(shape: Shape, count: usize) -> Self {
        Self { shape, count, data: vec![0.0; shape.len() * lanes(count)] }
    }

    /// Turns `count` examples, one after the other, into a batch.
    ///
    /// # Panics
    /// If `rows` does not hold whole examples.
    #[must_use]
    pub fn from_rows(shape: Shape, rows: &[f32]) -> Self {
        assert_eq!(rows.len() % shape.len(), 0, "whole examples of {shape:?}");
        let mut batch = Self::zeros(shape, rows.len() / shape.len());
        let (lanes, n) = (batch.lanes(), shape.len());
        // A group of lanes at a time: what is written then lies in one line of the cache.
        for (group, rows) in rows.chunks(n * GROUP).enumerate() {
            for (e, values) in batch.data.chunks_exact_mut(lanes).enumerate() {
                let values = &mut values[group * GROUP..];
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
        let (lanes, n) = (self.lanes(), self.shape.len());
        let mut rows = vec![0.0; self.count * n];
        for (group, rows) in rows.chunks_mut(n * GROUP).enumerate() {
            for (e, values) in self.data.chunks_exact(lanes).enumerate() {
                let values = &values[group * GROUP..];
                for (row, &value) in rows.chunks_exact_mut(n).zip(values) {
                    row[e] = value;
                }
            }
        }
        rows
    }

    /// Lanes, filled up to whole groups.
    #[must_use]
    pub fn lanes(&self) -> usize {
        lanes(self.count)
    }

    /// A batch of the same shape with `f` of each example's element and lane.
    #[must_use]
    pub fn map(&self, f: impl Fn(f32, usize) -> f32) -> Self {
        let mut out = self.clone();
        out.update(|v, _, lane| f(v, lane));
        out
    }

    /// Replaces each example's element by `f(value, index, lane)`; the filling
    /// lanes stay zero.
    pub fn update(&mut self, f: impl Fn(f32, usize, usize) -> f32) {
        let (lanes, count) = (self.lanes(), self.count);
        for (element, values) in self.data.chunks_exact_mut(lanes).enumerate() {
            for (lane, v) in values[..count].iter_mut().enumerate() {
                *v = f(*v, element * lanes + lane, lane);
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

/// `count` filled up to whole groups.
fn lanes(count: usize) -> usize {
    count.next_multiple_of(GROUP)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_beyond_the_examples_is_forgotten() {
        let batch = Batch::new(Shape { channels: 1, side: 1 }, 2, vec![7.0; 16]);
        assert_eq!(batch.data[..3], [7.0, 7.0, 0.0]);
        assert!(batch.data[2..].iter().all(|&v| v == 0.0));
    }

    #[test]
    fn rows_come_back_and_the_filling_is_zero() {
        let shape = Shape { channels: 2, side: 2 };
        let rows: Vec<f32> = (0..24).map(|v| v as f32 + 1.0).collect();
        let batch = Batch::from_rows(shape, &rows);
        assert_eq!((batch.count, batch.lanes()), (3, 16));
        assert_eq!(batch.data[..4], [1.0, 9.0, 17.0, 0.0]);
        assert_eq!(batch.to_rows(), rows);
        assert!(batch.map(|v, _| v + 1.0).data[3..16].iter().all(|&v| v == 0.0));
    }
}
