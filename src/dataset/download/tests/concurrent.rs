//! Several downloads of the same file, processes that are killed, interruptions;
//! disks that are full, and mirrors on disks.

use std::{
    env,
    io::Write,
    process::{Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use fs_err as fs;

use super::{
    super::{DownloadError, DownloadRequest, complete, partial_file::PartialFile},
    Case, LEN, bytes,
    server::{Server, give, hold, length, say},
};
use crate::{FetchError, error::Reason};

const MILLIS: Duration = Duration::from_millis(1);

#[test]
fn concurrent_downloads_of_a_file_share_one_request() {
    let is_awaited = Arc::new(AtomicBool::new(false));
    let may_go = Arc::clone(&is_awaited);
    let server = Server::start(move |request, stream| {
        wait_for(|| may_go.load(Ordering::Relaxed));
        give(request, stream, &bytes(), LEN)
    });
    let case = Case::of(&server);
    let waiting = || {
        let notes = case.notes().into_iter();
        notes.filter(|note| note.starts_with("waiting for another download of `data.bin`")).count()
    };
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| assert!(fs::read(case.obtain().unwrap()).unwrap() == bytes()));
        }
        wait_for(|| waiting() > 0);
        is_awaited.store(true, Ordering::Relaxed);
    });
    assert_eq!((server.heads().len(), waiting()), (1, 1));
}

/// Sends the first client some bytes and then nothing more.
fn tiring() -> Server {
    Server::start(|request, stream| {
        if request.number > 0 {
            return give(request, stream, &bytes(), LEN);
        }
        give(request, stream, &bytes(), 40_000)?;
        hold(stream)
    })
}

#[track_caller]
fn wait_for(mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < Duration::from_secs(10), "waited in vain");
        thread::sleep(5 * MILLIS);
    }
}

const PART_LEN: u64 = 40_000;

/// Started anew by itself with these variables, the test is the process that is killed.
#[test]
fn what_a_killed_process_left_is_continued() {
    if let (Ok(mirror), Ok(folder)) =
        (env::var("ACAI_TEST_MIRROR"), env::var("ACAI_TEST_DOWNLOADS"))
    {
        let mut case = Case::new(&[mirror]);
        case.downloads = folder.into();
        panic!("it was not killed: {:?}", case.obtain());
    }
    let server = tiring();
    let case = Case::of(&server);
    let name = "download::tests::concurrent::what_a_killed_process_left_is_continued";
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["--exact", name])
        .env("ACAI_TEST_MIRROR", server.url())
        .env("ACAI_TEST_DOWNLOADS", &case.downloads)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    wait_for(|| fs::metadata(case.part()).is_ok_and(|data| data.len() == PART_LEN));
    child.kill().unwrap();
    child.wait().unwrap();
    case.succeeds();
    assert_eq!(server.ranges(), ["", "bytes=40000-"]);
}

#[test]
fn a_part_that_lacks_nothing_is_not_downloaded() {
    for size in [Some(LEN as u64), None] {
        let mut case = Case::new(&["http://127.0.0.1:1/".to_owned()]);
        case.wanted.size = size;
        case.leave_part(&bytes());
        case.succeeds();
    }
}

#[test]
fn a_spoilt_part_is_thrown_away_and_the_mirror_asked_once_more() {
    for damaged in [vec![7; 500], vec![7; LEN], vec![7; LEN + 1]] {
        let server = Server::start(|request, stream| give(request, stream, &bytes(), LEN));
        let case = Case::of(&server);
        case.leave_part(&damaged);
        case.succeeds();
        assert_eq!(server.ranges().last().map(String::as_str), Some(""));
    }
    let liar = Server::start(|request, stream| give(request, stream, &vec![9; LEN], LEN));
    let case = Case::of(&liar);
    case.leave_part(&[7; 500]);
    assert!(matches!(case.fails()[..], [Reason::Wrong { .. }]));
    assert_eq!(liar.ranges(), ["bytes=500-", ""], "once more, and not for ever");
}

#[test]
fn a_part_beyond_the_mirror_s_end_starts_over() {
    let server = Server::start(|request, stream| give(request, stream, &bytes(), LEN));
    let mut case = Case::of(&server);
    case.wanted.size = None;
    case.leave_part(&vec![7; LEN + 1]);
    case.succeeds();
    assert_eq!(server.ranges(), ["bytes=100001-", ""]);
}

/// Obtains until `is_so`, then stops; what ends it must be the stop, and none of its
/// limits.
#[track_caller]
fn stopped(case: &Case, is_so: impl FnMut() -> bool) {
    thread::scope(|scope| {
        let obtaining = scope.spawn(|| case.obtain());
        wait_for(is_so);
        case.stop.store(true, Ordering::Relaxed);
        let error = obtaining.join().unwrap().unwrap_err();
        assert!(matches!(error, FetchError::Interrupted(_)), "{error}");
    });
    assert!(!case.folder().join("data.bin").exists());
}

