//! Writing a tree down again: the same values, in one layout whatever theirs
//! was, without comments.
//!
//! Knows nothing of what the values mean.

use ron::extensions::Extensions;
use serde::Serialize;

use super::tree::{Body, KeyValue, Node};
use crate::diagnostics::SourceMap;

/// What is longer goes on several lines.
const WIDTH: usize = 90;

/// The text of `node`, whose spans belong to `sources`.
#[must_use]
pub fn format_node(node: &Node, sources: &SourceMap) -> String {
    Formatter { sources }.node(node, 0, 0) + "\n"
}

/// The text of a struct called `name`, to be read by people too; reads back the
/// same.
///
/// # Panics
/// If the value is no number, text, list, struct or variant of such.
#[must_use]
pub fn pretty_ron<T: Serialize>(name: &str, value: &T) -> String {
    let extensions = Extensions::IMPLICIT_SOME | Extensions::UNWRAP_VARIANT_NEWTYPES;
    let options = ron::Options::default().with_default_extension(extensions);
    let layout = ron::ser::PrettyConfig::new().struct_names(false).compact_arrays(true);
    let text = options.to_string_pretty(value, layout);
    format!("{name}{}\n", text.expect("values that are read from RON are plain"))
}

struct Formatter<'a> {
    sources: &'a SourceMap,
}

impl Formatter<'_> {
    /// `node`, `depth` levels deep, behind `before` characters of its line.
    fn node(&self, node: &Node, depth: usize, before: usize) -> String {
        let short = self.short(node);
        if 4 * depth + before + short.len() <= WIDTH && !short.contains('\n') {
            return short;
        }
        let tag = node.tag.as_ref().map_or("", |tag| tag.text.as_str());
        let inner = "    ".repeat(depth + 1);
        let line = |text: String| format!("{inner}{text},\n");
        let entry = |entry: &KeyValue, key: String| {
            let value = self.node(&entry.value, depth + 1, key.len() + 3);
            line(format!("{key}: {value}"))
        };
        let (open, lines, close): (_, String, _) = match &node.body {
            Body::Fields(all) => {
                ('(', all.iter().map(|one| entry(one, one.name.clone())).collect(), ')')
            }
            Body::Map(all) => {
                ('{', all.iter().map(|one| entry(one, self.short(&one.key))).collect(), '}')
            }
            Body::Tuple(all) => {
                ('(', all.iter().map(|one| line(self.node(one, depth + 1, 1))).collect(), ')')
            }
            Body::List(all) => {
                ('[', all.iter().map(|one| line(self.node(one, depth + 1, 1))).collect(), ']')
            }
            Body::Word | Body::Scalar | Body::Invalid => return short,
        };
        format!("{tag}{open}\n{lines}{}{close}", "    ".repeat(depth))
    }

    /// On one line.
    fn short(&self, node: &Node) -> String {
        let tag = node.tag.as_ref().map_or("", |tag| tag.text.as_str());
        let list = |all: &[Node]| -> String {
            all.iter().map(|one| self.short(one)).collect::<Vec<_>>().join(", ")
        };
        let entry = |key: &str, entry: &KeyValue| format!("{key}: {}", self.short(&entry.value));
        let fields = |all: &[KeyValue]| -> String {
            all.iter().map(|one| entry(&one.name, one)).collect::<Vec<_>>().join(", ")
        };
        let map = |all: &[KeyValue]| -> String {
            all.iter().map(|one| entry(&self.short(&one.key), one)).collect::<Vec<_>>().join(", ")
        };
        match &node.body {
            Body::Word | Body::Invalid => tag.to_owned(),
            Body::Scalar => self.sources.text(node.span).to_owned(),
            Body::Fields(all) => format!("{tag}({})", fields(all)),
            Body::Tuple(all) => format!("{tag}({})", list(all)),
            Body::Map(all) => format!("{tag}{{{}}}", map(all)),
            Body::List(all) => format!("{tag}[{}]", list(all)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::RonDocument, *};

    fn again(text: &str) -> String {
        let document = RonDocument::parse("x", text).unwrap();
        format_node(&document.root, &document.sources)
    }

    #[test]
    fn the_layout_is_one_and_values_stay() {
        let long = "\"0123456789012345678901234567890123456789\"";
        let text = format!(
            "P(a:1.50e-3 , /* no */ b: Some( None ),c:{{ \"x\":  r#\"y\"z\"#}},l:[{long},{long}],)"
        );
        let expected = format!(
            "P(\n    a: 1.50e-3,\n    b: Some(None),\n    c: {{\"x\": r#\"y\"z\"#}},\n    l: [\n        \
             {long},\n        {long},\n    ],\n)\n"
        );
        assert_eq!(again(&text), expected);
        assert_eq!(again(&expected), expected);
    }

    #[test]
    fn shipped_pipelines_read_back_to_the_same_tree() {
        for text in [
            include_str!("../../../pipelines/quickstart.ron"),
            include_str!("../../../pipelines/mnist_small.ron"),
        ] {
            let once = again(text);
            assert_eq!(again(&once), once);
            assert!(once.starts_with("Pipeline(\n    name: \""));
        }
    }
}
