//! Means over seeds, and what a difference or a ratio of two variants may be.
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
    /// The least and the greatest of them.
    pub ends: (f64, f64),
}

/// An estimate of how two variants differ, from some of their values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// How many pairs of values, or the fewer of the two variants' values.
    pub n: usize,
    /// The estimate.
    pub mean: f64,
    /// How far it scatters, and by which distribution; none where too few values say so.
    spread: Option<Spread>,
}

/// Student's t distribution about an estimate.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Spread {
    standard_error: f64,
    degrees: f64,
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
        let least = values.iter().copied().fold(f64::INFINITY, f64::min);
        let greatest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        Some(Self { n: values.len(), mean, std, ends: (least, greatest) })
    }

    /// The variance of the mean; none of one value.
    fn variance_of_mean(&self) -> Option<f64> {
        self.std.map(|std| std * std / self.n as f64)
    }
}

impl Estimate {
    /// The mean difference second − first over `pairs`, by Student's distribution with
    /// n − 1 degrees of freedom; none if there are no pairs.
    #[must_use]
    pub fn paired(pairs: &[(f64, f64)]) -> Option<Self> {
        let differences: Vec<f64> = pairs.iter().map(|(first, second)| second - first).collect();
        let summary = Summary::of(&differences)?;
        let spread = summary.variance_of_mean().map(|variance| Spread {
            standard_error: variance.sqrt(),
            degrees: summary.n as f64 - 1.0,
        });
        Some(Self { n: summary.n, mean: summary.mean, spread })
    }

    /// The difference of the means second − first, as if no value of one belonged to
    /// one of the other: Welch's, with the degrees of freedom by Satterthwaite. None
    /// if either is empty.
    #[must_use]
    pub fn welch(first: &[f64], second: &[f64]) -> Option<Self> {
        let (first, second) = (Summary::of(first)?, Summary::of(second)?);
        let spread = || {
            let (a, b) = (first.variance_of_mean()?, second.variance_of_mean()?);
            let share = |variance: f64, n: usize| variance * variance / (n as f64 - 1.0);
            let degrees = (a + b) * (a + b) / (share(a, first.n) + share(b, second.n));
            // Without any spread there is nothing to weigh.
            let degrees = if degrees.is_nan() { (first.n + second.n - 2) as f64 } else { degrees };
            Some(Spread { standard_error: (a + b).sqrt(), degrees })
        };
        let n = first.n.min(second.n);
        Some(Self { n, mean: second.mean - first.mean, spread: spread() })
    }

    /// The 95 % interval, lower end first; none where there is no spread to be known.
    #[must_use]
    pub fn interval(&self) -> Option<(f64, f64)> {
        self.interval_of(CONFIDENCE)
    }

    /// How probable it is, if there is no difference, to see one at least as large;
    /// none where there is no spread to be known.
    #[must_use]
    pub fn p_value(&self) -> Option<f64> {
        let Spread { standard_error, degrees } = self.spread?;
        if self.mean == 0.0 {
            return Some(1.0);
        }
        let t = (self.mean / standard_error).abs();
        Some(2.0 * student(degrees).sf(t))
    }

    /// The p-value of two one-sided tests (TOST) that the difference lies within
    /// `margins`, both of which a small value rejects; none where there is no spread
    /// to be known (Schuirmann 1987).
    #[must_use]
    pub fn equivalence_p_value(&self, (low, high): (f64, f64)) -> Option<f64> {
        let Spread { standard_error, degrees } = self.spread?;
        let below = student(degrees).sf((self.mean - low) / standard_error);
        let above = student(degrees).sf((high - self.mean) / standard_error);
        Some(below.max(above))
    }

    fn interval_of(&self, confidence: f64) -> Option<(f64, f64)> {
        let Spread { standard_error, degrees } = self.spread?;
        let reach = student(degrees).inverse_cdf(f64::midpoint(1.0, confidence)) * standard_error;
        Some((self.mean - reach, self.mean + reach))
    }
}

/// Holm's correction: p-values such that, of all comparisons together, one without a
/// difference passes 5 % in at most 5 of 100 studies (Holm 1979).
#[must_use]
pub fn holm(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|&a, &b| p_values[a].total_cmp(&p_values[b]));
    let mut corrected = vec![0.0; p_values.len()];
    let mut least: f64 = 0.0;
    for (rank, at) in order.into_iter().enumerate() {
        let count = (p_values.len() - rank) as f64;
        least = least.max((count * p_values[at]).min(1.0));
        corrected[at] = least;
    }
    corrected
}

