//! Pixels as half blocks, two in a character; where there are no colours, as
//! characters from empty to full.
//!
//! Knows nothing of what the pixels show.

use std::fmt::Write as _;

use super::{ColourDepth, Screen};
use crate::pictures::Picture;

/// Pixels that are there or let the background through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Canvas {
    /// Columns in pixels.
    pub width: usize,
    /// Rows in pixels.
    pub height: usize,
    pixels: Vec<Option<[u8; 3]>>,
}

/// From empty to full.
const RAMP: &[u8] = b" .:-=+*#%@";

/// Levels of a colour in the cube of 256 colours.
const CUBE: [u8; 6] = [0, 95, 135, 175, 215, 255];

/// The greys of 16 colours, and their codes as text and as background.
const GREYS: [(u8, u8, u8); 4] = [(0, 30, 40), (110, 90, 100), (200, 37, 47), (255, 97, 107)];

impl Canvas {
    /// Background everywhere.
    #[must_use]
    pub fn new(width: usize, height: usize) -> Self {
        Self { width, height, pixels: vec![None; width * height] }
    }

    /// Puts a picture in with its corner at a place; what is outside is cut off.
    pub fn put(&mut self, picture: &Picture, left: usize, top: usize) {
        for y in 0..picture.height.min(self.height.saturating_sub(top)) {
            for x in 0..picture.width.min(self.width.saturating_sub(left)) {
                self.pixels[(top + y) * self.width + left + x] = Some(picture.pixel(x, y));
            }
        }
    }

    /// Its lines, two rows of pixels each.
    #[must_use]
    pub fn draw(&self, screen: Screen) -> Vec<String> {
        let pairs = (0..self.height).step_by(2);
        let line = |y| match screen.depth {
            ColourDepth::Characters => self.ramp(y, screen.is_light),
            depth => self.half_blocks(y, depth),
        };
        pairs.map(line).collect()
    }

    fn pixel(&self, x: usize, y: usize) -> Option<[u8; 3]> {
        if y < self.height { self.pixels[y * self.width + x] } else { None }
    }

    fn half_blocks(&self, y: usize, depth: ColourDepth) -> String {
        let mut line = String::new();
        let mut last = String::new();
        for x in 0..self.width {
            let (upper, lower) = (self.pixel(x, y), self.pixel(x, y + 1));
            let (codes, block) = match (upper, lower) {
                (None, None) => (String::new(), ' '),
                (None, Some(lower)) => (text_code(lower, depth), '▄'),
                (Some(upper), None) => (text_code(upper, depth), '▀'),
                (Some(upper), Some(lower)) => {
                    (format!("{};{}", text_code(upper, depth), ground_code(lower, depth)), '▀')
                }
            };
            if codes != last {
                // Reset first, or the last background colour would stay.
                let codes = if codes.is_empty() { String::new() } else { format!(";{codes}") };
                let _ = write!(line, "\x1b[0{codes}m");
            }
            last = codes;
            line.push(block);
        }
        if !last.is_empty() {
            line.push_str("\x1b[0m");
        }
        line
    }

    /// Two pixels are as bright as their mean; on a light ground, empty is bright.
    fn ramp(&self, y: usize, is_light: bool) -> String {
        let steps = RAMP.len() - 1;
        let character = |x| {
            let two = [self.pixel(x, y), self.pixel(x, y + 1)];
            let there: Vec<usize> = two.into_iter().flatten().map(brightness).collect();
            if there.is_empty() {
                return ' ';
            }
            let mean = there.iter().sum::<usize>() / there.len();
            let step = (mean * steps + 127) / 255;
            char::from(RAMP[if is_light { steps - step } else { step }])
        };
        (0..self.width).map(character).collect::<String>().trim_end().to_owned()
    }
}

/// A picture at another size, each pixel the mean of those it stands for.
#[must_use]
pub fn scaled(picture: &Picture, width: usize, height: usize) -> Picture {
    let (width, height) = (width.max(1), height.max(1));
    let mut pixels = Vec::with_capacity(width * height * picture.colours);
    for y in 0..height {
        let rows = span(y, height, picture.height);
        for x in 0..width {
            let columns = span(x, width, picture.width);
            for colour in 0..picture.colours {
                let all = rows.clone().flat_map(|y| columns.clone().map(move |x| (x, y)));
                let at =
                    |(x, y)| picture.pixels[(y * picture.width + x) * picture.colours + colour];
                let sum: usize = all.map(|place| usize::from(at(place))).sum();
                let count = rows.len() * columns.len();
                pixels.push(((sum + count / 2) / count) as u8);
            }
        }
    }
    Picture { width, height, colours: picture.colours, pixels }
}

/// Which of `from` pixels the pixel `at` of `to` stands for; at least one.
fn span(at: usize, to: usize, from: usize) -> std::ops::Range<usize> {
    let start = at * from / to;
    start..((at + 1) * from).div_ceil(to).max(start + 1).min(from.max(1))
}

