//! The images of a dataset for `show`: counts by class and split, and a contact
//! sheet.
//!
//! Knows nothing of other artifacts.

use std::{fmt::Write as _, io::IsTerminal, path::Path};

use super::super::exit::Failure;
use crate::{
    artifact::{ElementType, Reader},
    figures::count,
    report::{Table, sheet::Tiles, terminal::draw},
};

/// Images of each class in a PNG.
const IN_PICTURE: usize = 10;

/// What `show` says of images beside their datasets: counts, then a sheet, in
/// the terminal if that can show it, else as a PNG.
pub(super) fn tell(reader: &Reader, png: &Path, text: &mut String) -> Result<(), Failure> {
    let labels = [labels(reader, "train")?, labels(reader, "test")?];
    let classes = usize::try_from(reader.int_attribute("", "classes")?).unwrap_or(0);
    let names = reader.texts_attribute("", "class_names");
    let names = names.unwrap_or_else(|_| (0..classes).map(|class| class.to_string()).collect());
    text.push_str("\nimages\n");
    text.push_str(&draw(&counts(&names, &labels)));
    text.push('\n');
    if is_colourful() {
        text.push_str(&tiles(reader, &labels[1], classes, 1)?.half_blocks());
        return Ok(());
    }
    // A store that cannot be written is no reason to show nothing.
    let _ = match tiles(reader, &labels[1], classes, IN_PICTURE)?.write_png(png) {
        Ok(()) => writeln!(text, "contact sheet of the test images: {}", png.display()),
        Err(error) => writeln!(text, "there is no contact sheet: {error}"),
    };
    Ok(())
}

fn labels(reader: &Reader, split: &str) -> Result<Vec<u8>, Failure> {
    Ok(reader.read::<u8>(&format!("labels/{split}"))?.data)
}

fn counts(names: &[String], labels: &[Vec<u8>; 2]) -> Table {
    let of = |split: &[u8], class: usize| {
        count(split.iter().filter(|&&label| usize::from(label) == class).count() as u64)
    };
    let row = |(class, name): (usize, &String)| {
        vec![name.clone(), of(&labels[0], class), of(&labels[1], class)]
    };
    let mut rows: Vec<Vec<String>> = names.iter().enumerate().map(row).collect();
    let all = |split: &[u8]| count(split.len() as u64);
    rows.push(vec!["all".to_owned(), all(&labels[0]), all(&labels[1])]);
    let head = ["class", "train", "test"].map(str::to_owned).to_vec();
    Table { head, rows, text_columns: 1 }
}

/// The first `each` test images of every class.
fn tiles(reader: &Reader, labels: &[u8], classes: usize, each: usize) -> Result<Tiles, Failure> {
    let shape = reader.shape("images/test")?;
    let mut rows = Vec::new();
    for class in 0..classes {
        let places = labels.iter().enumerate().filter(|(_, label)| usize::from(**label) == class);
        let images = places.take(each).map(|(place, _)| image(reader, place));
        rows.push(images.collect::<Result<Vec<_>, _>>()?);
    }
    let length = |axis: usize| shape.get(axis).copied().unwrap_or(1);
    Ok(Tiles { channels: length(1), height: length(2), width: length(3), rows })
}

/// One test image, 0 to 255.
fn image(reader: &Reader, place: usize) -> Result<Vec<u8>, Failure> {
    let rows = place..place + 1;
    if reader.element_type("images/test")? == ElementType::U8 {
        return Ok(reader.read_rows::<u8>("images/test", rows)?.data);
    }
    let image = reader.read_rows::<f32>("images/test", rows)?.data;
    Ok(image.into_iter().map(|value| (value * 127.5 + 127.5).round() as u8).collect())
}

/// Whether stdout is a terminal that says it has 24-bit colours.
fn is_colourful() -> bool {
    let says = std::env::var("COLORTERM").unwrap_or_default();
    let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    std::io::stdout().is_terminal() && !plain && ["truecolor", "24bit"].contains(&says.as_str())
}