fn student(degrees: f64) -> StudentsT {
    StudentsT::new(0.0, 1.0, degrees).expect("two values or more leave a degree of freedom")
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
        let size = wanted.abs().max(1e-6);
        assert!((found - wanted).abs() <= 1e-9 * size, "{found} instead of {wanted}");
    }

    /// Estimate, ends of the 95 % interval and p-value.
    #[track_caller]
    fn is(found: Estimate, wanted: &[f64]) {
        let (low, high) = found.interval().unwrap();
        let found = [found.mean, low, high, found.p_value().unwrap()];
        for (found, &wanted) in found.into_iter().zip(wanted) {
            near(found, wanted);
        }
    }

    #[test]
    fn summaries_intervals_and_p_values_are_scipys() {
        let (mut first, mut second) = (Vec::new(), Vec::new());
        let mut checked = 0;
        for (word, numbers) in reference() {
            let pairs: Vec<_> = first.iter().copied().zip(second.iter().copied()).collect();
            checked += 1;
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
                "paired" => is(Estimate::paired(&pairs).unwrap(), &numbers),
                "welch" => is(Estimate::welch(&first, &second).unwrap(), &numbers),
                "equivalence" => {
                    let estimate = Estimate::paired(&pairs).unwrap();
                    let margins = (numbers[0], numbers[1]);
                    near(estimate.equivalence_p_value(margins).unwrap(), numbers[2]);
                }
                "holm" => {
                    let (given, wanted) = numbers.split_at(numbers.len() / 2);
                    holm(given).into_iter().zip(wanted).for_each(|(a, &b)| near(a, b));
                }
                "wilson" => {
                    let (low, high) =
                        acai_metric::accuracy::wilson_interval(numbers[0], numbers[1] as usize);
                    near(low, numbers[2]);
                    near(high, numbers[3]);
                }
                other => panic!("the reference says `{other}`"),
            }
        }
        assert_eq!(checked, 33);
    }

    #[test]
    fn of_one_value_nothing_spreads() {
        assert_eq!(Summary::of(&[]), None);
        assert_eq!(Estimate::paired(&[]), None);
        assert_eq!(Estimate::welch(&[], &[1.0]), None);
        assert_eq!(
            Summary::of(&[2.5]),
            Some(Summary { n: 1, mean: 2.5, std: None, ends: (2.5, 2.5) })
        );
        let one = Estimate { n: 1, mean: -0.5, spread: None };
        assert_eq!(Estimate::paired(&[(2.5, 2.0)]), Some(one));
        assert_eq!(
            (one.interval(), one.p_value(), one.equivalence_p_value((-1.0, 1.0))),
            (None, None, None)
        );
        let two = Estimate::welch(&[2.5], &[2.0, 3.0]).unwrap();
        assert_eq!((two.n, two.mean, two.interval()), (1, 0.0, None));
    }

    #[test]
    fn values_that_are_all_alike_have_an_interval_without_width() {
        let same = Estimate::welch(&[0.5, 0.5], &[0.5, 0.5]).unwrap();
        assert_eq!((same.interval(), same.p_value()), (Some((0.0, 0.0)), Some(1.0)));
        let apart = Estimate::paired(&[(0.5, 1.0), (0.5, 1.0)]).unwrap();
        assert_eq!((apart.interval(), apart.p_value()), (Some((0.5, 0.5)), Some(0.0)));
    }

    /// How many of `studies` fabricated ones have the known difference in the
    /// interval that `estimate` makes of their pairs. In each, the scores of a seed
    /// share its luck, the second variant's turned over if `turned`.
    fn coverage(seeds: usize, turned: bool, estimate: impl Fn(&[(f64, f64)]) -> Estimate) -> f64 {
        let (known, studies) = (-0.3, 2_000);
        let covers = |study: u64| {
            let mut stream = RngStream::new(study, "compare", seeds as u64);
            let pairs = (0..seeds).map(|_| {
                let (luck, _) = stream.normal_pair();
                let (one, other) = stream.normal_pair();
                let shared = if turned { -luck } else { luck };
                (5.0 + 2.0 * luck + one, 5.0 + 2.0 * shared + known + 0.5 * other)
            });
            let (low, high) = estimate(&pairs.collect::<Vec<_>>()).interval().unwrap();
            low <= known && known <= high
        };
        (0..studies).filter(|&study| covers(study)).count() as f64 / studies as f64
    }

    #[test]
    fn paired_intervals_cover_a_known_difference_in_95_of_100_studies() {
        for (seeds, turned) in [(2, false), (3, false), (3, true), (5, true), (10, false)] {
            let share = coverage(seeds, turned, |pairs| Estimate::paired(pairs).unwrap());
            assert!((0.93..=0.97).contains(&share), "{seeds} seeds: {share}");
        }
    }

    /// Why the paired interval is the one that decides: Welch's is too wide where
    /// seeds help both variants, and too narrow where one's luck is the other's harm.
    #[test]
    fn welchs_intervals_are_wrong_where_seeds_are_related() {
        let welch = |pairs: &[(f64, f64)]| {
            let (first, second): (Vec<f64>, Vec<f64>) = pairs.iter().copied().unzip();
            Estimate::welch(&first, &second).unwrap()
        };
        assert!(coverage(10, false, welch) > 0.99);
        assert!(coverage(10, true, welch) < 0.88);
    }
}
