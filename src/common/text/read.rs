//! Reading typed values from a tree: structs, maps, lists and variants are
//! taken from the nodes, plain values are left to ron.
//!
//! `Baseline` and `Baseline()` are the same, as are `Some(6)` and `6`.
//!
//! Knows nothing of what is done about a problem.

use serde::de::{self, DeserializeSeed, Deserializer, IntoDeserializer, Visitor};

use super::{
    problem::Problem,
    suggest::listed,
    tree::{Body, Entry, Node, Tag},
};
use crate::diagnostics::Sources;

/// Reads one node.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a> {
    /// The texts that the tree was made of.
    pub(super) sources: &'a Sources,
    /// What is read.
    pub(super) node: &'a Node,
    /// Whether the node's tag has been read as a variant's name.
    untagged: bool,
}

impl<'a> Reader<'a> {
    /// Reads the whole of `node`.
    pub(super) fn new(sources: &'a Sources, node: &'a Node) -> Self {
        Self { sources, node, untagged: false }
    }

    fn on(self, node: &'a Node) -> Self {
        Self::new(self.sources, node)
    }

    /// A plain value, as ron understands its text.
    fn plain<T: de::DeserializeOwned>(self, wanted: &str) -> Result<T, Problem> {
        match self.node.body {
            Body::Hole => Err(Problem::consequence()),
            Body::Scalar | Body::Word => {
                ron::from_str(self.sources.text(self.node.span)).map_err(|_| Problem::wants(wanted))
            }
            _ => Err(Problem::wants(wanted)),
        }
    }

    /// A string; outside files a bare word will do.
    fn string(self) -> Result<String, Problem> {
        match (&self.node.body, &self.node.tag) {
            (Body::Word, Some(word)) if !self.sources.is_file(self.node.span) => {
                Ok(word.text.clone())
            }
            _ => self.plain("a string"),
        }
    }

    /// The fields of a struct or variant, whatever its tag.
    fn fields<V: Visitor<'a>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Problem> {
        match &self.node.body {
            Body::Hole => Err(Problem::consequence()),
            Body::Fields(entries) => visitor.visit_map(Entries::new(self, entries, true)),
            Body::Word => visitor.visit_map(Entries::new(self, &[], true)),
            _ => Err(Problem::wants(format!("fields in parentheses ({})", listed(fields)))),
        }
    }

    fn list<V: Visitor<'a>>(self, nodes: &'a [Node], visitor: V) -> Result<V::Value, Problem> {
        visitor.visit_seq(Elements { reader: self, rest: nodes.iter().enumerate() })
    }
}

macro_rules! plain {
    ($($method:ident => $type:ty, $visit:ident, $wanted:literal;)+) => {
        $(fn $method<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Problem> {
            visitor.$visit(self.plain::<$type>($wanted)?)
        })+
    };
}

