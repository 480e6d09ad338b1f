//! The variables of a MATLAB file: where they are, what their headers say, and
//! the stream of their data.
//!
//! Knows nothing of images and labels.

use std::{
    fs::File,
    io::{BufReader, Read, Seek, SeekFrom},
    path::Path,
};

use flate2::bufread::ZlibDecoder;

use super::element::{ByteOrder, COMPRESSED, MATRIX};
use crate::decode::{
    FormatError, Problem,
    bounded_reader::{BoundedReader, Location},
    number::Coding,
};

/// Bytes before the first element.
const HEADER: u64 = 128;

/// Bytes that are read from the file at once: few while only headers are read.
const GLANCE: usize = 1 << 10;
const BUFFER: usize = 1 << 17;

/// The most bytes of the lengths of the axes, and of a name.
const AXES: u32 = 32 * 4;
const NAME: u32 = 1 << 10;

/// Classes of arrays, from 1.
const CLASSES: [&str; 17] = [
    "cell", "struct", "object", "char", "sparse", "double", "single", "int8", "uint8", "int16",
    "uint16", "int32", "uint32", "int64", "uint64", "function", "opaque",
];

/// The class of objects, whose headers have no axes.
const OPAQUE: u8 = 17;

/// A variable of a file.
#[derive(Clone, Debug)]
pub(super) struct Variable {
    pub(super) header: Header,
    span: ElementSpan,
}

/// What a variable's header says.
#[derive(Clone, Debug)]
pub(super) struct Header {
    pub(super) name: String,
    pub(super) class: u8,
    pub(super) is_complex: bool,
    pub(super) axes: Vec<u64>,
}

/// Where a variable's element is.
#[derive(Clone, Copy, Debug)]
struct ElementSpan {
    order: ByteOrder,
    /// First byte after the tag.
    start: u64,
    size: u64,
    is_compressed: bool,
}

impl Header {
    /// Whether it is an array of numbers.
    pub(super) fn is_numeric(&self) -> bool {
        (6..=15).contains(&self.class)
    }

    /// The class as messages name it.
    pub(super) fn type_name(&self) -> String {
        let class = usize::from(self.class).checked_sub(1).and_then(|class| CLASSES.get(class));
        let class = class.map_or_else(|| format!("class {}", self.class), ToString::to_string);
        if self.is_complex { format!("complex {class}") } else { class }
    }
}

/// Calls `visit` with every variable of the file.
pub(super) fn walk(
    path: &Path,
    mut visit: impl FnMut(&Variable) -> Result<(), FormatError>,
) -> Result<(), FormatError> {
    let location = Location::new(path, "");
    let mut file = location.open()?;
    let length = file.metadata().map_err(|error| location.unreadable(error))?.len();
    let order = order(&mut BoundedReader::new(location.clone(), &mut file))?;
    let mut at = HEADER;
    while at < length {
        file.seek(SeekFrom::Start(at)).map_err(|error| location.unreadable(error))?;
        let span = span(order, at, &mut BoundedReader::new(location.clone(), &mut file))?;
        at = span.start + span.size;
        if at > length {
            let (size, there) = (span.size, length - span.start);
            let reason = format!("a variable announces {size} bytes, but {there} are there");
            return Err(location.error(Problem::Damaged { reason }));
        }
        let mut bounded_reader = span.bounded_reader(location.clone(), &mut file, GLANCE)?;
        visit(&Variable { header: span.header(&mut bounded_reader)?, span })?;
    }
    Ok(())
}

/// The order of bytes, from the head of the file.
fn order(bounded_reader: &mut BoundedReader<'_>) -> Result<ByteOrder, FormatError> {
    let head = bounded_reader.all(HEADER as usize, "its header")?;
    let other = |found: &str| {
        bounded_reader
            .error(Problem::Kind { wanted: "a MATLAB version 5 file", found: found.to_owned() })
    };
    let is_big_endian = match &head[126..] {
        b"IM" => false,
        b"MI" => true,
        _ if head.starts_with(b"\x89HDF") => {
            return Err(other("it is HDF5; save it with `-v7` in MATLAB"));
        }
        _ => return Err(other("its header has no primary_checksum of the order of bytes")),
    };
    let version = if is_big_endian { head[124] } else { head[125] };
    match version {
        1 => Ok(ByteOrder { is_big_endian }),
        2 => Err(other("it is version 7.3, which is HDF5; save it with `-v7` in MATLAB")),
        version => Err(other(&format!("it is version {version}"))),
    }
}

