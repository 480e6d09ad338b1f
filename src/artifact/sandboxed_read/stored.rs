//! Elements as they lie in the file, where a writer of ours would store them alike: in one
//! piece, or in deflated chunks that are handed over as they are, which spares inflating
//! them here and deflating them again there.
//!
//! Knows nothing of who checks them.

use std::{fs::File, io};

use hdf5::{Dataset, filters::Filter};

use super::LONGEST_ROW;
use crate::{
    ElementType, Reader,
    rows::read_at,
    writer::{WORTH_COMPRESSING, chunk_rows},
};

/// Set in a chunk's mask where it was shuffled and not deflated.
const NOT_DEFLATED: u32 = 0b10;

/// Elements that lie in one piece.
pub(super) struct Contiguous {
    file: File,
    at: u64,
}

impl Contiguous {
    /// Those of the dataset at `path`; none if they are stored in any other way.
    pub(super) fn of(reader: &Reader, path: &str, element: ElementType) -> Option<Self> {
        let dataset = reader.dataset(path).ok()?;
        let at = dataset.offset().filter(|_| is_little_endian(&dataset, element))?;
        Some(Self { file: File::open(&reader.path).ok()?, at })
    }

    /// Fills `into` with the bytes from the byte number `first` on.
    pub(super) fn read(&self, first: u64, into: &mut [u8]) -> io::Result<()> {
        let at = self.at.checked_add(first).ok_or(io::ErrorKind::UnexpectedEof)?;
        read_at(&self.file, into, at)
    }
}

/// The chunks that lie whole in a dataset, in the order of their rows.
pub(super) struct Deflated {
    file: File,
    chunks: Vec<Chunk>,
    /// Rows of each.
    pub(super) rows: usize,
}

struct Chunk {
    row: u64,
    at: u64,
    bytes: usize,
    is_deflated: bool,
}

impl Deflated {
    /// Those of the dataset at `path`, whose elements are `element`; none if it is stored
    /// in any other way than ours.
    pub(super) fn of(reader: &Reader, path: &str, element: ElementType) -> Option<Self> {
        let dataset = reader.dataset(path).ok()?;
        let shape = dataset.shape();
        let (&all, inner) = shape.split_first()?;
        let row_bytes = inner.iter().product::<usize>().checked_mul(element.size())?;
        let bytes = row_bytes.checked_mul(all)?;
        if row_bytes == 0 || row_bytes > LONGEST_ROW || bytes < WORTH_COMPRESSING {
            return None;
        }
        let rows = chunk_rows(row_bytes).min(all);
        let chunk: Vec<usize> = [&[rows], inner].concat();
        if dataset.chunk()? != chunk || !is_stored_as_ours(&dataset, element) {
            return None;
        }
        let mut chunks = chunks(&dataset, rows * row_bytes)?;
        chunks.sort_by_key(|chunk| chunk.row);
        chunks.truncate(all / rows);
        let row = |number: usize| (number * rows) as u64;
        let is_complete = chunks.len() == all / rows
            && chunks.iter().enumerate().all(|(number, chunk)| chunk.row == row(number));
        let file = is_complete.then(|| File::open(&reader.path).ok()).flatten()?;
        Some(Self { file, chunks, rows })
    }

    /// The bytes of each chunk, and whether they are deflated.
    pub(super) fn iter(&self) -> impl Iterator<Item = io::Result<(Vec<u8>, bool)>> {
        self.chunks.iter().map(|chunk| {
            let mut bytes = vec![0; chunk.bytes];
            read_at(&self.file, &mut bytes, chunk.at)?;
            Ok((bytes, chunk.is_deflated))
        })
    }
}

/// Whether the bytes that a chunk inflates to are the elements, shuffled.
fn is_stored_as_ours(dataset: &Dataset, element: ElementType) -> bool {
    let filters = dataset.filters();
    let is_ours = matches!(filters[..], [Filter::Shuffle, Filter::Deflate(_)]);
    is_ours && is_little_endian(dataset, element)
}

fn is_little_endian(dataset: &Dataset, element: ElementType) -> bool {
    let order = dataset.dtype().map(|dtype| dtype.byte_order());
    element == ElementType::U8 || matches!(order, Ok(hdf5::datatype::ByteOrder::LittleEndian))
}

/// Every chunk; none if one is longer than it can be, or has other filters.
fn chunks(dataset: &Dataset, chunk_bytes: usize) -> Option<Vec<Chunk>> {
    let (mut chunks, mut is_odd) = (Vec::new(), false);
    let visit = |info: hdf5::dataset::ChunkInfoRef<'_>| {
        let bytes = usize::try_from(info.size).unwrap_or(usize::MAX);
        let is_deflated = match info.filter_mask {
            0 if bytes < chunk_bytes => true,
            NOT_DEFLATED if bytes == chunk_bytes => false,
            _ => {
                is_odd = true;
                return 1;
            }
        };
        let row = info.offset.first().copied().unwrap_or(0);
        chunks.push(Chunk { row, at: info.addr, bytes, is_deflated });
        0
    };
    dataset.chunks_visit(visit).ok()?;
    (!is_odd).then_some(chunks)
}
