//! The receiving side: reads the stream and writes a file of its own.
//!
//! The stream comes from a process that read a stranger's file, so nothing in
//! it is believed. Knows nothing of that process.

use std::{
    collections::BTreeMap,
    io::{self, Read},
    path::Path,
};

use super::{
    BLOCK, DEEPEST, LONGEST_ROW, LONGEST_TEXT, MAGIC, MOST_DEFLATED, MOST_OBJECTS, MOST_TEXT,
    MOST_TEXTS, tag,
};
use crate::{
    ArtifactError, Attribute, Digests, Element, ElementType, Kind, Layout, Rows, Writer,
    content::{Attributes, ContentHasher},
    writer::FORMAT,
};

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
    let mut from = Stream { bytes: stream, texts: MOST_TEXT };
    if from.take(MAGIC.len())? != MAGIC || from.byte()? != tag::KIND {
        return Err(ReceiveError::Nonsense("the stream is none of an artifact"));
    }
    let kind = from.text()?.parse();
    let kind: Kind = kind.map_err(|_| ReceiveError::Nonsense("the kind of artifact is unknown"))?;
    let out = Writer::create(path, kind)?;
    let digests = Receiver::new(from, out, kind, bytes).all()?;
    Ok((kind, digests))
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
    kind: Kind,
    /// What attributes belong to, and those that came.
    at: Option<String>,
    attributes: Attributes,
    groups: BTreeMap<String, Attributes>,
    /// Where the datasets are that are still to come, the next one last.
    paths: Vec<String>,
    /// What came so far, once all paths are known.
    content: Option<ContentHasher>,
    objects: usize,
    room: Room,
    /// The bytes that are being taken in, and those that a chunk holds.
    piece: Vec<u8>,
    plain: Vec<u8>,
}

/// A dataset whose rows are coming.
struct Coming {
    path: String,
    shape: Vec<usize>,
    layout: Layout,
}

impl<'a> Receiver<'a> {
    fn new(from: Stream<'a>, out: Writer, kind: Kind, bytes: u64) -> Self {
        let room = Room::of(bytes);
        let (at, attributes, groups) = (None, Vec::new(), BTreeMap::new());
        let (paths, content, piece, plain) = (Vec::new(), None, Vec::new(), Vec::new());
        Self {
            from,
            out,
            kind,
            at,
            attributes,
            groups,
            paths,
            content,
            objects: 0,
            room,
            piece,
            plain,
        }
    }

    fn all(mut self) -> Result<Digests, ReceiveError> {
        loop {
            let next = self.from.byte()?;
            self.objects += 1;
            if self.objects > 2 * MOST_OBJECTS {
                return Err(ReceiveError::Nonsense("there are too many groups and datasets"));
            }
            if next != tag::ATTRIBUTE {
                self.end_attributes();
            }
            match (next, &self.content) {
                (tag::GROUP, None) => self.at = Some(self.from.path(true)?),
                (tag::ATTRIBUTE, _) => self.attribute()?,
                (tag::PATHS, None) => self.paths()?,
                (tag::DATASET, Some(_)) => self.dataset()?,
                (tag::END, Some(_)) if self.paths.is_empty() => break,
                _ => return Err(ReceiveError::Nonsense("the stream has a part that is none")),
            }
        }
        self.out.complete()?;
        Ok(self.content.map(ContentHasher::finish).unwrap_or_default())
    }

    /// The attributes of a group or dataset are all there.
    fn end_attributes(&mut self) {
        let Some(at) = self.at.take() else { return };
        let mut attributes = std::mem::take(&mut self.attributes);
        attributes.sort_by(|(one, _), (other, _)| one.cmp(other));
        match &mut self.content {
            Some(content) => content.attributes(&at, &attributes),
            None => drop(self.groups.insert(at, attributes)),
        }
    }

    /// Where the datasets are: what comes before them in a digest is known now.
    fn paths(&mut self) -> Result<(), ReceiveError> {
        let count = self.from.size(MOST_OBJECTS)?;
        let paths = (0..count).map(|_| self.from.path(false)).collect::<Result<Vec<_>, _>>()?;
        if !paths.is_sorted_by(|one, next| one < next) {
            return Err(ReceiveError::Nonsense("the datasets are in no order"));
        }
        // What every artifact has is not sent.
        let root = self.groups.entry(String::new()).or_default();
        root.push(("format".to_owned(), Attribute::Int(FORMAT)));
        root.push(("kind".to_owned(), Attribute::Text(self.kind.as_str().to_owned())));
        root.sort_by(|(one, _), (other, _)| one.cmp(other));
        self.content = Some(ContentHasher::new(self.kind, &paths, &self.groups));
        self.paths = paths.into_iter().rev().collect();
        Ok(())
    }

