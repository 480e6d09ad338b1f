//! What is wrong with what a bundle says: its pipeline, its lock, its records.
//!
//! Knows nothing of archives.

use super::{
    super::forge::{Entry, Forge},
    Hostile,
};
use crate::support::unsealed;

pub(super) fn all(good: &[u8]) -> Vec<Hostile> {
    [changed_texts(good), missing(good), strays(good), locks(good), records(good), pipelines(good)]
        .into_iter()
        .flatten()
        .collect()
}

const LOCK: &str = "pipeline.lock.ron";
const PIPELINE: &str = "pipeline.ron";

fn text(forge: &Forge, path: &str) -> String {
    let entry = forge.entries.iter().find(|entry| entry.path == path).unwrap();
    unsealed(std::str::from_utf8(&entry.data).unwrap()).to_owned()
}

/// The bundle with a text changed, its digest in the manifest put right.
fn with(good: &[u8], path: &str, change: &dyn Fn(String) -> String) -> Vec<u8> {
    let mut forge = Forge::read(good);
    let old = text(&forge, path);
    let new = change(old.clone());
    assert!(old != new, "{path}");
    forge.entry(path).data = new.into_bytes();
    forge.write()
}

fn replaced(good: &[u8], path: &str, from: &str, to: &str) -> Vec<u8> {
    with(good, path, &|text| text.replacen(from, to, 1))
}

/// Every text, changed behind the manifest's back.
fn changed_texts(good: &[u8]) -> Vec<Hostile> {
    let forge = Forge::read(good);
    let change = |path: &str| {
        let mut forge = forge.clone();
        let entry = forge.entry(path);
        entry.line = Some(entry.honest_line());
        let middle = entry.data.len() / 2;
        entry.data[middle] ^= 1;
        let says = format!("`{path}` is not what its manifest says: another digest");
        Hostile::new(format!("{path} changed"), says, forge.write())
    };
    forge.entries.iter().map(|entry| change(&entry.path)).collect()
}

fn missing(good: &[u8]) -> Vec<Hostile> {
    let without = |path: &str| {
        let mut forge = Forge::read(good);
        forge.remove(path);
        forge.write()
    };
    let record = record(&Forge::read(good), "kind Train");
    let mut empty = Forge::read(good);
    empty.entries.clear();
    let missing = |path: &str, bytes| {
        Hostile::new(format!("no {path}"), format!("it has no `{path}`"), bytes)
    };
    vec![
        missing(PIPELINE, without(PIPELINE)),
        missing(LOCK, without(LOCK)),
        missing(&record, without(&record)),
        missing(PIPELINE, empty.write()),
    ]
}

fn strays(good: &[u8]) -> Vec<Hostile> {
    let digest = "ab".repeat(32);
    [format!("store/actions/{digest}"), format!("store/objects/{digest}.h5")]
        .into_iter()
        .map(|path| {
            let mut forge = Forge::read(good);
            forge.add(Entry::new(&path, b"evil"));
            let says = format!("`{path}` belongs to nothing in its pipeline");
            Hostile::new(format!("{path} more"), says, forge.write())
        })
        .collect()
}

/// The path of the record that has a line.
fn record(forge: &Forge, line: &str) -> String {
    let is_it = |entry: &&Entry| {
        entry.path.starts_with("store/actions/")
            && String::from_utf8_lossy(&entry.data).contains(line)
    };
    forge.entries.iter().find(is_it).unwrap().path.clone()
}

/// The value of a line in a record or a lock.
fn value<'a>(text: &'a str, before: &str) -> &'a str {
    text.split_once(before).unwrap().1.split(['\n', '"', ' ', ',']).next().unwrap()
}

fn locks(good: &[u8]) -> Vec<Hostile> {
    let forge = Forge::read(good);
    let lock = text(&forge, LOCK);
    let digest = value(&text(&forge, &record(&forge, "kind Train")), "\ndigest ").to_owned();
    let key = record(&forge, "kind Train").rsplit('/').next().unwrap().to_owned();
    let other = "cd".repeat(32);
    let score = value(&lock, "\"mse\": ").to_owned();
    let lies =
        |what: &str, says: &str, bytes| Hostile::new(format!("a lock with {what}"), says, bytes);
    vec![
        lies(
            "another score",
            "its lockfile contradicts the rest: it has other digests, scores or files for models/baseline/0",
            replaced(good, LOCK, &format!("\"mse\": {score}"), "\"mse\": 0.001"),
        ),
        lies("another digest", "", replaced(good, LOCK, &digest, &other)),
        lies(
            "another key",
            "models/baseline/0 has another key than the pipeline gives it",
            replaced(good, LOCK, &key, &other),
        ),
        lies(
            "another name",
            "its lockfile contradicts the rest: ",
            replaced(good, LOCK, "\"models/baseline/0\"", "\"models/acai/0\""),
        ),
        lies("another tool", "", replaced(good, LOCK, "format: 1", "format: 2")),
        lies(
            "nothing in it",
            "",
            with(good, LOCK, &|_| "Lock(format: 1, instances: {})\n".to_owned()),
        ),
        lies("noise", "", with(good, LOCK, &|_| "\u{1b}[31m evil".to_owned())),
        lies("no text", "", with(good, LOCK, &|_| String::new())),
        lies("a conflict", "", with(good, LOCK, &|text| format!("<<<<<<< ours\n{text}"))),
        consistent_lie(good),
    ]
}

