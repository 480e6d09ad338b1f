//! Who may import whom, and where each third-party crate lives.
//!
//! Knows nothing of what a layer does.

use super::{
    none,
    source::{File, read, rust, words},
};

/// The layers from left to right; a layer may import what stands right of it,
/// siblings never import each other.
const LAYERS: &[&[&str]] = &[
    &["main"],
    &["cli"],
    &["report", "progress", "bundle"],
    &["lock"],
    &["engine"],
    &["plan"],
    &["config"],
    &["stage"],
    &["autoencoder", "dataset", "metric"],
    &["net"],
    &["kernel"],
];

/// Beside the layers: for `stage` and whoever is left of it, importing none.
const ARTIFACT: &str = "artifact";

/// Imported by anyone, importing only each other.
const COMMON: &[&str] = &["errors", "events", "figures", "files", "names", "random", "text"];

/// Where each third-party crate may be named; `""` is anywhere.
const HOMES: &[(&str, &[&str])] = &[
    ("anyhow", &["stage/", "engine/"]),
    ("blake3", &["artifact/", "files.rs", "random.rs"]),
    ("clap", &["cli/"]),
    ("clap_complete", &["cli/"]),
    ("comfy_table", &["report/"]),
    ("ctrlc", &["cli/"]),
    ("dfdx", &["net/", "autoencoder/", "kernel/view.rs"]),
    ("flate2", &["dataset/"]),
    (
        "fs_err",
        &[
            "bundle/",
            "config/",
            "dataset/",
            "engine/",
            "files.rs",
            "lock/",
            "report/",
            "stage/train/checkpoint.rs",
        ],
    ),
    ("hdf5", &["artifact/"]),
    ("image", &["dataset/format/", "report/"]),
    ("indicatif", &["progress/"]),
    ("libc", &["kernel/memory.rs", "engine/host.rs"]),
    ("libm", &[""]),
    ("linfa", &["stage/kmeans"]),
    ("md5", &["dataset/"]),
    ("miette", &["errors.rs"]),
    ("ndarray", &["artifact/", "stage/kmeans"]),
    ("npyz", &["dataset/format/", "report/export/"]),
    ("pathfinding", &["metric/"]),
    ("petgraph", &["plan/"]),
    ("rand_chacha", &["random.rs"]),
    ("rayon", &["autoencoder/", "dataset/", "kernel/", "metric/", "net/", "stage/"]),
    ("ron", &["text/"]),
    ("rustix", &["bundle/confined.rs"]),
    ("safetensors", &["report/export/"]),
    ("serde", &[""]),
    ("serde_json", &["bundle/", "cli/", "progress/", "report/export/"]),
    ("sha1", &["dataset/"]),
    ("sha2", &["dataset/"]),
    ("statrs", &["report/"]),
    ("strsim", &["text/"]),
    ("tar", &["bundle/", "dataset/format/"]),
    ("tempfile", &["bundle/", "engine/", "lock/"]),
    ("terminal_size", &["cli/"]),
    ("thiserror", &[""]),
    ("ureq", &["dataset/"]),
    ("zip", &["dataset/format/", "report/export/"]),
    ("zstd", &["bundle/"]),
];

/// Words with one home as well: vector instructions, and arithmetic whose bits
/// depend on the platform.
const WORDS: &[(&str, &[&str], &str)] = &[
    ("std::arch", &["kernel/"], "vector instructions live in `kernel`"),
    ("target_feature", &["kernel/"], "vector instructions live in `kernel`"),
    ("mul_add", &["kernel/"], "without an FMA instruction it is slow; write `a * b + c`"),
    ("exp", &["figures.rs"], PLATFORM),
    ("exp_m1", &["figures.rs"], PLATFORM),
    ("ln", &["figures.rs"], PLATFORM),
    ("ln_1p", &["figures.rs"], PLATFORM),
    ("log2", &["figures.rs"], PLATFORM),
    ("log10", &["figures.rs", "report/"], PLATFORM),
    ("sin", &["report/"], PLATFORM),
    ("cos", &["report/"], PLATFORM),
    ("sin_cos", &["report/"], PLATFORM),
    ("tan", &[], PLATFORM),
    ("tanh", &[], PLATFORM),
    ("acos", &[], PLATFORM),
    ("asin", &[], PLATFORM),
    ("atan", &[], PLATFORM),
    ("atan2", &[], PLATFORM),
    ("powf", &["report/"], PLATFORM),
    ("powi", &["figures.rs", "report/"], PLATFORM),
    ("hypot", &[], PLATFORM),
    ("dot", &[], "ndarray's product picks its own order of summation; write the loop"),
];

