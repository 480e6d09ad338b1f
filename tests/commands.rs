//! What people see.

use std::process::Stdio;

use crate::support::{Said, Space, TINY};

#[test]
fn run_shows_lines_on_stderr_and_the_table_on_stdout() {
    let space = Space::new(TINY);
    let Said { code, stdout, stderr } = space.say(&["run", "tiny.ron"]);
    assert_eq!(code, Some(0));
    let head = stdout.lines().next().unwrap();
    assert_eq!(head.split_whitespace().collect::<Vec<_>>(), ["stage", "score", "baseline", "acai"]);
    assert!(stdout.contains("mean distance ↓") && stdout.contains("smoothness ↓"), "{stdout}");
    assert!(stderr.contains("  models/acai/0        Train        ran      mse "), "{stderr}");
    assert!(stderr.contains("17 ran, 0 cached in "), "{stderr}");

    let again = space.say(&["run", "tiny.ron", "--progress", "bars"]);
    assert_eq!(again.stdout, stdout);
    assert!(again.stderr.contains("0 ran, 17 cached in "), "{}", again.stderr);
    let quiet = space.say(&["-q", "run", "tiny.ron"]);
    assert_eq!((quiet.stdout, quiet.stderr), (stdout.clone(), String::new()));
    assert!(space.say(&["show", "tiny.ron"]).stdout.ends_with(&stdout));
}

#[test]
fn show_opens_one_artifact() {
    let space = Space::new(TINY);
    space.run(&[]);
    let shown = space.say(&["show", "tiny.ron", "paths/acai/0"]).stdout;
    let decoded = shown.lines().find(|line| line.contains("paths/decoded")).unwrap();
    assert!(decoded.ends_with("  float32  16 × 16 × 1 × 32 × 32"), "{shown}");
    assert!(shown.contains("  kind Interpolate\n"), "{shown}");
    assert!(shown.contains("  param pairs 16\n"), "{shown}");
}

#[test]
fn small_verbs_answer() {
    let space = Space::new(TINY);
    let check = space.say(&["check", "tiny.ron"]);
    assert_eq!((check.code, check.stdout.as_str()), (Some(0), ""));
    let [sound, work] = check.stderr.lines().collect::<Vec<_>>()[..] else {
        panic!("{}", check.stderr)
    };
    assert_eq!(sound, "tiny.ron is sound: 9 stages, 17 instances");
    // Depth 2, latent 2, width 8: encoder 158,720 and decoder 96,768 an image; 2 · 2,048
    // images of 3 E + 3 D, and of 9 E + 6 D.
    let said = "2 trainings, 5.7 G multiply-adds: about ";
    assert!(work.starts_with(said), "{work}");
    assert!(space.say(&["models"]).stdout.contains("depth: 16, latent: 16, width: 2"));
    for shell in ["bash", "zsh", "fish"] {
        assert!(space.say(&["completions", shell]).stdout.contains("acai-pipe"));
    }
    let explained = space.say(&["explain", "tiny.ron", "lines"]).stdout;
    assert!(explained.starts_with("lines (Dataset) will run; nothing of its kind ever ran"));
    let help = space.say(&["--help"]).stdout;
    assert!(help.contains("Exit codes: 0 done, 1 a stage failed, 2 the pipeline"), "{help}");
}

#[test]
fn a_reader_that_goes_away_is_no_accident() {
    let space = Space::new(TINY);
    space.run(&[]);
    for arguments in [
        &["show", "tiny.ron", "--json"][..],
        &["plan", "tiny.ron"],
        &["run", "tiny.ron"],
        &["run", "tiny.ron", "--progress", "json"],
        &["completions", "bash"],
        &["--help"],
    ] {
        let mut command = space.command(arguments);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let said = Said::from(child.wait_with_output().unwrap());
        assert_eq!(said.code, Some(0), "{arguments:?} {}", said.stderr);
        assert!(!said.stderr.contains("panicked"), "{}", said.stderr);
    }
}
