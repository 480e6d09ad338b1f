//! Words of others are shown as text, whatever shows them.

use std::path::PathBuf;

use acai_artifact::Reader;
use acai_engine::record::Record;
use sha2::{Digest, Sha256};

use crate::support::{Space, make_writable, plain, unsealed};

/// What a terminal, a page, a document or a spreadsheet might obey.
const EVIL: &str = "\u{1b}]0;owned\u{7}\u{1b}[8m\u{202e}<script>alert(1)</script>\n  licence   MIT";

/// A descriptor whose words are all [`EVIL`].
fn descriptor() -> String {
    let evil = format!("{EVIL:?}");
    format!(
        r#"Descriptor(
    name: "evil",
    about: {evil},
    homepage: {evil},
    licence: {evil},
    citation: {evil},
    image: (height: 8, width: 8, channels: 1),
    classes: [{evil}, "=HYPERLINK(1)"],
    files: [(name: "a.npz", checksum: "md5:900150983cd24fb0d6963f7d28e17f72", mirrors: ["http://a.b/{}"])],
    train: [Npz(file: "a.npz", images: "x", labels: "y")],
    split: Blocks(test: 0.2, blocks: 2),
)"#,
        "\\u{1b}[2J"
    )
}

/// Nothing in it moves a cursor or turns the direction of writing.
#[track_caller]
fn is_harmless(text: &str) {
    let is_obeyed = |c: char| (c.is_control() && c != '\n') || matches!(c, '\u{202a}'..='\u{202e}');
    assert!(!text.contains(is_obeyed), "{text:?}");
}

#[test]
fn words_of_a_descriptor_are_one_line_each_and_no_commands() {
    let space = Space::new("");
    std::fs::write(space.path("evil.ron"), descriptor()).unwrap();
    let said = space.say(&["data", "info", "./evil.ron"]);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    is_harmless(&said.stdout);
    assert!(said.stdout.contains("\\u{1b}]0;owned\\u{7}"), "{}", said.stdout);
    assert_eq!(said.stdout.matches("\n  licence").count(), 1, "{}", said.stdout);
}

#[test]
fn excerpts_and_wrong_names_are_no_commands() {
    for text in [
        "Pipeline(name: \"\u{1b}[2Jx\", stages: {\"b\u{1b}[2J\u{202e}ad\": Foo(x: \"\u{9b}1m\")})",
        "Pipeline(name: \"x\", stages: {\"a\": KMeans(latents: \"\u{1b}]0;t\u{7}\")}) // \u{200f}",
        "\u{1b}[2J",
    ] {
        let said = Space::new(text).say(&["check", "tiny.ron"]);
        assert_eq!(said.code, Some(2));
        is_harmless(&said.stderr);
        assert!(said.stderr.contains("u{1b}") || said.stderr.contains('?'), "{}", said.stderr);
    }
    let said = Space::new("").say(&["check", "\u{1b}[2Jnot-there.ron", "--set", "\u{1b}[2J"]);
    is_harmless(&said.stderr);
    let said = Space::new("").say(&["\u{1b}[2Jno-verb"]);
    is_harmless(&said.stderr);
}

/// The record of an instance that was run.
fn record_of(space: &Space, instance: &str) -> (PathBuf, Record) {
    let digests = space.digests();
    let (_, digest) = digests.iter().find(|(name, _)| name == instance).unwrap();
    let paths = std::fs::read_dir(space.path(".acai/actions")).unwrap();
    let records = paths.map(|entry| {
        let path = entry.unwrap().path();
        let record = Record::parse(&std::fs::read_to_string(&path).unwrap()).unwrap();
        (path, record)
    });
    let mut its = records.filter(|(_, record)| record.digest.to_string() == *digest);
    its.next().unwrap()
}

