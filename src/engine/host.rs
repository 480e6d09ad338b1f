//! What the machine says about itself, for records.
//!
//! Knows nothing of what is computed; nothing here enters a key or an artifact.

use std::time::{SystemTime, UNIX_EPOCH};

use fs_err as fs;

/// The most memory this process has had resident so far, in bytes; none where
/// the system does not say.
#[must_use]
pub fn peak_rss_bytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

/// The machine's name.
#[must_use]
pub fn name() -> String {
    let file = fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let name = file.or_else(|| std::env::var("HOSTNAME").ok()).unwrap_or_default();
    let name = name.trim().to_owned();
    if name.is_empty() { "unknown".to_owned() } else { name }
}

/// Seconds since 1970.
#[must_use]
pub fn unix_s() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
