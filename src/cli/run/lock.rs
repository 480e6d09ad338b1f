//! What `run` does with the lockfile beside the pipeline: compares with it, renews
//! it, or fails where the run differs.
//!
//! Knows nothing of what a lockfile says.

use std::path::{Path, PathBuf};

use clap::Args;

use super::super::{exit::Failure, opened::Opened, options::Options, out};
use acai_common::files::is_handed_over;
use acai_engine::record::Record;
use acai_lockfile::{Drift, LockGap, Lockfile, beside};
use acai_net::DeviceKind;
use acai_plan::Plan;
use acai_progress::Verbosity;

/// At most so many instances are named in one message.
const NAMED: usize = 5;

#[derive(Debug, Args)]
pub(super) struct LockArgs {
    /// Fail unless everything comes out as the lock says; leave the lock as it is
    #[arg(long)]
    locked: bool,
    /// Leave the lock alone, `x.lock.ron` beside `x.ron`, which else is renewed
    #[arg(long, conflicts_with = "locked")]
    no_lock: bool,
}

/// A run and the lockfile beside its pipeline.
pub(super) struct RunLock<'a> {
    plan: &'a Plan,
    device: DeviceKind,
    path: PathBuf,
    is_locked: bool,
    /// The command that writes the lock.
    run: String,
    /// The command that makes the results once more.
    verify: String,
}

impl LockArgs {
    /// Reads the lockfile of what is `written` on the command line before anything runs;
    /// none if the run leaves it alone.
    ///
    /// A bundle's lockfile came with it and stays as it is: a run fails where it
    /// differs.
    pub(super) fn beside<'a>(
        &self,
        written: &Path,
        opened: &'a Opened,
        options: &Options,
    ) -> Result<Option<RunLock<'a>>, Failure> {
        let (Opened { plan, pipeline, is_bundled, .. }, device) = (opened, options.device());
        let is_set = !plan.pipeline().sets.is_empty();
        if is_set && self.locked {
            let message = "`--locked` is for a pipeline as it is written: leave out `--set`";
            return Err(Failure::Usage(message.to_owned()));
        }
        // Beside what is no file, such as `/dev/stdin`, no other file belongs.
        let has_no_place = !pipeline.is_file() || is_handed_over(pipeline);
        if has_no_place && self.locked {
            let message = "`--locked` needs a pipeline file that a lockfile is beside";
            return Err(Failure::Usage(message.to_owned()));
        }
        if is_set || self.no_lock || has_no_place {
            return Ok(None);
        }
        let is_locked = self.locked || *is_bundled;
        let command = |verb| options.command(verb, written, &[]);
        let (run, verify) = (command("run"), command("verify"));
        let beside = RunLock { plan, device, path: beside(pipeline), is_locked, run, verify };
        let lock = Lockfile::load(&beside.path)?;
        if self.locked {
            beside.require_coverage(lock)?;
        }
        Ok(Some(beside))
    }
}

impl RunLock<'_> {
    fn require_coverage(&self, lock: Option<Lockfile>) -> Result<(), Failure> {
        let path = self.path.display();
        let Some(lock) = lock else {
            let message = format!("there is no `{path}` to hold the run to; nothing was run");
            return Err(Failure::Lockfile(format!("{message}\n  `{}` writes it", self.run)));
        };
        let gaps = lock.gaps(self.plan, self.device);
        if gaps.is_empty() {
            return Ok(());
        }
        let mut lines = vec![format!("`{path}` is not of this pipeline; nothing was run")];
        lines.extend(gaps.iter().take(NAMED).map(gap));
        if gaps.len() > NAMED {
            lines.push(format!("and {} more", gaps.len() - NAMED));
        }
        lines.push(format!("`{}` renews it", self.run));
        Err(Failure::Lockfile(lines.join("\n  ")))
    }

    /// Compares the results of a run and renews the lockfile; false if the run has
    /// to fail.
    pub(super) fn end(&self, records: &[Option<Record>], verbosity: Verbosity) -> bool {
        let now = Lockfile::of(self.plan, records.iter().map(Option::as_ref));
        if now.is_saved_at(&self.path) {
            return true;
        }
        // Another run may have renewed it since, or be about to.
        let mut drift = Vec::new();
        let updated = Lockfile::update(&self.path, |old| {
            drift = old.drift(&now);
            let renewed = old.renewed(self.plan, &now, self.device);
            (!self.is_locked && renewed != old).then_some(renewed)
        });
        for drift in &drift {
            self.warn(drift);
        }
        match updated {
            Ok(()) => !self.is_locked || drift.is_empty(),
            Err(error) => {
                self.not_written(&error, verbosity);
                !self.is_locked
            }
        }
    }

    fn not_written(&self, why: &dyn std::fmt::Display, verbosity: Verbosity) {
        if verbosity > Verbosity::Quiet {
            let path = self.path.display();
            out::tell(&format!("note: `{path}` is not written: {why}; `--no-lock` does without"));
        }
    }

    fn warn(&self, drift: &Drift) {
        let Drift { instance, locked, found } = drift;
        let word = if self.is_locked { "error" } else { "warning" };
        let (path, verify) = (self.path.display(), &self.verify);
        out::tell(&if locked == found {
            format!(
                "{word}: `{path}` has other scores or files for {instance} than its result; the \
                 lock was edited"
            )
        } else {
            format!(
                "{word}: {instance} is not what `{path}` says, though its key is the same\n  \
                 there {locked}\n  here  {found}\n  one of the two was not made by the code it \
                 names, or was changed later, or machines differ in their bits, which is a bug; \
                 `{verify}` makes it once more"
            )
        });
    }
}

fn gap(gap: &LockGap) -> String {
    match gap {
        LockGap::Missing(name) => format!("it lacks {name}"),
        LockGap::Outdated(name) => format!("{name} has another key by now"),
        LockGap::Foreign(name) => format!("it has {name}, which the pipeline has not"),
    }
}
