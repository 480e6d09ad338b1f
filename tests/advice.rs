//! What messages, notes, pages and bundles tell people to type does what it says, as
//! it stands there, in a shell.
#![cfg(unix)]

use std::{path::Path, process::Command};

use crate::support::{Said, Space, TINY};

/// A pipeline's file, a store and a folder of data whose names a shell would part.
const FILE: &str = "my study's.ron";
const OPTIONS: [&str; 8] = [
    "--set",
    "seeds=[0, 1]",
    "--set",
    "name=\"tiny\"",
    "--cache",
    "the store",
    "--data",
    "some data",
];

/// With [`FILE`] and a short training.
fn space() -> Space {
    let space = Space::new(TINY);
    std::fs::write(space.path(FILE), TINY.replace("kimg: 2", "kimg: 1")).unwrap();
    std::fs::create_dir(space.path("some data")).unwrap();
    space
}

fn say(space: &Space, words: &[&str]) -> Said {
    space.say(&[words, &OPTIONS].concat())
}

/// The commands in a message: those in backticks.
fn commands(text: &str) -> Vec<String> {
    let pieces = text.split('`').skip(1).step_by(2);
    pieces.filter(|piece| piece.starts_with("acai-pipe ")).map(str::to_owned).collect()
}

/// Types a command into a shell, in the folder.
#[track_caller]
fn typed(space: &Space, command: &str) -> Said {
    let program = Path::new(env!("CARGO_BIN_EXE_acai-pipe"));
    let search = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(program.parent().unwrap().to_owned());
    let folders = folders.chain(std::env::split_paths(&search));
    let mut shell = Command::new("sh");
    shell.args(["-c", command]).env("PATH", std::env::join_paths(folders).unwrap());
    let said = Said::from(space.at_home(&mut shell).output().unwrap());
    assert_eq!(said.code, Some(0), "`{command}`: {}", said.stderr);
    said
}

/// Everything that a message tells to type is typed.
#[track_caller]
fn follow(space: &Space, text: &str, count: usize) {
    let commands = commands(text);
    assert_eq!(commands.len(), count, "{text}");
    for command in commands {
        typed(space, &command);
    }
}

#[test]
fn what_is_missing_is_made_by_the_command_that_is_told() {
    for words in [
        &["compare", FILE][..],
        &["show", FILE, "models/acai/1"],
        &["export", FILE, "paths/acai/1", "--npz", "paths.npz"],
        &["bundle", FILE, "-o", "out.acai"],
    ] {
        let space = space();
        let before = say(&space, words);
        follow(&space, &before.stderr, if words[0] == "show" { 2 } else { 1 });
        let after = say(&space, words);
        assert_eq!(after.code, Some(0), "{words:?} {}", after.stderr);
        assert!(commands(&after.stderr).is_empty(), "{words:?} {}", after.stderr);
        assert!(!space.path(".acai/objects").exists(), "{words:?}: all of it is in the store");
    }
}

#[test]
fn the_command_on_the_page_makes_what_the_page_lacks() {
    let space = space();
    let page = |space: &Space| {
        assert_eq!(say(space, &["report", FILE, "-o", "page.html"]).code, Some(0));
        std::fs::read_to_string(space.path("page.html")).unwrap()
    };
    let text = page(&space);
    let told = text.split("<code>").skip(1).filter_map(|rest| rest.split_once("</code>"));
    let told: Vec<String> = told
        .map(|(code, _)| code.replace("&quot;", "\"").replace("&#39;", "'").replace("&amp;", "&"))
        .filter(|code| code.starts_with("acai-pipe "))
        .collect();
    assert!(!told.is_empty(), "the page tells how to make what it lacks");
    assert!(told.iter().all(|command| *command == told[0]), "{told:?}");
    typed(&space, &told[0]);
    assert!(!page(&space).contains("Not there yet"));
}

#[test]
fn what_a_lock_lacks_is_written_by_the_command_that_is_told() {
    let space = space();
    let options = ["--cache", "the store", "--data", "some data", "--locked"];
    let locked = || space.say(&[&["run", FILE], &options[..]].concat());
    let said = locked();
    assert_eq!(said.code, Some(1), "{}", said.stderr);
    follow(&space, &said.stderr, 1);
    assert_eq!(locked().code, Some(0));
    let text = std::fs::read_to_string(space.path(FILE)).unwrap();
    std::fs::write(space.path(FILE), text.replace("pairs: 16", "pairs: 8")).unwrap();
    follow(&space, &locked().stderr, 1);
    assert_eq!(locked().code, Some(0));
}

#[test]
fn what_a_bundle_says_of_itself_works() {
    let space = space();
    follow(&space, &say(&space, &["show", FILE, "lines"]).stderr, 2);
    assert_eq!(say(&space, &["bundle", FILE, "--with", "all"]).code, Some(0));
    let there = Space::new(TINY);
    std::fs::rename(space.path("tiny.acai"), there.path("tiny.acai")).unwrap();
    typed(&there, "acai-pipe unbundle tiny.acai elsewhere");
    let text = std::fs::read_to_string(there.path("elsewhere/REPRODUCING.md")).unwrap();
    let (_, block) = text.split_once("```sh\n").unwrap();
    let (block, rest) = block.split_once("```").unwrap();
    let lines: Vec<&str> = block.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(lines.len(), 4, "{block}");
    for line in lines {
        typed(&there, line);
    }
    for command in commands(rest) {
        typed(&there, &format!("cd tiny && {command}"));
    }
}

#[test]
fn a_file_that_begins_with_a_dash_is_told_as_a_file() {
    let space = Space::new(TINY);
    std::fs::rename(space.path("tiny.ron"), space.path("-x.ron")).unwrap();
    let said = space.say(&["show", "./-x.ron", "lines"]);
    follow(&space, &said.stderr, 2);
}
