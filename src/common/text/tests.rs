//! Spans, spellings and recovery, on small types.

use serde::{Deserialize, Serialize};

use super::{scan::scan, *};
use crate::diagnostics::Diagnostic;

#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Point {
    x: u64,
    #[serde(default)]
    shape: Option<Shape>,
    #[serde(default)]
    tags: Vec<String>,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
enum Shape {
    Dot {},
    Disc {
        #[serde(default)]
        radius: f64,
    },
    Pair(u64, u64),
    Nothing,
}

fn point(text: &str) -> Result<Point, String> {
    from_str("p.ron", text).map_err(|diagnostics| diagnostics.to_string())
}

fn shape(text: &str) -> Option<Shape> {
    point(&format!("(x: 1, shape: {text})")).expect("the shape has no fault").shape
}

fn syntax(text: &str) -> String {
    scan(text, 0, 0).expect_err("the text is not RON").message
}

#[test]
fn words_and_empty_parentheses_are_the_same() {
    assert_eq!(shape("Dot"), Some(Shape::Dot {}));
    assert_eq!(shape("Dot()"), Some(Shape::Dot {}));
    assert_eq!(shape("Some(Dot)"), Some(Shape::Dot {}));
    assert_eq!(shape("Disc"), Some(Shape::Disc { radius: 0.0 }));
    assert_eq!(shape("Disc (radius: 2,)"), Some(Shape::Disc { radius: 2.0 }));
    assert_eq!(shape("Pair(1, 2)"), Some(Shape::Pair(1, 2)));
    assert_eq!(shape("Nothing"), Some(Shape::Nothing));
    assert_eq!(shape("Nothing()"), Some(Shape::Nothing));
    assert_eq!(shape("None"), None);
}

