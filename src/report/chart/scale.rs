//! Axes: from values to places, and the round values that are written beside.
//!
//! Knows nothing of what is drawn.

/// A logarithmic axis is for values that span this much.
const WIDE: f64 = 20.0;

/// What is left free at the ends of an axis, as a share of what the values span.
const EDGE: f64 = 0.05;

/// About how many ticks an axis has.
const TICKS: f64 = 5.0;

/// An axis.
#[derive(Clone, Debug)]
pub(crate) struct Scale {
    low: f64,
    high: f64,
    from: f64,
    to: f64,
    is_log: bool,
}

impl Scale {
    /// An even axis from the least to the greatest, nothing left free.
    pub(crate) fn tight(values: impl Iterator<Item = f64>, (from, to): (f64, f64)) -> Option<Self> {
        let (low, high) = span(values)?;
        let high = if high > low { high } else { low + 1.0 };
        Some(Self { low, high, from, to, is_log: false })
    }

    /// An even axis over `values`, from `from` to `to`; none if there are none.
    pub(crate) fn linear(
        values: impl Iterator<Item = f64>,
        (from, to): (f64, f64),
        from_zero: bool,
    ) -> Option<Self> {
        let (mut low, mut high) = span(values)?;
        let reach = EDGE * (high - low);
        if from_zero {
            (low, high) = (low.min(0.0), if high > 0.0 { high + reach } else { 0.0 });
        } else {
            (low, high) = (low - reach, high + reach);
        }
        if high - low <= 1e-12 * high.abs().max(low.abs()) {
            // One value alone stands in the middle.
            let reach = if high == 0.0 { 1.0 } else { high.abs() / 2.0 };
            (low, high) = (low - reach, high + reach);
        }
        Some(Self { low, high, from, to, is_log: false })
    }

    /// A logarithmic axis, if that is `wanted` and all values are above zero
    /// and far enough apart.
    pub(crate) fn log(values: &[f64], (from, to): (f64, f64), wanted: bool) -> Option<Self> {
        let (low, high) = span(values.iter().copied())?;
        if !wanted || low <= 0.0 || high / low < WIDE {
            return None;
        }
        let (low, high) = (low.log10(), high.log10());
        let reach = EDGE * (high - low);
        Some(Self { low: low - reach, high: high + reach, from, to, is_log: true })
    }

    pub(crate) fn ends(&self) -> (f64, f64) {
        (self.from, self.to)
    }

    /// Where a value stands.
    pub(crate) fn place(&self, value: f64) -> f64 {
        let value = if self.is_log { value.log10() } else { value };
        self.from + (value - self.low) / (self.high - self.low) * (self.to - self.from)
    }

    /// Round values inside the axis.
    pub(crate) fn ticks(&self) -> Vec<f64> {
        if !self.is_log {
            return even(self.low, self.high);
        }
        let decades = self.low.floor() as i32..=self.high.ceil() as i32;
        let steps: &[f64] = if self.high - self.low < 2.0 { &[1.0, 2.0, 5.0] } else { &[1.0] };
        let all = decades.flat_map(|decade| steps.iter().map(move |step| step * ten_to(decade)));
        let slack = 1e-9;
        let is_inside = |value: &f64| {
            let place = value.log10();
            (self.low - slack..=self.high + slack).contains(&place)
        };
        all.filter(is_inside).collect()
    }
}

fn even(low: f64, high: f64) -> Vec<f64> {
    let rough = (high - low) / TICKS;
    let decade = ten_to(rough.log10().floor() as i32);
    let round = [1.0, 2.0, 2.5, 5.0, 10.0].map(|step| step * decade);
    let step = round.into_iter().find(|&step| step >= rough * 0.999).unwrap_or(rough);
    let (first, last) = ((low / step - 1e-9).ceil() as i64, (high / step + 1e-9).floor() as i64);
    (first..=last).map(|count| count as f64 * step).collect()
}

fn ten_to(exponent: i32) -> f64 {
    10.0_f64.powi(exponent)
}

/// The least and the greatest finite value.
fn span(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    let mut finite = values.filter(|value| value.is_finite());
    let first = finite.next()?;
    Some(finite.fold((first, first), |(low, high), value| (low.min(value), high.max(value))))
}

/// A round value in few characters: `0.02`, `128`, `1e-5`.
pub(crate) fn short(value: f64) -> String {
    let size = value.abs();
    if size != 0.0 && !(1e-3..1e5).contains(&size) {
        let text = format!("{value:.1e}").replace(".0e", "e");
        return text.replace('-', "−");
    }
    let text = format!("{value:.4}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.replace('-', "−") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_inside() {
        let scale = |low: f64, high: f64| {
            Scale::linear([low, high].into_iter(), (0.0, 100.0), false).unwrap().ticks()
        };
        assert_eq!(scale(0.0, 128.0), [0.0, 50.0, 100.0]);
        assert_eq!(scale(0.0, 0.04).len(), 5);
        let zero = Scale::linear([2.0, 10.0].into_iter(), (100.0, 0.0), true).unwrap();
        assert!((zero.place(0.0) - 100.0).abs() < 1e-9 && zero.place(10.0) > 0.0);
        assert_eq!(scale(-90.0, 90.0), [-50.0, 0.0, 50.0]);
    }

    #[test]
    fn wide_values_above_zero_get_a_logarithm() {
        let log = |values: &[f64]| Scale::log(values, (0.0, 100.0), true);
        assert!(log(&[0.1, 1.0]).is_none());
        assert!(log(&[0.0, 1.0]).is_none());
        let scale = log(&[0.001, 1.0]).unwrap();
        let ends = [0.001, 1.0].map(|value| scale.place(value).round() as i32);
        assert_eq!(ends, [5, 95]);
        let ticks: Vec<String> = scale.ticks().into_iter().map(short).collect();
        assert_eq!(ticks, ["0.001", "0.01", "0.1", "1"]);
    }

    #[test]
    fn one_value_stands_in_the_middle() {
        for value in [0.0, 3.0, -2.0] {
            let scale = Scale::linear([value].into_iter(), (0.0, 100.0), false).unwrap();
            assert!((scale.place(value) - 50.0).abs() < 1e-9);
            assert!(!scale.ticks().is_empty());
        }
    }

    #[test]
    fn round_values_are_short() {
        let texts = [0.0, 0.02, 128.0, 1e-5, 2.5e-4, -90.0, 2e6].map(short);
        assert_eq!(texts, ["0", "0.02", "128", "1e−5", "2.5e−4", "−90", "2e6"]);
    }
}
