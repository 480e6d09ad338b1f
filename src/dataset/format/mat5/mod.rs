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

use serde::{Deserialize, Serialize};

use super::{Format, InputName, InputPaths};
use crate::decode::{
    FormatError, Names, Problem, Survey, TakeBlock,
    arrays::{self, Arrays},
    bounded_reader::Location,
    pixel_order::PixelOrder,
    shape,
};
use variable::{Header, Variable};

/// The class of uint8 arrays.
const UINT8: u8 = 9;

/// Bytes that fill an element up to a multiple of 8.
const PADDING: usize = 7;

/// `Mat5(file: "train_32x32.mat", images: "X", labels: "y")`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Mat5 {
    /// The file.
    pub file: String,
    /// The variable of images: uint8, H×W×C×N or, grey, H×W×N.
    #[serde(default = "x")]
    pub images: String,
    /// The variable of labels: N×1 or 1×N.
    #[serde(default = "y")]
    pub labels: String,
}

fn x() -> String {
    "X".to_owned()
}

fn y() -> String {
    "y".to_owned()
}

impl Format for Mat5 {
    fn inputs(&self) -> Vec<InputName<'_>> {
        vec![InputName::File(&self.file)]
    }

    fn identity(&self, content: &dyn Fn(&str) -> String) -> String {
        let Self { file, images, labels } = self;
        format!("Mat5(file: {}, images: {images:?}, labels: {labels:?})", content(file))
    }

    fn survey(&self, inputs: &InputPaths) -> Result<Survey, FormatError> {
        self.open(inputs)?.survey()
    }

    fn decode(
        &self,
        inputs: &InputPaths,
        count: usize,
        take: TakeBlock<'_>,
    ) -> Result<(), FormatError> {
        arrays::decode(|send| self.open(inputs)?.send(count, send), take)
    }
}

impl Mat5 {
    /// Finds the variables of images and labels and reads their headers.
    fn open(&self, inputs: &InputPaths) -> Result<Arrays<'static>, FormatError> {
        let (file, names) = (inputs.path(&self.file), [&*self.images, &*self.labels]);
        let [images, labels] = find(file, names)?;
        let (of_images, of_labels) = (Location::new(file, names[0]), Location::new(file, names[1]));
        let survey = images_of(&images.header).map_err(|problem| of_images.error(problem))?;
        labels_of(&labels.header, survey).map_err(|problem| of_labels.error(problem))?;
        let (images, stored) = images.data(of_images)?;
        if stored.size() != 1 {
            let found = format!("uint8 stored in {} bytes each", stored.size());
            return Err(images.error(Problem::Type { found, wanted: "1 byte each" }));
        }
        let (labels, coding) = labels.data(of_labels)?;
        let pixel_order = PixelOrder::Columns;
        Ok(Arrays { survey, pixel_order, images, labels, coding, padding: PADDING })
    }
}

/// Looks through all variables for the two that are named.
fn find(file: &Path, names: [&str; 2]) -> Result<[Variable; 2], FormatError> {
    let (mut found, mut all) = ([None, None], Names::default());
    variable::walk(file, |variable| {
        all.push(&variable.header.name);
        for (name, slot) in names.iter().zip(&mut found) {
            let is_it = variable.header.name == *name;
            if is_it && slot.replace(variable.clone()).is_some() {
                return Err(Location::new(file, name).error(Problem::Twice));
            }
        }
        Ok(())
    })?;
    let missing = |name: &str| {
        let problem = Problem::Missing { missing: name.to_owned(), found: all.clone() };
        Location::new(file, "").error(problem)
    };
    let [images, labels] = found;
    Ok([images.ok_or_else(|| missing(names[0]))?, labels.ok_or_else(|| missing(names[1]))?])
}

fn images_of(header: &Header) -> Result<Survey, Problem> {
    if header.class != UINT8 || header.is_complex {
        return Err(Problem::Type { found: header.type_name(), wanted: "uint8 pixels" });
    }
    match *header.axes.as_slice() {
        [height, width, count] => Survey::from_header(count, 1, height, width),
        [height, width, channels, count] => Survey::from_header(count, channels, height, width),
        ref axes => Err(Problem::Shape {
            found: shape(axes),
            wanted: "images: 4 axes (rows, columns, channels, n), or 3 for grey",
        }),
    }
}

fn labels_of(header: &Header, survey: Survey) -> Result<(), Problem> {
    if !header.is_numeric() || header.is_complex {
        return Err(Problem::Type { found: header.type_name(), wanted: "numbers" });
    }
    let ([labels, 1] | [1, labels]) = *header.axes.as_slice() else {
        return Err(Problem::Shape { found: shape(&header.axes), wanted: "labels: n×1 or 1×n" });
    };
    if labels == survey.count as u64 {
        return Ok(());
    }
    Err(Problem::Counts { images: survey.count, labels: labels as usize })
}
