//! Keeping freed memory for the next step instead of giving it back to the
//! operating system and fetching it again page by page.
//!
//! Knows nothing of what the memory is used for.

/// Asks the C library to keep large freed blocks (glibc only; elsewhere it
/// does nothing). To be called once, before the first net is built.
pub fn keep_memory() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    keep();
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[expect(unsafe_code, reason = "the C library's switch has no safe wrapper")]
fn keep() {
    const LARGEST: libc::c_int = 1 << 30;
    // SAFETY: both calls only set limits inside the allocator.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, LARGEST);
        libc::mallopt(libc::M_TRIM_THRESHOLD, LARGEST);
    }
}
