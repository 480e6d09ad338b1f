//! Every figure in a table of measurements stands in the file that the table names.
//!
//! `<!-- figures: FILE… -->` above a table says where its figures come from: what a
//! program printed, or scores that were written down. Figures are compared as they are
//! rounded in the table; a file may have them in units a thousand times as large.
//! `<!-- figures by hand -->` says that a table was written from what was measured on
//! some machine, of which there is no file: such a table is held by nothing.

use super::{none, source::read};

/// A figure as a table shows it.
#[derive(Clone, Copy, Debug)]
struct Figure {
    value: f64,
    /// Digits behind the point.
    decimals: i32,
    /// The power of ten that follows it.
    power: i32,
}

/// Pages with paragraphs of figures: `<!-- prose figures: FILE… -->` before them,
/// `<!-- end of prose figures -->` behind them.
const PROSE: &[&str] = &["README.md", "docs/methodology.md"];

/// Pages whose tables of measurements must all name a file.
const PAGES: &[&str] = &["docs/methodology.md"];

/// The tables of a page: the files that a line above names, and the rows.
fn tables(page: &str) -> Vec<(Option<Vec<String>>, Vec<String>)> {
    let mut tables: Vec<(Option<Vec<String>>, Vec<String>)> = Vec::new();
    let (mut files, mut is_inside) = (None, false);
    for line in page.lines() {
        if let Some(named) = line.strip_prefix("<!-- figures: ") {
            let named = named.trim_end_matches("-->").split_whitespace();
            files = Some(named.map(str::to_owned).collect());
        } else if line == "<!-- figures by hand -->" {
            files = Some(Vec::new());
        } else if line.starts_with('|') {
            if !is_inside {
                tables.push((files.take(), Vec::new()));
            }
            tables.last_mut().expect("it was just begun").1.push(line.to_owned());
        }
        is_inside = line.starts_with('|');
    }
    tables
}

/// The figures of a row, without those of its first cell, which names it.
fn figures(row: &str) -> Vec<Figure> {
    let cells = row.split('|').skip(2).collect::<Vec<_>>().join(" ").replace('−', "-");
    let cells = cells.replace(',', "");
    let mut figures: Vec<Figure> = Vec::new();
    let words: Vec<&str> = cells.split_whitespace().collect();
    for (at, word) in words.iter().enumerate() {
        if let Some(power) = word.strip_prefix("10").and_then(power) {
            if at >= 2 && words[at - 1] == "·" {
                figures.last_mut().expect("a number stands before it").power = power;
            }
            continue;
        }
        let number = word.trim_matches(|c: char| !c.is_ascii_digit() && c != '-' && c != '.');
        let number = number.trim_end_matches(['.', '-']);
        if let (Ok(value), true) = (number.parse(), number.contains(|c: char| c.is_ascii_digit())) {
            let decimals = number
                .split_once('.')
                .map_or(0, |(_, digits)| i32::try_from(digits.len()).unwrap());
            figures.push(Figure { value, decimals, power: 0 });
        }
    }
    figures
}

/// −9 of `⁻⁹`.
fn power(text: &str) -> Option<i32> {
    let digits: String = text
        .chars()
        .map(|c| match c {
            '⁻' => Some('-'),
            '⁰' => Some('0'),
            '¹' => Some('1'),
            '²' => Some('2'),
            '³' => Some('3'),
            '⁴'..='⁹' => char::from_digit(c as u32 - '⁰' as u32, 10),
            _ => None,
        })
        .collect::<Option<_>>()?;
    digits.parse().ok()
}

/// Every number in a text.
fn numbers(text: &str) -> Vec<f64> {
    let words = text.split(|c: char| c.is_whitespace() || matches!(c, ',' | '(' | ')' | '='));
    let trimmed = words.map(|word| word.trim_end_matches(|c: char| !c.is_ascii_digit()));
    trimmed.filter_map(|word| word.trim_start_matches('×').parse().ok()).collect()
}

fn stands_in(figure: Figure, numbers: &[f64]) -> bool {
    let unit = libm::exp10(f64::from(figure.power - figure.decimals));
    let value = figure.value * libm::exp10(f64::from(figure.power));
    // Half a unit is as near as rounding brings it; a little more for its own rounding.
    let is_near = |number: f64| (number - value).abs() <= 0.500_001 * unit;
    numbers.iter().any(|&number| is_near(number) || is_near(number * 1e3) || is_near(-number))
}

#[test]
fn figures_in_tables_stand_where_they_come_from() {
    let violations = PAGES.iter().flat_map(|page| {
        let text = read(page);
        tables(&text).into_iter().flat_map(move |(files, rows)| {
            let (named, by_hand) = (files.is_some(), files.as_ref().is_some_and(Vec::is_empty));
            let texts: Vec<f64> =
                files.into_iter().flatten().flat_map(|file| numbers(&read(&file))).collect();
            // A head and a rule come first.
            rows.into_iter().skip(2).flat_map(move |row| {
                let figures = figures(&row).into_iter().filter(|figure| figure.decimals > 0);
                let missing =
                    figures.filter(|&figure| !named || !by_hand && !stands_in(figure, &texts));
                missing
                    .map(|figure| format!("{page}: {} in {row}", figure.value))
                    .collect::<Vec<_>>()
            })
        })
    });
    none("say `<!-- figures: FILE -->` above the table, and write what the file says", violations);
}

#[test]
fn figures_in_paragraphs_stand_where_they_come_from() {
    let violations = PROSE.iter().flat_map(|page| {
        let text = read(page);
        let parts: Vec<(String, String)> = text
            .split("<!-- prose figures: ")
            .skip(1)
            .map(|part| {
                let (files, rest) = part.split_once("-->").expect("the comment ends");
                let (body, _) = rest.split_once("<!-- end of prose").expect("the part ends");
                (files.to_owned(), body.to_owned())
            })
            .collect();
        assert!(!parts.is_empty(), "{page} has such paragraphs");
        parts.into_iter().flat_map(move |(files, body)| {
            let known: Vec<f64> =
                files.split_whitespace().flat_map(|file| numbers(&read(file))).collect();
            let prose = body.lines().filter(|line| !line.starts_with(['|', '<']));
            let lines: Vec<String> = prose.map(str::to_owned).collect();
            lines.into_iter().flat_map(move |line| {
                // As a row whose first cell is nothing.
                let found = figures(&format!("||{line}|")).into_iter();
                let found = found.filter(|one| one.decimals > 0 && !stands_in(*one, &known));
                found.map(|one| format!("{page}: {} in {line}", one.value)).collect::<Vec<_>>()
            })
        })
    });
    none("write what the file says, or name another in `<!-- prose figures: … -->`", violations);
}

#[test]
fn figures_are_found_as_they_are_rounded() {
    let found = figures("| seed 0 | 4.08 · 10⁻⁹ | ×1,024.5 | 0.30 ± 0.47 | – |");
    let shown: Vec<_> = found.iter().map(|one| (one.value, one.decimals, one.power)).collect();
    assert_eq!(shown, [(4.08, 2, -9), (1024.5, 1, 0), (0.3, 2, 0), (0.47, 2, 0)]);
    let numbers = numbers("ours 4.0849e-09 (0.00031), 1024.46");
    assert!(stands_in(found[0], &numbers) && stands_in(found[1], &numbers));
    assert!(stands_in(Figure { value: 0.31, decimals: 2, power: 0 }, &numbers));
    assert!(!stands_in(found[3], &numbers));
}