const PLATFORM: &str = "the platform's functions differ in the last bit; call `libm`";

fn rank(layer: &str) -> Option<usize> {
    LAYERS.iter().position(|siblings| siblings.contains(&layer))
}

/// Whether `from` may import `to`; an error says why `to` is unknown.
fn may_import(from: &str, to: &str) -> bool {
    if from == to || COMMON.contains(&to) {
        return true;
    }
    let stage = rank("stage").expect("stage is a layer");
    match (rank(from), rank(to)) {
        (Some(from), Some(to)) => from < to,
        (Some(from), None) => to == ARTIFACT && from <= stage,
        (None, _) => false,
    }
}

#[test]
fn layers_import_one_way() {
    let violations = rust(&["src"]).into_iter().flat_map(|file| {
        let imports = imports(&file);
        let forbidden = imports.into_iter().filter(|(_, to)| !may_import(file.layer(), to));
        let told = forbidden.map(|(at, to)| {
            let from = file.layer();
            format!("{}: `{from}` imports `{to}`", file.at(at))
        });
        if file.path == "src/lib.rs" { Vec::new() } else { told.collect() }
    });
    none(
        "a layer imports only what stands right of it (docs/architecture.md); hand the value in \
         from the left, or move what both need to the common ground",
        violations,
    );
}

/// Heads of all paths from the crate's root, with their places.
fn imports(file: &File) -> Vec<(usize, String)> {
    let code = &file.shipped;
    let depth = if file.path == "src/main.rs" { 0 } else { file.module().len() };
    let roots = ["crate", "acai_pipe"];
    let absolute = roots.iter().flat_map(|root| words(code, root).map(|at| at + root.len()));
    let places = absolute.chain(climbs(code, depth));
    places.flat_map(|at| heads(code, at)).collect()
}

/// Ends of the `super::super` chains that climb `depth` modules, to the root.
fn climbs(code: &str, depth: usize) -> impl Iterator<Item = usize> {
    const STEP: &[u8] = b"super::";
    let starts = words(code, "super").filter(|&at| !code[..at].ends_with("super::"));
    starts.filter_map(move |at| {
        let steps = code.as_bytes()[at..].chunks(STEP.len()).take_while(|step| *step == STEP);
        let count = steps.count();
        (count > 0 && count == depth).then(|| at + count * STEP.len() - 2)
    })
}

/// The first segments after the `::` at `at`: one, or each of a `{…}` list.
fn heads(code: &str, at: usize) -> Vec<(usize, String)> {
    let Some(rest) = code[at..].strip_prefix("::") else { return Vec::new() };
    let start = at + 2;
    if !rest.starts_with('{') {
        return vec![(start, ident(rest))];
    }
    let (mut depth, mut heads, mut wants) = (0, Vec::new(), false);
    for (offset, byte) in rest.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            byte if wants && !byte.is_ascii_whitespace() => {
                heads.push((start + offset, ident(&rest[offset..])));
                wants = false;
            }
            _ => {}
        }
        if depth == 0 {
            break;
        }
        wants |= depth == 1 && matches!(byte, b'{' | b',');
    }
    heads
}

