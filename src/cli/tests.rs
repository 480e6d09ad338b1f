//! Commands in documents are commands, and verbs are files.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use clap::{CommandFactory, Parser, error::ErrorKind};

use super::{Cli, VERB_FILES};

/// Files of the folder that are no verbs.
const OTHER_FILES: [&str; 11] = [
    "exit",
    "interrupt",
    "lib",
    "opened",
    "options",
    "out",
    "output",
    "screen",
    "size",
    "tests",
    "why",
];

#[test]
fn every_file_is_a_verb_of_the_table_or_shared_by_verbs() {
    let entries = std::fs::read_dir(env!("CARGO_MANIFEST_DIR")).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let files = paths.filter(|path| path.extension().is_some_and(|end| end == "rs"));
    let files: BTreeSet<String> =
        files.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect();
    let listed = VERB_FILES.iter().chain(&OTHER_FILES).map(|&file| file.to_owned());
    assert_eq!(listed.collect::<BTreeSet<_>>(), files);
}

#[test]
fn every_verb_says_in_one_sentence_what_it_does() {
    let cli = Cli::command();
    let verbs: Vec<_> = cli.get_subcommands().collect();
    assert_eq!(verbs.len(), VERB_FILES.len());
    for (verb, file) in verbs.iter().zip(VERB_FILES) {
        assert_eq!(verb.get_name(), file.replace('_', "-"));
        let about = verb.get_about().unwrap().to_string();
        assert!(!about.is_empty() && !about.contains(". "), "{file}: {about}");
    }
}

/// Every page: those of the root and all below `docs`.
fn pages() -> Vec<PathBuf> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    let mut pages = Vec::new();
    let mut open = vec![Path::new(root).join("docs")];
    let below = |folder: &Path| -> Vec<PathBuf> {
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
    };
    let is_page = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "md");
    pages.extend(below(Path::new(root)).into_iter().filter(is_page));
    while let Some(folder) = open.pop() {
        for path in below(&folder) {
            if path.is_dir() {
                open.push(path);
            } else if is_page(&path) {
                pages.push(path);
            }
        }
    }
    pages
}

/// What a page tells to type: lines of its `sh` blocks, and code in its text
/// that names a verb.
fn commands(page: &str) -> Vec<String> {
    let (mut commands, mut fence): (Vec<String>, Option<(usize, bool)>) = (Vec::new(), None);
    for line in page.replace("\\\n", " ").lines() {
        let ticks = line.len() - line.trim_start_matches('`').len();
        match fence {
            Some((open, _)) if ticks >= open => fence = None,
            Some((_, true)) => commands.push(line.to_owned()),
            Some((_, false)) => {}
            None if ticks >= 3 => fence = Some((ticks, &line[ticks..] == "sh")),
            None => commands.extend(line.split('`').skip(1).step_by(2).map(str::to_owned)),
        }
    }
    let is_ours = |command: &String| command.starts_with("acai-pipe ");
    commands.into_iter().filter(is_ours).filter(|command| !command.contains('<')).collect()
}

/// The words of a command as a shell parts them, its comment left out.
fn words(command: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for letter in command.chars() {
        match (quote, letter) {
            (Some(open), letter) if open == letter => quote = None,
            (None, '\'' | '"') => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (None, ' ') => words.extend(word.take()),
            (None, '#' | '|' | '>' | ';' | '&') if word.is_none() => break,
            (_, letter) => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    words
}

#[test]
fn words_are_parted_as_a_shell_does() {
    assert_eq!(words("a 'b c' d=\"e\"f  '' # g"), ["a", "b c", "d=ef", ""]);
    assert_eq!(words("a --json | b"), ["a", "--json"]);
}

#[test]
fn every_command_in_the_documents_is_understood() {
    let mut n = 0;
    for page in pages() {
        for command in commands(&std::fs::read_to_string(&page).unwrap()) {
            n += 1;
            let Err(error) = Cli::try_parse_from(words(&command)) else { continue };
            let is_named_only = error.kind() == ErrorKind::MissingRequiredArgument
                || error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand;
            let is_help =
                matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
            let is_name = is_named_only && words(&command).len() == 2;
            assert!(is_help || is_name, "{}: `{command}`: {error}", page.display());
        }
    }
    assert!(n >= 40, "only {n} commands were found");
}
