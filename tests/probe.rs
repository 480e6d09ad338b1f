//! The probe beside scikit-learn: the quickstart's, as its lockfile has it.

use std::{collections::BTreeMap, path::Path};

use acai_common::names::InstanceName;
use acai_lockfile::Lockfile;

/// What `tests/reference/probe.py` printed: the figure of each name.
fn printed() -> BTreeMap<String, f64> {
    let text = include_str!("reference/probe.txt");
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let figures = lines.filter_map(|line| {
        let (name, value) = line.rsplit_once(' ')?;
        Some((name.to_owned(), value.parse().ok()?))
    });
    figures.collect()
}

/// Equal in accuracy to one image in a thousand, and in loss to 10⁻⁴.
#[test]
fn the_quickstarts_probes_are_scikit_learns() {
    let lock = Lockfile::load(Path::new("pipelines/quickstart.lock.ron")).unwrap().unwrap();
    let printed = printed();
    for variant in ["baseline", "acai"] {
        let name: InstanceName = format!("probe/{variant}/0").parse().unwrap();
        let scores = &lock.entries[&name].scores;
        let theirs = |what: &str| printed[&format!("quickstart_{variant} same_rule {what}")];
        for (what, most) in [("accuracy", 1e-3), ("cross_entropy", 1e-4)] {
            let (ours, theirs) = (scores[what], theirs(what));
            assert!((ours - theirs).abs() <= most, "{variant} {what}: {ours}, {theirs}");
        }
    }
}

/// On every set of latents that was judged, by hand on those of real images.
#[test]
fn every_probe_that_was_judged_is_scikit_learns() {
    let printed = printed();
    let mut judged = 0;
    for (name, ours) in &printed {
        let Some((latents, what)) = name.split_once(" ours ") else { continue };
        let most = match what {
            "c" => 0.0,
            "accuracy" => 1e-3,
            "cross_entropy" | "objective" => 1e-4,
            // Of regressions that are solved less far.
            what if what.starts_with("held_out") => continue,
            other => panic!("the reference says `{other}`"),
        };
        let theirs = printed[&format!("{latents} same_rule {what}")];
        assert!((ours - theirs).abs() <= most, "{name}: {ours} instead of {theirs}");
        judged += 1;
    }
    assert!(judged >= 24, "quickstart, MNIST and SVHN, two variants each: {judged}");
}
