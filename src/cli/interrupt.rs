//! Ctrl-C and SIGTERM: the first lets the run end cleanly, the second ends it.
//!
//! Knows nothing of runs; they look at the flag.

use std::sync::atomic::{AtomicBool, Ordering};

use super::{exit::Failure, out::tell};

static STOP: AtomicBool = AtomicBool::new(false);

/// From now on an interruption raises the flag that is returned.
pub(super) fn flag() -> Result<&'static AtomicBool, Failure> {
    ctrlc::set_handler(|| {
        if STOP.swap(true, Ordering::SeqCst) {
            std::process::exit(130);
        }
        tell("stopping; what is finished is kept (once more to stop at once)");
    })
    .map_err(|error| Failure::Io(std::io::Error::other(error)))?;
    Ok(&STOP)
}
