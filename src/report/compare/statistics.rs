//! Means over seeds, and the interval of a paired difference.
//!
//! Knows nothing of scores, of variants and of which way is better.

use statrs::distribution::{ContinuousCDF, StudentsT};

/// How sure an interval is.
const CONFIDENCE: f64 = 0.95;

/// Some values, summed up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    /// How many.
    pub n: usize,
    /// Their mean.
    pub mean: f64,
    /// Their sample standard deviation (n − 1); none of one value.
    pub std: Option<f64>,
}

/// What the differences of some pairs say of all pairs there could be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Difference {
    /// How many pairs.
    pub n: usize,
    /// The mean of their differences.
    pub mean: f64,
    /// The 95 % interval of that mean, lower end first; none for one pair.
    pub interval: Option<(f64, f64)>,
}

impl Summary {
    /// Sums up `values`; none if there are none.
    #[must_use]
    pub fn of(values: &[f64]) -> Option<Self> {
        if values.is_empty() {
            return None;
        }
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let squares = values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>();
        let std = (values.len() > 1).then(|| (squares / (n - 1.0)).sqrt());
        Some(Self { n: values.len(), mean, std })
    }
}

impl Difference {
    /// The difference second − first over `pairs`; none if there are none.
    ///
    /// The interval is Student's: mean ± t(0.975; n − 1) · std / √n.
    #[must_use]
    pub fn of(pairs: &[(f64, f64)]) -> Option<Self> {
        let differences: Vec<f64> = pairs.iter().map(|(first, second)| second - first).collect();
        let Summary { n, mean, std } = Summary::of(&differences)?;
        let interval = std.map(|std| {
            let reach = quantile(n - 1) * std / (n as f64).sqrt();
            (mean - reach, mean + reach)
        });
        Some(Self { n, mean, interval })
    }
}

/// What Student's t with this many degrees of freedom stays below, in size,
/// with the confidence of an interval.
fn quantile(degrees: usize) -> f64 {
    let student = StudentsT::new(0.0, 1.0, degrees as f64);
    let student = student.expect("two pairs or more leave a degree of freedom");
    student.inverse_cdf(f64::midpoint(1.0, CONFIDENCE))
}

#[cfg(test)]
mod tests {
    use super::*;
    use acai_random::RngStream;

    /// What `tests/reference/compare.py` printed, line by line: what it is, and
    /// numbers.
    fn reference() -> impl Iterator<Item = (&'static str, Vec<f64>)> {
        let text = include_str!("../../../tests/reference/compare.txt");
        text.lines().filter(|line| !line.starts_with('#')).map(|line| {
            let (word, numbers) = line.split_once(' ').unwrap();
            (word, numbers.split(' ').map(|number| number.parse().unwrap()).collect())
        })
    }

    #[track_caller]
    fn near(found: f64, wanted: f64) {
        let size = wanted.abs().max(1e-12);
        assert!((found - wanted).abs() <= 1e-9 * size, "{found} instead of {wanted}");
    }

    #[test]
    fn summaries_and_intervals_are_scipys() {
        let mut first = Vec::new();
        let mut second = Vec::new();
        let mut checked = 0;
        for (word, numbers) in reference() {
            match word {
                "first" => first = numbers,
                "second" => second = numbers,
                "summary" => {
                    for (values, wanted) in [(&first, &numbers[..2]), (&second, &numbers[2..])] {
                        let found = Summary::of(values).unwrap();
                        near(found.mean, wanted[0]);
                        near(found.std.unwrap(), wanted[1]);
                    }
                }
                "difference" => {
                    let pairs: Vec<_> = first.iter().copied().zip(second.clone()).collect();
                    let found = Difference::of(&pairs).unwrap();
                    let (low, high) = found.interval.unwrap();
                    near(found.mean, numbers[0]);
                    near(low, numbers[1]);
                    near(high, numbers[2]);
                    checked += 1;
                }
                "quantile" => near(quantile(numbers[0] as usize), numbers[1]),
                other => panic!("the reference says `{other}`"),
            }
        }
        assert_eq!(checked, 4);
    }

    #[test]
    fn of_one_value_nothing_spreads() {
        assert_eq!(Summary::of(&[]), None);
        assert_eq!(Difference::of(&[]), None);
        assert_eq!(Summary::of(&[2.5]), Some(Summary { n: 1, mean: 2.5, std: None }));
        let one = Difference { n: 1, mean: -0.5, interval: None };
        assert_eq!(Difference::of(&[(2.5, 2.0)]), Some(one));
    }

    /// Fabricated studies: all scores of a seed share its luck, the second arm
    /// is better by a known difference.
    fn coverage(seeds: usize, studies: u64) -> f64 {
        let known = -0.3;
        let covers = |study: u64| {
            let mut stream = RngStream::new(study, "compare", seeds as u64);
            let pairs = (0..seeds).map(|_| {
                let (luck, _) = stream.normal_pair();
                let (one, other) = stream.normal_pair();
                (5.0 + 2.0 * luck + one, 5.0 + 2.0 * luck + known + 0.5 * other)
            });
            let difference = Difference::of(&pairs.collect::<Vec<_>>()).unwrap();
            let (low, high) = difference.interval.unwrap();
            low <= known && known <= high
        };
        (0..studies).filter(|&study| covers(study)).count() as f64 / studies as f64
    }

    #[test]
    fn intervals_cover_a_known_difference_in_95_of_100_studies() {
        for seeds in [2, 3, 5, 10] {
            let share = coverage(seeds, 2_000);
            assert!((0.93..=0.97).contains(&share), "{seeds} seeds: {share}");
        }
    }
}