fn ident(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

#[test]
fn every_module_has_a_layer() {
    let known = |layer: &str| {
        rank(layer).is_some() || COMMON.contains(&layer) || layer == ARTIFACT || layer == "lib"
    };
    let violations =
        rust(&["src"]).into_iter().filter(|file| !known(file.layer())).map(|file| file.path);
    none("a new module needs its place in LAYERS or COMMON of tests/tidy/layers.rs", violations);
}

#[test]
fn every_crate_stays_at_home() {
    let violations = rust(&["src"]).into_iter().flat_map(|file| {
        let away = HOMES.iter().filter(|(_, homes)| !is_home(&file, homes));
        let told = away.flat_map(|(name, homes)| {
            let uses = words(&file.shipped, name).filter(|&at| is_use(&file.shipped, at, name));
            uses.map(|at| format!("{}: `{name}` lives in {homes:?}", file.at(at)))
                .collect::<Vec<_>>()
        });
        told.collect::<Vec<_>>()
    });
    none(
        "a third-party crate has one home (HOMES of tests/tidy/layers.rs); ask its layer",
        violations,
    );
}

fn is_home(file: &File, homes: &[&str]) -> bool {
    homes.iter().any(|home| file.path["src/".len()..].starts_with(home))
}

/// Whether the word at `at` is the crate and not a name of ours.
fn is_use(code: &str, at: usize, name: &str) -> bool {
    let before = code[..at].trim_end();
    let after = &code[at + name.len()..];
    let is_path = after.starts_with("::") && !before.ends_with("::");
    let is_import =
        before.ends_with("use") && (after.starts_with(';') || after.starts_with(" as "));
    is_path || is_import
}

#[test]
fn every_dependency_has_a_home() {
    let manifest = read("Cargo.toml");
    let (_, list) = manifest.split_once("[dependencies]\n").expect("there are dependencies");
    let names = list.lines().take_while(|line| !line.starts_with('['));
    let names = names.filter_map(|line| line.split_once('=')).map(|(name, _)| name.trim());
    let homeless =
        names.filter(|name| !HOMES.iter().any(|(home, _)| *home == name.replace('-', "_")));
    none(
        "give a new dependency its home in HOMES of tests/tidy/layers.rs",
        homeless.map(str::to_owned),
    );
}

#[test]
fn bits_come_from_the_same_arithmetic_everywhere() {
    let violations = rust(&["src"]).into_iter().flat_map(|file| {
        let away = WORDS.iter().filter(|(_, homes, _)| !is_home(&file, homes));
        let told = away.flat_map(|(word, _, why)| {
            let uses = words(&file.shipped, word).filter(|&at| is_call(&file.shipped, at, word));
            uses.map(|at| format!("{}: `{word}`: {why}", file.at(at))).collect::<Vec<_>>()
        });
        told.collect::<Vec<_>>()
    });
    none("the same bits on every machine", violations);
}

/// Whether the word at `at` is a method, a function of `f32` or `f64`, or a path.
fn is_call(code: &str, at: usize, word: &str) -> bool {
    let before = &code[..at];
    let called = code[at + word.len()..].starts_with('(');
    let is_method =
        called && (before.ends_with('.') || before.ends_with("f32::") || before.ends_with("f64::"));
    is_method || word.contains("::") || word == "target_feature"
}

#[test]
fn the_table_allows_what_the_picture_shows() {
    for (from, to, may) in [
        ("cli", "engine", true),
        ("stage", "artifact", true),
        ("plan", "config", true),
        ("metric", "dataset", false),
        ("net", "artifact", false),
        ("artifact", "net", false),
        ("engine", "progress", false),
        ("text", "plan", false),
        ("kernel", "random", true),
    ] {
        assert_eq!(may_import(from, to), may, "{from} → {to}");
    }
}

#[test]
fn imports_are_found_however_they_are_written() {
    let code = "use crate::{a::{b, c}, d,\n e};\ncrate::f::g(); use super::super::h; super::i;";
    let file = File {
        path: "src/x/y.rs".to_owned(),
        text: code.to_owned(),
        code: code.to_owned(),
        shipped: code.to_owned(),
    };
    let found: Vec<String> = imports(&file).into_iter().map(|(_, to)| to).collect();
    assert_eq!(found, ["a", "d", "e", "f", "h"]);
}
