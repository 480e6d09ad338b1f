//! Runs tasks on threads.
//!
//! The number of tasks never depends on the number of threads, and no task adds
//! to what another wrote, so results do not depend on it either.

use rayon::prelude::*;

use super::allocator::keep_memory;

/// Runs `work` with `threads` threads (0: as many as the processor has), with
/// an allocator that keeps freed memory.
///
/// The program and the benchmarks both compute inside of this call: what makes
/// them fast is set here, so neither can have it without the other.
///
/// # Errors
/// If the operating system refuses to start them.
pub fn with_threads<R: Send>(
    threads: usize,
    work: impl FnOnce() -> R + Send,
) -> std::io::Result<R> {
    keep_memory();
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .map_err(std::io::Error::other)?;
    Ok(pool.install(work))
}

/// Calls `task` with each of `0..tasks`, in any order, on all threads.
pub(super) fn parallel_for(tasks: usize, task: impl Fn(usize) + Sync + Send) {
    if tasks == 1 {
        task(0);
    } else {
        (0..tasks).into_par_iter().with_max_len(1).for_each(task);
    }
}

/// A pointer to a buffer that several tasks write, each its own elements.
#[derive(Clone, Copy)]
pub(super) struct SharedBuffer(*mut f32);

// SAFETY: tasks write disjoint elements (stated where each task writes) and
// the buffer outlives them, because `parallel_for` returns after the last one.
#[expect(unsafe_code, reason = "tasks write disjoint parts of one buffer")]
unsafe impl Send for SharedBuffer {}
// SAFETY: as above.
#[expect(unsafe_code, reason = "tasks write disjoint parts of one buffer")]
unsafe impl Sync for SharedBuffer {}

impl SharedBuffer {
    /// Valid until `buffer` is used again.
    pub(super) fn new(buffer: &mut [f32]) -> Self {
        Self(buffer.as_mut_ptr())
    }

    /// The memory of a vector's capacity, which the tasks are to initialize.
    pub(super) fn uninitialized(buffer: &mut Vec<f32>) -> Self {
        Self(buffer.as_mut_ptr())
    }

    /// The first element.
    pub(super) fn as_ptr(self) -> *mut f32 {
        self.0
    }
}
