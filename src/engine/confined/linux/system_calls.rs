//! The system calls that reading a file and writing to a pipe need; all others fail.
//!
//! Knows nothing of who makes them.

use std::collections::BTreeMap;

#[cfg(target_arch = "x86_64")]
use libc::{SYS_access, SYS_lstat, SYS_open, SYS_readlink, SYS_stat, SYS_time};
use libc::{
    SYS_brk, SYS_clock_gettime, SYS_clock_nanosleep, SYS_close, SYS_exit, SYS_exit_group,
    SYS_faccessat, SYS_faccessat2, SYS_fadvise64, SYS_fcntl, SYS_flock, SYS_fstat, SYS_fstatfs,
    SYS_futex, SYS_getcwd, SYS_getegid, SYS_geteuid, SYS_getgid, SYS_getpid, SYS_getrandom,
    SYS_gettid, SYS_gettimeofday, SYS_getuid, SYS_lseek, SYS_madvise, SYS_mmap, SYS_mprotect,
    SYS_mremap, SYS_munmap, SYS_nanosleep, SYS_newfstatat, SYS_openat, SYS_pread64, SYS_read,
    SYS_readlinkat, SYS_readv, SYS_restart_syscall, SYS_rt_sigaction, SYS_rt_sigprocmask,
    SYS_rt_sigreturn, SYS_sched_yield, SYS_sigaltstack, SYS_statx, SYS_sysinfo, SYS_tgkill,
    SYS_uname, SYS_write, SYS_writev,
};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch,
};

use super::reaches_network;

/// Those that are allowed whatever they are told.
const ALLOWED: &[i64] = &[
    SYS_brk,
    SYS_clock_gettime,
    SYS_clock_nanosleep,
    SYS_close,
    SYS_exit,
    SYS_exit_group,
    SYS_faccessat,
    SYS_faccessat2,
    SYS_fadvise64,
    SYS_fcntl,
    SYS_flock,
    SYS_fstat,
    SYS_fstatfs,
    SYS_futex,
    SYS_getcwd,
    SYS_getegid,
    SYS_geteuid,
    SYS_getgid,
    SYS_getpid,
    SYS_getrandom,
    SYS_gettid,
    SYS_gettimeofday,
    SYS_getuid,
    SYS_lseek,
    SYS_madvise,
    SYS_mremap,
    SYS_munmap,
    SYS_nanosleep,
    SYS_newfstatat,
    SYS_openat,
    SYS_pread64,
    SYS_read,
    SYS_readlinkat,
    SYS_readv,
    SYS_restart_syscall,
    SYS_rt_sigaction,
    SYS_rt_sigprocmask,
    SYS_rt_sigreturn,
    SYS_sched_yield,
    SYS_sigaltstack,
    SYS_statx,
    SYS_sysinfo,
    SYS_uname,
    SYS_write,
    SYS_writev,
];

/// Older ones, which newer processors do not have.
#[cfg(target_arch = "x86_64")]
const OLDER: &[i64] = &[SYS_access, SYS_lstat, SYS_open, SYS_readlink, SYS_stat, SYS_time];
#[cfg(not(target_arch = "x86_64"))]
const OLDER: &[i64] = &[];

/// From now on all other system calls fail.
pub(in super::super) fn few_system_calls() -> Result<(), String> {
    let filter = filter().map_err(|error| error.to_string())?;
    seccompiler::apply_filter(&filter).map_err(|error| error.to_string())?;
    if reaches_network() {
        return Err("the system took the filter and does not obey it".to_owned());
    }
    Ok(())
}

fn filter() -> Result<BpfProgram, seccompiler::BackendError> {
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> =
        ALLOWED.iter().chain(OLDER).map(|&call| (call, Vec::new())).collect();
    // Memory may be had, but none that can be executed.
    let executable = u64::from(libc::PROT_EXEC.unsigned_abs());
    for call in [SYS_mmap, SYS_mprotect] {
        rules.insert(call, when(2, SeccompCmpOp::MaskedEq(executable), 0)?);
    }
    // Whoever aborts sends a signal to itself.
    let own = u64::from(std::process::id());
    rules.insert(SYS_tgkill, when(0, SeccompCmpOp::Eq, own)?);
    let refused = SeccompAction::Errno(libc::EPERM.unsigned_abs());
    let processor = TargetArch::try_from(std::env::consts::ARCH)?;
    SeccompFilter::new(rules, refused, SeccompAction::Allow, processor)?.try_into()
}

/// A rule that the argument number `argument` compares so with `value`.
fn when(
    argument: u8,
    compare: SeccompCmpOp,
    value: u64,
) -> Result<Vec<SeccompRule>, seccompiler::BackendError> {
    let condition = SeccompCondition::new(argument, SeccompCmpArgLen::Dword, compare, value)?;
    Ok(vec![SeccompRule::new(vec![condition])?])
}
