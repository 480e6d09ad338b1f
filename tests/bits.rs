//! The same pipeline gives the same bits: with any number of threads, any
//! instruction set, and on processors that this machine is not.
//!
//! Knows nothing of how kernels are written.

use std::process::Command;

use crate::support::{Space, TINY, skipped};

/// The paper's lines net, as in `pipelines/quickstart.ron`, hardly trained.
const SHORT: [&str; 3] = ["models.kimg=1", "lines.train=256", "lines.test=512"];

/// Digests of all artifacts of a run of `text`.
fn digests(text: &str, threads: &str, simd: Option<&str>, sets: &[&str]) -> Vec<(String, String)> {
    let space = Space::new(text);
    let mut command = space.command(&["run", "tiny.ron", "--threads", threads, "-q"]);
    command.args(sets.iter().flat_map(|set| ["--set", set]));
    command.envs(simd.map(|simd| ("ACAI_SIMD", simd)));
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    space.digests_with(sets)
}

fn has(feature: &str) -> bool {
    std::fs::read_to_string("/proc/cpuinfo").is_ok_and(|info| info.contains(feature))
}

#[test]
fn bits_do_not_depend_on_threads_or_instructions() {
    let one = digests(TINY, "1", None, &[]);
    assert_eq!(one, digests(TINY, "2", None, &[]));
    assert_eq!(one, digests(TINY, "3", Some("portable"), &[]));
}

#[test]
fn a_short_quickstart_gives_the_same_bits_everywhere() {
    let text = include_str!("../pipelines/quickstart.ron");
    let one = digests(text, "1", None, &SHORT);
    assert_eq!(one, digests(text, "2", None, &SHORT));
    assert_eq!(one, digests(text, "3", None, &SHORT));
    if has("avx2") {
        assert_eq!(one, digests(text, "2", Some("avx2"), &SHORT));
    } else {
        let test = "a_short_quickstart_gives_the_same_bits_everywhere, its part with avx2";
        skipped(test, "this processor lacks it");
    }
}

/// Haswell has AVX2 and FMA, Nehalem neither: there the kernels run on a fused
/// multiply-add in software. Emulation is slow, so each trains one variant, the
/// slower one the smaller.
#[test]
fn old_processors_give_the_same_bits() {
    if Command::new("qemu-x86_64").arg("--version").output().is_err() {
        skipped("old_processors_give_the_same_bits", "there is no qemu-x86_64");
        return;
    }
    let sets = ["lines.train=32", "lines.test=32", "models.kimg=1", "clusters.restarts=1"];
    let sets: Vec<&str> = sets.into_iter().chain(["paths.pairs=4"]).collect();
    for (processor, left_out) in [("Haswell", "\"baseline\":"), ("Nehalem", "\"acai\":")] {
        let lines = TINY.lines().filter(|line| !line.trim_start().starts_with(left_out));
        let text = lines.collect::<Vec<_>>().join("\n");
        let space = Space::new(&text);
        let mut command = Command::new("qemu-x86_64");
        command.args(["-cpu", processor, env!("CARGO_BIN_EXE_acai-pipe")]);
        command.args(["run", "tiny.ron", "-q"]).args(sets.iter().flat_map(|set| ["--set", set]));
        let output = space.at_home(&mut command).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(digests(&text, "2", None, &sets), space.digests_with(&sets), "{processor}");
    }
}
