//! Raw pixels: a header of the number of images, channels, rows and columns, each
//! 4 bytes, the least significant first; then the pixels. Labels are one byte per
//! image, in a file of their own.

use serde::{Deserialize, Serialize};

use crate::{
    decode::{
        FormatError, Survey, TakeBlock,
        arrays::{self, Arrays},
        bounded_reader::{BoundedReader, Location},
        number::Coding,
        pixel_order::PixelOrder,
    },
    format::{Format, InputName, InputPaths},
};

/// `Raw(images: "images.raw", labels: "labels.raw")`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Raw {
    /// The file of images.
    pub images: String,
    /// The file of labels.
    pub labels: String,
    /// Whether the channels of a pixel lie next to each other.
    #[serde(default)]
    pub interleaved: bool,
}

impl Format for Raw {
    fn inputs(&self) -> Vec<InputName<'_>> {
        vec![InputName::File(&self.images), InputName::File(&self.labels)]
    }

    fn identity(&self, content: &dyn Fn(&str) -> String) -> String {
        let (images, labels) = (content(&self.images), content(&self.labels));
        format!("Raw(images: {images}, labels: {labels}, interleaved: {})", self.interleaved)
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

impl Raw {
    /// Opens both files, each at its first element.
    fn open(&self, inputs: &InputPaths) -> Result<Arrays<'static>, FormatError> {
        let open = |name| BoundedReader::plain_or_gzip(Location::new(inputs.path(name), ""));
        let (mut images, labels) = (open(&self.images)?, open(&self.labels)?);
        let mut header = [0; 4];
        for number in &mut header {
            *number = u64::from(u32::from_le_bytes(images.array("its header")?));
        }
        let [count, channels, height, width] = header;
        let survey = Survey::from_header(count, channels, height, width)
            .map_err(|problem| images.error(problem))?;
        let pixel_order =
            if self.interleaved { PixelOrder::Interleaved } else { PixelOrder::Planes };
        Ok(Arrays { survey, pixel_order, images, labels, coding: Coding::BYTE, padding: 0 })
    }
}
