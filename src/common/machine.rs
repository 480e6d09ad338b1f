//! How much memory this machine has.
//!
//! Knows nothing of what needs it.

use fs_err as fs;

/// Bytes of memory that this process can have, swap included; none where the system
/// does not say.
#[must_use]
pub fn memory_bytes() -> Option<u64> {
    let table = fs::read_to_string("/proc/meminfo").ok()?;
    let field = |name: &str| -> Option<u64> {
        let line = table.lines().find_map(|line| line.strip_prefix(name))?;
        let kib: u64 =
            line.trim_start_matches(':').trim().strip_suffix("kB")?.trim().parse().ok()?;
        Some(kib * 1024)
    };
    let all = field("MemTotal")? + field("SwapTotal").unwrap_or(0);
    let limit = fs::read_to_string("/sys/fs/cgroup/memory.max").ok();
    let limit = limit.and_then(|limit| limit.trim().parse().ok()).unwrap_or(u64::MAX);
    Some(all.min(limit))
}