#[test]
fn comments_raw_strings_and_escapes_are_understood() {
    let text = r##"
        // first /* not nested
        Point(/* a /* b */ c */ x: 1_0, tags: ["a\"]", r#"b")"#, r"c\", '\u{3bb}'],)
    "##;
    let text = text.replace("'\\u{3bb}'", "\"\\u{3bb}\"");
    let tags = ["a\"]", "b\")", "c\\", "λ"].map(str::to_owned).to_vec();
    assert_eq!(point(&text), Ok(Point { x: 10, shape: None, tags }));
}

#[test]
fn every_node_knows_its_place() {
    let text = "Pipeline(a: {\"b c\": Train(d: [1, 22])})";
    let root = scan(text, 3, 0).expect("the text is RON");
    let entry = root.find("a.b c").expect("there is such a path");
    let at = |span: crate::diagnostics::Span| (span.source, &text[span.start..span.end]);
    assert_eq!(at(entry.key.span), (3, "\"b c\""));
    assert_eq!(at(entry.value.span), (3, "Train(d: [1, 22])"));
    let list = &root.find("a.b c.d").expect("there is such a path").value;
    assert_eq!(at(list.elements()[1].span), (3, "22"));
    assert_eq!(root.find("a.b c.e"), None);
}

#[test]
fn what_is_not_ron_is_an_error() {
    assert_eq!(syntax(""), "expected a value, but the text ends");
    assert_eq!(syntax("(a: 1"), "the text ends before a closing `)`");
    assert_eq!(syntax("(a: 1 b: 2)"), "expected `,` or `)`, found `b`");
    assert_eq!(syntax("(a: 1) 2"), "expected the end of the text, found `2`");
    assert_eq!(syntax("{1 2}"), "expected `:` and a value, found `2`");
    assert_eq!(syntax("\"a"), "the text ends before a closing `\"`");
    assert_eq!(syntax("r#\"a\""), "the text ends before a closing `\"`");
    assert_eq!(syntax("/* /* */"), "a comment is not closed");
    assert_eq!(syntax("[1, λ]"), "expected a value, found `λ`");
    assert_eq!(syntax(&"(".repeat(100_000)), "values are nested more than 64 deep");
}

#[test]
fn all_errors_are_reported_and_their_consequences_are_not() {
    let text = "(\n  y: 1,\n  x: \"one\",\n  tags: [\"a\", 2, b],\n  shape: Disk(radius: 1),\n)";
    let diagnostics = [
        "p.ron:2:3: the file has no field `y`",
        "p.ron:3:6: `x` wants a whole number from 0 on, found the string \"one\"",
        "p.ron:4:15: `tags.1` wants a string, found `2`",
        "p.ron:4:18: `tags.2` wants a string, found the word `b`",
        "p.ron:5:10: `shape` cannot be `Disk`",
    ];
    assert_eq!(point(text), Err(diagnostics.join("\n")));
}

#[test]
fn a_missing_field_is_reported_once() {
    assert_eq!(point("()"), Err("p.ron:1:1: the file lacks the field `x`".to_owned()));
    assert_eq!(point("(x: 1, x: 2)"), Err("p.ron:1:8: `x` is given twice".to_owned()));
}

#[test]
fn numbers_are_judged_by_ron() {
    let x = |text: &str| point(&format!("(x: {text})")).map(|point| point.x);
    assert_eq!(x("0x1F"), Ok(31));
    assert_eq!(x("18446744073709551615"), Ok(u64::MAX));
    let refused = |text| {
        let message = "`x` wants a whole number from 0 on";
        assert_eq!(x(text), Err(format!("p.ron:1:5: {message}, found `{text}`")));
    };
    refused("18446744073709551616");
    refused("-1");
    refused("1.5");
    refused("1e3");
    refused("12ab");
}

fn edited(text: &str, edit: &str) -> Result<String, Diagnostic> {
    let mut document = RonDocument::parse("p.ron", text).expect("the text is RON");
    let source =
        crate::diagnostics::SourceText { name: String::new(), text: edit.into(), is_file: false };
    let source = document.sources.add(source);
    let Edit { path, value } = Edit::parse(edit, source)?;
    document.root.set("", &path, value)?;
    let reading = TolerantReader { sources: &document.sources };
    let mut diagnostics = Vec::new();
    let point: Option<Point> = reading.read(&document.root, "", &mut diagnostics);
    point.map(|point| format!("{point:?}")).ok_or_else(|| diagnostics.remove(0))
}

#[test]
fn edits_replace_add_and_open_words() {
    let shown = |x: u64, shape: &str, tags: &str| {
        Ok(format!("Point {{ x: {x}, shape: {shape}, tags: [{tags}] }}"))
    };
    assert_eq!(edited("(x: 1)", "x=2"), shown(2, "None", ""));
    assert_eq!(edited("(x: 1)", "tags=[a, \"b\"]"), shown(1, "None", "\"a\", \"b\""));
    assert_eq!(edited("(x: 1)", "shape=Dot"), shown(1, "Some(Dot)", ""));
    let disc = "Some(Disc { radius: 2.0 })";
    assert_eq!(edited("(x: 1, shape: Disc)", "shape.radius=2"), shown(1, disc, ""));
    assert_eq!(edited("(x: 1, shape: Some(Disc()))", " shape . radius = 2 "), shown(1, disc, ""));
}

#[test]
fn a_bare_word_may_hold_more_than_an_identifier() {
    let word = |edit: &str| edited("(x: 1)", edit).expect_err("x is a number").message;
    assert!(word("x=models/acai").ends_with("found the word `models/acai`"));
    assert!(word("x=a.b-c").ends_with("found the word `a.b-c`"));
    assert_eq!(word("x=(1"), "the text ends before a closing `)`");
    assert_eq!(word("x="), "expected a value, but the text ends");
}

#[derive(Serialize)]
enum Part {
    Ring { inner: f64, outer: Option<u64>, hole: Option<u64> },
}

/// As above, with the fields in a struct of their own.
#[derive(Serialize)]
enum Wrapped {
    Ring(Ring),
}

#[derive(Serialize)]
struct Ring {
    inner: f64,
    outer: Option<u64>,
    hole: Option<u64>,
}

#[test]
fn values_are_written_and_taken_apart_canonically() {
    assert_eq!(canonical_ron(&1e-4), "0.0001");
    assert_eq!(canonical_ron(&[100, 100]), "(100,100)");
    assert_eq!(canonical_ron(&vec![0.5, 1.0]), "[0.5,1.0]");
    let ring = Part::Ring { inner: 0.5, outer: Some(8), hole: None };
    let fields = [("inner", "0.5"), ("outer", "8"), ("hole", "None")];
    let fields = fields.map(|(name, text)| (name.to_owned(), text.to_owned())).to_vec();
    let wrapped = Wrapped::Ring(Ring { inner: 0.5, outer: Some(8), hole: None });
    assert_eq!(canonical_ron(&wrapped), canonical_ron(&ring));
    assert_eq!(variant_and_fields(&wrapped), variant_and_fields(&ring));
    assert_eq!(variant_and_fields(&ring), ("Ring".to_owned(), fields));
    assert_eq!(default_variant("Disc"), Some(Shape::Disc { radius: 0.0 }));
    assert_eq!(default_variant::<Shape>("Pair"), None);
}
