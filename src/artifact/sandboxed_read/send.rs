//! The sending side: reads a file and writes the stream.
//!
//! Knows nothing of who receives it.

use std::io::{self, Write};

use super::{
    BLOCK, LONGEST_ROW, LONGEST_TEXT, MAGIC, MOST_OBJECTS,
    stored::{Contiguous, Deflated},
    strict::{layout, odd, survey},
    tag,
};
use crate::{
    ArtifactError, ArtifactErrorKind, Element, ElementType, Layout, Reader, reader::Attribute,
    writer::chunk_rows,
};

/// Sends the content of `reader` to `out`.
///
/// # Errors
/// If the file is damaged, if it has what no artifact has, or if nobody
/// receives it.
pub fn send(reader: &Reader, out: &mut dyn Write) -> Result<(), ArtifactError> {
    let everything = survey(reader)?;
    let mut sender = Sender { reader, out, objects: 0 };
    sender.put(MAGIC)?;
    sender.put(&[tag::KIND])?;
    sender.text(reader.kind().as_str())?;
    for path in &everything.groups {
        sender.put(&[tag::GROUP])?;
        sender.text(path)?;
        sender.attributes(path)?;
    }
    sender.put(&[tag::PATHS])?;
    sender.number(everything.datasets.len() as u64)?;
    everything.datasets.iter().try_for_each(|path| sender.text(path))?;
    for path in &everything.datasets {
        sender.dataset(path)?;
        sender.attributes(path)?;
    }
    sender.put(&[tag::END])
}

struct Sender<'a> {
    reader: &'a Reader,
    out: &'a mut dyn Write,
    objects: usize,
}

impl Sender<'_> {
    fn dataset(&mut self, path: &str) -> Result<(), ArtifactError> {
        let element = self.reader.element_type(path)?;
        let shape = self.reader.shape(path)?;
        let multiply = |bytes: u64, &length: &usize| bytes.checked_mul(length as u64);
        let bytes = shape.iter().try_fold(element.size() as u64, multiply);
        let bytes =
            bytes.ok_or_else(|| self.reader.error(path, ArtifactErrorKind::Size(shape.clone())))?;
        let layout = layout(self.reader, path, (element, bytes))?;
        self.put(&[tag::DATASET])?;
        self.text(path)?;
        let place = ElementType::ALL.iter().position(|&one| one == element);
        self.put(&[place.unwrap_or_default() as u8, u8::from(layout == Layout::Compressed)])?;
        self.put(&[shape.len() as u8])?;
        for &length in &shape {
            self.number(length as u64)?;
        }
        match element {
            ElementType::U8 => self.rows::<u8>(path, &shape, layout),
            ElementType::U32 => self.rows::<u32>(path, &shape, layout),
            ElementType::I64 => self.rows::<i64>(path, &shape, layout),
            ElementType::F32 => self.rows::<f32>(path, &shape, layout),
            ElementType::F64 => self.rows::<f64>(path, &shape, layout),
        }
    }

    fn rows<T: Element>(
        &mut self,
        path: &str,
        shape: &[usize],
        layout: Layout,
    ) -> Result<(), ArtifactError> {
        let Some((&rows, inner)) = shape.split_first() else {
            let data = self.reader.read::<T>(path)?.data;
            return self.block(1, &data);
        };
        let row_bytes = inner.iter().product::<usize>() * T::TYPE.size();
        if row_bytes > LONGEST_ROW {
            return Err(odd(self.reader, path, "has rows that are longer than any artifact's"));
        }
        let first = if layout == Layout::Compressed { self.chunks::<T>(path)? } else { 0 };
        if let Some(contiguous) = Contiguous::of(self.reader, path, T::TYPE) {
            return self.contiguous(path, &contiguous, (rows, row_bytes));
        }
        let step = block_rows(row_bytes);
        for start in (first..rows).step_by(step) {
            let end = rows.min(start + step);
            let data = self.reader.read_rows::<T>(path, start..end)?.data;
            self.block(end - start, &data)?;
        }
        Ok(())
    }

    /// Sends rows that lie in one piece.
    fn contiguous(
        &mut self,
        path: &str,
        contiguous: &Contiguous,
        (rows, row_bytes): (usize, usize),
    ) -> Result<(), ArtifactError> {
        let step = (BLOCK / row_bytes.max(1)).max(1);
        let mut bytes = Vec::new();
        for start in (0..rows).step_by(step) {
            let count = step.min(rows - start);
            bytes.resize(count * row_bytes, 0);
            let read = contiguous.read((start * row_bytes) as u64, &mut bytes);
            read.map_err(|error| self.reader.error(path, error.into()))?;
            self.put(&[tag::ROWS])?;
            self.number(count as u64)?;
            self.put(&bytes)?;
        }
        Ok(())
    }

    /// Sends the chunks that can be sent as they are, and says how many rows they have.
    fn chunks<T: Element>(&mut self, path: &str) -> Result<usize, ArtifactError> {
        let Some(deflated) = Deflated::of(self.reader, path, T::TYPE) else { return Ok(0) };
        let mut rows = 0;
        for chunk in deflated.iter() {
            let (bytes, is_deflated) =
                chunk.map_err(|error| self.reader.error(path, error.into()))?;
            self.put(&[tag::CHUNK, u8::from(is_deflated)])?;
            self.number(bytes.len() as u64)?;
            self.put(&bytes)?;
            rows += deflated.rows;
        }
        Ok(rows)
    }

    fn block<T: Element>(&mut self, rows: usize, data: &[T]) -> Result<(), ArtifactError> {
        let mut bytes = Vec::new();
        T::append_le(data, &mut bytes);
        self.put(&[tag::ROWS])?;
        self.number(rows as u64)?;
        self.put(&bytes)
    }

    fn attributes(&mut self, path: &str) -> Result<(), ArtifactError> {
        for name in self.reader.attribute_names(path)? {
            // What every artifact has is written by whoever makes one.
            if path.is_empty() && ["format", "kind"].contains(&name.as_str()) {
                continue;
            }
            self.objects += 1;
            if self.objects > MOST_OBJECTS {
                return Err(odd(self.reader, path, "holds too many attributes"));
            }
            self.put(&[tag::ATTRIBUTE])?;
            self.text(&name)?;
            match self.reader.attribute(path, &name)? {
                Attribute::Int(number) => {
                    self.put(&[tag::INT])?;
                    self.put(&number.to_le_bytes())?;
                }
                Attribute::Text(text) => {
                    self.put(&[tag::TEXT])?;
                    self.text(&text)?;
                }
                Attribute::Texts(texts) => {
                    self.put(&[tag::TEXTS])?;
                    self.number(texts.len() as u64)?;
                    texts.iter().try_for_each(|text| self.text(text))?;
                }
            }
        }
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), ArtifactError> {
        if text.len() > LONGEST_TEXT {
            return Err(odd(self.reader, "", "holds a text that is longer than any artifact's"));
        }
        self.number(text.len() as u64)?;
        self.put(text.as_bytes())
    }

    fn number(&mut self, number: u64) -> Result<(), ArtifactError> {
        self.put(&number.to_le_bytes())
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), ArtifactError> {
        let put: io::Result<()> = self.out.write_all(bytes);
        put.map_err(|error| self.reader.error("", error.into()))
    }
}

/// How many rows go in one piece: whole chunks of the file that is written.
pub(super) fn block_rows(row_bytes: usize) -> usize {
    let chunk = chunk_rows(row_bytes);
    (BLOCK / (chunk * row_bytes.max(1))).max(1) * chunk
}