/// Luminance, 0 to 255 (ITU-R BT.601).
fn brightness([red, green, blue]: [u8; 3]) -> usize {
    (299 * usize::from(red) + 587 * usize::from(green) + 114 * usize::from(blue) + 500) / 1000
}

/// The escape code of a colour for text.
pub(super) fn text_code(colour: [u8; 3], depth: ColourDepth) -> String {
    match depth {
        ColourDepth::Colours => format!("38;2;{};{};{}", colour[0], colour[1], colour[2]),
        ColourDepth::Palette => format!("38;5;{}", nearest(colour)),
        ColourDepth::Greys | ColourDepth::Characters => grey(colour).1.to_string(),
    }
}

fn ground_code(colour: [u8; 3], depth: ColourDepth) -> String {
    match depth {
        ColourDepth::Colours => format!("48;2;{};{};{}", colour[0], colour[1], colour[2]),
        ColourDepth::Palette => format!("48;5;{}", nearest(colour)),
        ColourDepth::Greys | ColourDepth::Characters => grey(colour).2.to_string(),
    }
}

fn grey(colour: [u8; 3]) -> (u8, u8, u8) {
    let bright = brightness(colour);
    let nearest = GREYS.into_iter().min_by_key(|grey| usize::from(grey.0).abs_diff(bright));
    nearest.unwrap_or(GREYS[0])
}

/// The nearest of the 240 colours that look alike everywhere: a cube of 216, and
/// 24 greys.
fn nearest(colour: [u8; 3]) -> usize {
    let level = |value: u8| {
        let levels = (0..CUBE.len()).min_by_key(|&level| CUBE[level].abs_diff(value));
        levels.unwrap_or(0)
    };
    let levels = colour.map(level);
    let cube = (16 + 36 * levels[0] + 6 * levels[1] + levels[2], levels.map(|level| CUBE[level]));
    let step = (brightness(colour).saturating_sub(3) / 10).min(23);
    let grey = (232 + step, [(8 + 10 * step) as u8; 3]);
    let distance = |other: [u8; 3]| -> usize {
        let far = colour.iter().zip(other).map(|(&a, b)| usize::from(a.abs_diff(b)));
        far.map(|far| far * far).sum()
    };
    if distance(grey.1) < distance(cube.1) { grey.0 } else { cube.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grey_picture(width: usize, pixels: &[u8]) -> Picture {
        Picture { width, height: pixels.len() / width, colours: 1, pixels: pixels.to_vec() }
    }

    fn drawn(depth: ColourDepth, is_light: bool) -> Vec<String> {
        let mut canvas = Canvas::new(5, 3);
        canvas.put(&grey_picture(2, &[0, 255, 0, 255]), 0, 0);
        canvas.put(&Picture::plain(1, 1, [250, 120, 0], 3), 3, 1);
        canvas.put(&grey_picture(4, &[0, 80, 160, 240]), 0, 2);
        canvas.draw(Screen { width: 80, depth, is_light })
    }

    #[test]
    fn half_blocks_have_two_colours_and_leave_the_ground_alone() {
        assert_eq!(
            drawn(ColourDepth::Colours, false),
            [
                "\x1b[0;38;2;0;0;0;48;2;0;0;0m▀\x1b[0;38;2;255;255;255;48;2;255;255;255m▀\
                 \x1b[0m \x1b[0;38;2;250;120;0m▄\x1b[0m ",
                "\x1b[0;38;2;0;0;0m▀\x1b[0;38;2;80;80;80m▀\x1b[0;38;2;160;160;160m▀\
                 \x1b[0;38;2;240;240;240m▀\x1b[0m ",
            ]
        );
    }

    #[test]
    fn fewer_colours_are_the_nearest_ones() {
        assert_eq!(
            drawn(ColourDepth::Palette, false)[0],
            "\x1b[0;38;5;16;48;5;16m▀\x1b[0;38;5;231;48;5;231m▀\x1b[0m \x1b[0;38;5;208m▄\x1b[0m "
        );
        assert_eq!(
            drawn(ColourDepth::Greys, false)[1],
            "\x1b[0;30m▀\x1b[0;90m▀\x1b[0;37m▀\x1b[0;97m▀\x1b[0m "
        );
        assert_eq!([8, 128, 238].map(|v| nearest([v; 3])), [232, 244, 255]);
        assert_eq!(nearest([95, 135, 175]), 67);
    }

    #[test]
    fn without_colours_bright_is_full_on_dark_and_empty_on_light() {
        assert_eq!(drawn(ColourDepth::Characters, false), [" @ +", " -*%"]);
        assert_eq!(drawn(ColourDepth::Characters, true), ["@  =", "@*-."]);
    }

    #[test]
    fn smaller_pictures_are_means_and_larger_ones_repeat() {
        let picture = grey_picture(4, &[0, 10, 100, 200, 20, 30, 100, 200]);
        assert_eq!(scaled(&picture, 2, 1).pixels, [15, 150]);
        assert_eq!(scaled(&picture, 3, 2).pixels, [5, 55, 150, 25, 65, 150]);
        assert_eq!(scaled(&grey_picture(1, &[7]), 2, 2).pixels, [7; 4]);
    }
}
