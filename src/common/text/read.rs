//! Reading typed values from a tree, as a serde `Deserializer`: structs, maps,
//! lists and variants are taken from the nodes, plain values are left to ron.
//!
//! `Baseline` and `Baseline()` are the same, as are `Some(6)` and `6`.
//!
//! Knows nothing of what is done about an error.

use serde::de::{self, DeserializeSeed, Deserializer, IntoDeserializer, Visitor};

use super::{
    read_error::ReadError,
    scan::unescaped,
    suggest::listed,
    tree::{Body, Identifier, KeyValue, Node},
};
use crate::diagnostics::SourceMap;

/// Reads one node.
#[derive(Clone, Copy)]
pub(super) struct NodeDeserializer<'a> {
    /// The texts that the tree was made of.
    pub(super) sources: &'a SourceMap,
    /// What is read.
    pub(super) node: &'a Node,
    /// Whether the node's tag has been read as a variant's name.
    untagged: bool,
}

impl<'a> NodeDeserializer<'a> {
    /// Reads the whole of `node`.
    pub(super) fn new(sources: &'a SourceMap, node: &'a Node) -> Self {
        Self { sources, node, untagged: false }
    }

    fn on(self, node: &'a Node) -> Self {
        Self::new(self.sources, node)
    }

    /// A plain value, as ron understands its text.
    fn plain<T: de::DeserializeOwned>(self, expected: &str) -> Result<T, ReadError> {
        match self.node.body {
            Body::Invalid => Err(ReadError::consequence()),
            Body::Scalar | Body::Word => ron::from_str(self.sources.text(self.node.span))
                .map_err(|_| ReadError::expects(expected)),
            _ => Err(ReadError::expects(expected)),
        }
    }

    /// A string; outside files a bare word will do.
    fn string(self) -> Result<String, ReadError> {
        match (&self.node.body, &self.node.tag) {
            (Body::Word, Some(word)) if !self.sources.is_file(self.node.span) => {
                Ok(word.text.clone())
            }
            (Body::Scalar, _) => match unescaped(self.sources.text(self.node.span)) {
                Some(text) => Ok(text.to_owned()),
                None => self.plain("a string"),
            },
            _ => self.plain("a string"),
        }
    }

    /// The fields of a struct or variant, whatever its tag.
    fn fields<V: Visitor<'a>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        match &self.node.body {
            Body::Invalid => Err(ReadError::consequence()),
            Body::Fields(entries) => visitor.visit_map(Entries::new(self, entries, true)),
            Body::Word => visitor.visit_map(Entries::new(self, &[], true)),
            _ => Err(ReadError::expects(format!("fields in parentheses ({})", listed(fields)))),
        }
    }

    fn list<V: Visitor<'a>>(self, nodes: &'a [Node], visitor: V) -> Result<V::Value, ReadError> {
        visitor.visit_seq(Elements { reader: self, rest: nodes.iter().enumerate() })
    }
}

macro_rules! plain {
    ($($method:ident => $type:ty, $visit:ident, $expected:literal;)+) => {
        $(fn $method<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, ReadError> {
            visitor.$visit(self.plain::<$type>($expected)?)
        })+
    };
}

impl<'a> Deserializer<'a> for NodeDeserializer<'a> {
    type Error = ReadError;

    plain! {
        deserialize_bool => bool, visit_bool, "`true` or `false`";
        deserialize_i8 => i64, visit_i64, "a whole number";
        deserialize_i16 => i64, visit_i64, "a whole number";
        deserialize_i32 => i64, visit_i64, "a whole number";
        deserialize_i64 => i64, visit_i64, "a whole number";
        deserialize_u8 => u64, visit_u64, "a whole number from 0 on";
        deserialize_u16 => u64, visit_u64, "a whole number from 0 on";
        deserialize_u32 => u64, visit_u64, "a whole number from 0 on";
        deserialize_u64 => u64, visit_u64, "a whole number from 0 on";
        deserialize_f32 => f64, visit_f64, "a number";
        deserialize_f64 => f64, visit_f64, "a number";
        deserialize_char => char, visit_char, "a character";
    }

    fn deserialize_str<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, ReadError> {
        visitor.visit_string(self.string()?)
    }

    fn deserialize_string<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, ReadError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match (self.node.tag.as_ref().map(|tag| tag.text.as_str()), &self.node.body) {
            (Some("None"), Body::Word) => visitor.visit_none(),
            (Some("Some"), Body::Tuple(nodes)) if nodes.len() == 1 => {
                visitor.visit_some(self.on(&nodes[0])).map_err(|error| error.within(0))
            }
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'a>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match &self.node.body {
            Body::Invalid => Err(ReadError::consequence()),
            Body::List(nodes) => self.list(nodes, visitor),
            _ => Err(ReadError::expects("a list, `[…]`")),
        }
    }

    fn deserialize_map<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match &self.node.body {
            Body::Invalid => Err(ReadError::consequence()),
            Body::Map(entries) => visitor.visit_map(Entries::new(self, entries, false)),
            _ => Err(ReadError::expects("a map, `{\"name\": …}`")),
        }
    }

    fn deserialize_struct<V: Visitor<'a>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        match &self.node.tag {
            Some(tag) if tag.text != name && !self.untagged => {
                Err(ReadError::expects(format!("`{name}(…)` or `(…)`")))
            }
            _ => self.fields(fields, visitor),
        }
    }

    fn deserialize_enum<V: Visitor<'a>>(
        self,
        _name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        match &self.node.tag {
            _ if self.node.is_invalid() => Err(ReadError::consequence()),
            Some(tag) => visitor.visit_enum(TaggedNode { reader: self, tag }),
            None => Err(ReadError::expects(format!("one of {}", listed(variants)))),
        }
    }

    fn deserialize_identifier<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, ReadError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, ReadError> {
        visitor.visit_unit()
    }

    fn deserialize_any<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, ReadError> {
        let _ = visitor;
        Err(de::Error::custom("values of this type cannot be written in a file"))
    }

    serde::forward_to_deserialize_any! {
        <W: Visitor<'a>>
        i128 u128 bytes byte_buf unit unit_struct tuple tuple_struct
    }
}

