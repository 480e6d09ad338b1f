//! Signals: the first that asks for an end lets the work end cleanly, with a
//! checkpoint; a person's second Ctrl-C ends it at once; SIGUSR2 asks for a
//! checkpoint and the work goes on.
//!
//! A closed terminal or `timeout` often sends the same signal twice within
//! milliseconds, once to the process and once to its group: that is one wish. What
//! was ignored when the program started (`nohup`, `&` in a script) stays ignored.
//!
//! Knows nothing of runs; they look at the flag.

use std::sync::atomic::{AtomicBool, Ordering};

use super::{exit::Failure, out::tell};
use acai_stage::CheckpointRequests;

static STOP: AtomicBool = AtomicBool::new(false);

/// From now on a signal that asks for an end raises the flag that is returned.
pub(super) fn flag() -> Result<&'static AtomicBool, Failure> {
    platform::watch_for_end()?;
    Ok(&STOP)
}

/// From now on SIGUSR2 asks for a checkpoint, which by default would kill the
/// program.
pub(super) fn checkpoint_requests() -> Result<CheckpointRequests, Failure> {
    let requests = CheckpointRequests::default();
    platform::watch_for_requests(requests.clone())?;
    Ok(requests)
}

/// Says once that the work ends soon.
fn stop() {
    if !STOP.swap(true, Ordering::SeqCst) {
        tell("stopping; what is finished is kept (Ctrl-C once more to stop at once)");
    }
}

#[cfg(unix)]
mod platform {
    //! Signals of Unix, handled on a thread of their own.

    use std::{
        io,
        time::{Duration, Instant},
    };

    use signal_hook::{
        consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR2},
        iterator::Signals,
    };

    use super::{CheckpointRequests, stop};

    /// A SIGINT that follows the first sooner than this is the same Ctrl-C.
    const SAME_PRESS: Duration = Duration::from_millis(500);

    pub(super) fn watch_for_end() -> io::Result<()> {
        let ignored = ignored();
        let watched: Vec<i32> =
            [SIGINT, SIGTERM, SIGHUP].into_iter().filter(|signal| !ignored.has(*signal)).collect();
        let mut signals = Signals::new(watched)?;
        let mut presses = Presses::default();
        in_background(move || {
            for signal in signals.forever() {
                if signal == SIGINT && presses.add(Instant::now()) {
                    std::process::exit(130);
                }
                stop();
            }
        })
    }

    pub(super) fn watch_for_requests(requests: CheckpointRequests) -> io::Result<()> {
        if ignored().has(SIGUSR2) {
            return Ok(());
        }
        let mut signals = Signals::new([SIGUSR2])?;
        in_background(move || signals.forever().for_each(|_| requests.ask()))
    }

    fn in_background(work: impl FnOnce() + Send + 'static) -> io::Result<()> {
        std::thread::Builder::new().name("signals".to_owned()).spawn(work).map(drop)
    }

    /// The first SIGINT of a run.
    #[derive(Default)]
    struct Presses(Option<Instant>);

    impl Presses {
        /// Whether this one, at `now`, is a person's second.
        fn add(&mut self, now: Instant) -> bool {
            let first = *self.0.get_or_insert(now);
            now.duration_since(first) >= SAME_PRESS
        }
    }

    /// Signals that the program was told to ignore when it was started.
    struct Ignored(u64);

    impl Ignored {
        fn has(&self, signal: i32) -> bool {
            self.0 >> (signal - 1) & 1 == 1
        }
    }

    /// What Linux says of this process, else what a shell started by it finds.
    fn ignored() -> Ignored {
        Ignored(ignored_in_proc().or_else(ignored_in_shell).unwrap_or(0))
    }

    fn ignored_in_proc() -> Option<u64> {
        let status = std::fs::read_to_string("/proc/self/status").ok()?;
        let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"))?;
        u64::from_str_radix(mask.trim(), 16).ok()
    }

    /// A shell inherits what is ignored, and cannot catch it (POSIX): it names the
    /// signals that it catches.
    fn ignored_in_shell() -> Option<u64> {
        let signals = [(SIGINT, "INT"), (SIGTERM, "TERM"), (SIGHUP, "HUP"), (SIGUSR2, "USR2")];
        let lines = signals.map(|(_, name)| format!("trap 'echo {name}' {name}; kill -{name} $$"));
        let shell = std::process::Command::new("sh").args(["-c", &lines.join("\n")]).output();
        let caught = String::from_utf8(shell.ok()?.stdout).ok()?;
        let is_ignored = |name: &str| !caught.lines().any(|line| line == name);
        let ignored = signals.into_iter().filter(|(_, name)| is_ignored(name));
        Some(ignored.fold(0, |mask, (signal, _)| mask | 1 << (signal - 1)))
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn two_at_once_are_one_press_and_a_later_one_is_the_second() {
            let (mut presses, start) = (Presses::default(), Instant::now());
            let at = [0, 3, 499, 500].map(|ms| presses.add(start + Duration::from_millis(ms)));
            assert_eq!(at, [false, false, false, true]);
        }

        #[test]
        fn a_shell_finds_what_the_system_says() {
            let Some(said) = ignored_in_proc() else { return };
            let found = Ignored(ignored_in_shell().unwrap());
            for signal in [SIGINT, SIGTERM, SIGHUP, SIGUSR2] {
                assert_eq!(found.has(signal), Ignored(said).has(signal), "{signal}");
            }
        }
    }
}

#[cfg(not(unix))]
mod platform {
    //! Ctrl-C where there are no signals of Unix.

    use std::io;

    use super::{CheckpointRequests, STOP, stop};

    pub(super) fn watch_for_end() -> io::Result<()> {
        ctrlc::set_handler(|| {
            if STOP.load(std::sync::atomic::Ordering::SeqCst) {
                std::process::exit(130);
            }
            stop();
        })
        .map_err(io::Error::other)
    }

    pub(super) fn watch_for_requests(_: CheckpointRequests) -> io::Result<()> {
        Ok(())
    }
}
