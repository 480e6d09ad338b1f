//! `export`: what other tools are handed, and that PyTorch makes the same of it.
//!
//! Knows nothing of how the formats are written.

use std::{collections::BTreeMap, io::Read, path::Path, process::Command};

use serde_json::Value;

use crate::support::{Space, TINY, sha256, skipped};

/// Every way a code comes about, on the smallest nets; what it trains is what
/// `tests/reference/exported_model.py` printed `exported_model.txt` of.
const MODELS: &str = r#"Pipeline(
    name: "tiny",
    stages: {
        "lines":  Dataset(source: "lines", train: 256, test: 40),
        "models": Train(
            data: "lines",
            net: (depth: 2, latent: 2, width: 8),
            kimg: 4,
            lr: 0.01,
            variants: {
                "acai":  (autoencoder: Baseline, regularizer: Acai()),
                "vae":   (autoencoder: Vae),
                "tight": (autoencoder: Vae(beta: 10.0)),
                "vqvae": (autoencoder: VqVae(codes: 16, vectors: 2)),
            },
        ),
        "latents": Encode(model: "models", data: "lines"),
        "paths":   Interpolate(model: "models", data: "lines", pairs: 16, points: 3),
    },
)
"#;

const VARIANTS: [&str; 4] = ["acai", "tight", "vae", "vqvae"];

const GOLDEN: &str = include_str!("reference/exported_model.txt");

/// So many elements are in a golden line, evenly chosen.
const ELEMENTS: usize = 16;

#[test]
fn pytorch_makes_the_same_of_exported_models() {
    let space = Space::new(MODELS);
    space.run(&[]);
    export(&space, "lines", "--npz", "images.npz");
    for variant in VARIANTS {
        let file = |end: &str| format!("{variant}.{end}");
        export(&space, &format!("models/{variant}/0"), "--safetensors", &file("safetensors"));
        export(&space, &format!("latents/{variant}/0"), "--npz", &file("latents.npz"));
        export(&space, &format!("paths/{variant}/0"), "--npz", &file("paths.npz"));
        agrees(&space, variant);
    }
    with_pytorch(&space);
}

/// The files are those that PyTorch read, and what we computed is what it did.
fn agrees(space: &Space, variant: &str) {
    let golden = golden(variant);
    let model = std::fs::read(space.path(&format!("{variant}.safetensors"))).unwrap();
    assert_eq!(
        sha256(&model),
        golden["model"],
        "{variant} trains otherwise: export again, and run tests/reference/exported_model.py"
    );
    let latents = array(space, &format!("{variant}.latents.npz"), "latents/test");
    let paths = array(space, &format!("{variant}.paths.npz"), "paths/decoded");
    let (first, last) = (&paths[..1024], &paths[(15 * 3 + 2) * 1024..]);
    for (what, ours) in [("code 0", &latents[..128]), ("image 0", first), ("image 15", last)] {
        // A VAE's codes are draws, which PyTorch does not make.
        let Some(theirs) = golden.get(what) else {
            assert!(["vae", "tight"].contains(&variant) && what == "code 0", "{variant} {what}");
            continue;
        };
        let theirs: Vec<f32> = theirs.split(' ').map(|value| value.parse().unwrap()).collect();
        assert_eq!(theirs.len(), ELEMENTS);
        let ours = ours.iter().step_by(ours.len() / ELEMENTS);
        for (ours, theirs) in ours.zip(theirs) {
            assert!((ours - theirs).abs() < 2e-6, "{variant} {what}: {ours} {theirs}");
        }
    }
}

/// What PyTorch printed of one model: by `model`, `code 0` and so on.
fn golden(variant: &str) -> BTreeMap<String, String> {
    let lines = GOLDEN.lines().skip_while(|line| !line.starts_with(&format!("model {variant} ")));
    let (head, rest) = {
        let mut lines = lines;
        (lines.next().expect("the model is there"), lines)
    };
    let own = rest.take_while(|line| !line.starts_with("model "));
    let named = own.filter(|line| !line.starts_with('#')).map(|line| {
        let mut words = line.splitn(3, ' ');
        let mut word = || words.next().expect("what, place, values");
        (format!("{} {}", word(), word()), word().to_owned())
    });
    let digest = head.rsplit(' ').next().unwrap_or_default().to_owned();
    named.chain([("model".to_owned(), digest)]).collect()
}

