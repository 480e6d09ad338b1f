//! `acai-pipe push PIPELINE… --remote DIR`.
//!
//! Knows nothing of how a shared cache is laid out.

use std::{fmt::Write as _, path::PathBuf, sync::atomic::Ordering};

use clap::Args;

use super::{
    exit::{Exit, Failure},
    interrupt,
    options::Options,
    out,
};
use acai_common::{events::Stopped, format::bytes};
use acai_engine::{
    lease::Lease,
    record::Record,
    remote::{Pushed, Remote},
    schedule,
    status::statuses,
    store::Store,
};
use acai_plan::Plan;
use acai_progress::Verbosity;

/// Copy results to a shared cache.
#[derive(Debug, Args)]
pub(super) struct Push {
    /// Pipeline files whose results are shared
    #[arg(required = true, value_name = "PIPELINE")]
    pipelines: Vec<PathBuf>,
    /// Copy what is there already, too: replaces what is damaged there
    #[arg(long)]
    again: bool,
}

/// What was pushed so far.
#[derive(Debug, Default)]
struct Tally {
    copied: usize,
    bytes: u64,
    known: usize,
    absent: usize,
    damaged: usize,
}

impl Push {
    pub(super) fn run(&self, options: &Options) -> Result<Exit, Failure> {
        let (store, remote) = (options.store(), options.remote_needed()?);
        let plans = self.pipelines.iter().map(|path| options.plan(path));
        let plans: Vec<Plan> = plans.collect::<Result<_, _>>()?;
        let stop = interrupt::flag()?;
        remote.prepare()?;
        let mut tally = Tally::default();
        for (plan, file) in plans.iter().zip(&self.pipelines) {
            let mut lease = Lease::new(&store, &schedule::origin(plan, Some(file)));
            match lease.enter(stop) {
                Ok(()) => {}
                Err(Stopped::Failed(error)) => return Err(error.into()),
                Err(Stopped::Interrupted) => return Ok(Exit::Interrupted),
            }
            let found = found(plan, &store, options, &mut lease)?;
            lease.leave_if_writable()?;
            for (name, record) in found {
                if stop.load(Ordering::Relaxed) {
                    return Ok(Exit::Interrupted);
                }
                match record {
                    Some(record) => {
                        self.one(&name, &record, (&store, &remote), options, &mut tally)?;
                    }
                    None => tally.absent += 1,
                }
            }
            lease.end()?;
        }
        if options.verbosity() != Verbosity::Quiet {
            out::tell(&tally.sum(&remote));
        }
        Ok(if tally.damaged > 0 { Exit::Failed } else { Exit::Done })
    }

    fn one(
        &self,
        name: &str,
        record: &Record,
        (store, remote): (&Store, &Remote),
        options: &Options,
        tally: &mut Tally,
    ) -> Result<(), Failure> {
        if !store.is_sound(&record.digest)? {
            tally.damaged += 1;
            let repair = options.store_command(&["cache", "verify", "--repair"]);
            out::tell(&format!(
                "{name}: its artifact is damaged and was not pushed; `{repair}` sets it aside"
            ));
            return Ok(());
        }
        match remote.push(store, record, self.again)? {
            Pushed::Copied => {
                tally.copied += 1;
                tally.bytes += record.bytes;
            }
            Pushed::Known => tally.known += 1,
        }
        Ok(())
    }
}

/// The records of the instances, leased from now on.
fn found(
    plan: &Plan,
    store: &Store,
    options: &Options,
    lease: &mut Lease<'_>,
) -> Result<Vec<(String, Option<Record>)>, Failure> {
    let statuses = statuses(plan, store, options.device())?;
    let names = plan.instances.iter().map(|instance| instance.name.to_string());
    let found = names.zip(statuses.into_iter().map(|status| status.record));
    let found: Vec<(String, Option<Record>)> = found.collect();
    for (name, record) in &found {
        if let Some(record) = record {
            lease.keep(name, &record.key.digest(), &record.digest);
        }
    }
    Ok(found)
}

impl Tally {
    fn sum(&self, remote: &Remote) -> String {
        let Self { copied, bytes: size, known, absent, .. } = self;
        let mut told = format!("{copied} pushed ({}), {known} there already", bytes(*size));
        if *absent > 0 {
            let _ = write!(told, ", {absent} not computed yet");
        }
        format!("{told}: {}", remote.root().display())
    }
}
