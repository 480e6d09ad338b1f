//! Where files are looked for, and what is said when they are nowhere.

use std::{
    path::{Path, PathBuf},
    sync::atomic::AtomicBool,
};

use fs_err as fs;

use super::{DatasetRef, SearchPaths};
use crate::{FetchError, FileSpec, Mirror, error::PassedOver};
use acai_common::events::Message;

const ABC: &str = "md5:900150983cd24fb0d6963f7d28e17f72";
const ABD: &str = "md5:4911e516e5aa21d327512e0c8b197616";

/// Two folders, a descriptor's folder and a folder for downloads.
struct Case {
    dir: tempfile::TempDir,
    search_paths: SearchPaths,
    wanted: FileSpec,
}

impl Case {
    /// Wants `a.gz`, which holds `abc`.
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (name, checksum) = ("a.gz".to_owned(), ABC.parse().ok());
        let (size, content, mirrors) = (Some(3), None, vec![Mirror::new("")]);
        let wanted = FileSpec { name, size, at_most: None, checksum, content, mirrors };
        let at = |name: &str| dir.path().join(name);
        let (folders, downloads) = (vec![at("one"), at("two")], Some(at("downloads")));
        let search_paths = SearchPaths { folders, downloads, is_offline: true, max_download: None };
        Self { dir, search_paths, wanted }
    }

    fn at(&self, path: &str) -> PathBuf {
        self.dir.path().join(path)
    }

    fn write(&self, path: &str, content: &str) {
        let path = self.at(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn beside(&self) -> PathBuf {
        self.at("beside")
    }

    fn found(&self) -> (Option<PathBuf>, Vec<PassedOver>) {
        let search = self.search_paths.find(&self.wanted, &dataset_ref(&self.beside())).unwrap();
        (search.found, search.passed_over)
    }

    /// What is messages, and the answer with the folder's name taken out.
    fn obtain(&self) -> (Vec<Message>, Result<PathBuf, String>) {
        let (mut messages, beside) = (Vec::new(), self.beside());
        let mut report = |what| messages.push(what);
        let stop = AtomicBool::new(false);
        let answer =
            self.search_paths.obtain(&self.wanted, &dataset_ref(&beside), &mut report, &stop);
        let folder = format!("{}/", self.dir.path().display());
        (messages, answer.map_err(|error| error.to_string().replace(&folder, "")))
    }
}

fn dataset_ref(beside: &Path) -> DatasetRef<'_> {
    DatasetRef { dataset: "letters", folder: "LETTERS", beside: Some(beside) }
}

#[test]
fn places_are_looked_at_in_order() {
    let case = Case::new();
    let order = [
        "one/a.gz",
        "one/letters/a.gz",
        "one/LETTERS/a.gz",
        "two/a.gz",
        "two/letters/a.gz",
        "two/LETTERS/a.gz",
        "beside/a.gz",
        "downloads/md5-900150983cd24fb0d6963f7d28e17f72/a.gz",
    ];
    assert_eq!(case.found(), (None, Vec::new()));
    for place in order.iter().rev() {
        case.write(place, "abc");
        assert_eq!(case.found(), (Some(case.at(place)), Vec::new()));
    }
}

#[test]
fn what_does_not_fit_is_passed_over_and_reported() {
    let case = Case::new();
    case.write("one/a.gz", "abcd");
    case.write("one/letters/a.gz/folder", "");
    case.write("two/a.gz", "abd");
    case.write("beside/a.gz", "abc");
    let passed_over = |path: &str, wanted: &str, found: &str| {
        let (wanted, found) = (wanted.to_owned(), found.to_owned());
        PassedOver { path: case.at(path), wanted, found }
    };
    let all = vec![
        passed_over("one/a.gz", "3 bytes", "4 bytes"),
        passed_over("one/letters/a.gz", "a file", "something else"),
        passed_over("two/a.gz", ABC, ABD),
    ];
    assert_eq!(case.found(), (Some(case.at("beside/a.gz")), all.clone()));
    let (messages, path) = case.obtain();
    assert_eq!(path, Ok(case.at("beside/a.gz")));
    let notes: Vec<Message> = all.iter().map(|one| Message::Note(one.to_string())).collect();
    assert_eq!(messages, notes);
}

