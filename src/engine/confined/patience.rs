//! How long a file may take.

use std::time::Duration;

/// Seconds of work that every file is given, and bytes for one more. A file of a few
/// kilobytes takes ten milliseconds.
const LEAST_S: u64 = 3;
const BYTES_PER_S: u64 = 8 << 20;

/// Seconds of work that a child has for a file of `bytes` bytes.
pub(super) fn of_child(bytes: u64) -> u64 {
    LEAST_S + bytes / BYTES_PER_S
}

/// How long the parent waits for a child that does not work, because disks are slow or
/// others use the processor.
pub(super) fn of_parent(bytes: u64) -> Duration {
    Duration::from_secs(60 + 10 * of_child(bytes))
}
