//! Points in a plane: eight to a character in colours, and each class marked at
//! its middle; without colours, the class that most points of a character have.
//!
//! Knows nothing of where points come from.

use std::collections::BTreeMap;

use super::{ColourDepth, Screen, canvas::text_code};

/// Lines of a map.
const TALLEST: usize = 28;

/// Columns of a map.
const WIDEST: usize = 100;

/// Braille without dots; dots are its lowest bits.
const BRAILLE: u32 = 0x2800;

/// The bit of a dot, by row and column.
const DOTS: [[u32; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];

/// Neither dark nor light, so that they stand out from either ground.
const COLOURS: [[u8; 3]; 10] = [
    [59, 130, 246],
    [229, 72, 77],
    [47, 150, 68],
    [217, 115, 13],
    [144, 101, 216],
    [13, 148, 136],
    [214, 64, 159],
    [160, 112, 60],
    [128, 128, 128],
    [138, 138, 0],
];

/// What names a class in one character.
const MARKS: &[u8] = b"0123456789abcdefghijklmnopqrstuvwxyz";

/// Points and what they are.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ScatterPoints {
    /// Where they lie, to the right and up.
    pub positions: Vec<[f64; 2]>,
    /// Their classes.
    pub labels: Vec<u8>,
    /// Names of the classes; none where they are their numbers.
    pub names: Vec<String>,
}

/// One character of the map.
#[derive(Clone, Debug, Default)]
struct MapCell {
    dots: u32,
    counts: BTreeMap<u8, usize>,
}

/// How positions become dots: both axes alike.
struct MapScale {
    left: f64,
    top: f64,
    /// Dots per unit.
    factor: f64,
    columns: usize,
    lines: usize,
}

impl ScatterPoints {
    fn finite(&self) -> impl Iterator<Item = ([f64; 2], u8)> + '_ {
        let all = self.positions.iter().copied().zip(self.labels.iter().copied());
        all.filter(|(at, _)| at.iter().all(|value| value.is_finite()))
    }
}

/// The map and a legend.
#[must_use]
pub fn draw(points: &ScatterPoints, screen: Screen) -> Vec<String> {
    let Some(scale) = MapScale::new(points, screen.width) else { return Vec::new() };
    let mut cells = vec![vec![MapCell::default(); scale.columns]; scale.lines];
    for (position, label) in points.finite() {
        let (x, y) = scale.place(position);
        let cell = &mut cells[y / 4][x / 2];
        cell.dots |= DOTS[y % 4][x % 2];
        *cell.counts.entry(label).or_default() += 1;
    }
    let marks = if screen.depth.has_colours() { middles(points, &scale) } else { BTreeMap::new() };
    let lines = cells.iter().enumerate().map(|(line, cells)| {
        let drawn = cells.iter().enumerate().map(|(column, cell)| {
            let mark = marks.get(&(line, column)).copied();
            cell.draw(mark, screen.depth)
        });
        drawn.collect::<String>().trim_end().to_owned()
    });
    lines.chain(legend(points, screen)).collect()
}

impl MapScale {
    /// As wide as the screen, unless that makes it too tall.
    fn new(points: &ScatterPoints, width: usize) -> Option<Self> {
        let limits = |axis: usize| {
            let values = || points.finite().map(move |(at, _)| at[axis]);
            let (low, high) = (
                values().fold(f64::INFINITY, f64::min),
                values().fold(f64::NEG_INFINITY, f64::max),
            );
            (low <= high).then_some((low, high))
        };
        let (left, right) = limits(0)?;
        let (bottom, top) = limits(1)?;
        let (across, up) = (right - left, top - bottom);
        let widest = (2 * width.clamp(1, WIDEST) - 1) as f64;
        // Nothing is divided by 0: a map of one place has one character.
        let fits = |dots: f64, length: f64| dots / length.max(f64::MIN_POSITIVE);
        let factor = fits(widest, across).min(fits((4 * TALLEST - 1) as f64, up)).min(f64::MAX);
        let cells = |length: f64, dots: usize| ((length * factor) as usize + dots) / dots;
        Some(Self { left, top, factor, columns: cells(across, 2), lines: cells(up, 4) })
    }

    /// Dots from the left and from the top.
    fn place(&self, [x, y]: [f64; 2]) -> (usize, usize) {
        let dot = |length: f64, most: usize| ((length * self.factor).round() as usize).min(most);
        (dot(x - self.left, 2 * self.columns - 1), dot(self.top - y, 4 * self.lines - 1))
    }
}

/// The character in the middle of each class's points, by line and column.
fn middles(points: &ScatterPoints, scale: &MapScale) -> BTreeMap<(usize, usize), u8> {
    let mut sums: BTreeMap<u8, ([f64; 2], f64)> = BTreeMap::new();
    for ([x, y], label) in points.finite() {
        let (sum, count) = sums.entry(label).or_default();
        *sum = [sum[0] + x, sum[1] + y];
        *count += 1.0;
    }
    let middle = |(label, (sum, count)): (u8, ([f64; 2], f64))| {
        let (x, y) = scale.place([sum[0] / count, sum[1] / count]);
        ((y / 4, x / 2), label)
    };
    sums.into_iter().map(middle).collect()
}

