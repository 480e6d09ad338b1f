//! A process of its own to open an untrusted HDF5 file in: a crash or an exploit of
//! the HDF5 library is confined to that process.
//!
//! The child gives up memory, time, open files and the right to write files
//! before it opens anything; it has no environment that names plugins. The
//! parent takes the content from a pipe and writes a file of its own. Where
//! there are no such limits (on Windows), the child is merely another process.
//!
//! Knows nothing of bundles.

use std::{
    io::{self, Read},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Mutex, PoisonError, mpsc},
    thread,
    time::Duration,
};

use acai_artifact::{
    ArtifactErrorKind, Digests, Kind,
    sandboxed_read::{ReceiveError, receive},
};

/// The verb that opens the file.
const VERB: &str = "sandboxed-read";

/// The child may have so much memory mapped, its own program included.
#[cfg(unix)]
const MEMORY: u64 = 1 << 30;

/// So many files may be open.
#[cfg(unix)]
const FILES: u64 = 16;

/// Seconds of work that every file is given, and bytes for one more.
const LEAST_S: u64 = 10;
const BYTES_PER_S: u64 = 8 << 20;

/// The longest message of a child, in bytes.
const LONGEST_WORDS: u64 = 4_096;

/// A program that understands `sandboxed-read`.
#[derive(Clone, Debug)]
pub struct Confined {
    program: PathBuf,
}

/// Why a file could not be copied.
pub(super) enum CopyError {
    /// The file is not acceptable.
    File(String),
    /// This machine failed, not the file.
    Here(io::Error),
}

impl Confined {
    /// `program` is an acai-pipe.
    #[must_use]
    pub fn new(program: PathBuf) -> Self {
        Self { program }
    }

    /// This program.
    ///
    /// # Errors
    /// If the system does not tell where it is.
    pub fn this() -> io::Result<Self> {
        Ok(Self::new(std::env::current_exe()?))
    }

    /// Writes the content of the HDF5 file `from` to a new artifact `to`, and
    /// says what it is. `from` is opened by a child alone.
    pub(super) fn take(&self, from: &Path, to: &Path) -> Result<(Kind, Digests), CopyError> {
        let bytes = fs_err::metadata(from).map_err(CopyError::Here)?.len();
        let mut child = self.start(from).map_err(CopyError::Here)?;
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let child = Mutex::new(child);
        let (done, is_done) = mpsc::channel::<()>();
        let patience = Duration::from_secs(60 + 10 * seconds(bytes));
        thread::scope(|scope| {
            let words = scope.spawn(|| words(stderr));
            let child = &child;
            scope.spawn(move || {
                if is_done.recv_timeout(patience) == Err(mpsc::RecvTimeoutError::Timeout) {
                    kill(child);
                }
            });
            let mut stream = io::BufReader::new(Pipe(stdout));
            let received = receive(&mut stream, to, bytes);
            drop(stream);
            if received.is_err() {
                kill(child);
            }
            let status = wait(child);
            drop(done);
            let words = words.join().unwrap_or_default();
            judge(received, status.map_err(CopyError::Here)?, &words, from)
        })
    }

    fn start(&self, from: &Path) -> io::Result<Child> {
        let mut command = Command::new(&self.program);
        command.arg(VERB).arg(from).env_clear();
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()
    }
}

/// Gives up everything that reading one file of `bytes` bytes does not need.
/// Called by the child before it opens the file.
///
/// # Errors
/// If the system refuses.
#[cfg(unix)]
pub fn confine(bytes: u64) -> io::Result<()> {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let limit =
        |resource, most| setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) });
    limit(Resource::As, MEMORY)?;
    limit(Resource::Cpu, seconds(bytes))?;
    limit(Resource::Nofile, FILES)?;
    limit(Resource::Fsize, 0)?;
    limit(Resource::Core, 0)?;
    Ok(())
}

/// There are no such limits here.
///
/// # Errors
/// Never.
#[cfg(not(unix))]
pub fn confine(_bytes: u64) -> io::Result<()> {
    Ok(())
}

fn seconds(bytes: u64) -> u64 {
    LEAST_S + bytes / BYTES_PER_S
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
            None => thread::sleep(Duration::from_millis(1)),
        }
    }
}

fn judge(
    received: Result<(Kind, Digests), ReceiveError>,
    status: ExitStatus,
    words: &str,
    from: &Path,
) -> Result<(Kind, Digests), CopyError> {
    let words = words.strip_prefix("error: ").unwrap_or(words);
    let words = words.strip_prefix(&from.display().to_string()).unwrap_or(words);
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
