//! Limits that every Unix has.

use std::io;

use rustix::process::{Resource, Rlimit, setrlimit};

use super::patience;

/// So much memory may be mapped beside the program itself.
const MEMORY: u64 = 192 << 20;

/// The same with the program, where the system does not tell how long that is.
const MEMORY_IN_ALL: u64 = 1 << 30;

/// So many files may be open.
const FILES: u64 = 16;

/// Gives up everything that reading one file of `bytes` bytes does not need.
pub(super) fn set(bytes: u64) -> io::Result<()> {
    let limit =
        |resource, most| setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) });
    limit(Resource::As, mapped().map_or(MEMORY_IN_ALL, |mapped| mapped + MEMORY))?;
    limit(Resource::Cpu, patience::of_child(bytes))?;
    limit(Resource::Nofile, FILES)?;
    limit(Resource::Fsize, 0)?;
    limit(Resource::Core, 0)?;
    Ok(())
}

/// Bytes that this process has mapped, as Linux says.
fn mapped() -> Option<u64> {
    let pages: u64 =
        std::fs::read_to_string("/proc/self/statm").ok()?.split(' ').next()?.parse().ok()?;
    pages.checked_mul(rustix::param::page_size() as u64)
}
