//! A process of its own to open an HDF5 file in that came from elsewhere: a crash or an
//! exploit of the HDF5 library is confined to that process.
//!
//! The child gives up memory, time, open files, the right to write files and whatever
//! else the system lets it give up before it reads anything; it has no environment that
//! names plugins. The parent takes the content from a pipe and writes a file of its own.
//! This is the one door: what a bundle or a shared cache has comes in here and nowhere
//! else.
//!
//! Knows nothing of bundles and shared caches.

mod confinement;
#[cfg(unix)]
mod limits;
#[cfg(target_os = "linux")]
mod linux;
mod patience;

use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

use acai_artifact::{
    ArtifactErrorKind, Digest, Digests, Kind,
    sandboxed_read::{ReceiveError, receive},
};
use acai_common::events::Stopped;

pub use confinement::{Confinement, Measure, confine};

/// The verb that opens the file.
const VERB: &str = "sandboxed-read";

/// The file as the child finds it, where the system has names for what is open.
#[cfg(unix)]
const HANDED_OVER: &str = "/dev/fd/0";

/// How often the parent looks whether it should stop.
const POLL: Duration = Duration::from_millis(20);

/// The longest message of a child, in bytes.
const LONGEST_WORDS: u64 = 4_096;

/// A program that understands `sandboxed-read`.
#[derive(Clone, Debug)]
pub struct Confined {
    program: PathBuf,
    /// Whether this process reads itself, where tests have no program.
    #[cfg(test)]
    is_here: bool,
}

/// Why a file could not be copied.
#[derive(Debug)]
pub enum CopyError {
    /// The file is not acceptable.
    File(String),
    /// This machine failed, not the file.
    Here(io::Error),
}

impl Confined {
    /// `program` is an acai-pipe.
    #[must_use]
    pub fn new(program: PathBuf) -> Self {
        Self {
            program,
            #[cfg(test)]
            is_here: false,
        }
    }

    /// This program.
    ///
    /// # Errors
    /// If the system does not tell where it is.
    pub fn this() -> io::Result<Self> {
        Ok(Self::new(std::env::current_exe()?))
    }

    /// No process of its own.
    #[cfg(test)]
    pub(crate) fn here() -> Self {
        Self { is_here: true, ..Self::new(PathBuf::new()) }
    }

    /// Writes the content of the HDF5 file `from`, which was opened at `path`, to a new
    /// artifact `to`, and says what it is. `from` is read by a child alone, which is
    /// killed when `stop` is set, and when it takes longer than any file does.
    ///
    /// # Errors
    /// If the file is not acceptable, or if it cannot be read or written here.
    pub fn take(
        &self,
        from: File,
        path: &Path,
        to: &Path,
        stop: &AtomicBool,
    ) -> Result<(Kind, Digests), Stopped<CopyError>> {
        #[cfg(test)]
        if self.is_here {
            return take_here(&from, path, to);
        }
        let bytes = from.metadata().map_err(CopyError::Here)?.len();
        let (from, path) = handed_over(from, path, to, stop)?;
        let child = start(&self.program, from, &path).map_err(CopyError::Here)?;
        let taken = relay(child, &path, to, bytes, stop);
        if taken.is_err() && stop.load(Ordering::Relaxed) {
            return Err(Stopped::Interrupted);
        }
        Ok(taken?)
    }

    /// What confines a child on this machine and what it lacks, as a child finds that tries.
    ///
    /// # Errors
    /// If there is no child, or if it says nothing.
    pub fn examine(&self) -> io::Result<Confinement> {
        #[cfg(test)]
        if self.is_here {
            return Ok(Confinement::default());
        }
        // An empty file stands for the untrusted one.
        let folder = std::env::temp_dir();
        let (file, nowhere) = (tempfile::tempfile_in(&folder)?, folder.join("nothing"));
        let never = AtomicBool::new(false);
        let (file, path) = match handed_over(file, &folder, &nowhere, &never) {
            Ok(handed) => handed,
            Err(Stopped::Failed(CopyError::Here(error))) => return Err(error),
            Err(_) => return Err(io::Error::other("nothing could be handed over")),
        };
        let mut command = Command::new(&self.program);
        command.args([VERB, "--confinement"]).arg(path).env_clear().stdin(Stdio::from(file));
        let output = command.output()?;
        let text = String::from_utf8_lossy(&output.stdout);
        let said = output.status.success().then(|| Confinement::parse(&text)).flatten();
        said.ok_or_else(|| io::Error::other(words(Some(&output.stderr[..]))))
    }
}

/// The digest of what the file `from` holds, which was opened at `path`, if it is an
/// artifact; a child reads it.
pub(crate) fn content(from: File, path: &Path) -> Option<Digest> {
    #[cfg(test)]
    let confined = Confined::here();
    #[cfg(not(test))]
    let confined = Confined::this().ok()?;
    let folder = tempfile::tempdir().ok()?;
    let (copy, never) = (folder.path().join("copy.h5"), AtomicBool::new(false));
    let (kind, digests) = confined.take(from, path, &copy, &never).ok()?;
    Some(digests.artifact(kind))
}

impl From<CopyError> for Stopped<CopyError> {
    fn from(error: CopyError) -> Self {
        Self::Failed(error)
    }
}

