//! What Linux lets a process give up: its user, files, system calls.
//!
//! Each part is tried alone, and says why it cannot be had. Knows nothing of HDF5.

mod system_calls;

use std::{
    fs::{File, Metadata, Permissions},
    io,
    net::UdpSocket,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
};

use landlock::{
    ABI, Access, AccessFs, AccessNet, PathBeneath, PathFd, Ruleset, RulesetAttr, RulesetCreated,
    RulesetCreatedAttr, RulesetStatus, Scope,
};
use rustix::{
    process::{
        DumpableBehavior, Gid, Signal, Uid, geteuid, set_dumpable_behavior,
        set_parent_process_death_signal,
    },
    thread::{set_thread_groups, set_thread_res_gid, set_thread_res_uid},
};

use super::{CopyError, HANDED_OVER};
use acai_common::events::Stopped;

pub(super) use system_calls::few_system_calls;

/// Users that no system gives to anybody: one for each child, so that none can reach
/// another.
const USERS: u32 = 0x7000_0000;

/// `nobody`, where such users are not mapped (in containers).
const NOBODY: u32 = 65_534;

/// So many bytes are copied between two looks at the flag that ends it.
const PIECE: u64 = 8 << 20;

/// Everybody may read it.
const BY_ALL: u32 = 0o004;

/// The file, or where the child's own user might not read it an unnamed copy beside `to`
/// that it may.
pub(super) fn readable_by_all(
    from: File,
    to: &Path,
    stop: &AtomicBool,
) -> Result<File, Stopped<CopyError>> {
    let here = CopyError::Here;
    if !geteuid().is_root() || from.metadata().map_err(here)?.mode() & BY_ALL != 0 {
        return Ok(from);
    }
    let mut copy = tempfile::tempfile_in(to.parent().unwrap_or(to)).map_err(here)?;
    while io::copy(&mut io::Read::take(&from, PIECE), &mut copy).map_err(here)? > 0 {
        if stop.load(Ordering::Relaxed) {
            return Err(Stopped::Interrupted);
        }
    }
    copy.set_permissions(Permissions::from_mode(0o444)).map_err(here)?;
    Ok(copy)
}

/// Gives up root for a user and a group that own nothing.
pub(super) fn own_user(path: &Path, file: &Metadata) -> Result<(), String> {
    if !geteuid().is_root() {
        return Err("only root can give it another user than its own".to_owned());
    }
    if path != Path::new(HANDED_OVER) || file.mode() & BY_ALL == 0 {
        return Err("another user might not read the file".to_owned());
    }
    let refused = |error: rustix::io::Errno| format!("the system refuses it: {error}");
    set_thread_groups(&[]).map_err(refused)?;
    let user = USERS.wrapping_add(std::process::id());
    if let Err(error) = become_user(user).or_else(|_| become_user(NOBODY)) {
        return Err(refused(error));
    }
    // Else what it has open would be root's in `/proc`.
    set_dumpable_behavior(DumpableBehavior::Dumpable).map_err(refused)
}

fn become_user(number: u32) -> rustix::io::Result<()> {
    let (user, group) = (Uid::from_raw(number), Gid::from_raw(number));
    set_thread_res_gid(group, group, group)?;
    set_thread_res_uid(user, user, user)
}

/// Nobody waits for it any longer when its parent ends.
pub(super) fn end_with_parent() {
    let _ = set_parent_process_death_signal(Some(Signal::KILL));
}

/// The rule that the file at `path` may be read, and nothing else be done with files.
pub(super) fn one_file(path: &Path) -> Result<RulesetCreated, String> {
    let rules = || -> Result<RulesetCreated, Box<dyn std::error::Error>> {
        let newest = ABI::V6;
        let rules = Ruleset::default()
            .handle_access(AccessFs::from_all(newest))?
            .handle_access(AccessNet::from_all(newest))?
            .scope(Scope::from_all(newest))?
            .create()?;
        Ok(rules.add_rule(PathBeneath::new(PathFd::new(path)?, AccessFs::ReadFile))?)
    };
    rules().map_err(|error| error.to_string())
}

/// From now on the rules hold.
pub(super) fn restrict(rules: RulesetCreated) -> Result<(), String> {
    let status = rules.restrict_self().map_err(|error| error.to_string())?;
    if status.ruleset == RulesetStatus::NotEnforced || File::open("/").is_ok() {
        return Err("this kernel has no Landlock, or it is switched off".to_owned());
    }
    Ok(())
}

/// Whether there is still a network to be reached.
fn reaches_network() -> bool {
    UdpSocket::bind("127.0.0.1:0").is_ok()
}