impl<'a> Deserializer<'a> for Reader<'a> {
    type Error = Problem;

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

    fn deserialize_str<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Problem> {
        visitor.visit_string(self.string()?)
    }

    fn deserialize_string<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Problem> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Problem> {
        match (self.node.tag.as_ref().map(|tag| tag.text.as_str()), &self.node.body) {
            (Some("None"), Body::Word) => visitor.visit_none(),
            (Some("Some"), Body::Items(nodes)) if nodes.len() == 1 => {
                visitor.visit_some(self.on(&nodes[0])).map_err(|problem| problem.within(0))
            }
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'a>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Problem> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Problem> {
        match &self.node.body {
            Body::Hole => Err(Problem::consequence()),
            Body::List(nodes) => self.list(nodes, visitor),
            _ => Err(Problem::wants("a list, `[…]`")),
        }
    }

    fn deserialize_map<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Problem> {
        match &self.node.body {
            Body::Hole => Err(Problem::consequence()),
            Body::Map(entries) => visitor.visit_map(Entries::new(self, entries, false)),
            _ => Err(Problem::wants("a map, `{\"name\": …}`")),
        }
    }

    fn deserialize_struct<V: Visitor<'a>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Problem> {
        match &self.node.tag {
            Some(tag) if tag.text != name && !self.untagged => {
                Err(Problem::wants(format!("`{name}(…)` or `(…)`")))
            }
            _ => self.fields(fields, visitor),
        }
    }

    fn deserialize_enum<V: Visitor<'a>>(
        self,
        _name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Problem> {
        match &self.node.tag {
            _ if self.node.is_hole() => Err(Problem::consequence()),
            Some(tag) => visitor.visit_enum(Variant { reader: self, tag }),
            None => Err(Problem::wants(format!("one of {}", listed(variants)))),
        }
    }

    fn deserialize_identifier<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Problem> {
        self.deserialize_str(visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Problem> {
        visitor.visit_unit()
    }

    fn deserialize_any<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Problem> {
        let _ = visitor;
        Err(de::Error::custom("values of this type cannot be written in a file"))
    }

    serde::forward_to_deserialize_any! {
        <W: Visitor<'a>>
        i128 u128 bytes byte_buf unit unit_struct tuple tuple_struct
    }
}

/// The entries of a struct or a map, holes left out.
struct Entries<'a> {
    reader: Reader<'a>,
    rest: std::iter::Enumerate<std::slice::Iter<'a, Entry>>,
    are_fields: bool,
    current: Option<(usize, &'a Node)>,
}

impl<'a> Entries<'a> {
    fn new(reader: Reader<'a>, entries: &'a [Entry], are_fields: bool) -> Self {
        Self { reader, rest: entries.iter().enumerate(), are_fields, current: None }
    }
}

impl<'a> de::MapAccess<'a> for Entries<'a> {
    type Error = Problem;

    fn next_key_seed<K: DeserializeSeed<'a>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Problem> {
        let Some((place, entry)) = self.rest.find(|(_, entry)| !entry.value.is_hole()) else {
            return Ok(None);
        };
        self.current = Some((place, &entry.value));
        let key = if self.are_fields {
            seed.deserialize(entry.name.as_str().into_deserializer())
        } else {
            seed.deserialize(self.reader.on(&entry.key))
        };
        key.map(Some).map_err(|problem: Problem| problem.in_key(place))
    }

    fn next_value_seed<V: DeserializeSeed<'a>>(&mut self, seed: V) -> Result<V::Value, Problem> {
        let (place, value) = self.current.take().expect("serde asks for a key before its value");
        seed.deserialize(self.reader.on(value)).map_err(|problem| problem.within(place))
    }
}

/// The elements of a list, holes left out.
struct Elements<'a> {
    reader: Reader<'a>,
    rest: std::iter::Enumerate<std::slice::Iter<'a, Node>>,
}

impl<'a> de::SeqAccess<'a> for Elements<'a> {
    type Error = Problem;

    fn next_element_seed<T: DeserializeSeed<'a>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Problem> {
        let Some((place, node)) = self.rest.find(|(_, node)| !node.is_hole()) else {
            return Ok(None);
        };
        let value = seed.deserialize(self.reader.on(node));
        value.map(Some).map_err(|problem| problem.within(place))
    }
}

/// A variant: its tag, then the node again for what it holds.
struct Variant<'a> {
    reader: Reader<'a>,
    tag: &'a Tag,
}

impl<'a> de::EnumAccess<'a> for Variant<'a> {
    type Error = Problem;
    type Variant = Untagged<'a>;

    fn variant_seed<V: DeserializeSeed<'a>>(
        self,
        seed: V,
    ) -> Result<(V::Value, Untagged<'a>), Problem> {
        let tag: de::value::StrDeserializer<'_, Problem> =
            self.tag.text.as_str().into_deserializer();
        Ok((seed.deserialize(tag)?, Untagged(self.reader)))
    }
}

/// A node whose tag has been read.
struct Untagged<'a>(Reader<'a>);

impl<'a> de::VariantAccess<'a> for Untagged<'a> {
    type Error = Problem;

    fn unit_variant(self) -> Result<(), Problem> {
        match &self.0.node.body {
            Body::Word => Ok(()),
            Body::Fields(entries) if entries.is_empty() => Ok(()),
            _ => Err(Problem::wants("a word without values")),
        }
    }

    /// A variant that holds a struct takes the struct's fields as its own.
    fn newtype_variant_seed<T: DeserializeSeed<'a>>(self, seed: T) -> Result<T::Value, Problem> {
        seed.deserialize(Reader { untagged: true, ..self.0 })
    }

    fn tuple_variant<V: Visitor<'a>>(self, len: usize, visitor: V) -> Result<V::Value, Problem> {
        match &self.0.node.body {
            Body::Items(nodes) => self.0.list(nodes, visitor),
            _ => Err(Problem::wants(format!("{len} values in parentheses"))),
        }
    }

    fn struct_variant<V: Visitor<'a>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Problem> {
        self.0.fields(fields, visitor)
    }
}
