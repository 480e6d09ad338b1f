//! What reaches a terminal: lines where it is dumb, colours where it has them, and
//! never a command that a file gives it.
#![cfg(unix)]

use std::{
    ffi::OsStr,
    fs::{File, OpenOptions},
    io::Read,
    os::unix::ffi::OsStrExt,
    process::{Command, Stdio},
    thread::JoinHandle,
};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use crate::support::{Said, Space, TINY, unsealed};

/// A terminal, and what was written to it.
struct Terminal {
    end: File,
    reader: JoinHandle<String>,
}

impl Terminal {
    fn open() -> Self {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let path = ptsname(&master, Vec::new()).unwrap();
        let path = OsStr::from_bytes(path.as_bytes());
        let end = OpenOptions::new().read(true).write(true).open(path).unwrap();
        let mut master = File::from(master);
        let reader = std::thread::spawn(move || {
            let (mut all, mut piece) = (Vec::new(), [0; 4096]);
            // Reading fails when nobody has the other end any more.
            while let Ok(count @ 1..) = master.read(&mut piece) {
                all.extend(&piece[..count]);
            }
            String::from_utf8_lossy(&all).replace("\r\n", "\n")
        });
        Self { end, reader }
    }

    fn stdio(&self) -> Stdio {
        self.end.try_clone().unwrap().into()
    }

    fn text(self) -> String {
        drop(self.end);
        self.reader.join().unwrap()
    }
}

/// The exit code and what a terminal called `term` got, stdout and stderr together.
fn seen(space: &Space, term: &str, arguments: &[&str]) -> (Option<i32>, String) {
    let terminal = Terminal::open();
    let mut command = space.command(arguments);
    // Some take `CI` for a reason to write colours.
    command.env("TERM", term).env("CI", "true").stdin(Stdio::null());
    command.stdout(terminal.stdio()).stderr(terminal.stdio());
    let code = command.status().unwrap().code();
    drop(command);
    (code, terminal.text())
}

/// Control characters other than line ends.
fn controls(text: &str) -> Vec<char> {
    text.chars().filter(|&c| c.is_control() && c != '\n' && c != '\t').collect()
}

/// Controls that are no sequence which sets colours.
fn commands(text: &str) -> Vec<char> {
    let mut rest = String::new();
    for (place, piece) in text.split("\x1b[").enumerate() {
        let codes = piece.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';');
        rest.push_str(match codes.strip_prefix('m') {
            Some(text) if place > 0 => text,
            _ if place > 0 => "\x1b",
            _ => piece,
        });
    }
    controls(&rest)
}

#[test]
fn a_dumb_terminal_gets_plain_lines_and_no_colour() {
    let space = Space::new(TINY);
    let (code, text) = seen(&space, "dumb", &["run", "tiny.ron"]);
    assert_eq!((code, controls(&text)), (Some(0), vec![]), "{text}");
    assert!(text.contains("models/acai/0") && text.contains("17 ran"), "{text}");
    for bars in ["bars", "auto"] {
        let (code, text) = seen(&space, "dumb", &["run", "tiny.ron", "--progress", bars]);
        assert_eq!((code, controls(&text)), (Some(0), vec![]), "{text}");
        assert!(text.contains("17 cached"), "{text}");
    }
    let wrong = ["check", "tiny.ron", "--set", "models.kimgg=1"];
    let (code, text) = seen(&space, "dumb", &wrong);
    assert_eq!((code, controls(&text)), (Some(2), vec![]), "{text}");
    let (_, text) = seen(&space, "xterm-256color", &wrong);
    assert!(!controls(&text).is_empty(), "other terminals get colours");
    for arguments in [&["show", "tiny.ron"][..], &["show", "tiny.ron", "lines"], &["--help"]] {
        let (code, text) = seen(&space, "dumb", arguments);
        assert_eq!((code, controls(&text)), (Some(0), vec![]), "{arguments:?} {text}");
    }
}

/// An escape sequence that clears, one that sets the title, C1's CSI, and a mark that
/// turns the direction of what follows.
const EVIL: &str = "\x1b[2J\x1b]0;owned\x07\u{9b}2J\u{202e}";

