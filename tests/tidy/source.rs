//! Source files as the rules see them: comments and strings blanked, and, where
//! wanted, test code as well. Blanking keeps every line and column in place.
//!
//! Knows nothing of the rules.

use std::path::{Path, PathBuf};

/// A Rust file of the repository.
pub(super) struct File {
    /// Its path, such as `src/net/tape.rs`.
    pub(super) path: String,
    /// All of it.
    pub(super) text: String,
    /// Without comments and what strings hold.
    pub(super) code: String,
    /// Without test code as well.
    pub(super) shipped: String,
}

impl File {
    fn new(path: String, text: String) -> Self {
        let code = blank(&text);
        let is_test = is_test(&path);
        let shipped = if is_test { String::new() } else { without_tests(&code) };
        Self { path, text, code, shipped }
    }

    /// `src/net/tape.rs:12`, for the byte at `offset`.
    pub(super) fn at(&self, offset: usize) -> String {
        let line = self.text[..offset].matches('\n').count() + 1;
        format!("{}:{line}", self.path)
    }

    /// The module's path below the crate: `["net", "tape"]`.
    pub(super) fn module(&self) -> Vec<&str> {
        let inner = self.path.trim_start_matches("src/").trim_end_matches(".rs");
        inner.split('/').filter(|&segment| segment != "mod").collect()
    }

    /// Which layer it belongs to: `net`.
    pub(super) fn layer(&self) -> &str {
        self.module()[0]
    }
}

/// Whether a file holds nothing but test code.
pub(super) fn is_test(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    ["tests.rs", "trial.rs"].contains(&name)
        || path.contains("/tests/")
        || path.starts_with("tests/")
}

/// Every Rust file below one of `folders`, sorted.
pub(super) fn rust(folders: &[&str]) -> Vec<File> {
    let files = files().into_iter().filter(|path| {
        let inside = folders.iter().any(|folder| path.starts_with(&format!("{folder}/")));
        inside && is(path, "rs")
    });
    files.map(|path| File::new(path.clone(), read(&path))).collect()
}

/// Whether a file's name ends in `.extension`.
pub(super) fn is(path: &str, extension: &str) -> bool {
    Path::new(path).extension().is_some_and(|found| found == extension)
}

/// A text file of the repository.
pub(super) fn read(path: &str) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Every file of the repository that is not made by a build or a run, sorted.
pub(super) fn files() -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![PathBuf::from(".")];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).expect("the folder can be read") {
            let path = entry.expect("the folder can be read").path();
            let name = path.strip_prefix(".").expect("all paths are below the root");
            if is_made(name) {
            } else if path.is_dir() {
                open.push(path);
            } else {
                found.push(name.to_string_lossy().into_owned());
            }
        }
    }
    found.sort();
    found
}

fn is_made(path: &Path) -> bool {
    let made = ["target", "book", ".git", ".acai", ".tools"];
    made.iter().any(|name| path == Path::new(name))
        || path.ends_with("__pycache__")
        || path.ends_with("node_modules")
        || path.extension().is_some_and(|extension| extension == "new")
}

/// Spaces in place of comments and of what strings and characters hold.
fn blank(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut code = bytes.to_vec();
    let mut at = 0;
    while at < bytes.len() {
        let end = at + skipped(&text[at..], at.checked_sub(1).map(|before| bytes[before]));
        for byte in &mut code[at..end] {
            *byte = if *byte == b'\n' { b'\n' } else { b' ' };
        }
        at = end.max(at + text[at..].chars().next().map_or(1, char::len_utf8));
    }
    String::from_utf8(code).expect("whole characters were blanked")
}

/// Length of the comment, string or character that `rest` starts with; 0 if none.
fn skipped(rest: &str, before: Option<u8>) -> usize {
    let is_word = before.is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if rest.starts_with("//") {
        return rest.find('\n').unwrap_or(rest.len());
    }
    if rest.starts_with("/*") {
        return block_comment(rest);
    }
    if rest.starts_with('r') && (!is_word || before == Some(b'b')) {
        return raw_string(rest);
    }
    match rest.as_bytes()[0] {
        b'"' => quoted(rest, b'"'),
        b'\'' if is_character(rest) => quoted(rest, b'\''),
        _ => 0,
    }
}

