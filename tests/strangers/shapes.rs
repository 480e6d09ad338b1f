//! No shape of a file makes the program panic, or say without end what is wrong.

use crate::support::{Said, Space, TINY};

/// Elements of a list or entries of a map.
const MANY: usize = 200_000;

/// Characters of a line.
const LONG: usize = 1_000_000;

/// `item(0),item(1),…`
fn many(item: impl Fn(usize) -> String) -> String {
    (0..MANY).map(item).collect::<Vec<_>>().join(",")
}

/// Texts of every odd shape, each with a name.
fn shapes() -> Vec<(&'static str, String)> {
    let stages = |entries: String| format!("Pipeline(name: \"x\", stages: {{{entries}}})");
    let wrong = TINY.replace("kimg", "kmig");
    vec![
        ("nothing", String::new()),
        ("NULs", "\0".repeat(1000)),
        ("a NUL in a name", TINY.replace("tiny", "ti\0ny")),
        ("a long name", format!("Pipeline(name: \"{}\", stages: {{}})", "a".repeat(LONG))),
        ("a long word", "a".repeat(LONG)),
        ("a long number", format!("Pipeline(name: \"x\", seeds: [{}])", "1".repeat(LONG))),
        ("a text that does not end", format!("Pipeline(name: \"{}", "é".repeat(LONG))),
        ("a comment that does not end", "/*".repeat(LONG)),
        ("a long comment", format!("// {}\n{wrong}", "x".repeat(LONG))),
        ("one line of everything", wrong.replace('\n', " ")),
        ("one line behind a wide comment", {
            format!("/* {} */{}", "漢".repeat(LONG / 3), wrong.replace('\n', " "))
        }),
        ("one line behind tabs", "\t".repeat(LONG) + &wrong.replace('\n', " ")),
        ("faults at both ends", {
            format!("Pipeline(nme: \"x\", /*{}*/ nme: 1, stages: {{}})", " ".repeat(LONG))
        }),
        ("brackets", "[".repeat(MANY)),
        ("many wrong words", format!("Pipeline(name: \"x\", seeds: [{}])", many(|_| "x".into()))),
        ("many wrong numbers", {
            format!("Pipeline(name: \"x\", seeds: [{}])", many(|_| "\n-1".into()))
        }),
        ("many equal numbers", format!("Pipeline(name: \"x\", seeds: [{}])", many(|_| "7".into()))),
        ("many stages of no kind", stages(many(|n| format!("\"s{n}\": Foo()")))),
        ("many stages, a line each", stages(many(|n| format!("\n\"s{n}\": Foo()")))),
        ("many equal stages", stages(many(|_| "\"s\": Dataset(source: \"lines\")".into()))),
        ("many stages that read nothing", {
            stages(many(|n| format!("\"s{n}\": KMeans(latents: \"no{n}\", restarts: 0)")))
        }),
        ("many unknown fields", format!("Pipeline({})", many(|n| format!("f{n}: 1")))),
        ("one line end after another", "\n".repeat(LONG) + "Pipeline("),
        ("old line ends", wrong.replace('\n', "\r")),
    ]
}

#[track_caller]
fn is_told(shape: &str, said: &Said) {
    assert!(matches!(said.code, Some(0..=2)), "{shape}: {:?} {}", said.code, said.stderr);
    assert!(!said.stderr.contains("panicked"), "{shape}: {}", said.stderr);
    let said = said.stderr.len() + said.stdout.len();
    assert!(said < 1 << 19, "{shape}: {said} bytes are said");
}

#[test]
fn pipelines_of_any_shape_are_refused_in_few_words() {
    let space = Space::new("");
    for (shape, text) in shapes() {
        space.write(&text);
        let said = space.say(&["check", "tiny.ron"]);
        is_told(shape, &said);
        assert_eq!(said.code, Some(2), "{shape}");
    }
}

#[test]
fn descriptors_and_locks_of_any_shape_are_refused_in_few_words() {
    let space = Space::new(TINY);
    for (shape, text) in shapes() {
        let text = text.replacen("Pipeline", "Descriptor", 1);
        std::fs::write(space.path("d.ron"), &text).unwrap();
        is_told(shape, &space.say(&["data", "info", "./d.ron"]));
        let text = text.replacen("Descriptor", "Lock", 1).replace("stages", "instances");
        std::fs::write(space.path("tiny.lock.ron"), &text).unwrap();
        is_told(shape, &space.say(&["verify", "tiny.ron"]));
    }
}

#[test]
fn settings_of_any_shape_are_refused_in_few_words() {
    let space = Space::new(TINY);
    for set in ["a".repeat(100_000), format!("seeds=[{}]", "x,".repeat(50_000)), "=".into()] {
        is_told("a setting", &space.say(&["check", "tiny.ron", "--set", &set]));
    }
}
