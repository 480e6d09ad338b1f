//! MATLAB version 5 files, as SVHN comes: a header of 128 bytes, then one element
//! per variable, mostly compressed each by itself.
//!
//! Arrays are stored by columns, so H×W×C×N images are contiguous, their rows
//! fastest. Numbers may be stored in a smaller type than their class: MATLAB
//! keeps small doubles in bytes. MATLAB drops trailing axes of length 1: three
//! axes are always taken for H×W×N grey images, never for one image in colour.
//! The format is that of "MAT-File Format", version 5, by `MathWorks`.
//!
//! Knows nothing of what the images show.

mod element;
#[cfg(test)]
mod tests;
mod variable;

use std::path::Path;

use super::{
    Facts, FormatError, Names, Problem, arrays::Arrays, bounded_reader::Place, layout::Layout,
    shape,
};
use variable::{Header, Variable};

/// The class of uint8 arrays.
const UINT8: u8 = 9;

/// Bytes that fill an element up to a multiple of 8.
const PADDING: usize = 7;

/// What the headers say.
pub(super) fn survey(file: &Path, names: [&str; 2]) -> Result<Facts, FormatError> {
    open(file, names)?.survey()
}

/// Finds the variables of images and labels and reads their headers.
pub(super) fn open(file: &Path, names: [&str; 2]) -> Result<Arrays<'static>, FormatError> {
    let [images, labels] = find(file, names)?;
    let (image_place, label_place) = (Place::new(file, names[0]), Place::new(file, names[1]));
    let facts = images_of(&images.header).map_err(|problem| image_place.error(problem))?;
    labels_of(&labels.header, facts).map_err(|problem| label_place.error(problem))?;
    let (images, stored) = images.data(image_place)?;
    if stored.size() != 1 {
        let found = format!("uint8 stored in {} bytes each", stored.size());
        return Err(images.error(Problem::Type { found, wanted: "1 byte each" }));
    }
    let (labels, coding) = labels.data(label_place)?;
    Ok(Arrays { facts, layout: Layout::Columns, images, labels, coding, padding: PADDING })
}

/// Looks through all variables for the two that are named.
fn find(file: &Path, names: [&str; 2]) -> Result<[Variable; 2], FormatError> {
    let (mut found, mut all) = ([None, None], Names::default());
    variable::walk(file, |variable| {
        all.push(&variable.header.name);
        for (name, slot) in names.iter().zip(&mut found) {
            let is_it = variable.header.name == *name;
            if is_it && slot.replace(variable.clone()).is_some() {
                return Err(Place::new(file, name).error(Problem::Twice));
            }
        }
        Ok(())
    })?;
    let missing = |name: &str| {
        let problem = Problem::Missing { missing: name.to_owned(), found: all.clone() };
        Place::new(file, "").error(problem)
    };
    let [images, labels] = found;
    Ok([images.ok_or_else(|| missing(names[0]))?, labels.ok_or_else(|| missing(names[1]))?])
}

fn images_of(header: &Header) -> Result<Facts, Problem> {
    if header.class != UINT8 || header.is_complex {
        return Err(Problem::Type { found: header.type_name(), wanted: "uint8 pixels" });
    }
    match *header.axes.as_slice() {
        [height, width, count] => Facts::claimed(count, 1, height, width),
        [height, width, channels, count] => Facts::claimed(count, channels, height, width),
        ref axes => Err(Problem::Shape {
            found: shape(axes),
            wanted: "images: 4 axes (rows, columns, channels, n), or 3 for grey",
        }),
    }
}

fn labels_of(header: &Header, facts: Facts) -> Result<(), Problem> {
    if !header.is_numeric() || header.is_complex {
        return Err(Problem::Type { found: header.type_name(), wanted: "numbers" });
    }
    let ([labels, 1] | [1, labels]) = *header.axes.as_slice() else {
        return Err(Problem::Shape { found: shape(&header.axes), wanted: "labels: n×1 or 1×n" });
    };
    if labels == facts.count as u64 {
        return Ok(());
    }
    Err(Problem::Counts { images: facts.count, labels: labels as usize })
}
