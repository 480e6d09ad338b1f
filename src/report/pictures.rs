//! Images of artifacts as pictures of 8-bit pixels, and many pictures in one.
//!
//! Knows nothing of what is pictured, and of the pages and terminals that show it.

use std::ops::Range;

use acai_artifact::{ArtifactError, ElementType, Reader};

/// 8-bit pixels, row by row, their colours next to each other. There is at
/// least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Columns in pixels.
    pub width: usize,
    /// Rows in pixels.
    pub height: usize,
    /// 1 for grey; 3 for red, green and blue.
    pub colours: usize,
    /// `height · width · colours` values.
    pub pixels: Vec<u8>,
}

impl Picture {
    /// One colour everywhere.
    #[must_use]
    pub fn plain(width: usize, height: usize, colour: [u8; 3], colours: usize) -> Self {
        let (width, height) = (width.max(1), height.max(1));
        let pixels = colour[..colours].repeat(width * height);
        Self { width, height, colours, pixels }
    }

    /// Of an image whose channels lie one after the other, each `height · width`.
    /// What has two channels or more than three shows the first ones.
    fn from_planes(planes: &[u8], [channels, height, width]: [usize; 3]) -> Self {
        let colours = if channels == 1 { 1 } else { 3 };
        let plane = height * width;
        let value = |at: usize, colour: usize| planes[colour.min(channels - 1) * plane + at];
        let pixels = (0..plane).flat_map(|at| (0..colours).map(move |colour| value(at, colour)));
        Self { width, height, colours, pixels: pixels.collect() }
    }

    /// Red, green and blue at a place.
    #[must_use]
    pub fn pixel(&self, x: usize, y: usize) -> [u8; 3] {
        let at = (y * self.width + x) * self.colours;
        [0, 1, 2].map(|colour| self.pixels[at + colour.min(self.colours - 1)])
    }

    /// As a PNG.
    #[must_use]
    pub fn png(&self) -> Vec<u8> {
        acai_picture::encode(&self.pixels, self.width, self.height, self.colours)
    }

    /// Puts `other` in with its corner at a place, where it must have room.
    fn put(&mut self, other: &Self, left: usize, top: usize) {
        for y in 0..other.height {
            for x in 0..other.width {
                let at = ((top + y) * self.width + left + x) * self.colours;
                let pixel = other.pixel(x, y);
                self.pixels[at..at + self.colours].copy_from_slice(&pixel[..self.colours]);
            }
        }
    }
}

/// A number on [−1, 1] as 0 to 255, the nearest; what is outside is at the end.
#[must_use]
pub fn byte(value: f32) -> u8 {
    (value * 127.5 + 127.5).round() as u8
}

/// The images in some rows (along the first axis) of the dataset at `path`,
/// whose last axes are channels, height and width: float32 on [−1, 1], or uint8
/// as it is. Further axes between are walked through, the last one fastest.
/// Images without pixels are none.
///
/// # Errors
/// As [`Reader::read_rows`]; also if there are not enough axes.
pub fn read(
    reader: &Reader,
    path: &str,
    rows: Range<usize>,
) -> Result<Vec<Picture>, ArtifactError> {
    let bytes = if reader.element_type(path)? == ElementType::U8 {
        reader.read_rows::<u8>(path, rows)?.data
    } else {
        let values = reader.read_rows::<f32>(path, rows)?.data;
        values.into_iter().map(byte).collect()
    };
    let shape = reader.shape(path)?;
    let Some(&extent) = shape.last_chunk::<3>() else { return Ok(Vec::new()) };
    let size = extent.iter().product::<usize>();
    if size == 0 || shape.len() < 4 {
        return Ok(Vec::new());
    }
    Ok(bytes.chunks_exact(size).map(|planes| Picture::from_planes(planes, extent)).collect())
}

/// Rows of pictures in one, `gap` pixels of grey `ground` between them and
/// around. Every cell is as large as the largest picture.
#[must_use]
pub fn grid(rows: &[Vec<Picture>], gap: usize, ground: u8) -> Picture {
    laid_out(rows, gap, gap, ground)
}

/// Pictures side by side, nothing around them: with no gap, frames of which one
/// at a time is cut out.
#[must_use]
pub fn strip(pictures: &[Picture], gap: usize, ground: u8) -> Picture {
    laid_out(&[pictures.to_vec()], gap, 0, ground)
}

