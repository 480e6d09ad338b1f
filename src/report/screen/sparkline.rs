//! Curves in one line each, eight heights to a character, with the numbers that
//! matter beside them.
//!
//! Knows nothing of what the values are.

use acai_common::format::number;

/// Heights from low to high.
const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Where there is no number.
const GAP: char = '·';

/// What spans a decade or more is drawn on a logarithmic scale.
const DECADE: f64 = 10.0;

/// Narrower curves say nothing.
const NARROWEST: usize = 8;

/// A named series.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// What it is called.
    pub name: String,
    /// Its values in order.
    pub values: Vec<f64>,
}

/// The curve alone, at most `width` characters: each is the mean of the values
/// it stands for. Whether it is logarithmic comes with it.
#[must_use]
pub fn curve(values: &[f64], width: usize) -> (String, bool) {
    let finite = || values.iter().copied().filter(|value| value.is_finite());
    let low = finite().fold(f64::INFINITY, f64::min);
    let high = finite().fold(f64::NEG_INFINITY, f64::max);
    let is_log = low > 0.0 && high / low >= DECADE;
    let scale = |value: f64| if is_log { value.log10() } else { value };
    let (low, range) = (scale(low), scale(high) - scale(low));
    let count = values.len().min(width);
    let bar = |at: usize| {
        let some = &values[at * values.len() / count..(at + 1) * values.len() / count];
        let finite = some.iter().copied().filter(|value| value.is_finite()).map(scale);
        let (sum, n) = finite.fold((0.0, 0), |(sum, n), value| (sum + value, n + 1));
        if n == 0 {
            return GAP;
        }
        let share = if range > 0.0 { (sum / f64::from(n) - low) / range } else { 0.0 };
        BARS[((share * 8.0) as usize).min(7)]
    };
    ((0..count).map(bar).collect(), is_log)
}

/// A line per series: name, curve, first, last and least value, under a head.
/// Together as wide as `width` if that leaves room for curves.
#[must_use]
pub fn table(all: &[Series], width: usize) -> String {
    let names = all.iter().map(|one| one.name.chars().count()).max().unwrap_or(0);
    let figures: Vec<[String; 3]> = all.iter().map(|one| figures(&one.values)).collect();
    let head = ["first", "last", "least"];
    let columns = [0, 1, 2].map(|column| {
        let cells = figures.iter().map(|row| row[column].chars().count());
        cells.chain([head[column].len()]).max().unwrap_or(0)
    });
    // Two blanks before every column, and `log` behind.
    let taken = 2 + names + 2 + columns.iter().map(|column| column + 2).sum::<usize>() + 5;
    let room = width.saturating_sub(taken).max(NARROWEST);
    let longest = all.iter().map(|one| one.values.len()).max().unwrap_or(0).min(room);
    let line = |name: &str, curve: &str, cells: [&str; 3], end: &str| {
        let [first, last, least] = cells;
        let [one, two, three] = columns;
        let line = format!(
            "  {name:<names$}  {curve:<longest$}  {first:>one$}  {last:>two$}  {least:>three$}  {end}"
        );
        line.trim_end().to_owned() + "\n"
    };
    let mut text = line("", "", head, "");
    for (series, figures) in all.iter().zip(&figures) {
        let (curve, is_log) = curve(&series.values, room);
        let cells = [0, 1, 2].map(|column| figures[column].as_str());
        text.push_str(&line(&series.name, &curve, cells, if is_log { "log" } else { "" }));
    }
    text
}

/// First, last and least value; the least of those that are numbers.
fn figures(values: &[f64]) -> [String; 3] {
    let shown = |value: Option<f64>| value.map_or_else(|| "none".to_owned(), number);
    let finite = values.iter().copied().filter(|value| value.is_finite());
    let least = finite.reduce(f64::min);
    [values.first().copied(), values.last().copied(), least].map(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(name: &str, values: &[f64]) -> Series {
        Series { name: name.to_owned(), values: values.to_vec() }
    }

    #[test]
    fn a_curve_goes_from_the_least_to_the_most() {
        let line = |values: &[f64], width| curve(values, width).0;
        assert_eq!(line(&[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0], 20), "▁▂▃▄▅▆▇██");
        assert_eq!(line(&[4.0, 4.0], 20), "▁▁");
        assert_eq!(line(&[1.0, f64::NAN, 2.0, f64::INFINITY], 20), "▁·█·");
        assert_eq!(line(&[], 20), "");
    }

    #[test]
    fn many_values_share_a_character() {
        let values: Vec<f64> = (0..100).map(f64::from).collect();
        assert_eq!(curve(&values, 5).0, "▁▃▅▆█");
    }

    #[test]
    fn what_spans_decades_is_logarithmic() {
        assert_eq!(curve(&[1000.0, 100.0, 10.0, 1.0], 9), ("█▆▃▁".to_owned(), true));
        assert_eq!(curve(&[9.0, 1.0], 9), ("█▁".to_owned(), false));
        assert_eq!(curve(&[1000.0, 0.0], 9), ("█▁".to_owned(), false), "0 has no logarithm");
    }

    #[test]
    fn a_table_is_as_wide_as_its_screen() {
        let slope: Vec<f64> = (1..=64).rev().map(|n| f64::from(n) / 64.0).collect();
        let fall: Vec<f64> = slope.iter().map(|value| value.powi(4)).collect();
        let all = [series("mse", &slope), series("critic_mixed", &fall)];
        assert_eq!(
            table(&all, 60),
            "                              first      last     least
  mse           █████▇▇▇▆▆▅▃  1.000   0.01562   0.01562  log
  critic_mixed  █████▇▇▇▆▆▅▃  1.000  5.960e-8  5.960e-8  log
"
        );
    }

    #[test]
    fn a_narrow_screen_still_shows_a_curve() {
        let text = table(&[series("mse", &[1.0; 30])], 20);
        assert!(text.contains("▁▁▁▁▁▁▁▁  1.000"), "{text}");
    }
}
