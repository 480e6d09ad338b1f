//! The headers of NumPy's arrays.
//!
//! Knows nothing of archives.

use acai_archive::npy::{NpyElement, NpyError, NpyHeader};

use super::{
    FormatError, Problem, Survey,
    bounded_reader::BoundedReader,
    number::{Coding, Number},
    pixel_order::PixelOrder,
    shape,
};

/// Reads a header; the stream then stands at the first element.
pub(crate) fn header(bounded_reader: &mut BoundedReader<'_>) -> Result<NpyHeader, FormatError> {
    NpyHeader::read(bounded_reader).map_err(|error| match error {
        NpyError::Io(error) => bounded_reader.unreadable(error),
        NpyError::Ends => bounded_reader.error(Problem::Ends { part: "its header" }),
        NpyError::NotAnArray(start) => {
            let found = format!("it starts with {start}");
            bounded_reader.error(Problem::Kind { wanted: "an npy array", found })
        }
        NpyError::Fields(fields) => {
            let found = format!("elements with fields: {fields}");
            bounded_reader.error(Problem::Type { found, wanted: "plain numbers" })
        }
        NpyError::Damaged(reason) => bounded_reader.error(Problem::Damaged { reason }),
    })
}

/// What the header of images says.
///
/// Of four axes, a last one of 1 or 3 is that of the channels, as Keras has it;
/// otherwise the second is.
pub(crate) fn images(header: &NpyHeader) -> Result<(Survey, PixelOrder), Problem> {
    if coding(header)?.number != Number::Unsigned(1) {
        return Err(Problem::Type { found: header.descr.clone(), wanted: "uint8 pixels" });
    }
    if header.is_fortran {
        return Err(Problem::Type {
            found: "an array in Fortran order".to_owned(),
            wanted: "C order, which `np.ascontiguousarray` makes",
        });
    }
    match *header.shape {
        [count, height, width] => {
            Ok((Survey::from_header(count, 1, height, width)?, PixelOrder::Interleaved))
        }
        [count, height, width, channels @ (1 | 3)] => {
            Ok((Survey::from_header(count, channels, height, width)?, PixelOrder::Interleaved))
        }
        [count, channels @ (1 | 3), height, width] => {
            Ok((Survey::from_header(count, channels, height, width)?, PixelOrder::Planes))
        }
        ref axes => Err(Problem::Shape {
            found: shape(axes),
            wanted: "images: (n, rows, columns), and 1 or 3 channels as the last or second axis",
        }),
    }
}

/// How many labels there are and how they are coded.
pub(crate) fn labels(header: &NpyHeader) -> Result<(u64, Coding), Problem> {
    let coding = coding(header)?;
    match *header.shape {
        [count] | [count, 1] => Ok((count, coding)),
        ref axes => Err(Problem::Shape { found: shape(axes), wanted: "labels: (n) or (n, 1)" }),
    }
}

/// How the elements are coded, if they are integers.
fn coding(header: &NpyHeader) -> Result<Coding, Problem> {
    let number = match header.element {
        NpyElement::Unsigned(size @ (1 | 2 | 4 | 8)) => Number::Unsigned(size as usize),
        NpyElement::Signed(size @ (1 | 2 | 4 | 8)) => Number::Signed(size as usize),
        element => {
            let wanted = if element == NpyElement::Object {
                "plain numbers: objects are pickled, and unpickling runs what the file says"
            } else {
                "integers of 1, 2, 4 or 8 bytes"
            };
            return Err(Problem::Type { found: header.descr.clone(), wanted });
        }
    };
    Ok(Coding { number, is_big_endian: header.is_big_endian })
}
