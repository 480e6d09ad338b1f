//! The receiving side: reads the stream and writes a file of its own.
//!
//! The stream comes from a process that read a stranger's file, so nothing in
//! it is believed. Knows nothing of that process.

use std::{
    io::{self, Read},
    path::Path,
};

use super::{
    BLOCK, DEEPEST, LONGEST_ROW, LONGEST_TEXT, MAGIC, MOST_DEFLATED, MOST_OBJECTS, MOST_TEXTS, tag,
};
use crate::{ArtifactError, Digests, Element, ElementType, Kind, Layout, Rows, Writer};

/// Why no artifact was received.
#[derive(Debug, thiserror::Error)]
pub enum ReceiveError {
    /// The stream broke off or could not be read.
    #[error("{0}")]
    Broken(#[from] io::Error),
    /// The stream is none.
    #[error("{0}")]
    Nonsense(&'static str),
    /// The file could not be written.
    #[error("{0}")]
    Artifact(#[from] ArtifactError),
}

const TOO_FEW_ROWS: ReceiveError = ReceiveError::Nonsense("a dataset has too few rows");

/// Writes what `stream` says to a new artifact at `path` and says what it holds.
/// `bytes` is the length of the file that the stream was read from: more than it
/// can hold is not written.
///
/// # Errors
/// If the stream is no artifact, or if the file cannot be written.
pub fn receive(
    stream: &mut dyn Read,
    path: &Path,
    bytes: u64,
) -> Result<(Kind, Digests), ReceiveError> {
    let mut from = Stream { bytes: stream };
    if from.take(MAGIC.len())? != MAGIC || from.byte()? != tag::KIND {
        return Err(ReceiveError::Nonsense("the stream is none of an artifact"));
    }
    let kind = from.text()?.parse();
    let kind: Kind = kind.map_err(|_| ReceiveError::Nonsense("the kind of artifact is unknown"))?;
    let out = Writer::create(path, kind)?;
    let mut receiver = Receiver { from, out, at: None, objects: 0, room: Room::of(bytes) };
    receiver.all()?;
    Ok((kind, receiver.out.finish()?))
}

/// How much data there may still be.
struct Room {
    contiguous: u64,
    compressed: u64,
}

impl Room {
    fn of(bytes: u64) -> Self {
        Self { contiguous: bytes, compressed: bytes.saturating_mul(MOST_DEFLATED) }
    }

    fn take(&mut self, bytes: u64, layout: Layout) -> Option<()> {
        let room = match layout {
            Layout::Contiguous => &mut self.contiguous,
            Layout::Compressed => &mut self.compressed,
        };
        *room = room.checked_sub(bytes)?;
        Some(())
    }
}

struct Receiver<'a> {
    from: Stream<'a>,
    out: Writer,
    /// What attributes belong to.
    at: Option<String>,
    objects: usize,
    room: Room,
}

/// A dataset whose rows are coming.
struct Coming {
    path: String,
    shape: Vec<usize>,
    layout: Layout,
}

impl Receiver<'_> {
    fn all(&mut self) -> Result<(), ReceiveError> {
        loop {
            let next = self.from.byte()?;
            self.objects += 1;
            if self.objects > 2 * MOST_OBJECTS {
                return Err(ReceiveError::Nonsense("there are too many groups and datasets"));
            }
            match next {
                tag::GROUP => self.at = Some(self.from.path(true)?),
                tag::ATTRIBUTE => self.attribute()?,
                tag::DATASET => self.dataset()?,
                tag::END => return Ok(()),
                _ => return Err(ReceiveError::Nonsense("the stream has a part that is none")),
            }
        }
    }

    fn attribute(&mut self) -> Result<(), ReceiveError> {
        let name = self.from.text()?;
        let place = self.at.clone();
        let at = place.ok_or(ReceiveError::Nonsense("an attribute belongs to nothing"))?;
        match self.from.byte()? {
            tag::INT => self.out.int_attribute(&at, &name, self.from.signed()?)?,
            tag::TEXT => self.out.text_attribute(&at, &name, &self.from.text()?)?,
            tag::TEXTS => {
                let count = self.from.size(MOST_TEXTS)?;
                let texts = (0..count).map(|_| self.from.text()).collect::<Result<Vec<_>, _>>()?;
                self.out.texts_attribute(&at, &name, &texts)?;
            }
            _ => return Err(ReceiveError::Nonsense("an attribute has no known type")),
        }
        Ok(())
    }

    fn dataset(&mut self) -> Result<(), ReceiveError> {
        let path = self.from.path(false)?;
        let element = ElementType::ALL.get(usize::from(self.from.byte()?)).copied();
        let element = element.ok_or(ReceiveError::Nonsense("a dataset has no known type"))?;
        let layout = match self.from.byte()? {
            0 => Layout::Contiguous,
            1 => Layout::Compressed,
            _ => return Err(ReceiveError::Nonsense("a dataset has no known layout")),
        };
        let axes = usize::from(self.from.byte()?);
        if axes > DEEPEST {
            return Err(ReceiveError::Nonsense("a dataset has too many axes"));
        }
        let shape = (0..axes).map(|_| self.from.size(usize::MAX)).collect::<Result<Vec<_>, _>>()?;
        let multiply = |bytes: u64, &length: &usize| bytes.checked_mul(length as u64);
        let bytes = shape.iter().try_fold(element.size() as u64, multiply);
        let fits = bytes.and_then(|bytes| self.room.take(bytes, layout));
        fits.ok_or(ReceiveError::Nonsense("there is more data than the file could hold"))?;
        let coming = Coming { path, shape, layout };
        match element {
            ElementType::U8 => self.rows::<u8>(&coming)?,
            ElementType::U32 => self.rows::<u32>(&coming)?,
            ElementType::I64 => self.rows::<i64>(&coming)?,
            ElementType::F32 => self.rows::<f32>(&coming)?,
            ElementType::F64 => self.rows::<f64>(&coming)?,
        }
        self.at = Some(coming.path);
        Ok(())
    }

    fn rows<T: Element>(&mut self, coming: &Coming) -> Result<(), ReceiveError> {
        let Coming { path, shape, layout } = coming;
        let Some((&rows, inner)) = shape.split_first() else {
            if self.from.byte()? != tag::ROWS {
                return Err(TOO_FEW_ROWS);
            }
            let data = self.block::<T>(1, T::TYPE.size())?.1;
            return Ok(self.out.write(path, shape, &data, *layout)?);
        };
        let row_bytes = inner.iter().product::<usize>() * T::TYPE.size();
        let mut dataset: Rows<T> = self.out.rows_in(path, shape, *layout)?;
        let mut first = 0;
        while first < rows {
            first += match self.from.byte()? {
                tag::ROWS => {
                    let (count, data) = self.block::<T>(rows - first, row_bytes)?;
                    dataset.write(first, &data)?;
                    count
                }
                tag::CHUNK => self.chunk(&mut dataset)?,
                _ => return Err(TOO_FEW_ROWS),
            };
        }
        Ok(())
    }

    /// The next chunk as the other file has it, and how many rows that are.
    fn chunk<T: Element>(&mut self, dataset: &mut Rows<T>) -> Result<usize, ReceiveError> {
        let is_deflated = self.from.byte()? == 1;
        let length = self.from.size(LONGEST_ROW)?;
        let taken = dataset.write_chunk(&self.from.take(length)?, is_deflated)?;
        taken.ok_or(ReceiveError::Nonsense("a chunk of a dataset is none"))
    }

    /// The next rows, at most `most`.
    fn block<T: Element>(
        &mut self,
        most: usize,
        row_bytes: usize,
    ) -> Result<(usize, Vec<T>), ReceiveError> {
        let rows = self.from.size(most)?;
        let bytes = rows.checked_mul(row_bytes).filter(|&bytes| bytes <= BLOCK.max(row_bytes));
        let bytes = bytes.filter(|_| rows > 0 && row_bytes <= LONGEST_ROW);
        let bytes = bytes.ok_or(ReceiveError::Nonsense("a piece of a dataset is too long"))?;
        Ok((rows, T::from_le(&self.from.take(bytes)?)))
    }
}

struct Stream<'a> {
    bytes: &'a mut dyn Read,
}

