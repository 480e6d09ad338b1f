//! A contact sheet: a few images of every class, as a PNG or in a terminal.
//!
//! Knows nothing of where images come from.

use std::{fmt::Write as _, io, path::Path};

use image::{ImageFormat, RgbImage};

/// Pixels between two images.
const GAP: usize = 1;

/// Columns of a terminal that a sheet may take.
const COLUMNS: usize = 80;

/// Images of one shape, their pixels 0 to 255, channels first.
#[derive(Clone, Debug)]
pub struct Tiles {
    /// 1 for grey, 3 for colours.
    pub channels: usize,
    /// Rows in pixels.
    pub height: usize,
    /// Columns in pixels.
    pub width: usize,
    /// The images, row by row of the sheet.
    pub rows: Vec<Vec<Vec<u8>>>,
}

impl Tiles {
    /// All images in one picture, each row of the sheet a row of images.
    #[must_use]
    pub fn picture(&self) -> RgbImage {
        let across = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let side = |n: usize, length: usize| (n * (length + GAP) + GAP) as u32;
        let mut picture =
            RgbImage::new(side(across, self.width), side(self.rows.len(), self.height));
        for (row, images) in self.rows.iter().enumerate() {
            for (column, image) in images.iter().enumerate() {
                let (top, left) = (side(row, self.height), side(column, self.width));
                for y in 0..self.height {
                    for x in 0..self.width {
                        picture.put_pixel(left + x as u32, top + y as u32, self.pixel(image, y, x));
                    }
                }
            }
        }
        picture
    }

    fn pixel(&self, image: &[u8], y: usize, x: usize) -> image::Rgb<u8> {
        let plane = self.height * self.width;
        let at = y * self.width + x;
        image::Rgb([0, 1, 2].map(|channel| image[channel.min(self.channels - 1) * plane + at]))
    }

    /// Writes the picture as a PNG.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write_png(&self, path: &Path) -> io::Result<()> {
        if let Some(folder) = path.parent() {
            fs_err::create_dir_all(folder)?;
        }
        let written = self.picture().save_with_format(path, ImageFormat::Png);
        written.map_err(|error| io::Error::other(format!("{}: {error}", path.display())))
    }

    /// The picture for a terminal with 24-bit colours: at half the size, two
    /// pixels in a character, as many images as fit into a line.
    #[must_use]
    pub fn half_blocks(&self) -> String {
        let fitting = (COLUMNS / (self.width / 2 + GAP)).max(1);
        let all: Vec<Vec<u8>> = self.rows.iter().flatten().cloned().collect();
        let rows = all.chunks(fitting).map(<[Vec<u8>]>::to_vec).collect();
        let picture = Self { rows, ..self.clone() }.picture();
        let (width, height) = (picture.width() / 2, picture.height() / 2);
        let small = image::imageops::thumbnail(&picture, width, height.next_multiple_of(2));
        let mut text = String::new();
        for y in (0..small.height()).step_by(2) {
            for x in 0..small.width() {
                let [r, g, b] = small.get_pixel(x, y).0;
                let [r2, g2, b2] = small.get_pixel(x, y + 1).0;
                let _ = write!(text, "\x1b[38;2;{r};{g};{b};48;2;{r2};{g2};{b2}m▀");
            }
            text.push_str("\x1b[0m\n");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tiles() -> Tiles {
        let image = |value: u8| (0..3).flat_map(|c| vec![value + c; 4]).collect::<Vec<u8>>();
        let rows = vec![vec![image(10), image(20)], vec![image(30)]];
        Tiles { channels: 3, height: 2, width: 2, rows }
    }

    #[test]
    fn every_image_is_in_its_place() {
        let picture = tiles().picture();
        assert_eq!((picture.width(), picture.height()), (7, 7));
        assert_eq!(picture.get_pixel(1, 1).0, [10, 11, 12]);
        assert_eq!(picture.get_pixel(5, 2).0, [20, 21, 22]);
        assert_eq!(picture.get_pixel(1, 4).0, [30, 31, 32]);
        assert_eq!(picture.get_pixel(4, 4).0, [0, 0, 0]);
    }

    #[test]
    fn grey_is_every_colour_alike() {
        let tiles = Tiles { channels: 1, height: 1, width: 1, rows: vec![vec![vec![200]]] };
        assert_eq!(tiles.picture().get_pixel(1, 1).0, [200; 3]);
    }

    #[test]
    fn a_terminal_gets_two_pixels_in_a_character() {
        let text = tiles().half_blocks();
        assert!(text.ends_with("\x1b[0m\n"), "{text:?}");
        assert!(text.contains('▀'));
    }
}
