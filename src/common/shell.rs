//! Commands that people are told to type, as they have to be typed: with every
//! option that decides what is meant, and quoted for a shell.
//!
//! Knows nothing of what the commands do.

use std::{
    ffi::{OsStr, OsString},
    fmt::Write as _,
    path::Path,
};

/// `acai-pipe VERB ARGUMENTS`, each word quoted where a shell would take it for
/// something else.
#[must_use]
pub fn command<'a>(words: impl IntoIterator<Item = &'a OsStr>) -> String {
    let words = words.into_iter().map(quoted);
    std::iter::once("acai-pipe".to_owned()).chain(words).collect::<Vec<_>>().join(" ")
}

/// A path as an argument: one that begins with a dash would be an option.
#[must_use]
pub fn path(path: &Path) -> OsString {
    let is_option = path.as_os_str().as_encoded_bytes().first() == Some(&b'-');
    if is_option { Path::new(".").join(path).into() } else { path.into() }
}

/// One word for a shell.
fn quoted(word: &OsStr) -> String {
    let Some(text) = word.to_str().filter(|text| !text.chars().any(char::is_control)) else {
        return escaped(word.as_encoded_bytes());
    };
    let is_plain = |c: char| c.is_alphanumeric() || "_@%+=:,./-".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// `$'…'`: for bytes that no terminal should get.
fn escaped(bytes: &[u8]) -> String {
    let mut word = "$'".to_owned();
    for &byte in bytes {
        match byte {
            b'\'' | b'\\' => word.extend(['\\', char::from(byte)]),
            b' '..=b'~' => word.push(char::from(byte)),
            // Three digits always, so that a digit that follows is not one of them.
            _ => drop(write!(word, "\\{byte:03o}")),
        }
    }
    word + "'"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_where_a_shell_would_part_or_expand_them() {
        let words = ["run", "my file.ron", "--set", "a='b'", "x=[0, 1]", "", "λ.ron", "~", "$HOME"];
        assert_eq!(
            command(words.map(OsStr::new)),
            r"acai-pipe run 'my file.ron' --set 'a='\''b'\''' 'x=[0, 1]' '' λ.ron '~' '$HOME'"
        );
        assert_eq!(command([OsStr::new("a\x1b1\n'\\")]), r"acai-pipe $'a\0331\012\'\\'");
    }

    #[test]
    fn a_path_is_no_option() {
        assert_eq!(path("-x.ron".as_ref()), "./-x.ron");
        assert_eq!(path("x.ron".as_ref()), "x.ron");
    }

    #[cfg(unix)]
    #[test]
    fn a_shell_reads_the_words_as_they_were() {
        let words = ["a b", "'", "\"", "$x", "`id`", "\\", "*", "!", "#", "a\n", "λ", "-", "~", ""];
        let line = command(words.map(OsStr::new)).replacen("acai-pipe", "printf '%s\\0'", 1);
        let shells = ["bash", "zsh"]
            .map(|shell| std::process::Command::new(shell).args(["-c", &line]).output().ok());
        for said in shells.into_iter().flatten() {
            let read = String::from_utf8(said.stdout).unwrap();
            assert_eq!(read, words.map(|word| format!("{word}\0")).concat());
        }
    }
}