/// Lockfile, record and names agree on another model, and the keys with them: only
/// the artifact itself tells.
fn consistent_lie(good: &[u8]) -> Hostile {
    let mut forge = Forge::read(good);
    let path = record(&forge, "kind Probe");
    let old = text(&forge, &path);
    let score = value(&old, "\nscore ").to_owned();
    let new = old.replacen(&format!("score {score}"), "score 0.999", 1);
    forge.entry(&path).data = new.into_bytes();
    let name = old.split_once(&format!("score {score} ")).unwrap().1.lines().next().unwrap();
    let lock = text(&forge, LOCK).replacen(
        &format!("\"{name}\": {score}"),
        &format!("\"{name}\": 0.999"),
        1,
    );
    forge.entry(LOCK).data = lock.into_bytes();
    let says = "the artifact of probe/baseline/0 has other scores than its record";
    Hostile::new("a better score in lock and record", says, forge.write())
}

fn records(good: &[u8]) -> Vec<Hostile> {
    let forge = Forge::read(good);
    let (train, probe) = (record(&forge, "kind Train"), record(&forge, "kind Probe"));
    let of_train = text(&forge, &train);
    let of_probe = text(&forge, &probe);
    let digest = value(&of_train, "\ndigest ");
    let part = value(&of_train, "\npart ");
    let other = "cd".repeat(32);
    let said = |what: &str, says: &str, bytes| {
        Hostile::new(
            format!("a record with {what}"),
            format!("the record of models/baseline/0 {says}"),
            bytes,
        )
    };
    vec![
        said(
            "another's text",
            "stands under another key than its own",
            with(good, &train, &|_| of_probe.clone()),
        ),
        said(
            "another digest",
            "has another digest than its parts",
            replaced(good, &train, &format!("\ndigest {digest}"), &format!("\ndigest {other}")),
        ),
        said(
            "another part",
            "has another digest than its parts",
            replaced(good, &train, &format!("\npart {part}"), &format!("\npart {other}")),
        ),
        said(
            "no end",
            "is none that this acai-pipe can read",
            with(good, &train, &|text| text[..text.len() / 2].to_owned()),
        ),
        said(
            "noise",
            "is none that this acai-pipe can read",
            with(good, &train, &|_| "evil".to_owned()),
        ),
        Hostile::new(
            "a record with another score",
            "its lockfile contradicts the rest: it has other digests, scores or files for models/baseline/0",
            with(good, &train, &|text| {
                let score = value(&text, "\nscore ").to_owned();
                text.replacen(&format!("score {score}"), "score 0.001", 1)
            }),
        ),
    ]
}

fn pipelines(good: &[u8]) -> Vec<Hostile> {
    let source = |written: &str| {
        let says = "which is not in the bundle";
        let bytes = replaced(good, PIPELINE, "source: \"lines\"", &format!("source: {written}"));
        Hostile::new(format!("images from {written}"), says, bytes)
    };
    let described = |what: &str, says: &str, text: &str| {
        let mut forge = Forge::read(good);
        forge.add(Entry::new("datasets/evil.ron", text.as_bytes()));
        Hostile::new(format!("a descriptor {what}"), says, forge.write())
    };
    let unknown = LOCAL.replace(
        "checksum: \"md5:00000000000000000000000000000000\", mirrors: [\"file:///etc/passwd\"]",
        "size: 5",
    );
    let seeds: Vec<String> = (0..200_000).map(|seed: u32| seed.to_string()).collect();
    let endless = format!("name: \"study\", seeds: [{}],", seeds.join(","));
    vec![
        source("\"/etc/passwd\""),
        source("\"../../evil.ron\""),
        source("\"datasets/not_there.ron\""),
        source("r\"datasets/evil.ron\""),
        source("\"mnist\""),
        source("5"),
        Hostile::new(
            "another setting",
            "has another key than the pipeline gives it",
            replaced(good, PIPELINE, "kimg: 1", "kimg: 2"),
        ),
        Hostile::new("no pipeline", "", with(good, PIPELINE, &|_| "Evil(".to_owned())),
        Hostile::new(
            "seeds without end",
            "unfolds into more than 100000 instances",
            replaced(good, PIPELINE, "name: \"study\",", &endless),
        ),
        Hostile::new(
            "a deep nest",
            "",
            replaced(good, PIPELINE, "kimg: 1", &format!("kimg: {}", "[".repeat(100_000))),
        ),
        described("of a file without checksum", "which has no checksum", &unknown),
        described("that reads this machine", "that is to be got from this very machine", LOCAL),
        described("of nothing", "", "Descriptor("),
    ]
}

const LOCAL: &str = r#"Descriptor(
    name: "evil", about: "a file of whoever runs it", classes: ["a"],
    image: (height: 32, width: 32, channels: 1),
    files: [(name: "x.npz", checksum: "md5:00000000000000000000000000000000", mirrors: ["file:///etc/passwd"])],
    train: [Npz(file: "x.npz", images: "x", labels: "y")], split: Blocks(test: 0.5),
)"#;