#[test]
fn what_a_pipeline_or_descriptor_says_is_shown_and_not_obeyed() {
    let space = Space::new(TINY);
    let (name, comment) = (format!("\"{EVIL}\""), format!("/* {EVIL} */"));
    for (from, to) in [
        ("\"tiny\"", &name),
        ("\"lines\", train", &format!("\"{EVIL}\", train")),
        ("kimg: 2", &format!("kimgg: 2 {comment}")),
        ("kimg: 2", &format!("kimg: 2 {EVIL}")),
        ("Baseline)", &format!("Baseline(\"{EVIL}\"))")),
    ] {
        space.write(&TINY.replacen(from, to, 1));
        let (code, text) = seen(&space, "xterm", &["check", "tiny.ron"]);
        assert_eq!((code, commands(&text)), (Some(2), vec![]), "{text:?}");
        assert!(!text.contains(EVIL), "{text:?}");
    }
    space.write(TINY);
    let set = format!("models.kimg=\"{EVIL}\"");
    let (code, text) = seen(&space, "xterm", &["check", "tiny.ron", "--set", &set]);
    assert_eq!((code, commands(&text)), (Some(2), vec![]), "{text:?}");
    let about = r#"about: ""#;
    let shipped = include_str!("../datasets/lines.ron");
    let told = shipped.replacen(about, &format!("{about}{}", EVIL.escape_default()), 1);
    assert_ne!(shipped, told, "the descriptor has a line about itself");
    std::fs::write(space.path("mine.ron"), told).unwrap();
    let (code, text) = seen(&space, "xterm", &["data", "info", "./mine.ron"]);
    assert_eq!((code, commands(&text)), (Some(0), vec![]), "{text:?}");
}

#[test]
fn what_a_record_says_is_shown_and_not_obeyed() {
    let space = Space::new(TINY);
    space.run(&[]);
    for entry in std::fs::read_dir(space.path(".acai/actions")).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let lines = unsealed(&text).lines().map(|line| match line.split_once(' ') {
            Some(("host", _)) => "host \x1b[2J\u{9b}2J".to_owned(),
            _ => line.to_owned(),
        });
        let text = lines.map(|line| line + "\n").collect::<String>();
        std::fs::write(path, text).unwrap();
    }
    let (code, text) = seen(&space, "xterm", &["show", "tiny.ron", "probe/acai/0"]);
    assert_eq!((code, commands(&text)), (Some(0), vec![]), "{text:?}");
    assert!(text.contains("\\u{1b}[2J\\u{9b}2J"), "{text:?}");
}

#[test]
fn events_that_cannot_be_written_are_no_success() {
    let Ok(full) = OpenOptions::new().write(true).open("/dev/full") else { return };
    let space = Space::new(TINY);
    let mut command = space.command(&["run", "tiny.ron", "--progress", "json"]);
    let said = Said::from(command.stdout(full).output().unwrap());
    assert_eq!(said.code, Some(1), "{}", said.stderr);
    assert!(said.stderr.contains("events could not be written to stdout"), "{}", said.stderr);
    let plan = space.array("plan", &[]);
    assert!(plan.iter().all(|one| one["state"] == "cached"), "the run went on all the same");
    assert!(space.path("tiny.lock.ron").exists());
    for arguments in [&["run", "tiny.ron"][..], &["plan", "tiny.ron"], &["--help"]] {
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let said = Said::from(space.command(arguments).stdout(full).output().unwrap());
        assert_eq!(said.code, Some(1), "{arguments:?} {}", said.stderr);
    }
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let space = Space::new(TINY);
    space.run(&[]);
    let line = "\"$0\" run tiny.ron --progress json | head -n 1; exit ${PIPESTATUS:-0}";
    let mut shell = Command::new("sh");
    shell.args(["-c", line, env!("CARGO_BIN_EXE_acai-pipe")]);
    let said = Said::from(space.at_home(&mut shell).output().unwrap());
    assert_eq!((said.code, said.stderr.as_str()), (Some(0), ""));
    assert_eq!(said.stdout.lines().count(), 1);
}