impl Stream<'_> {
    fn take(&mut self, count: usize) -> Result<Vec<u8>, ReceiveError> {
        let mut bytes = vec![0; count];
        self.bytes.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    fn byte(&mut self) -> Result<u8, ReceiveError> {
        Ok(self.take(1)?[0])
    }

    fn eight(&mut self) -> Result<[u8; 8], ReceiveError> {
        let mut bytes = [0; 8];
        self.bytes.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    fn signed(&mut self) -> Result<i64, ReceiveError> {
        Ok(i64::from_le_bytes(self.eight()?))
    }

    fn size(&mut self, most: usize) -> Result<usize, ReceiveError> {
        let number = usize::try_from(u64::from_le_bytes(self.eight()?)).ok();
        number
            .filter(|&number| number <= most)
            .ok_or(ReceiveError::Nonsense("a number in the stream is too large"))
    }

    fn text(&mut self) -> Result<String, ReceiveError> {
        let length = self.size(LONGEST_TEXT)?;
        let text = String::from_utf8(self.take(length)?);
        let text = text.map_err(|_| ReceiveError::Nonsense("a text in the stream is not UTF-8"))?;
        // Names and texts are shown on terminals, which obey such characters.
        if text.contains(|c: char| c.is_control() && !"\n\t".contains(c)) {
            return Err(ReceiveError::Nonsense("a text in it holds control characters"));
        }
        Ok(text)
    }

    /// A path; that of the root is empty.
    fn path(&mut self, may_be_root: bool) -> Result<String, ReceiveError> {
        let path = self.text()?;
        let is_plain = |segment: &str| !matches!(segment, "" | "." | "..");
        let is_fine = path.split('/').all(is_plain) && path.split('/').count() <= DEEPEST;
        if is_fine || (path.is_empty() && may_be_root) {
            Ok(path)
        } else {
            Err(ReceiveError::Nonsense("a path in the stream is none"))
        }
    }
}