/// Pictures in rows of `across`.
#[must_use]
pub fn in_rows(pictures: &[Picture], across: usize) -> Vec<Vec<Picture>> {
    pictures.chunks(across.max(1)).map(<[Picture]>::to_vec).collect()
}

fn laid_out(rows: &[Vec<Picture>], gap: usize, margin: usize, ground: u8) -> Picture {
    let largest = |of: fn(&Picture) -> usize| rows.iter().flatten().map(of).max().unwrap_or(0);
    let (width, height) = (largest(|one| one.width), largest(|one| one.height));
    let across = rows.iter().map(Vec::len).max().unwrap_or(0);
    let start = |n: usize, length: usize| margin + n * (length + gap);
    let side = |n: usize, length: usize| (start(n, length) + margin).saturating_sub(gap);
    let colours = largest(|one| one.colours).max(1);
    let sides = (side(across, width), side(rows.len(), height));
    let mut whole = Picture::plain(sides.0, sides.1, [ground; 3], colours);
    for (row, pictures) in rows.iter().enumerate() {
        for (column, picture) in pictures.iter().enumerate() {
            whole.put(picture, start(column, width), start(row, height));
        }
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;
    use acai_artifact::{Kind, Layout, Writer};

    fn grey(values: &[u8]) -> Picture {
        Picture { width: values.len(), height: 1, colours: 1, pixels: values.to_vec() }
    }

    #[test]
    fn numbers_become_the_nearest_bytes_and_stay_in_range() {
        let values = [-1.0, 1.0, 0.0, -1.7, 3.0, f32::NAN, -0.999, 200.0 * (2.0 / 255.0) - 1.0];
        assert_eq!(values.map(byte), [0, 255, 128, 0, 255, 0, 0, 200]);
    }

    #[test]
    fn every_picture_is_in_its_place() {
        let rows = vec![vec![grey(&[1, 2]), grey(&[3, 4])], vec![grey(&[5])]];
        let whole = grid(&rows, 1, 9);
        assert_eq!((whole.width, whole.height, whole.colours), (7, 5, 1));
        let lines: Vec<&[u8]> = whole.pixels.chunks(7).collect();
        let ground = [9; 7];
        assert_eq!(
            lines,
            [&ground[..], &[9, 1, 2, 9, 3, 4, 9], &ground, &[9, 5, 9, 9, 9, 9, 9], &ground]
        );
    }

    #[test]
    fn a_strip_has_nothing_around_it() {
        let pictures = [grey(&[1, 2]), grey(&[3, 4])];
        assert_eq!(strip(&pictures, 0, 9).pixels, [1, 2, 3, 4]);
        assert_eq!(strip(&pictures, 1, 9).pixels, [1, 2, 9, 3, 4]);
        assert_eq!(strip(&[], 1, 9), grey(&[9]));
    }

    #[test]
    fn one_picture_in_colours_makes_the_whole_coloured() {
        let red = Picture::plain(1, 1, [200, 0, 0], 3);
        let whole = strip(&[grey(&[50]), red], 0, 9);
        assert_eq!(whole.pixels, [50, 50, 50, 200, 0, 0]);
        assert_eq!((whole.pixel(0, 0), whole.pixel(1, 0)), ([50; 3], [200, 0, 0]));
    }

    #[test]
    fn images_are_read_whatever_their_type_and_axes() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.h5");
        let mut out = Writer::create(&path, Kind::Images).unwrap();
        let planes: Vec<u8> = (0..12).collect();
        out.write("images/test", &[1, 3, 2, 2], &planes, Layout::Contiguous).unwrap();
        let paths = [-1.0_f32, 1.0, 0.0, 0.5];
        out.write("paths/decoded", &[2, 2, 1, 1, 1], &paths, Layout::Compressed).unwrap();
        out.write("points", &[2], &[0.0_f32, 1.0], Layout::Compressed).unwrap();
        out.finish().unwrap();
        let reader = Reader::open(&path).unwrap();
        let coloured = read(&reader, "images/test", 0..1).unwrap();
        assert_eq!(coloured[0].pixels, [0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11]);
        let decoded = read(&reader, "paths/decoded", 1..2).unwrap();
        assert_eq!(decoded, [grey(&[128]), grey(&[191])]);
        assert_eq!(read(&reader, "points", 0..2).unwrap(), []);
        assert!(read(&reader, "images/test", 1..2).is_err());
    }
}
