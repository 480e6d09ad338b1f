//! A cache of the SHA-256 of files that have not changed, so that a plan need not
//! read gigabytes.
//!
//! Knows nothing of what the files are for.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    io,
    path::{Path, PathBuf},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use fs_err as fs;

use super::checksum::{Algorithm, Checksum};
use acai_common::files;

/// First line of the file, followed by the checksum of all that comes after.
const HEAD: &str = "acai-pipe hashes 2 ";

/// The file is not longer, in bytes: a line has about two hundred.
const LONGEST: u64 = 128 << 20;

/// How much older than its hashing a file must be to be cached: file systems store
/// times in steps of up to two seconds, and a change within a step is not seen.
const GRAIN: Duration = Duration::from_secs(2);

/// The cache, and the file that it is kept in.
#[derive(Debug, Default)]
pub struct Hashes {
    path: Option<PathBuf>,
    records: BTreeMap<PathBuf, HashRecord>,
    is_changed: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct HashRecord {
    state: FileState,
    digits: String,
}

/// What changes when a file changes. Programs that unpack and copy set the time of the
/// content as they like; the time of the last change (ctime) is the system's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileState {
    size: u64,
    /// When the content was changed, in nanoseconds since 1970; any time can be set.
    mtime: i128,
    /// When anything about the file was changed, likewise; 0 where the system does not
    /// tell.
    ctime: i128,
    inode: u64,
}

impl Hashes {
    /// The cache in the file at `path`; empty if the file is damaged or not there.
    /// Without a path nothing is kept beyond this process.
    #[must_use]
    pub fn load(path: Option<PathBuf>) -> Self {
        let text = path.as_ref().and_then(|path| files::read_unlinked(path, LONGEST).ok());
        let text = text.and_then(|text| String::from_utf8(text).ok());
        let records = text.and_then(|text| parse(&text)).unwrap_or_default();
        Self { path, records, is_changed: false }
    }

    /// The SHA-256 of `file`, which is read only if it is not cached.
    pub fn sha256(&mut self, file: &Path) -> io::Result<Checksum> {
        self.sha256_at(file, SystemTime::now())
    }

    /// The same at the time `now`.
    fn sha256_at(&mut self, file: &Path, now: SystemTime) -> io::Result<Checksum> {
        let path = std::path::absolute(file)?;
        let state = FileState::of(&path)?;
        if let Some(record) = self.records.get(&path)
            && state == record.state
        {
            let digits = record.digits.clone();
            return Ok(Checksum { algorithm: Algorithm::Sha256, digits });
        }
        let checksum = Checksum::of_file(Algorithm::Sha256, &path)?;
        if state.is_settled(now) {
            self.records.insert(path, HashRecord { state, digits: checksum.digits.clone() });
            self.is_changed = true;
        }
        Ok(checksum)
    }

    /// One SHA-256 of many labelled files in their order, whatever they are called.
    pub fn of_all(&mut self, files: &[(i64, PathBuf)]) -> io::Result<Checksum> {
        let mut text = String::new();
        for (label, file) in files {
            let digits = self.sha256(file)?.digits;
            let _ = writeln!(text, "{label} {digits}");
        }
        Checksum::of(Algorithm::Sha256, text.as_bytes())
    }

    /// Writes the cache, whole or not at all. Of several processes that do so the
    /// last wins; the others' files are hashed again another time.
    pub fn save(&self) -> io::Result<()> {
        let Some(path) = self.path.as_ref().filter(|_| self.is_changed) else { return Ok(()) };
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        files::write_atomically(path, self.text()?.as_bytes())
    }

    fn text(&self) -> io::Result<String> {
        let lines = self.records.iter().filter_map(|(path, record)| line(path, record));
        let lines: String = lines.collect();
        let checksum = Checksum::of(Algorithm::Sha256, lines.as_bytes())?;
        Ok(format!("{HEAD}{}\n{lines}", checksum.digits))
    }
}

