//! Passwords and tokens in addresses stay with who has the descriptor.

use crate::support::{Said, Space, idx};

/// A password, and a token as object stores sign with.
const SECRETS: [&str; 2] = ["secretpw", "secrettoken"];

/// A pipeline that reads a dataset with secrets in its mirrors, and its files.
fn space() -> Space {
    let space = Space::new(
        "Pipeline(name: \"tiny\", stages: {\"d\": Dataset(source: \"d.ron\", train: 6, test: 4)})",
    );
    let (images, labels) = (vec![9; 12 * 64], vec![1; 12]);
    let files = [("i.idx", idx(&[12, 8, 8], &images)), ("l.idx", idx(&[12], &labels))];
    let files = files.map(|(name, bytes)| {
        std::fs::write(space.path(name), &bytes).unwrap();
        let sum = crate::support::sha256(&bytes);
        format!(
            "(name: \"{name}\", checksum: \"sha256:{sum}\", mirrors: [\
             \"http://user:secretpw@127.0.0.1:9/x?token=secrettoken&download=1\", \
             \"https://secrettoken@h.example/x?X-Amz-Signature=secrettoken#secrettoken\"])"
        )
    });
    let descriptor = format!(
        "Descriptor(name: \"d\", about: \"[x](javascript:alert(1)) <b>\", \
         licence: \"`x` | <img src=x>\", citation: \"https://evil.example\", \
         image: (height: 8, width: 8, channels: 1), pad: 12, classes: [\"a\", \"b\"], \
         files: [{}], train: [Idx(images: \"i.idx\", labels: \"l.idx\")], \
         split: Blocks(test: 0.5, blocks: 2))",
        files.join(", ")
    );
    std::fs::write(space.path("d.ron"), descriptor).unwrap();
    space
}

#[track_caller]
fn has_no_secret(what: &str, text: &[u8]) {
    for secret in SECRETS {
        let found = text.windows(secret.len()).any(|window| window == secret.as_bytes());
        assert!(!found, "{what}: {}", String::from_utf8_lossy(text));
    }
}

#[track_caller]
fn said_no_secret(said: &Said) {
    has_no_secret("stdout", said.stdout.as_bytes());
    has_no_secret("stderr", said.stderr.as_bytes());
}

#[test]
fn nothing_that_is_shown_or_shared_has_a_secret() {
    let space = space();
    let ran = space.say(&["run", "tiny.ron"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    said_no_secret(&ran);
    let info = space.say(&["data", "info", "./d.ron"]);
    said_no_secret(&info);
    assert!(info.stdout.contains("from http://127.0.0.1:9/x?download=1"), "{}", info.stdout);
    assert!(info.stdout.contains("from https://h.example/x\n"), "{}", info.stdout);

    let bundled = space.say(&["bundle", "tiny.ron", "-o", "a.acai"]);
    assert_eq!(bundled.code, Some(0), "{}", bundled.stderr);
    let bytes = std::fs::read(space.path("a.acai")).unwrap();
    let bundle = zstd::decode_all(&bytes[..]).unwrap();
    has_no_secret("the bundle", &bundle);
    let bundle = String::from_utf8_lossy(&bundle);
    assert!(bundle.contains("http://127.0.0.1:9/x?download=1"));
    // What its readers take for links, tags and code is text.
    for raw in ["- `d`: [x](java", " <b>", "Licence: `x`", "Cite: https://evil"] {
        let readme = bundle.split("## Datasets").nth(1).unwrap();
        assert!(!readme.split("## What came out").next().unwrap().contains(raw), "{raw}");
    }
}

#[test]
fn a_download_that_fails_tells_no_secret() {
    let space = space();
    std::fs::remove_file(space.path("i.idx")).unwrap();
    for verb in [&["data", "fetch", "./d.ron"][..], &["run", "tiny.ron", "--progress", "json"]] {
        let said = space.say(verb);
        assert_eq!(said.code, Some(1), "{}", said.stderr);
        said_no_secret(&said);
        let all = said.stdout + &said.stderr;
        assert!(all.contains("http://127.0.0.1:9/x?download=1"), "{all}");
    }
}

#[test]
fn an_excerpt_of_a_descriptor_has_no_secret() {
    let space = space();
    let text = std::fs::read_to_string(space.path("d.ron")).unwrap();
    std::fs::write(space.path("d.ron"), text.replace("mirrors:", "mirors:")).unwrap();
    let said = space.say(&["check", "tiny.ron"]);
    assert_eq!(said.code, Some(2), "{}", said.stderr);
    said_no_secret(&said);
    assert!(said.stderr.contains("mirors"), "{}", said.stderr);
}
