//! `acai-pipe cache info | verify`.
//!
//! Knows nothing of how the store is laid out.

use std::collections::BTreeMap;

use clap::{Args, Subcommand};

use super::{
    exit::{Exit, Failure},
    interrupt,
    options::Options,
    out,
};
use acai_common::{
    events::Stopped,
    format::{bytes, count, duration},
};
use acai_engine::{
    audit::{AuditReport, Damage},
    key::FieldKind,
    store::Store,
};
use acai_progress::Verbosity;
use acai_report::{Table, terminal::draw};

/// Say what is in the store, and whether it is sound.
#[derive(Debug, Args)]
pub(super) struct Cache {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Say what is in the store, by kind of stage
    Info,
    /// Read every artifact and record, and say what is damaged
    Verify {
        /// Set damaged artifacts aside and remove records that cannot be read, so that the next
        /// run makes them again
        #[arg(long)]
        repair: bool,
    },
}

impl Cache {
    pub(super) fn run(&self, options: &Options) -> Result<Exit, Failure> {
        let store = options.store();
        match self.action {
            Action::Info => info(&store),
            Action::Verify { repair } => verify(&store, repair, options),
        }
    }
}

fn info(store: &Store) -> Result<Exit, Failure> {
    let mut kinds: BTreeMap<String, (u64, u64, f64)> = BTreeMap::new();
    let mut seen = std::collections::HashSet::new();
    for record in store.records()? {
        if store.finished(&record.key.digest())?.is_none() || !seen.insert(record.digest) {
            continue;
        }
        let kind = record.key.value(FieldKind::Kind).unwrap_or("?").to_owned();
        let (number, size, elapsed_s) = kinds.entry(kind).or_default();
        *number += 1;
        *size += record.bytes;
        *elapsed_s += record.made.elapsed_s;
    }
    let row = |(kind, (number, size, elapsed_s)): (String, (u64, u64, f64))| {
        vec![kind, count(number), bytes(size), duration(elapsed_s)]
    };
    let head = ["kind", "artifacts", "size", "work"].map(str::to_owned).to_vec();
    let rows = kinds.into_iter().map(row).collect();
    out::data(&draw(&Table { head, rows, text_columns: 1 }))?;
    let pipelines = store.pipelines()?;
    out::data(&format!("store      {}\n", store.root().display()))?;
    out::data(&format!("pipelines  {}\n", pipelines.join(", ")))
}

fn verify(store: &Store, repair: bool, options: &Options) -> Result<Exit, Failure> {
    let stop = interrupt::flag()?;
    let verbosity = options.verbosity();
    let mut look = |path: &std::path::Path| {
        if verbosity == Verbosity::Verbose {
            out::tell(&format!("reading {}", path.display()));
        }
    };
    let audit = match store.audit(repair, &mut look, stop) {
        Ok(audit) => audit,
        Err(Stopped::Failed(error)) => return Err(error.into()),
        Err(Stopped::Interrupted) => {
            out::tell("interrupted; not everything was looked at");
            return Ok(Exit::Interrupted);
        }
    };
    for damage in &audit.damages {
        out::data(&format!("{}\n", line(damage)))?;
    }
    if verbosity != Verbosity::Quiet {
        out::tell(&sum(&audit, repair));
    }
    let is_left = audit.damages.iter().any(|damage| damage.repaired.is_none());
    Ok(if is_left || (!repair && !audit.damages.is_empty()) { Exit::Failed } else { Exit::Done })
}

fn line(damage: &Damage) -> String {
    let Damage { path, what, repaired } = damage;
    let repaired = repaired.as_ref().map_or_else(String::new, |repaired| format!("; {repaired}"));
    format!("{}: {what}{repaired}", path.display())
}

fn sum(audit: &AuditReport, repair: bool) -> String {
    let AuditReport { objects, bytes: size, records, lost_records, damages } = audit;
    let (objects, records) = (count(*objects as u64), count(*records as u64));
    let found = match (damages.len(), repair) {
        (0, _) => "no damage".to_owned(),
        (number, true) => format!("{number} damages"),
        (number, false) => format!("{number} damages; `--repair` sets aside what is damaged"),
    };
    let lost = match lost_records {
        0 => String::new(),
        number => format!("; {number} records lead to artifacts that are not here"),
    };
    format!("{objects} artifacts ({}) and {records} records: {found}{lost}", bytes(*size))
}
