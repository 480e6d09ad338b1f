//! Pictures side by side: strips of a path, grids of images.
//!
//! Knows nothing of what the pictures show.

use super::{
    Screen,
    canvas::{Canvas, scaled},
};
use crate::pictures::Picture;

/// Frames of a strip are at least so wide, as long as two fit.
const NARROWEST: usize = 12;

/// Pictures of a grid are at least so wide.
const SMALLEST: usize = 14;

/// A strip's frames, evenly chosen with both ends, in a line as large as fits,
/// and under every frame how far along it is.
#[must_use]
pub fn strip(frames: &[Picture], screen: Screen) -> Vec<String> {
    let Some(first) = frames.first() else { return Vec::new() };
    let count = frames_for(frames.len(), ((screen.width + 1) / (NARROWEST + 1)).max(2));
    let side = width_of(count, first.width, screen);
    let places: Vec<usize> = (0..count).map(|at| place(at, count, frames.len())).collect();
    let chosen: Vec<Picture> = places.iter().map(|&place| frames[place].clone()).collect();
    let mut lines = row(&chosen, side, screen);
    let last = (frames.len() - 1).max(1) as f64;
    let labels = places.iter().map(|&place| format!("{:.2}", place as f64 / last));
    let labels: Vec<String> = labels.map(|label| format!("{label:<side$}")).collect();
    lines.push(labels.join(" ").trim_end().to_owned());
    lines
}

/// Pictures in as many rows as it takes, at most `rows`.
#[must_use]
pub fn grid(pictures: &[Picture], rows: usize, screen: Screen) -> Vec<String> {
    let Some(first) = pictures.first() else { return Vec::new() };
    let fitting = ((screen.width + 1) / (SMALLEST + 1)).max(1);
    let across = pictures.len().min(fitting);
    let side = width_of(across, first.width, screen).min(first.width.div_ceil(2).max(SMALLEST));
    let across = pictures.len().min(((screen.width + 1) / (side + 1)).max(1));
    let mut lines = Vec::new();
    for (at, some) in pictures.chunks(across).take(rows).enumerate() {
        if at > 0 {
            lines.push(String::new());
        }
        lines.extend(row(some, side, screen));
    }
    lines
}

/// How many of `all` frames are shown where `most` fit: the most that have equal
/// steps between them, unless that is less than half of what fits.
fn frames_for(all: usize, most: usize) -> usize {
    let most = all.min(most);
    let is_even = |&count: &usize| (all - 1).is_multiple_of(count - 1);
    (2..=most).rev().find(is_even).filter(|&even| 2 * even >= most).unwrap_or(most)
}

/// The frame `at` of `count` that are evenly chosen among `all`.
fn place(at: usize, count: usize, all: usize) -> usize {
    let steps = (count - 1).max(1);
    (at * (all - 1) + steps / 2) / steps
}

/// The width at which so many fit beside each other, at most their own.
fn width_of(count: usize, own: usize, screen: Screen) -> usize {
    ((screen.width + 1) / count).saturating_sub(1).clamp(1, own)
}

/// Pictures in one line, a blank between them.
fn row(pictures: &[Picture], width: usize, screen: Screen) -> Vec<String> {
    let height = |picture: &Picture| (picture.height * width).div_ceil(picture.width);
    let tallest = pictures.iter().map(height).max().unwrap_or(0);
    let mut canvas = Canvas::new(pictures.len() * (width + 1) - 1, tallest);
    for (at, picture) in pictures.iter().enumerate() {
        canvas.put(&scaled(picture, width, height(picture)), at * (width + 1), 0);
    }
    canvas.draw(screen)
}

#[cfg(test)]
mod tests {
    use super::{super::ColourDepth, *};

    fn plain(values: &[u8]) -> Vec<Picture> {
        values.iter().map(|&value| Picture::plain(4, 4, [value; 3], 1)).collect()
    }

    fn screen(width: usize) -> Screen {
        Screen { width, depth: ColourDepth::Characters, is_light: false }
    }

    #[test]
    fn a_strip_goes_from_end_to_end_in_even_steps() {
        let frames = plain(&[0, 28, 57, 85, 113, 142, 170, 198, 227, 255]);
        assert_eq!(
            strip(&frames, screen(52)),
            ["     ---- **** @@@@", "     ---- **** @@@@", "0.00 0.33 0.67 1.00"]
        );
        assert_eq!(strip(&frames, screen(7)), ["    @@@", "    @@@", "0.00 1.00"]);
        assert_eq!(strip(&frames[9..], screen(80)), ["@@@@", "@@@@", "0.00"]);
        assert!(strip(&[], screen(80)).is_empty());
    }

    #[test]
    fn steps_are_equal_where_that_leaves_enough_frames() {
        let counts = [(16, 6), (16, 8), (16, 15), (16, 40), (5, 4), (12, 9), (1, 4)];
        assert_eq!(counts.map(|(all, most)| frames_for(all, most)), [6, 6, 15, 16, 3, 9, 1]);
    }

    #[test]
    fn a_grid_breaks_its_lines() {
        let lines = grid(&plain(&[255, 128, 255, 128, 255, 128]), 2, screen(14));
        assert_eq!(
            lines,
            ["@@@@ ++++ @@@@", "@@@@ ++++ @@@@", "", "++++ @@@@ ++++", "++++ @@@@ ++++"]
        );
        assert_eq!(grid(&plain(&[255, 128, 255, 128]), 1, screen(14)).len(), 2);
    }
}