/// The file as the child gets it, and the path that it opens: no folder on the way can be
/// exchanged, and none has to be open to the child's user.
#[cfg(unix)]
fn handed_over(
    from: File,
    path: &Path,
    to: &Path,
    stop: &AtomicBool,
) -> Result<(File, PathBuf), Stopped<CopyError>> {
    if !Path::new("/dev/fd").is_dir() {
        return Ok((from, path.to_owned()));
    }
    #[cfg(target_os = "linux")]
    let from = linux::readable_by_all(from, to, stop)?;
    #[cfg(not(target_os = "linux"))]
    let _ = (to, stop);
    Ok((from, HANDED_OVER.into()))
}

#[cfg(not(unix))]
fn handed_over(
    from: File,
    path: &Path,
    _to: &Path,
    _stop: &AtomicBool,
) -> Result<(File, PathBuf), Stopped<CopyError>> {
    Ok((from, path.to_owned()))
}

fn start(program: &Path, from: File, path: &Path) -> io::Result<Child> {
    let mut command = Command::new(program);
    command.arg(VERB).arg(path).env_clear().stdin(Stdio::from(from));
    // Ctrl-C is for the parent, which ends the child.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()
}

fn relay(
    mut child: Child,
    path: &Path,
    to: &Path,
    bytes: u64,
    stop: &AtomicBool,
) -> Result<(Kind, Digests), CopyError> {
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let child = Mutex::new(child);
    let (done, is_done) = mpsc::channel::<()>();
    let deadline = Instant::now() + patience::of_parent(bytes);
    thread::scope(|scope| {
        let words = scope.spawn(|| words(stderr));
        let child = &child;
        scope.spawn(move || {
            while is_done.recv_timeout(POLL) == Err(mpsc::RecvTimeoutError::Timeout) {
                if stop.load(Ordering::Relaxed) || Instant::now() >= deadline {
                    return kill(child);
                }
            }
        });
        let mut stream = io::BufReader::with_capacity(1 << 16, Pipe(stdout));
        let received = receive(&mut stream, to, bytes);
        drop(stream);
        if received.is_err() {
            kill(child);
        }
        let status = wait(child);
        drop(done);
        let words = words.join().unwrap_or_default();
        judge(received, status.map_err(CopyError::Here)?, &words, path)
    })
}

struct Pipe<R>(Option<R>);

impl<R: Read> Read for Pipe<R> {
    fn read(&mut self, piece: &mut [u8]) -> io::Result<usize> {
        self.0.as_mut().map_or(Ok(0), |pipe| pipe.read(piece))
    }
}

/// The first line of what the child says; the rest is drained, so that it is
/// not kept waiting.
fn words(stderr: Option<impl Read>) -> String {
    let Some(mut stderr) = stderr else { return String::new() };
    let mut said = Vec::new();
    let _ = stderr.by_ref().take(LONGEST_WORDS).read_to_end(&mut said);
    let _ = io::copy(&mut stderr, &mut io::sink());
    let said = String::from_utf8_lossy(&said);
    plain(said.lines().next().unwrap_or_default())
}

/// Untrusted text, made fit for a terminal.
fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}

fn kill(child: &Mutex<Child>) {
    let _ = child.lock().unwrap_or_else(PoisonError::into_inner).kill();
}

/// Waits without keeping others from killing it.
fn wait(child: &Mutex<Child>) -> io::Result<ExitStatus> {
    loop {
        let ended = child.lock().unwrap_or_else(PoisonError::into_inner).try_wait()?;
        match ended {
            Some(status) => return Ok(status),
            None => thread::sleep(Duration::from_micros(200)),
        }
    }
}

fn judge(
    received: Result<(Kind, Digests), ReceiveError>,
    status: ExitStatus,
    words: &str,
    path: &Path,
) -> Result<(Kind, Digests), CopyError> {
    let words = words.strip_prefix("error: ").unwrap_or(words);
    let words = words.strip_prefix(&path.display().to_string()).unwrap_or(words);
    let words = words.trim_start_matches([':', ' ']);
    match received {
        Ok(taken) if status.success() => Ok(taken),
        Err(ReceiveError::Artifact(error)) if matches!(error.kind, ArtifactErrorKind::Io(_)) => {
            Err(CopyError::Here(io::Error::other(error)))
        }
        _ if status.code() == Some(1) && !words.is_empty() => {
            Err(CopyError::File(format!("cannot be read: {words}")))
        }
        Ok(_) | Err(ReceiveError::Broken(_)) => Err(CopyError::File(ended(status))),
        Err(error) => Err(CopyError::File(plain(&format!("cannot be read: {error}")))),
    }
}

/// How a child ended that read the file.
fn ended(status: ExitStatus) -> String {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        let what = "makes the HDF5 library crash, go on for ever or take more memory than it may";
        return format!("{what} (signal {signal})");
    }
    format!("cannot be read ({status})")
}

/// The same without a process: both ends of the stream.
#[cfg(test)]
fn take_here(from: &File, path: &Path, to: &Path) -> Result<(Kind, Digests), Stopped<CopyError>> {
    use acai_artifact::{Reader, sandboxed_read::send};
    let bytes = from.metadata().map_err(CopyError::Here)?.len();
    let unreadable =
        |why: &dyn std::fmt::Display| CopyError::File(format!("cannot be read: {why}"));
    let mut stream = Vec::new();
    let sent = Reader::open_handed_over(path).and_then(|reader| send(&reader, &mut stream));
    sent.map_err(|error| unreadable(&error.kind))?;
    Ok(receive(&mut &stream[..], to, bytes).map_err(|error| unreadable(&error))?)
}
