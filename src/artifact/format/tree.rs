//! Groups, datasets and attributes, kept until the file is complete.
//!
//! Knows nothing of elements that were written.

use std::{collections::BTreeMap, io, sync::Arc};

use super::{
    ChunkWriter, Space,
    chunks::{Chunks, DEFLATE_LEVEL},
    heap::{Heap, Placed, TextRef},
    message::{self, TEXT_BYTES, kind},
    object::{Header, LONGEST_MESSAGE},
    superblock,
};
use crate::ElementType;

/// Room for what an attribute or a link has beside its name and its value.
const MESSAGE_REST: usize = 256;

/// What a file consists of.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    root: Group,
    heap: Heap,
}

/// Why something has no place in the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TreeError {
    /// There is something of that name.
    Taken,
    /// It is longer than the format allows.
    TooLong,
}

/// Where the elements of a new dataset go.
#[derive(Debug)]
pub(crate) enum Storage {
    /// To one piece of the file, at this offset.
    Contiguous(u64),
    /// To chunks.
    Chunked(ChunkWriter),
}

#[derive(Debug, Default)]
struct Group {
    members: BTreeMap<String, Object>,
    attributes: BTreeMap<String, Attribute>,
}

#[derive(Debug)]
enum Object {
    Group(Group),
    Dataset(Dataset),
}

#[derive(Debug)]
struct Dataset {
    element: ElementType,
    shape: Vec<usize>,
    place: Place,
    attributes: BTreeMap<String, Attribute>,
}

#[derive(Debug)]
enum Place {
    Contiguous { at: u64, bytes: u64 },
    Chunked { rows: usize, chunks: Chunks },
}

#[derive(Debug)]
enum Attribute {
    Int(i64),
    Text(TextRef),
    Texts(Vec<TextRef>),
}

impl Tree {
    /// A new dataset, and where its elements go: in chunks of `chunk_rows` rows, or in
    /// one piece. A chunked one has rows, and elements in them.
    pub(crate) fn dataset(
        &mut self,
        space: &Arc<Space>,
        path: &str,
        (element, shape): (ElementType, &[usize]),
        chunk_rows: Option<usize>,
    ) -> Result<Storage, TreeError> {
        let (groups, name) = path.rsplit_once('/').unwrap_or(("", path));
        let parent = self.root.group(groups)?;
        if parent.members.contains_key(name) {
            return Err(TreeError::Taken);
        }
        let bytes = shape.iter().product::<usize>() * element.size();
        let (place, storage) = if let Some(rows) = chunk_rows {
            let chunks = Chunks::default();
            let chunk_bytes = bytes / shape[0] * rows;
            let writer = ChunkWriter::new(space, &chunks, element.size(), chunk_bytes, bytes);
            (Place::Chunked { rows, chunks }, Storage::Chunked(writer))
        } else {
            let at = space.reserve(bytes as u64);
            (Place::Contiguous { at, bytes: bytes as u64 }, Storage::Contiguous(at))
        };
        let (shape, attributes) = (shape.to_vec(), BTreeMap::new());
        let dataset = Object::Dataset(Dataset { element, shape, place, attributes });
        parent.members.insert(fitting(name, 0)?, dataset);
        Ok(storage)
    }

    /// Sets a text attribute of a dataset, or of a group, which is made if need be.
    pub(crate) fn text(&mut self, path: &str, name: &str, text: &str) -> Result<(), TreeError> {
        let value = Attribute::Text(self.heap.add(text));
        self.set(path, fitting(name, TEXT_BYTES)?, value)
    }

    /// Sets an attribute that lists texts.
    pub(crate) fn texts(
        &mut self,
        path: &str,
        name: &str,
        texts: &[String],
    ) -> Result<(), TreeError> {
        let name = fitting(name, texts.len().saturating_mul(TEXT_BYTES))?;
        let value = Attribute::Texts(texts.iter().map(|text| self.heap.add(text)).collect());
        self.set(path, name, value)
    }

    /// Sets an integer attribute.
    pub(crate) fn int(&mut self, path: &str, name: &str, value: i64) -> Result<(), TreeError> {
        self.set(path, fitting(name, size_of::<i64>())?, Attribute::Int(value))
    }

    fn set(&mut self, path: &str, name: String, value: Attribute) -> Result<(), TreeError> {
        let attributes = self.root.attributes(path)?;
        if attributes.contains_key(&name) {
            return Err(TreeError::Taken);
        }
        attributes.insert(name, value);
        Ok(())
    }