impl FileState {
    /// The state that the file at `path` is in.
    pub fn of(path: &Path) -> io::Result<Self> {
        let data = fs::metadata(path)?;
        let mtime = match data.modified()?.duration_since(UNIX_EPOCH) {
            Ok(after) => after.as_nanos().cast_signed(),
            Err(before) => -before.duration().as_nanos().cast_signed(),
        };
        #[cfg(unix)]
        let (ctime, inode) = {
            use std::os::unix::fs::MetadataExt;
            let seconds = i128::from(data.ctime()) * 1_000_000_000;
            (seconds + i128::from(data.ctime_nsec()), data.ino())
        };
        #[cfg(not(unix))]
        let (ctime, inode) = (0, 0);
        Ok(Self { size: data.len(), mtime, ctime, inode })
    }

    /// Whether the last change is so long before `now` that a change at `now` or later
    /// gives another state.
    #[must_use]
    pub fn is_settled(&self, now: SystemTime) -> bool {
        let now = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos().cast_signed();
        self.mtime.max(self.ctime) + GRAIN.as_nanos().cast_signed() <= now
    }
}

/// One file; none if its path does not fit in a line.
fn line(path: &Path, record: &HashRecord) -> Option<String> {
    let path = path.to_str().filter(|path| !path.contains(['\n', '\r']))?;
    let FileState { size, mtime, ctime, inode } = record.state;
    Some(format!("{} {size} {mtime} {ctime} {inode} {path}\n", record.digits))
}

fn parse(text: &str) -> Option<BTreeMap<PathBuf, HashRecord>> {
    let (checksum, lines) = text.strip_prefix(HEAD)?.split_once('\n')?;
    let found = Checksum::of(Algorithm::Sha256, lines.as_bytes()).ok()?;
    if found.digits != checksum {
        return None;
    }
    lines.lines().map(record).collect()
}