/// The same by PyTorch itself, if there is one.
fn with_pytorch(space: &Space) {
    let python = std::env::var("ACAI_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let has_all = Command::new(&python).args(["-c", "import numpy, safetensors, torch"]).output();
    if !has_all.is_ok_and(|found| found.status.success()) {
        let test = "export::pytorch_makes_the_same_of_exported_models";
        skipped(test, "there is no Python with PyTorch and safetensors; golden values were held");
        return;
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference/exported_model.py");
    let said = Command::new(python).arg(script).arg(space.path("")).output().unwrap();
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
}

#[test]
fn arrays_and_pictures_are_written_whole_and_not_over_others() {
    let space = Space::new(TINY);
    let missing = space.say(&["export", "tiny.ron", "paths/acai/0", "--npz", "paths.npz"]);
    assert_eq!(missing.code, Some(2));
    assert_eq!(
        missing.stderr,
        "error: `paths/acai/0` has no artifact yet; `acai-pipe run tiny.ron` makes it\n"
    );
    space.run(&[]);
    export(&space, "paths/acai/0", "--npz", "paths.npz");
    let written = std::fs::read(space.path("paths.npz")).unwrap();
    assert_eq!(array(&space, "paths.npz", "paths/decoded").len(), 16 * 16 * 1024);

    let again = ["export", "tiny.ron", "paths/acai/0", "--npz", "paths.npz"];
    let refused = space.say(&again);
    assert_eq!(refused.code, Some(2));
    assert_eq!(refused.stderr, "error: `paths.npz` is there already; `--force` overwrites it\n");
    std::fs::write(space.path("paths.npz"), "in the way").unwrap();
    let forced = space.say(&[&again[..], &["--force"]].concat());
    assert_eq!((forced.code, forced.stderr.as_str()), (Some(0), "wrote paths.npz\n"));
    assert!(std::fs::read(space.path("paths.npz")).unwrap() == written, "the same bytes");

    let drawn =
        space.say(&["export", "tiny.ron", "samples/acai/0", "--png", "out/s", "--count", "3"]);
    assert_eq!(drawn.stderr, "wrote 4 pictures into out/s\n");
    assert_eq!(
        names(&space.path("out/s")),
        ["sample-0000.png", "sample-0001.png", "sample-0002.png", "sheet.png"]
    );
    let sheet = space.picture("out/s/sheet.png");
    assert_eq!((sheet.channels, sheet.width), (1, 2 * 34 + 2));
    let hidden = names(&space.path(""));
    assert!(hidden.iter().all(|name| !name.contains("part")), "{hidden:?}");
}

#[test]
fn what_makes_no_sense_is_refused_and_leaves_nothing() {
    let space = Space::new(TINY);
    space.run(&[]);
    let refuse = |arguments: &[&str], why: &str| {
        let said = space.say(&[&["export", "tiny.ron"], arguments].concat());
        assert_eq!(said.code, Some(2), "{arguments:?}");
        assert!(said.stderr.contains(why), "{}", said.stderr);
    };
    refuse(&["paths/acai/0"], "--png <DIR>|--npz <FILE>|--safetensors <FILE>");
    refuse(&["paths/acai/0", "--npz", "a", "--png", "b"], "cannot be used with");
    refuse(&["paths/acai/1", "--npz", "a"], "the pipeline has no instance `paths/acai/1`");
    refuse(
        &["models/acai/0", "--png", "a"],
        "`models/acai/0` is of the kind Model, of which there is nothing to draw; \
         its weights are had with `--safetensors`, its history with `--npz`",
    );
    refuse(&["lines", "--safetensors", "a"], "`lines` is of the kind Images, which has no weights");
    assert!(!space.path("a").exists() && !space.path("b").exists());
}

#[test]
fn a_damaged_artifact_is_not_handed_on() {
    let space = Space::new(TINY);
    space.run(&[]);
    let shown = space.array("show", &[]);
    let paths = shown.iter().find(|one| one["instance"] == "paths/acai/0").unwrap();
    crate::support::flip_a_byte(&space.path(paths["path"].as_str().unwrap()));
    let said = space.say(&["export", "tiny.ron", "paths/acai/0", "--npz", "a.npz"]);
    assert_eq!(said.code, Some(1));
    assert_eq!(
        said.stderr,
        "error: the artifact of `paths/acai/0` is damaged; `acai-pipe run tiny.ron` makes it again\n"
    );
    assert!(!space.path("a.npz").exists());
}

fn export(space: &Space, instance: &str, format: &str, file: &str) {
    let said = space.say(&["export", "tiny.ron", instance, format, file]);
    assert!(said.code == Some(0), "{instance}: {}", said.stderr);
}

/// An array of single precision in an archive; its attributes are JSON.
fn array(space: &Space, file: &str, path: &str) -> Vec<f32> {
    let file = std::fs::File::open(space.path(file)).unwrap();
    let mut archive = zip::ZipArchive::new(file).unwrap();
    let mut bytes = Vec::new();
    archive.by_name("attributes.json").unwrap().read_to_end(&mut bytes).unwrap();
    let attributes: Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(attributes[""]["format"], 1);
    bytes.clear();
    archive.by_name(&format!("{path}.npy")).unwrap().read_to_end(&mut bytes).unwrap();
    npyz::NpyFile::new(&bytes[..]).unwrap().into_vec::<f32>().unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}