    /// Writes the tree to the end of `space`, and then the superblock, which makes the
    /// file one.
    pub(crate) fn finish(&self, space: &Space) -> io::Result<()> {
        let (base, mut bytes) = (space.end(), Vec::new());
        let placed = self.heap.place(base, &mut bytes);
        let root = self.root.append(&placed, base, &mut bytes);
        let at = space.append(&bytes)?;
        debug_assert_eq!(at, base);
        space.write(0, &superblock(root, base + bytes.len() as u64))
    }
}

/// The name, if it fits in a message beside `bytes` bytes.
fn fitting(name: &str, bytes: usize) -> Result<String, TreeError> {
    let fits = name.len().saturating_add(bytes) <= LONGEST_MESSAGE - MESSAGE_REST;
    if fits { Ok(name.to_owned()) } else { Err(TreeError::TooLong) }
}

impl Group {
    /// The group at `path` below this one, made if need be.
    fn group(&mut self, path: &str) -> Result<&mut Self, TreeError> {
        let mut group = self;
        for segment in path.split('/').filter(|segment| !segment.is_empty()) {
            let name = fitting(segment, 0)?;
            let fresh = || Object::Group(Self::default());
            group = match group.members.entry(name).or_insert_with(fresh) {
                Object::Group(inner) => inner,
                Object::Dataset(_) => return Err(TreeError::Taken),
            };
        }
        Ok(group)
    }

    /// The attributes of the dataset or group at `path`.
    fn attributes(&mut self, path: &str) -> Result<&mut BTreeMap<String, Attribute>, TreeError> {
        let (groups, name) = path.rsplit_once('/').unwrap_or(("", path));
        let parent = self.group(groups)?;
        if name.is_empty() {
            return Ok(&mut parent.attributes);
        }
        let fresh = || Object::Group(Self::default());
        match parent.members.entry(fitting(name, 0)?).or_insert_with(fresh) {
            Object::Group(group) => Ok(&mut group.attributes),
            Object::Dataset(dataset) => Ok(&mut dataset.attributes),
        }
    }

    /// Appends everything in the group and then its header, and says where that is.
    fn append(&self, texts: &Placed, base: u64, out: &mut Vec<u8>) -> u64 {
        let mut header = Header::default();
        header.add(kind::LINK_INFO, &message::link_info());
        header.add(kind::GROUP_INFO, &message::group_info());
        for (name, object) in &self.members {
            let at = match object {
                Object::Group(group) => group.append(texts, base, out),
                Object::Dataset(dataset) => dataset.append(texts, base, out),
            };
            header.add(kind::LINK, &message::link(name, at));
        }
        add_attributes(&mut header, &self.attributes, texts);
        header.append(base, out)
    }
}

impl Dataset {
    fn append(&self, texts: &Placed, base: u64, out: &mut Vec<u8>) -> u64 {
        let Self { element, shape, place, attributes } = self;
        let mut header = Header::default();
        header.add(kind::DATASPACE, &message::dataspace(shape));
        header.add(kind::DATATYPE, &message::datatype(*element));
        let is_chunked = matches!(place, Place::Chunked { .. });
        header.add(kind::FILL_VALUE, &message::fill_value(is_chunked));
        match place {
            Place::Contiguous { at, bytes } => {
                header.add(kind::LAYOUT, &message::contiguous(*at, *bytes));
            }
            Place::Chunked { rows, chunks } => {
                let tree = chunks.tree(*rows, shape.len(), base, out);
                let mut chunk = shape.clone();
                chunk[0] = *rows;
                header.add(kind::LAYOUT, &message::chunked(tree, &chunk, element.size()));
                header.add(kind::FILTERS, &message::filters(element.size(), DEFLATE_LEVEL));
            }
        }
        add_attributes(&mut header, attributes, texts);
        header.append(base, out)
    }
}

fn add_attributes(header: &mut Header, attributes: &BTreeMap<String, Attribute>, texts: &Placed) {
    for (name, value) in attributes {
        let (datatype, shape, value) = match value {
            Attribute::Int(number) => {
                (message::datatype(ElementType::I64), vec![], number.to_le_bytes().to_vec())
            }
            Attribute::Text(text) => {
                (message::text_type(), vec![], texts.reference(*text).to_vec())
            }
            Attribute::Texts(list) => {
                let references = list.iter().flat_map(|text| texts.reference(*text)).collect();
                (message::text_type(), vec![list.len()], references)
            }
        };
        let dataspace = message::dataspace(&shape);
        header.add(kind::ATTRIBUTE, &message::attribute(name, &datatype, &dataspace, &value));
    }
}
