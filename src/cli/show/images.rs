//! The images of a dataset for `show`: counts by class and split, and a contact
//! sheet.
//!
//! Knows nothing of other artifacts.

use std::{
    fmt::Write as _,
    fs,
    io::{self, Write as _},
    path::Path,
};

use super::super::{exit::Failure, output::OutputFile};
use acai_artifact::Reader;
use acai_common::{files, format::count};
use acai_dataset::descriptor::MOST_CLASSES;
use acai_report::{
    Table,
    pictures::{self, Picture},
    screen::{Screen, tiles},
    terminal::draw,
};

/// Images of each class in a PNG.
const IN_PICTURE: usize = 10;

/// Pixels between them.
const GAP: usize = 1;

/// Lines of images in a terminal.
const LINES: usize = 3;

/// Where a contact sheet goes.
#[derive(Clone, Copy)]
pub(super) enum Sheet<'a> {
    /// Where the user wants it.
    Asked(&'a Path),
    /// To the store.
    Kept(&'a Path),
}

impl<'a> Sheet<'a> {
    fn path(self) -> &'a Path {
        let (Self::Asked(path) | Self::Kept(path)) = self;
        path
    }
}

/// What `show` says of images beside their datasets: counts, then a sheet, on
/// the screen if there is one, else as a PNG.
pub(super) fn tell(
    reader: &Reader,
    screen: Option<Screen>,
    png: Sheet<'_>,
    text: &mut String,
) -> Result<(), Failure> {
    let labels = [labels(reader, "train")?, labels(reader, "test")?];
    let classes =
        usize::try_from(reader.int_attribute("", "classes")?).unwrap_or(0).min(MOST_CLASSES);
    let names = reader.texts_attribute("", "class_names");
    let names = names.unwrap_or_else(|_| (0..classes).map(|class| class.to_string()).collect());
    text.push_str("\nimages\n");
    text.push_str(&draw(&counts(&names, &labels)));
    text.push('\n');
    let Some(screen) = screen else {
        let rows = by_class(reader, &labels[1], classes, IN_PICTURE)?;
        let _ = match (write(&pictures::grid(&rows, GAP, 0), png), png) {
            (Ok(output), _) => writeln!(text, "contact sheet of the test images: {output}"),
            (Err(error), Sheet::Asked(_)) => return Err(error.into()),
            // A store that cannot be written is no reason to show nothing.
            (Err(error), Sheet::Kept(_)) => writeln!(text, "there is no contact sheet: {error}"),
        };
        return Ok(());
    };
    let classes = by_class(reader, &labels[1], classes, LINES)?;
    // One of each class, then another of each.
    let round = |at: usize| classes.iter().filter_map(move |row| row.get(at));
    let all: Vec<Picture> = (0..LINES).flat_map(round).cloned().collect();
    super::drawings::indented(&tiles::grid(&all, LINES, super::drawings::inner(screen)), text);
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
fn by_class(
    reader: &Reader,
    labels: &[u8],
    classes: usize,
    each: usize,
) -> Result<Vec<Vec<Picture>>, Failure> {
    let mut rows = Vec::new();
    for class in 0..classes {
        let places = labels.iter().enumerate().filter(|(_, label)| usize::from(**label) == class);
        let mut row = Vec::new();
        for (place, _) in places.take(each) {
            row.extend(pictures::read(reader, "images/test", place..place + 1)?);
        }
        rows.push(row);
    }
    Ok(rows)
}

/// Writes the picture; says where it is.
fn write(picture: &Picture, sheet: Sheet<'_>) -> io::Result<OutputFile> {
    let path = sheet.path();
    let write = || -> io::Result<OutputFile> {
        if let Some(folder) = path.parent() {
            if matches!(sheet, Sheet::Kept(_)) {
                // No folder of a store is a link.
                files::expect_own_place(folder)?;
            }
            fs::create_dir_all(folder)?;
        }
        let output = match sheet {
            Sheet::Asked(_) => OutputFile::named(path)?,
            Sheet::Kept(_) => OutputFile::own(path),
        };
        let png = picture.png();
        files::write_atomically_with(output.path(), |file| file.write_all(&png))?;
        io::Result::Ok(output)
    };
    write().map_err(|error| io::Error::other(format!("{}: {error}", path.display())))
}