    fn attribute(&mut self) -> Result<(), ReceiveError> {
        let name = self.from.text()?;
        let at = self.at.as_deref();
        let at = at.ok_or(ReceiveError::Nonsense("an attribute belongs to nothing"))?;
        let value = match self.from.byte()? {
            tag::INT => {
                let number = self.from.signed()?;
                self.out.int_attribute(at, &name, number)?;
                Attribute::Int(number)
            }
            tag::TEXT => {
                let text = self.from.text()?;
                self.out.text_attribute(at, &name, &text)?;
                Attribute::Text(text)
            }
            tag::TEXTS => {
                let count = self.from.size(MOST_TEXTS)?;
                let texts = (0..count).map(|_| self.from.text()).collect::<Result<Vec<_>, _>>()?;
                self.out.texts_attribute(at, &name, &texts)?;
                Attribute::Texts(texts)
            }
            _ => return Err(ReceiveError::Nonsense("an attribute has no known type")),
        };
        self.attributes.push((name, value));
        Ok(())
    }

    fn dataset(&mut self) -> Result<(), ReceiveError> {
        let path = self.from.path(false)?;
        if self.paths.pop().as_ref() != Some(&path) {
            return Err(ReceiveError::Nonsense("a dataset is not where it should be"));
        }
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
        if let Some(content) = &mut self.content {
            content.dataset(&coming.path, element, &coming.shape);
        }
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
            self.block(1, T::TYPE.size())?;
            self.took(path);
            return Ok(self.out.write(path, shape, &T::from_le(&self.piece), *layout)?);
        };
        let row_bytes = inner.iter().product::<usize>() * T::TYPE.size();
        let mut dataset: Rows<T> = self.out.rows_in(path, shape, *layout)?;
        let mut first = 0;
        while first < rows {
            first += match self.from.byte()? {
                tag::ROWS => {
                    let count = self.block(rows - first, row_bytes)?;
                    dataset.write_bytes(first, &self.piece)?;
                    self.took(path);
                    count
                }
                tag::CHUNK => self.chunk(path, &mut dataset)? / row_bytes.max(1),
                _ => return Err(TOO_FEW_ROWS),
            };
        }
        Ok(())
    }

    /// The next chunk as the other file has it, and how many bytes it holds.
    fn chunk<T: Element>(
        &mut self,
        path: &str,
        dataset: &mut Rows<T>,
    ) -> Result<usize, ReceiveError> {
        let is_deflated = self.from.byte()? == 1;
        let length = self.from.size(LONGEST_ROW)?;
        self.take_piece(length)?;
        if !dataset.write_chunk(&self.piece, is_deflated, &mut self.plain)? {
            return Err(ReceiveError::Nonsense("a chunk of a dataset is none"));
        }
        std::mem::swap(&mut self.piece, &mut self.plain);
        self.took(path);
        Ok(self.piece.len())
    }

    /// Elements of the dataset at `path` were taken in.
    fn took(&mut self, path: &str) {
        if let Some(content) = &mut self.content {
            content.elements(path, &self.piece);
        }
    }

    /// Takes in the next rows, at most `most`, and says how many they are.
    fn block(&mut self, most: usize, row_bytes: usize) -> Result<usize, ReceiveError> {
        let rows = self.from.size(most)?;
        let bytes = rows.checked_mul(row_bytes).filter(|&bytes| bytes <= BLOCK.max(row_bytes));
        let bytes = bytes.filter(|_| rows > 0 && row_bytes <= LONGEST_ROW);
        let bytes = bytes.ok_or(ReceiveError::Nonsense("a piece of a dataset is too long"))?;
        self.take_piece(bytes)?;
        Ok(rows)
    }

    fn take_piece(&mut self, bytes: usize) -> Result<(), ReceiveError> {
        self.piece.resize(bytes, 0);
        Ok(self.from.bytes.read_exact(&mut self.piece)?)
    }
}

struct Stream<'a> {
    bytes: &'a mut dyn Read,
    /// Bytes that texts may still have.
    texts: usize,
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
        let left = self.texts.checked_sub(length);
        self.texts = left.ok_or(ReceiveError::Nonsense("there is too much text"))?;
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