#[test]
fn content_may_be_compressed_by_anybody_but_must_be_whole() {
    let mut case = Case::new();
    (case.wanted.size, case.wanted.checksum) = (None, None);
    case.wanted.content = ABC.parse().ok();
    case.write("one/a.gz", "a text and no gzip");
    let mut gzip = flate2::read::GzEncoder::new(&b"abc"[..], flate2::Compression::none());
    fs::create_dir_all(case.at("two")).unwrap();
    std::io::copy(&mut gzip, &mut fs::File::create(case.at("two/a.gz")).unwrap()).unwrap();
    let (found, passed_over) = case.found();
    assert_eq!(found, Some(case.at("two/a.gz")));
    assert_eq!(passed_over[0].wanted, format!("content {ABC}"));
    assert_eq!(passed_over[0].found, "no whole gzip file (invalid gzip header)");
}

#[test]
fn a_missing_file_is_told_with_every_place_and_what_to_do() {
    let mut case = Case::new();
    case.search_paths.folders.pop();
    case.write("one/a.gz", "abd");
    let (_, answer) = case.obtain();
    let expected = format!(
        "`a.gz` (3 bytes, {ABC}) of dataset `letters` is missing, and downloads are switched off
  looked at one/a.gz
  looked at one/letters/a.gz
  looked at one/LETTERS/a.gz
  looked at beside/a.gz
  looked at downloads/md5-900150983cd24fb0d6963f7d28e17f72/a.gz
  passed over one/a.gz: found {ABD}, expected {ABC}
  put it into one/letters/a.gz"
    );
    assert_eq!(answer, Err(expected));
}

#[test]
fn why_nothing_is_downloaded_is_told() {
    type Change = fn(&mut Case);
    let because = |change: Change| {
        let mut case = Case::new();
        case.search_paths.is_offline = false;
        change(&mut case);
        let error = case.obtain().1.unwrap_err();
        error.lines().next().unwrap().split("is missing, and ").nth(1).unwrap().to_owned()
    };
    let cases: [(Change, &str); 4] = [
        (|case| case.search_paths.is_offline = true, "downloads are switched off"),
        (|case| case.wanted.mirrors.clear(), "its descriptor names no mirrors"),
        (|case| case.search_paths.downloads = None, "there is no folder for downloads"),
        (
            |case| case.wanted.checksum = None,
            "without `checksum` or `content` in its descriptor a download could \
             not be verified",
        ),
    ];
    for (change, reason) in cases {
        assert_eq!(because(change), reason);
    }
}

#[test]
fn every_failed_mirror_is_told_with_its_reason() {
    let mut case = Case::new();
    (case.search_paths.is_offline, case.search_paths.folders) = (false, Vec::new());
    let none = format!("file://{}", case.at("none").display());
    case.wanted.mirrors = ["ftp://a/b".to_owned(), none].map(Mirror::new).into();
    let (messages, answer) = case.obtain();
    let expected = format!(
        "`a.gz` (3 bytes, {ABC}) of dataset `letters` could not be downloaded
  `ftp://a/b` is no address that can be asked; write `http://…`, `https://…` or `file:///…`
  `file://none` could not be read: failed to open file `none`: No such file or directory (os error 2)
  try again later, or get it elsewhere
  put it into beside/a.gz"
    );
    assert_eq!(answer, Err(expected));
    let note = format!("downloading `a.gz` (3 bytes, {ABC}) from ftp://a/b");
    assert_eq!(messages[0], Message::Note(note));
}

#[test]
fn a_damaged_download_is_downloaded_again() {
    let mut case = Case::new();
    (case.search_paths.is_offline, case.search_paths.folders) = (false, Vec::new());
    case.write("mirror", "abc");
    case.wanted.mirrors = vec![Mirror::new(format!("file://{}", case.at("mirror").display()))];
    let kept = "downloads/md5-900150983cd24fb0d6963f7d28e17f72/a.gz";
    case.write(kept, "abd");
    let (messages, path) = case.obtain();
    assert_eq!(path, Ok(case.at(kept)));
    assert_eq!(fs::read_to_string(case.at(kept)).unwrap(), "abc");
    assert!(
        matches!(&messages[0], Message::Note(note) if note.starts_with("passed over ")),
        "{messages:?}"
    );
}

#[test]
fn names_that_lead_elsewhere_are_refused() {
    let mut case = Case::new();
    case.wanted.name = "../a.gz".to_owned();
    let error = case.search_paths.find(&case.wanted, &dataset_ref(&case.beside())).unwrap_err();
    assert!(matches!(error, FetchError::Name { .. }));
    assert_eq!(
        error.to_string(),
        "dataset `letters` names a file `../a.gz`; a name has no folders, such as `train.gz`"
    );
}