/// The entries of a struct or a map, invalid left out.
struct Entries<'a> {
    reader: NodeDeserializer<'a>,
    rest: std::iter::Enumerate<std::slice::Iter<'a, KeyValue>>,
    are_fields: bool,
    current: Option<(usize, &'a Node)>,
}

impl<'a> Entries<'a> {
    fn new(reader: NodeDeserializer<'a>, entries: &'a [KeyValue], are_fields: bool) -> Self {
        Self { reader, rest: entries.iter().enumerate(), are_fields, current: None }
    }
}

impl<'a> de::MapAccess<'a> for Entries<'a> {
    type Error = ReadError;

    fn next_key_seed<K: DeserializeSeed<'a>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, ReadError> {
        let Some((index, entry)) = self.rest.find(|(_, entry)| !entry.value.is_invalid()) else {
            return Ok(None);
        };
        self.current = Some((index, &entry.value));
        let key = if self.are_fields {
            seed.deserialize(entry.name.as_str().into_deserializer())
        } else {
            seed.deserialize(self.reader.on(&entry.key))
        };
        key.map(Some).map_err(|error: ReadError| error.in_key(index))
    }

    fn next_value_seed<V: DeserializeSeed<'a>>(&mut self, seed: V) -> Result<V::Value, ReadError> {
        let (index, value) = self.current.take().expect("serde asks for a key before its value");
        seed.deserialize(self.reader.on(value)).map_err(|error| error.within(index))
    }
}

/// The elements of a list, invalid left out.
struct Elements<'a> {
    reader: NodeDeserializer<'a>,
    rest: std::iter::Enumerate<std::slice::Iter<'a, Node>>,
}

impl<'a> de::SeqAccess<'a> for Elements<'a> {
    type Error = ReadError;

    fn next_element_seed<T: DeserializeSeed<'a>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, ReadError> {
        let Some((index, node)) = self.rest.find(|(_, node)| !node.is_invalid()) else {
            return Ok(None);
        };
        let value = seed.deserialize(self.reader.on(node));
        value.map(Some).map_err(|error| error.within(index))
    }
}

/// A variant: its tag, then the node again for what it holds.
struct TaggedNode<'a> {
    reader: NodeDeserializer<'a>,
    tag: &'a Identifier,
}

impl<'a> de::EnumAccess<'a> for TaggedNode<'a> {
    type Error = ReadError;
    type Variant = VariantContent<'a>;

    fn variant_seed<V: DeserializeSeed<'a>>(
        self,
        seed: V,
    ) -> Result<(V::Value, VariantContent<'a>), ReadError> {
        let tag: de::value::StrDeserializer<'_, ReadError> =
            self.tag.text.as_str().into_deserializer();
        Ok((seed.deserialize(tag)?, VariantContent(self.reader)))
    }
}

/// A node whose tag has been read.
struct VariantContent<'a>(NodeDeserializer<'a>);

impl<'a> de::VariantAccess<'a> for VariantContent<'a> {
    type Error = ReadError;

    fn unit_variant(self) -> Result<(), ReadError> {
        match &self.0.node.body {
            Body::Word => Ok(()),
            Body::Fields(entries) if entries.is_empty() => Ok(()),
            _ => Err(ReadError::expects("a word without values")),
        }
    }

    /// A variant that holds a struct takes the struct's fields as its own.
    fn newtype_variant_seed<T: DeserializeSeed<'a>>(self, seed: T) -> Result<T::Value, ReadError> {
        seed.deserialize(NodeDeserializer { untagged: true, ..self.0 })
    }

    fn tuple_variant<V: Visitor<'a>>(self, len: usize, visitor: V) -> Result<V::Value, ReadError> {
        match &self.0.node.body {
            Body::Tuple(nodes) => self.0.list(nodes, visitor),
            _ => Err(ReadError::expects(format!("{len} values in parentheses"))),
        }
    }

    fn struct_variant<V: Visitor<'a>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        self.0.fields(fields, visitor)
    }
}