fn record(line: &str) -> Option<(PathBuf, HashRecord)> {
    let mut words = line.splitn(6, ' ');
    let mut word = || words.next();
    let digits = word()?.to_owned();
    let (size, mtime) = (word()?.parse().ok()?, word()?.parse().ok()?);
    let (ctime, inode) = (word()?.parse().ok()?, word()?.parse().ok()?);
    let state = FileState { size, mtime, ctime, inode };
    Some((PathBuf::from(word()?), HashRecord { state, digits }))
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    /// Sets the time of the content to some time long ago, as `tar` and `cp -p` do.
    fn backdate(path: &Path) {
        let time = SystemTime::now() - Duration::from_secs(1_000_000);
        let time = time.duration_since(UNIX_EPOCH).unwrap().as_secs() / 100_000 * 100_000;
        let time = UNIX_EPOCH + Duration::from_secs(time);
        fs::File::options().write(true).open(path).unwrap().set_modified(time).unwrap();
    }

    /// The digits, so long after the last change that they are cached.
    fn digits(hashes: &mut Hashes, path: &Path) -> String {
        hashes.sha256_at(path, SystemTime::now() + 2 * GRAIN).unwrap().digits
    }

    #[test]
    fn an_old_file_is_remembered_across_runs() {
        let dir = tempfile::tempdir().unwrap();
        let (file, kept) = (dir.path().join("abc"), dir.path().join("cache/hashes"));
        fs::write(&file, "abc").unwrap();
        let mut hashes = Hashes::load(Some(kept.clone()));
        assert_eq!(digits(&mut hashes, &file), ABC);
        hashes.save().unwrap();
        let again = Hashes::load(Some(kept.clone()));
        assert_eq!(again.records, hashes.records);
        assert_eq!(again.records.len(), 1);
        assert_eq!(fs::read_dir(kept.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_changed_within_the_clock_s_grain_is_not_believed() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("abc");
        fs::write(&file, "abc").unwrap();
        for is_backdated in [false, true] {
            if is_backdated {
                backdate(&file);
            }
            let mut hashes = Hashes::load(None);
            assert_eq!(hashes.sha256(&file).unwrap().digits, ABC);
            assert!(hashes.records.is_empty(), "backdated: {is_backdated}");
        }
    }

    #[test]
    fn a_remembered_file_is_not_read_and_any_change_of_state_is_seen() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("abc");
        fs::write(&file, "abc").unwrap();
        let changes: [fn(&mut FileState); 4] = [
            |state| state.size += 1,
            |state| state.mtime += 1,
            |state| state.ctime += 1,
            |state| state.inode += 1,
        ];
        for change in changes {
            let mut hashes = Hashes::load(None);
            digits(&mut hashes, &file);
            let record = hashes.records.values_mut().next().unwrap();
            record.digits = "remembered".to_owned();
            assert_eq!(digits(&mut hashes, &file), "remembered");
            change(&mut hashes.records.values_mut().next().unwrap().state);
            assert_eq!(digits(&mut hashes, &file), ABC);
        }
    }

    #[test]
    fn a_damaged_cache_is_empty() {
        let dir = tempfile::tempdir().unwrap();
        let (file, kept) = (dir.path().join("abc"), dir.path().join("hashes"));
        fs::write(&file, "abc").unwrap();
        let mut hashes = Hashes::load(Some(kept.clone()));
        digits(&mut hashes, &file);
        hashes.save().unwrap();
        let whole = fs::read(&kept).unwrap();
        for at in 0..whole.len() {
            let mut flipped = whole.clone();
            flipped[at] ^= 1;
            for damaged in [&flipped, &whole[..at]] {
                fs::write(&kept, damaged).unwrap();
                assert!(Hashes::load(Some(kept.clone())).records.is_empty(), "byte {at}");
            }
        }
    }

    /// A way to put other bytes in the place of a file's.
    type Way<'a> = &'a dyn Fn(&[u8]);

    /// What people do to a file whose size and time of content stay the same.
    #[cfg(unix)]
    #[test]
    fn other_bytes_of_equal_size_and_time_are_seen() {
        let dir = tempfile::tempdir().unwrap();
        let (file, other) = (dir.path().join("file"), dir.path().join("other"));
        let in_place = |bytes: &[u8]| fs::write(&file, bytes).unwrap();
        let removed_and_unpacked = |bytes: &[u8]| {
            fs::remove_file(&file).unwrap();
            fs::write(&file, bytes).unwrap();
        };
        let renamed = |bytes: &[u8]| {
            fs::write(&other, bytes).unwrap();
            backdate(&other);
            fs::rename(&other, &file).unwrap();
        };
        let ways: [Way<'_>; 3] = [&in_place, &removed_and_unpacked, &renamed];
        fs::write(&file, [0; 3]).unwrap();
        backdate(&file);
        let mut hashes = Hashes::load(None);
        digits(&mut hashes, &file);
        for (byte, change) in (1..).zip(ways) {
            change(&[byte; 3]);
            backdate(&file);
            let truth = Checksum::of_file(Algorithm::Sha256, &file).unwrap().digits;
            assert_eq!(digits(&mut hashes, &file), truth, "way {byte}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        /// Contents of equal length and time, written in place or renamed into place,
        /// with runs between: what is told is always true.
        #[test]
        fn what_is_told_is_true(
            steps in vec((0..3_u8, any::<bool>(), any::<bool>(), any::<bool>()), 1..12),
        ) {
            let dir = tempfile::tempdir().unwrap();
            let (file, kept) = (dir.path().join("file"), dir.path().join("hashes"));
            let mut hashes = Hashes::load(Some(kept.clone()));
            for (byte, is_backdated, is_renamed, is_new_run) in steps {
                let target = if is_renamed { dir.path().join("other") } else { file.clone() };
                fs::write(&target, [byte; 3]).unwrap();
                if is_backdated {
                    backdate(&target);
                }
                if is_renamed {
                    fs::rename(&target, &file).unwrap();
                }
                let truth = Checksum::of_file(Algorithm::Sha256, &file).unwrap();
                prop_assert_eq!(hashes.sha256(&file).unwrap(), truth);
                if is_new_run {
                    hashes.save().unwrap();
                    hashes = Hashes::load(Some(kept.clone()));
                }
            }
        }
    }
}