/// Where the element with the tag at `at` is; `bounded_reader` stands there.
fn span(
    order: ByteOrder,
    at: u64,
    bounded_reader: &mut BoundedReader<'_>,
) -> Result<ElementSpan, FormatError> {
    let tag = order.tag(bounded_reader)?;
    if tag.within.is_some() || ![MATRIX, COMPRESSED].contains(&tag.kind) {
        let reason = format!("an element of type {} where a variable must be", tag.kind);
        return Err(bounded_reader.error(Problem::Damaged { reason }));
    }
    let is_compressed = tag.kind == COMPRESSED;
    Ok(ElementSpan { order, start: at + 8, size: u64::from(tag.size), is_compressed })
}

impl ElementSpan {
    /// The bytes of the array, inflated.
    fn bounded_reader<'a>(
        self,
        location: Location,
        file: impl Read + Seek + 'a,
        buffer: usize,
    ) -> Result<BoundedReader<'a>, FormatError> {
        let mut file = file;
        file.seek(SeekFrom::Start(self.start)).map_err(|error| location.unreadable(error))?;
        let element = BufReader::with_capacity(buffer, file.take(self.size));
        if !self.is_compressed {
            return Ok(BoundedReader::new(location, element).with_left(self.size));
        }
        let mut bounded_reader = BoundedReader::new(location, ZlibDecoder::new(element));
        let tag = self.order.tag(&mut bounded_reader)?;
        if tag.kind == MATRIX && tag.within.is_none() {
            return Ok(bounded_reader);
        }
        let reason = format!("an element of type {} where a variable must be", tag.kind);
        Err(bounded_reader.error(Problem::Damaged { reason }))
    }

    fn header(self, bounded_reader: &mut BoundedReader<'_>) -> Result<Header, FormatError> {
        let order = self.order;
        let (_, flags) = order.element(bounded_reader, 8)?;
        let Some(&[a, b, c, d]) = flags.first_chunk() else {
            let reason = "a variable without a class".to_owned();
            return Err(bounded_reader.error(Problem::Damaged { reason }));
        };
        let flags = order.u32([a, b, c, d]);
        let (class, is_complex) = ((flags & 0xff) as u8, flags & 0x800 != 0);
        let axes =
            if class == OPAQUE { Vec::new() } else { order.element(bounded_reader, AXES)?.1 };
        let axes = axes.as_chunks().0.iter().map(|&length| u64::from(order.u32(length)));
        let axes = axes.collect();
        let (_, name) = order.element(bounded_reader, NAME)?;
        let name = String::from_utf8_lossy(&name).into_owned();
        Ok(Header { name, class, is_complex, axes })
    }
}

impl Variable {
    /// The stream of the array's elements, and how they are coded.
    pub(super) fn data(
        &self,
        location: Location,
    ) -> Result<(BoundedReader<'static>, Coding), FormatError> {
        let file: File = location.open()?;
        let mut bounded_reader = self.span.bounded_reader(location, file, BUFFER)?;
        self.span.header(&mut bounded_reader)?;
        let tag = self.span.order.tag(&mut bounded_reader)?;
        let Some(coding) = self.span.order.coding(tag.kind) else {
            let found = format!("elements of the type {}", tag.kind);
            return Err(bounded_reader.error(Problem::Type { found, wanted: "numbers" }));
        };
        let announced = u64::from(tag.size);
        let size = u64::try_from(coding.size()).unwrap_or(u64::MAX);
        let wanted = self.header.axes.iter().try_fold(size, |all, &axis| all.checked_mul(axis));
        if wanted != Some(announced) {
            let items = wanted.map_or_else(|| "too many".to_owned(), |wanted| wanted.to_string());
            let reason = format!("its shape needs {items} bytes, but {announced} are announced");
            return Err(bounded_reader.error(Problem::Damaged { reason }));
        }
        if let Some(bytes) = tag.within {
            return Ok((bounded_reader.with_front(bytes), coding));
        }
        Ok((bounded_reader, coding))
    }
}
