//! Keeps freed memory for the next step instead of giving it back to the operating
//! system: a training step allocates and frees the same large blocks again and
//! again, and fresh pages cost a page fault each.

/// Asks the C library to keep large freed blocks (glibc only; elsewhere it
/// does nothing).
pub(super) fn keep_memory() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    keep();
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[expect(unsafe_code, reason = "`mallopt` has no safe wrapper")]
fn keep() {
    const GIB: libc::c_int = 1 << 30;
    // The largest limit that every glibc takes; where it refuses 1 GiB, setting
    // the second limit alone would lower the first to 128 KiB.
    const ALWAYS: libc::c_int = 32 << 20;
    // SAFETY: the calls only set limits inside the allocator.
    unsafe {
        if libc::mallopt(libc::M_MMAP_THRESHOLD, GIB) == 0 {
            libc::mallopt(libc::M_MMAP_THRESHOLD, ALWAYS);
        }
        libc::mallopt(libc::M_TRIM_THRESHOLD, GIB);
    }
}