impl MapCell {
    fn draw(&self, mark: Option<u8>, depth: ColourDepth) -> String {
        if let Some(label) = mark {
            return format!("\x1b[1;7;{}m{}\x1b[0m", code(label, depth), character(label));
        }
        // Of classes that are as frequent, the first.
        let most = self.counts.iter().max_by_key(|(label, count)| (**count, u8::MAX - **label));
        match most {
            None => " ".to_owned(),
            Some((&label, _)) if depth.has_colours() => {
                let dots = char::from_u32(BRAILLE + self.dots).unwrap_or('?');
                format!("\x1b[{}m{dots}\x1b[0m", code(label, depth))
            }
            Some((&label, _)) => character(label).to_string(),
        }
    }
}

fn code(label: u8, depth: ColourDepth) -> String {
    text_code(COLOURS[usize::from(label) % COLOURS.len()], depth)
}

fn character(label: u8) -> char {
    MARKS.get(usize::from(label)).map_or('+', |&mark| char::from(mark))
}

/// Which mark is which class, in as many lines as it takes; nothing where marks
/// say it already.
fn legend(points: &ScatterPoints, screen: Screen) -> Vec<String> {
    let mut labels: Vec<u8> = points.finite().map(|(_, label)| label).collect();
    labels.sort_unstable();
    labels.dedup();
    let is_plain = |&label: &u8| {
        let name = points.names.get(usize::from(label));
        name.is_none_or(|name| *name == character(label).to_string())
    };
    if !screen.depth.has_colours() && labels.iter().all(is_plain) {
        return Vec::new();
    }
    let (mut lines, mut room) = (vec![String::new()], 0);
    for label in labels {
        let name = if is_plain(&label) { "" } else { &points.names[usize::from(label)] };
        let plain = format!("{} {name}", character(label));
        let width = plain.trim_end().chars().count();
        if room + width + 2 > screen.width && room > 0 {
            lines.push(String::new());
            room = 0;
        }
        let blanks = if room > 0 { "  " } else { "" };
        room += width + blanks.len();
        let line = lines.last_mut().expect("there is a line");
        line.push_str(blanks);
        line.push_str(&if screen.depth.has_colours() {
            let mark =
                format!("\x1b[1;7;{}m{}\x1b[0m", code(label, screen.depth), character(label));
            format!("{mark} {name}").trim_end().to_owned()
        } else {
            plain.trim_end().to_owned()
        });
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(names: &[&str]) -> ScatterPoints {
        ScatterPoints {
            positions: vec![[0.0, 0.0], [10.0, 0.0], [0.0, 4.0], [10.0, 4.0], [f64::NAN, 9.0]],
            labels: vec![0, 1, 1, 12, 3],
            names: names.iter().map(|&name| name.to_owned()).collect(),
        }
    }

    fn screen(depth: ColourDepth) -> Screen {
        Screen { width: 11, depth, is_light: false }
    }

    #[test]
    fn without_colours_characters_are_classes() {
        let lines = draw(&points(&[]), screen(ColourDepth::Characters));
        assert_eq!(lines, ["1         c", "", "0         1"]);
        let lines = draw(&points(&["nil", "one"]), screen(ColourDepth::Greys));
        assert_eq!(lines[3..], ["0 nil", "1 one  c"]);
    }

    #[test]
    fn in_colours_dots_are_points_and_marks_are_middles() {
        let lines = draw(&points(&[]), screen(ColourDepth::Palette));
        assert_eq!(lines[0].split_once('m').unwrap().0, "\x1b[38;5;167");
        assert!(lines[0].starts_with("\x1b[38;5;167m⠁\x1b[0m   "), "{lines:?}");
        assert!(lines[1].contains("\x1b[1;7;38;5;167m1\x1b[0m"), "{lines:?}");
        assert!(lines[2].starts_with("\x1b[1;7;38;5;69m0\x1b[0m"), "{lines:?}");
        assert!(lines[3].contains("m0\x1b[0m  \x1b["), "{lines:?}");
    }

    #[test]
    fn the_first_of_the_most_frequent_classes_counts() {
        let heap = ScatterPoints {
            positions: vec![[1.0, 1.0]; 5],
            labels: vec![4, 2, 2, 4, 9],
            names: Vec::new(),
        };
        assert_eq!(draw(&heap, screen(ColourDepth::Characters)), ["2"]);
        assert!(draw(&ScatterPoints::default(), screen(ColourDepth::Characters)).is_empty());
    }

    #[test]
    fn colours_stand_out_from_black_and_from_white() {
        let linear = |value: u8| {
            let value = f64::from(value) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        for colour in COLOURS {
            let [red, green, blue] = colour.map(linear);
            let light = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
            let (on_black, on_white) = ((light + 0.05) / 0.05, 1.05 / (light + 0.05));
            assert!(on_black >= 3.0 && on_white >= 3.0, "{colour:?}: {on_black}, {on_white}");
        }
    }
}