#[test]
fn a_stop_ends_a_drip_and_keeps_the_part() {
    let server = Server::start(|_, stream| {
        say(stream, "200 OK", &[length(LEN)])?;
        for piece in bytes().chunks(10) {
            stream.write_all(piece)?;
            thread::sleep(5 * MILLIS);
        }
        Ok(())
    });
    let case = Case::of(&server);
    stopped(&case, || fs::metadata(case.part()).is_ok_and(|data| data.len() > 0));
    let part = fs::read(case.part()).unwrap();
    assert_eq!(part, bytes()[..part.len()]);
}

#[test]
fn a_stop_ends_waiting_for_an_answer_for_another_try_or_for_somebody_else() {
    let silent = Server::start(|_, stream| hold(stream));
    let case = Case::of(&silent);
    stopped(&case, || silent.heads().len() == 1);

    let busy = Server::start(|_, stream| say(stream, "500 Internal Server Error", &[length(0)]));
    let mut case = Case::of(&busy);
    case.limits.delays = vec![Duration::from_secs(60)];
    stopped(&case, || case.notes().iter().any(|note| note.ends_with("asking again in 60 s")));

    let case = Case::of(&silent);
    fs::create_dir_all(case.folder()).unwrap();
    let lock =
        acai_common::files::FileLock::try_lock(&case.folder().join("data.bin.lock")).unwrap();
    stopped(&case, || case.notes().iter().any(|note| note.starts_with("waiting for another")));
    drop(lock);
}

#[test]
fn mirrors_that_are_files_are_copied_and_verified() {
    let dir = tempfile::tempdir().unwrap();
    let (good, bad) = (dir.path().join("a good.bin"), dir.path().join("bad.bin"));
    fs::write(&good, bytes()).unwrap();
    fs::write(&bad, vec![7; LEN]).unwrap();
    let url = |path: &std::path::Path| format!("file://{}", path.display()).replace(' ', "%20");
    let none = url(&dir.path().join("none"));
    let case = Case::new(&[none.clone(), url(dir.path()), url(&bad), url(&good)]);
    case.leave_part(&bytes()[..10]);
    case.succeeds();
    let reasons = Case::new(&[none, "gopher://a/b".to_owned(), "http://".to_owned()]).fails();
    assert!(
        matches!(&reasons[..], [Reason::File(_), Reason::Address, Reason::Address]),
        "{reasons:?}"
    );
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_told_and_no_mirror_is_blamed() {
    let server = Arc::new(Server::start(|request, stream| give(request, stream, &bytes(), LEN)));
    let case = Case::new(&[server.url(), server.url()]);
    let (Case { wanted, limits, stop, .. }, folder) = (&case, case.folder());
    let request = DownloadRequest { wanted, folder: &folder, limits, stop };
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let mut partial = PartialFile::of(case.part(), full).unwrap();
    let problem = match complete(&request, &mut partial, &mut |_| ()) {
        Err(DownloadError::Disk(problem)) => problem,
        other => panic!("{other:?}"),
    };
    let error = FetchError::Disk { file: wanted.to_string(), problem };
    let error = error.to_string();
    assert!(error.starts_with("failed to keep `data.bin` (100000 bytes, md5:"), "{error}");
    assert!(error.contains("No space left on device"), "{error}");
    assert!(error.ends_with("; make room, or choose another folder for downloads"), "{error}");
    assert_eq!(server.heads().len(), 1);
    assert!(!case.folder().join("data.bin").exists());
}

/// A folder of downloads may be shared, and what is there be somebody else's.
#[test]
#[cfg(unix)]
fn nothing_is_downloaded_through_a_link() {
    let server = Arc::new(Server::start(|request, stream| give(request, stream, &bytes(), LEN)));
    let case = Case::new(&[server.url()]);
    fs::create_dir_all(case.folder()).unwrap();
    let other = case.folder().join("other");
    fs::write(&other, "precious").unwrap();
    fs::os::unix::fs::symlink(&other, case.part()).unwrap();
    let error = case.obtain().unwrap_err();
    assert!(matches!(error, FetchError::Disk { .. }), "{error}");
    assert!(error.to_string().contains("is a link, and not a file"), "{error}");
    assert_eq!(fs::read_to_string(&other).unwrap(), "precious");
}

#[test]
fn a_folder_that_cannot_be_made_is_told() {
    let case = Case::new(&["http://127.0.0.1:1/".to_owned()]);
    fs::write(case.folder(), "in the way").unwrap();
    let error = case.obtain().unwrap_err();
    assert!(matches!(error, FetchError::Disk { .. }), "{error}");
}
