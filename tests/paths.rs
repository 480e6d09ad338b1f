//! Whole runs whose paths are scored as an independent program scores them, from
//! lines, and from images in colour.
//!
//! Knows nothing of how anything is scored.

use crate::support::Space;

const PIPELINE: &str = r#"Pipeline(
    name: "paths",
    stages: {
        "lines":  Dataset(source: "lines", train: 256, test: 100),
        "turning": Train(
            data: "lines",
            net: (depth: 2, latent: 2, width: 8),
            kimg: 16,
            lr: 0.01,
            variants: { "plain": (autoencoder: Baseline) },
        ),
        "straight": Interpolate(model: "turning", data: "lines", pairs: 16, points: 5),
        "arcs": Interpolate(
            model: "turning", data: "lines", pairs: 16, points: 5, along: Spherical,
        ),
        "bars":   Dataset(source: "bars.ron"),
        "moving": Train(
            data: "bars",
            net: (depth: 16, latent: 2, width: 4),
            kimg: 1,
            lr: 0.001,
            snapshots: (every: 1, last: 1),
            variants: { "plain": (autoencoder: Baseline), "vae": (autoencoder: Vae) },
        ),
        "colours": Interpolate(
            model: "moving", data: "bars", pairs: 8, points: 4, at: MedianOfSnapshots,
        ),
    },
)"#;

const DESCRIPTOR: &str = r#"Descriptor(
    name: "bars",
    about: "bars in colour",
    image: (height: 32, width: 32, channels: 3),
    classes: ["red", "green", "blue"],
    files: [(name: "bars.bin")],
    train: [Cifar(archive: "bars.bin", members: [])],
    split: Blocks(test: 0.25, blocks: 4),
)"#;

/// 160 records of CIFAR-10's: a bar in one of three colours on a dim slope.
fn bars() -> Vec<u8> {
    let pixel = move |image: usize, channel: usize, at: usize| {
        let is_bar = (image % 20..image % 20 + 9).contains(&(at % 32)) && channel == image % 3;
        if is_bar { 230 } else { (at / 32 + image / 2) as u8 }
    };
    let record = |image: usize| {
        let pixels = (0..3072).map(move |at| pixel(image, at / 1024, at % 1024));
        std::iter::once((image % 3) as u8).chain(pixels)
    };
    (0..160).flat_map(record).collect()
}

fn space() -> Space {
    let space = Space::new(PIPELINE);
    std::fs::write(space.path("bars.ron"), DESCRIPTOR).unwrap();
    std::fs::write(space.path("bars.bin"), bars()).unwrap();
    space.run(&[]);
    space
}

/// What `tests/reference/paths_score.py` printed of the artifacts of this run.
#[test]
fn scores_of_whole_runs_are_numpys() {
    let space = space();
    let shown = space.array("show", &[]);
    let reference = std::fs::read_to_string("tests/reference/paths_score.txt").unwrap();
    for line in reference.lines() {
        let [instance, score, wanted, _] = line.split(' ').collect::<Vec<_>>()[..] else {
            panic!("the reference says `{line}`");
        };
        let instance = instance.replace('.', "/");
        let one = shown.iter().find(|one| one["instance"] == instance).unwrap();
        let found = one["scores"][score].as_f64().unwrap_or(f64::NAN);
        let wanted: f64 = wanted.parse().unwrap();
        let is_close = (found - wanted).abs() <= 1e-9 * wanted.abs();
        assert!(is_close, "{instance} {score}: {found} for {wanted}");
    }
    assert_eq!(reference.lines().count(), 22);
}

#[test]
fn paths_in_colour_are_drawn_wherever_paths_are() {
    let space = space();
    let mut show = space.command(&["show", "tiny.ron", "colours/plain/0"]);
    show.env("CLICOLOR_FORCE", "1").env("COLORTERM", "truecolor");
    let shown = String::from_utf8(show.output().unwrap().stdout).unwrap();
    let first = shown.lines().find(|line| line.contains("test images 0 and 8")).unwrap();
    assert!(first.contains(", pixel smoothness 0.") && first.contains(", latent smoothness 0."));
    assert!(coloured(&shown) > 100, "{shown}");
    assert_eq!(space.say(&["report", "tiny.ron", "-o", "page.html"]).code, Some(0));
    let page = std::fs::read_to_string(space.path("page.html")).unwrap();
    assert!(page.contains("4 decoded images of vae, mean distance 0."));
    let out = ["export", "tiny.ron", "colours/plain/0", "--png", "strips"];
    assert_eq!(space.say(&out).code, Some(0));
    assert_eq!(space.picture("strips/pair-0000.png").channels, 3);
}

/// Half blocks whose colour is no grey.
fn coloured(shown: &str) -> usize {
    let codes = shown.split("38;2;").skip(1);
    let is_coloured = |code: &&str| {
        let mut parts = code.split(|c: char| !c.is_ascii_digit());
        let [red, green, blue] = [(); 3].map(|()| parts.next());
        red != green || green != blue
    };
    codes.filter(is_coloured).count()
}
