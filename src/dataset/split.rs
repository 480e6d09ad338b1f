//! Which images are to test on, where the files do not say.
//!
//! Neighbours in a file are often alike (SVHN's come from one photograph), so
//! runs of images are taken and never single images. An accuracy on such a
//! part is not comparable with one on the test part that others publish.
//!
//! Knows nothing of files.

use std::ops::Range;

use serde::{Deserialize, Serialize};

/// How test images are taken from the training ones.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Split {
    /// The images, in the order of the files, are cut into `blocks` blocks of
    /// equal length; the last `test` of each is to test on. In a folder of
    /// images each class is a block of its own.
    Blocks {
        /// The share to test on, between 0 and 1.
        test: f64,
        /// How many blocks.
        #[serde(default = "ten")]
        blocks: usize,
    },
}

fn ten() -> usize {
    10
}

impl Split {
    /// What is wrong with its numbers, if anything is.
    #[must_use]
    pub fn fault(self) -> Option<String> {
        let Self::Blocks { test, blocks } = self;
        let is_fine = test > 0.0 && test < 1.0 && blocks >= 1;
        (!is_fine).then(|| "a share is between 0 and 1, and there is at least one block".to_owned())
    }

    /// The images to test on among `count`, ascending: of each block the last
    /// share, rounded down. `class_sizes` are the lengths of the classes, where
    /// the files are folders of classes.
    #[must_use]
    pub fn tests(self, count: usize, class_sizes: Option<&[usize]>) -> Vec<Range<usize>> {
        let Self::Blocks { test, blocks } = self;
        let equal: Vec<usize> = (0..blocks)
            .map(|block| count * (block + 1) / blocks - count * block / blocks)
            .collect();
        let mut start = 0;
        let ends = class_sizes.unwrap_or(&equal).iter().map(|&length| {
            start += length;
            let tests = (length as f64 * test) as usize;
            start - tests..start
        });
        ends.filter(|range| !range.is_empty()).collect()
    }
}

/// Which images of a stream of files are for training and which for testing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SplitAssignment {
    /// Which images are to test on, ascending.
    tests: Vec<Range<usize>>,
    count: usize,
}

/// Consecutive images that go to the same split, where they are consecutive too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssignedRange {
    /// Which images of the stream.
    pub images: Range<usize>,
    /// Whether they are to test on.
    pub is_test: bool,
    /// The place of the first among its part.
    pub place: usize,
}

impl SplitAssignment {
    /// Of `count` images, of which `tests` (ascending) are to test on.
    #[must_use]
    pub fn new(count: usize, tests: Vec<Range<usize>>) -> Self {
        Self { tests, count }
    }

    /// Of `count` images, all to test on.
    #[must_use]
    pub fn all_to_test_on(count: usize) -> Self {
        Self::new(count, std::iter::once(0..count).filter(|range| !range.is_empty()).collect())
    }

    /// How many go to train and to test on.
    #[must_use]
    pub fn counts(&self) -> (usize, usize) {
        let tests = self.tests.iter().map(Range::len).sum();
        (self.count - tests, tests)
    }

    /// The images of `range`, by split.
    #[must_use]
    pub fn runs(&self, range: Range<usize>) -> Vec<AssignedRange> {
        let mut runs = Vec::new();
        let mut seen = 0;
        let mut from = 0;
        let end = self.count..self.count;
        for test in self.tests.iter().chain(std::iter::once(&end)) {
            let clip = |run: Range<usize>| run.start.max(range.start)..run.end.min(range.end);
            let train = clip(from..test.start);
            if !train.is_empty() {
                runs.push(AssignedRange {
                    is_test: false,
                    place: train.start - seen,
                    images: train,
                });
            }
            let tests = clip(test.clone());
            if !tests.is_empty() {
                let place = seen + tests.start - test.start;
                runs.push(AssignedRange { is_test: true, place, images: tests });
            }
            seen += test.len();
            from = test.end;
        }
        runs
    }

    /// How many images from the start hold the first `train` and `test` ones.
    #[must_use]
    pub fn prefix(&self, train: usize, test: usize) -> usize {
        let ends = self.runs(0..self.count).into_iter().map(|run| {
            let wanted = if run.is_test { test } else { train };
            let taken = wanted.saturating_sub(run.place).min(run.images.len());
            if taken == 0 { 0 } else { run.images.start + taken }
        });
        ends.max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_every_block_is_to_test_on() {
        let split = Split::Blocks { test: 0.2, blocks: 2 };
        assert_eq!(split.tests(20, None), [8..10, 18..20]);
        assert_eq!(split.tests(21, None), [8..10, 19..21]);
        assert_eq!(split.tests(20, Some(&[5, 15])), [4..5, 17..20]);
        assert_eq!(Split::Blocks { test: 0.2, blocks: 10 }.tests(30, None), []);
    }

    #[test]
    fn shares_are_shares() {
        assert_eq!(Split::Blocks { test: 0.5, blocks: 1 }.fault(), None);
        for (test, blocks) in [(0.0, 1), (1.0, 1), (f64::NAN, 1), (0.5, 0)] {
            assert!(Split::Blocks { test, blocks }.fault().is_some(), "{test} {blocks}");
        }
    }

    #[test]
    fn every_image_has_one_place() {
        let assignment = SplitAssignment::new(10, vec![3..5, 8..9]);
        assert_eq!(assignment.counts(), (7, 3));
        let run = |images, is_test, place| AssignedRange { images, is_test, place };
        assert_eq!(
            assignment.runs(0..10),
            [
                run(0..3, false, 0),
                run(3..5, true, 0),
                run(5..8, false, 3),
                run(8..9, true, 2),
                run(9..10, false, 6),
            ]
        );
        assert_eq!(assignment.runs(4..7), [run(4..5, true, 1), run(5..7, false, 3)]);
    }

    #[test]
    fn a_prefix_holds_what_is_asked_for() {
        let assignment = SplitAssignment::new(10, vec![3..5, 8..9]);
        assert_eq!(assignment.prefix(3, 0), 3);
        assert_eq!(assignment.prefix(3, 1), 4);
        assert_eq!(assignment.prefix(4, 1), 6);
        assert_eq!(assignment.prefix(7, 3), 10);
        assert_eq!(assignment.prefix(0, 0), 0);
    }
}
