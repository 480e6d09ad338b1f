//! The headers of NumPy's arrays.
//!
//! Knows nothing of archives.

use npyz::{DType, Endianness, NpyHeader, Order, TypeChar, TypeStr};

use super::{
    Facts, FormatError, Problem,
    bounded_reader::BoundedReader,
    layout::Layout,
    number::{Coding, Number},
    shape,
};

/// The longest header that is read; NumPy itself reads no more than 10,000 bytes.
const LONGEST: usize = 4096;

/// Brackets within a header: of its dictionary, its shape, and some to spare.
const BRACKETS: usize = 4;

/// Reads a header; the stream then stands at the first element.
pub(super) fn header(bounded_reader: &mut BoundedReader<'_>) -> Result<NpyHeader, FormatError> {
    let mut bytes = bounded_reader.all(8, "its header")?;
    if !bytes.starts_with(b"\x93NUMPY") {
        let found = format!("it starts with {}", bytes.escape_ascii());
        return Err(bounded_reader.error(Problem::Kind { wanted: "an npy array", found }));
    }
    let length = bounded_reader.all(if bytes[6] == 1 { 2 } else { 4 }, "its header")?;
    let text = length.iter().rev().fold(0, |sum, &byte| sum << 8 | usize::from(byte));
    bytes.extend(length);
    if text > LONGEST {
        let reason = format!("a header of {text} bytes");
        return Err(bounded_reader.error(Problem::Damaged { reason }));
    }
    let text = bounded_reader.all(text, "its header")?;
    if text.iter().filter(|&byte| b"([{".contains(byte)).count() > BRACKETS {
        let found = format!("elements with fields: {}", text.escape_ascii());
        return Err(bounded_reader.error(Problem::Type { found, wanted: "plain numbers" }));
    }
    bytes.extend(text);
    NpyHeader::from_reader(&*bytes).map_err(|error| {
        bounded_reader.error(Problem::Damaged { reason: format!("a header that is none: {error}") })
    })
}

/// What the header of images says.
///
/// Of four axes, a last one of 1 or 3 is that of the channels, as Keras has it;
/// otherwise the second is.
pub(super) fn images(header: &NpyHeader) -> Result<(Facts, Layout), Problem> {
    if coding(header)?.number != Number::Unsigned(1) {
        return Err(Problem::Type { found: header.dtype().descr(), wanted: "uint8 pixels" });
    }
    if header.order() == Order::Fortran {
        return Err(Problem::Type {
            found: "an array in Fortran order".to_owned(),
            wanted: "C order, which `np.ascontiguousarray` makes",
        });
    }
    match *header.shape() {
        [count, height, width] => {
            Ok((Facts::claimed(count, 1, height, width)?, Layout::Interleaved))
        }
        [count, height, width, channels @ (1 | 3)] => {
            Ok((Facts::claimed(count, channels, height, width)?, Layout::Interleaved))
        }
        [count, channels @ (1 | 3), height, width] => {
            Ok((Facts::claimed(count, channels, height, width)?, Layout::Planes))
        }
        ref axes => Err(Problem::Shape {
            found: shape(axes),
            wanted: "images: (n, rows, columns), and 1 or 3 channels as the last or second axis",
        }),
    }
}

/// How many labels there are and how they are coded.
pub(super) fn labels(header: &NpyHeader) -> Result<(u64, Coding), Problem> {
    let coding = coding(header)?;
    match *header.shape() {
        [count] | [count, 1] => Ok((count, coding)),
        ref axes => Err(Problem::Shape { found: shape(axes), wanted: "labels: (n) or (n, 1)" }),
    }
}

/// How the elements are coded, if they are integers.
fn coding(header: &NpyHeader) -> Result<Coding, Problem> {
    let found = header.dtype().descr();
    if header.uses_pickled_array() {
        let wanted = "plain numbers: objects are pickled, and unpickling runs what the file says";
        return Err(Problem::Type { found, wanted });
    }
    let integer = |plain: &TypeStr| {
        let size =
            usize::try_from(plain.size_field()).ok().filter(|size| [1, 2, 4, 8].contains(size));
        let number = match plain.type_char() {
            TypeChar::Uint => Number::Unsigned(size?),
            TypeChar::Int => Number::Signed(size?),
            _ => return None,
        };
        Some(Coding { number, is_big_endian: plain.endianness() == Endianness::Big })
    };
    let dtype = header.dtype();
    let coding = if let DType::Plain(plain) = &dtype { integer(plain) } else { None };
    coding.ok_or(Problem::Type { found, wanted: "integers of 1, 2, 4 or 8 bytes" })
}