#[test]
fn a_record_with_scores_that_its_stage_does_not_give_is_none() {
    let space = Space::new(&plain());
    space.run(&[]);
    let (path, record) = record_of(&space, "clusters/acai/0");
    for name in ["=HYPERLINK(\"http://a.b\")", EVIL.lines().next().unwrap(), "cross_entropy"] {
        let scores = [record.scores.clone(), vec![(name.to_owned(), 1.0)]].concat();
        std::fs::write(&path, unsealed(&Record { scores, ..record.clone() }.text())).unwrap();
        for verb in [&["compare", "tiny.ron", "--csv"][..], &["show", "tiny.ron", "--json"]] {
            let said = space.say(verb);
            assert_eq!(said.code, Some(0), "{}", said.stderr);
            assert!(!said.stdout.contains("HYPERLINK"), "{}", said.stdout);
            assert!(!said.stdout.contains("owned"), "{}", said.stdout);
            is_harmless(&said.stdout);
        }
        let clusters = space.array("plan", &[]);
        let state = clusters.iter().find(|one| one["instance"] == "clusters/acai/0").unwrap();
        assert_eq!(state["state"], "run", "a record that is none is made again");
    }
}

#[test]
fn an_artifact_with_other_scores_than_its_stage_gives_is_not_taken() {
    let space = Space::new(&plain());
    let shared = space.path("shared");
    std::fs::create_dir(&shared).unwrap();
    space.run(&[]);
    let pushed = space.say(&["push", "tiny.ron", "--remote", "shared"]);
    assert_eq!(pushed.code, Some(0), "{}", pushed.stderr);
    let (path, record) = record_of(&space, "clusters/acai/0");
    let object = |digest: &dyn ToString| format!("objects/{}.h5", digest.to_string());
    let forged = space.path("forged.h5");
    std::fs::copy(shared.join(object(&record.digest)), &forged).unwrap();
    make_writable(&forged);
    {
        let file = hdf5::File::open_rw(&forged).unwrap();
        let scores = file.group("scores").unwrap();
        let score = scores.new_dataset::<f64>().create("=HYPERLINK(1)").unwrap();
        score.write_scalar(&1.0).unwrap();
    }
    let reader = Reader::open(&forged).unwrap();
    let parts = reader.digests().unwrap();
    let digest = parts.artifact(reader.kind());
    let bytes = std::fs::metadata(&forged).unwrap().len();
    std::fs::copy(&forged, shared.join(object(&digest))).unwrap();
    let name = path.file_name().unwrap();
    let text = Record { digest, parts, bytes, ..record }.text();
    std::fs::remove_file(shared.join("actions").join(name)).unwrap();
    std::fs::write(shared.join("actions").join(name), unsealed(&text)).unwrap();

    let other = Space::new(&plain());
    let remote = shared.to_str().unwrap();
    let said = other.say(&["run", "tiny.ron", "--remote", remote]);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    is_harmless(&said.stderr);
    let said = other.say(&["compare", "tiny.ron", "--csv"]);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    assert!(!said.stdout.contains("HYPERLINK"), "{}", said.stdout);
}

/// What stands between a tag and its end.
fn contents<'a>(page: &'a str, open: &str, close: &str) -> Vec<&'a str> {
    let pieces = page.split(open).skip(1);
    pieces.map(|piece| piece.split(close).next().unwrap()).collect()
}

#[test]
fn a_page_runs_no_script_and_has_no_style_but_ours() {
    let text = plain().replace("name: \"tiny\"", "// \u{202e}\u{1b}<script>\n name: \"tiny\"");
    let space = Space::new(&format!("// <script>alert(1)</script> \u{202e}?\n{text}"));
    space.run(&[]);
    let said = space.say(&["report", "tiny.ron", "-o", "-"]);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    let page = said.stdout;
    is_harmless(&page.replace(['\t', '\r'], ""));
    let policy = contents(&page, "Content-Security-Policy\" content=\"", "\"")[0];
    assert!(!policy.contains("unsafe") && policy.starts_with("default-src 'none'"), "{policy}");
    let hash = |text: &&str| {
        let digits = Sha256::digest(text.as_bytes());
        format!("'sha256-{}'", acai_common::base64::base64(&digits))
    };
    let allowed = |directive: &str| -> Vec<String> {
        let one = policy.split("; ").find(|one| one.starts_with(directive)).unwrap();
        one.split(' ').skip(1).map(str::to_owned).collect()
    };
    let scripts: Vec<String> = contents(&page, "<script>", "</script>").iter().map(hash).collect();
    assert_eq!(scripts, allowed("script-src"));
    let styles: Vec<String> = contents(&page, "<style>", "</style>").iter().map(hash).collect();
    assert!(!styles.is_empty() && styles.iter().all(|one| allowed("style-src").contains(one)));
    assert!(!page.contains(" style=\"") && !page.contains(" onclick="));
}
