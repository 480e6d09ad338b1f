//! Line charts as inline SVG: lines with bands, named at their right ends.
//!
//! Colours come from classes, so that the page can be light or dark. Knows
//! nothing of what the lines mean.

pub(crate) mod scale;

use std::fmt::Write as _;

use maud::{Markup, html};

use self::scale::{Scale, short};

/// Lengths in the SVG's own units, about a pixel each.
const WIDTH: f64 = 360.0;
const HEIGHT: f64 = 210.0;
const LEFT: f64 = 46.0;
const TOP: f64 = 10.0;
const BOTTOM: f64 = 32.0;

/// Least distance of two names.
const NAME_HEIGHT: f64 = 12.0;

/// About how wide a character of a name is.
const CHARACTER: f64 = 6.1;

/// Longer names are cut.
const LONGEST_NAME: usize = 14;

/// Some lines over one axis.
pub(crate) struct Chart<'a> {
    /// What it shows, for those who cannot see it.
    pub(crate) alt: String,
    /// What the horizontal axis counts.
    pub(crate) unit: &'a str,
    pub(crate) lines: Vec<ChartLine>,
    /// Whether the vertical axis may be logarithmic.
    pub(crate) may_be_log: bool,
    /// Whether the vertical axis starts at zero, if it is not logarithmic.
    pub(crate) from_zero: bool,
}

/// One line of a chart. Values that are no finite numbers are gaps.
pub(crate) struct ChartLine {
    pub(crate) name: String,
    /// Decides its colour.
    pub(crate) class: String,
    /// From left to right.
    pub(crate) points: Vec<(f64, f64)>,
    /// (x, low, high), from left to right; may be empty.
    pub(crate) band: Vec<(f64, f64, f64)>,
}

impl Chart<'_> {
    /// The picture; none if no line has a value.
    pub(crate) fn draw(&self) -> Option<Markup> {
        let right = WIDTH - self.margin();
        let xs = self.points().map(|(x, _)| x).chain([0.0]);
        let across = Scale::tight(xs, (LEFT, right))?;
        let values: Vec<f64> = self.values().collect();
        let ends = (HEIGHT - BOTTOM, TOP);
        let up = Scale::log(&values, ends, self.may_be_log)
            .or_else(|| Scale::linear(values.iter().copied(), ends, self.from_zero))?;
        Some(html! {
            svg.chart
                viewBox={ "0 0 " (WIDTH) " " (HEIGHT) }
                role="img"
                aria-label=(self.alt)
                data-left=(LEFT)
                data-right=(right)
            {
                (axes(&across, &up, self.unit))
                @for line in &self.lines { (line.band(&across, &up)) }
                @for line in &self.lines { (line.stroke(&across, &up)) }
                (marker())
                (self.names(&up, right))
            }
        })
    }

    fn points(&self) -> impl Iterator<Item = (f64, f64)> + '_ {
        let all = self.lines.iter().flat_map(|line| line.points.iter().copied());
        all.filter(|(x, y)| x.is_finite() && y.is_finite())
    }

    fn values(&self) -> impl Iterator<Item = f64> + '_ {
        let bands = self.lines.iter().flat_map(|line| &line.band);
        let bands = bands.flat_map(|&(_, low, high)| [low, high]).filter(|value| value.is_finite());
        self.points().map(|(_, y)| y).chain(bands)
    }

    /// Room for the names.
    fn margin(&self) -> f64 {
        let longest = self.lines.iter().map(|line| line.name.chars().count().min(LONGEST_NAME));
        12.0 + CHARACTER * longest.max().unwrap_or(0) as f64
    }

    /// The names, each beside its line's end, moved apart where they meet.
    fn names(&self, up: &Scale, right: f64) -> Markup {
        let mut ends: Vec<(f64, &ChartLine)> = self
            .lines
            .iter()
            .filter_map(|line| {
                let last = line.points.iter().rev().find(|(_, y)| y.is_finite())?;
                Some((up.place(last.1), line))
            })
            .collect();
        ends.sort_by(|a, b| a.0.total_cmp(&b.0));
        let wanted: Vec<f64> = ends.iter().map(|end| end.0).collect();
        let places = apart(&wanted, (TOP + 4.0, HEIGHT - BOTTOM));
        html! {
            @for ((_, line), y) in ends.iter().zip(places) {
                text class={ "name " (line.class) } x=(tenths(right + 6.0)) y=(tenths(y + 3.5)) {
                    (cut(&line.name))
                }
            }
        }
    }
}

impl ChartLine {
    fn stroke(&self, across: &Scale, up: &Scale) -> Markup {
        let (mut path, mut is_down) = (String::new(), false);
        for &(x, y) in &self.points {
            if !(x.is_finite() && y.is_finite()) {
                is_down = false;
                continue;
            }
            let word = if is_down { 'L' } else { 'M' };
            let _ = write!(path, "{word}{:.1} {:.1}", across.place(x), up.place(y));
            is_down = true;
        }
        html! { path class={ "line " (self.class) } d=(path) {} }
    }