fn block_comment(rest: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        let tail = &rest.as_bytes()[at..];
        match tail {
            [b'/', b'*', ..] => depth += 1,
            [b'*', b'/', ..] => depth -= 1,
            _ => {
                at += 1;
                continue;
            }
        }
        at += 2;
        if depth == 0 {
            return at;
        }
    }
    rest.len()
}

fn raw_string(rest: &str) -> usize {
    let hashes = rest[1..].bytes().take_while(|&byte| byte == b'#').count();
    let start = 1 + hashes;
    if rest.as_bytes().get(start) != Some(&b'"') {
        return 0;
    }
    let close = format!("\"{}", "#".repeat(hashes));
    rest[start + 1..].find(&close).map_or(rest.len(), |end| start + 1 + end + close.len())
}

fn quoted(rest: &str, quote: u8) -> usize {
    let mut at = 1;
    while at < rest.len() {
        match rest.as_bytes()[at] {
            b'\\' => at += 2,
            byte if byte == quote => return at + 1,
            _ => at += 1,
        }
    }
    rest.len()
}

/// Tells `'a'` and `'\n'` from the lifetime `'a`.
fn is_character(rest: &str) -> bool {
    let mut chars = rest.chars().skip(1);
    chars.next() == Some('\\') || chars.next() == Some('\'')
}

/// Blanks every item under `#[cfg(test)]`.
fn without_tests(code: &str) -> String {
    let mark = "#[cfg(test)]";
    let mut shipped = code.to_owned();
    let mut from = 0;
    while let Some(found) = shipped[from..].find(mark) {
        let start = from + found;
        let end = start + mark.len() + item(&shipped[start + mark.len()..]);
        let blank: String =
            shipped[start..end].chars().map(|c| if c == '\n' { '\n' } else { ' ' }).collect();
        shipped.replace_range(start..end, &blank);
        from = start;
    }
    shipped
}

/// Length of the item that `code` starts with: up to its `;` or closing brace.
pub(super) fn item(code: &str) -> usize {
    let ends_in_semicolon = code.trim_start().trim_start_matches("pub ").starts_with("use ");
    let mut depth = 0;
    for (at, byte) in code.bytes().enumerate() {
        match byte {
            b'{' | b'(' | b'[' => depth += 1,
            b'}' | b')' | b']' => depth -= 1,
            b';' if depth == 0 => return at + 1,
            _ => continue,
        }
        if byte == b'}' && depth == 0 && !ends_in_semicolon {
            return at + 1;
        }
    }
    code.len()
}

/// Where `word` stands in `code` as a word of its own.
pub(super) fn words<'a>(code: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(word).map(|(at, _)| at).filter(move |&at| {
        !code[..at].ends_with(is_part) && !code[at + word.len()..].starts_with(is_part)
    })
}

#[test]
fn comments_strings_and_characters_are_blanked() {
    for (text, code) in [
        ("a // b\nc", "a     \nc"),
        ("a /* b /* c */ d */ e", "a                   e"),
        ("f(\"// \\\" }\", x)", "f(         , x)"),
        ("r#\"a\"b\"# + r", "         + r"),
        ("'{' + '\\'' + 'λ' + f::<'a>()", "    +      +      + f::<'a>()"),
        ("fn for_r(r: &'r str)", "fn for_r(r: &'r str)"),
    ] {
        assert_eq!(blank(text), code, "{text}");
    }
}

#[test]
fn test_items_are_blanked_and_nothing_else() {
    let code = "use a;\n#[cfg(test)]\nuse b::{c, d};\n#[cfg(test)]\nmod tests {\n  fn f() { g(); }\n}\nfn h() {}";
    let shipped = without_tests(code);
    assert_eq!(shipped.split_whitespace().collect::<Vec<_>>(), ["use", "a;", "fn", "h()", "{}"]);
    assert_eq!(shipped.matches('\n').count(), code.matches('\n').count());
}