    fn band(&self, across: &Scale, up: &Scale) -> Markup {
        let is_whole = |&&(x, low, high): &&(f64, f64, f64)| {
            x.is_finite() && low.is_finite() && high.is_finite()
        };
        let whole: Vec<_> = self.band.iter().filter(is_whole).collect();
        if whole.is_empty() {
            return html! {};
        }
        let above = whole.iter().map(|(x, _, high)| (across.place(*x), up.place(*high)));
        let below = whole.iter().rev().map(|(x, low, _)| (across.place(*x), up.place(*low)));
        let corners: Vec<String> =
            above.chain(below).map(|(x, y)| format!("{x:.1} {y:.1}")).collect();
        let path = format!("M{}Z", corners.join("L"));
        html! { path class={ "band " (self.class) } d=(path) {} }
    }
}

fn axes(across: &Scale, up: &Scale, unit: &str) -> Markup {
    let (left, right) = across.ends();
    let floor = HEIGHT - BOTTOM;
    let places = |axis: &Scale| -> Vec<(f64, String)> {
        axis.ticks().into_iter().map(|value| (axis.place(value), short(value))).collect()
    };
    let (rows, columns) = (places(up), places(across));
    let mut grid = String::new();
    for (y, _) in &rows {
        let _ = write!(grid, "M{left:.1} {y:.1}H{right:.1}");
    }
    for (x, _) in &columns {
        let _ = write!(grid, "M{x:.1} {floor:.1}v3");
    }
    html! {
        path.grid d=(grid) {}
        path.axis d={ "M" (tenths(left)) " " (tenths(floor)) "H" (tenths(right)) } {}
        @for (y, text) in rows {
            text.tick.end x=(left - 6.0) y=(tenths(y + 3.5)) { (text) }
        }
        @for (x, text) in columns {
            text.tick.middle x=(tenths(x)) y=(floor + 14.0) { (text) }
        }
        text.tick.middle x=(tenths(f64::midpoint(left, right))) y=(floor + 27.0) { (unit) }
    }
}

/// A vertical line under the pointer, moved by the script.
fn marker() -> Markup {
    html! { line.marker y1=(TOP) y2=(HEIGHT - BOTTOM) x1="0" x2="0" {} }
}

/// A coordinate, to a tenth.
fn tenths(value: f64) -> String {
    format!("{value:.1}")
}

fn cut(name: &str) -> String {
    if name.chars().count() <= LONGEST_NAME {
        return name.to_owned();
    }
    name.chars().take(LONGEST_NAME - 1).chain(['…']).collect()
}

/// Heights in rising order, moved so that neighbours have room and all stay
/// between the ends, if they fit.
fn apart(wanted: &[f64], (top, bottom): (f64, f64)) -> Vec<f64> {
    let mut places = wanted.to_vec();
    let mut least = top;
    for place in &mut places {
        *place = place.max(least);
        least = *place + NAME_HEIGHT;
    }
    let mut most = bottom;
    for place in places.iter_mut().rev() {
        *place = place.min(most);
        most = *place - NAME_HEIGHT;
    }
    places
}

/// A chart beneath its heading.
pub(crate) fn panel(heading: &str, note: &str, chart: &Markup) -> Markup {
    html! {
        figure.panel {
            figcaption {
                b { (heading) }
                @if !note.is_empty() { span.note { (note) } }
            }
            (chart)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(name: &str, points: &[(f64, f64)]) -> ChartLine {
        ChartLine { name: name.into(), class: "v0".into(), points: points.to_vec(), band: vec![] }
    }

    fn chart(lines: Vec<ChartLine>) -> Chart<'static> {
        Chart { alt: "it".into(), unit: "kimg", lines, may_be_log: false, from_zero: true }
    }

    #[test]
    fn a_value_that_is_no_number_is_a_gap() {
        let points = [(0.0, 0.0), (1.0, 1.0), (2.0, f64::NAN), (3.0, 1.0), (4.0, 0.0)];
        let drawn = chart(vec![line("a", &points)]).draw().unwrap().into_string();
        let path = drawn.split("class=\"line v0\" d=\"").nth(1).unwrap();
        let path = path.split('"').next().unwrap();
        assert_eq!(path.matches('M').count(), 2, "{path}");
        assert_eq!(path.matches('L').count(), 2, "{path}");
    }

    #[test]
    fn without_values_there_is_no_chart() {
        assert!(chart(vec![line("a", &[(0.0, f64::NAN)])]).draw().is_none());
        assert!(chart(vec![]).draw().is_none());
    }

    #[test]
    fn names_do_not_meet_and_stay_inside() {
        assert_eq!(apart(&[50.0, 52.0, 100.0], (10.0, 178.0)), [50.0, 62.0, 100.0]);
        assert_eq!(apart(&[170.0, 177.0, 178.0], (10.0, 178.0)), [154.0, 166.0, 178.0]);
    }

    #[test]
    fn long_names_are_cut() {
        assert_eq!(cut("baseline"), "baseline");
        assert_eq!(cut("a-very-long-name"), "a-very-long-n…");
    }
}
