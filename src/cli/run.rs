//! `acai-pipe run PIPELINE`.
//!
//! Knows nothing of what is run; it wires plan, engine, progress and report.

mod lock;

use std::{collections::HashMap, path::PathBuf, time::Duration};

use clap::{Args, ValueEnum};

use super::{
    exit::{Exit, Failure},
    interrupt,
    opened::Opened,
    options::Options,
    out,
};
use acai_common::{events::Event, names::InstanceName};
use acai_engine::{
    executor::Local,
    schedule::{self, Outcome, RunContext},
};
use acai_kernel as kernel;
use acai_plan::Plan;
use acai_progress as progress;
use acai_progress::{Style, Verbosity};
use acai_report::{
    scores::{Scored, table},
    terminal::draw,
};

/// Run what is not in the store yet, and show the scores.
#[derive(Debug, Args)]
pub(super) struct Run {
    /// The pipeline file
    pipeline: PathBuf,
    /// How progress is shown
    #[arg(long, value_enum, default_value_t = Progress::Auto)]
    progress: Progress,
    /// Seconds of training from one checkpoint to the next, from which a killed run goes on
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    checkpoint_every: u64,
    #[command(flatten)]
    lock: lock::LockArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Progress {
    /// Bars on a terminal, else plain lines.
    Auto,
    /// Bars.
    Bars,
    /// One line per instance.
    Plain,
    /// One JSON object per event, on stdout.
    Json,
}

impl Run {
    pub(super) fn run(&self, options: &Options) -> Result<Exit, Failure> {
        let checkpoint_requests = interrupt::checkpoint_requests()?;
        let opened = Opened::open(&self.pipeline, options)?;
        let device = options.device();
        let lock = self.lock.beside(&self.pipeline, &opened, options)?;
        let Opened { plan, store, .. } = &opened;
        warn_of_namesakes(&opened, options.verbosity())?;
        let style = self.style();
        let mut observer = progress::observer(style, options.verbosity());
        let mut ends = HashMap::new();
        let mut see = |event: Event| {
            observer.see(&event);
            if let Event::Finished(end) = event {
                // An instance whose artifact had to be made again ends twice.
                ends.insert(end.instance, end.scores);
            }
        };
        let remote = options.remote()?;
        let stop = interrupt::flag()?;
        let places = options.places();
        let outcome = kernel::with_threads(options.threads(), || {
            let context = RunContext {
                store,
                file: Some(&opened.pipeline),
                remote: remote.as_ref(),
                executor: Some(&Local),
                device,
                places: &places,
                stop,
                checkpoint_every: Duration::from_secs(self.checkpoint_every),
                checkpoint_requests,
            };
            schedule::run(plan, &context, &mut see)
        })??;
        let mut shown = observer.finish().map_err(Failure::from);
        if style != Style::Json {
            if let Some(table) = table(&in_order(plan, ends)) {
                shown = out::data(&draw(&table)).map(drop);
            }
            sum_up(&outcome, options.verbosity());
        }
        let is_as_locked = lock.is_none_or(|lock| lock.end(&outcome.records, options.verbosity()));
        shown?;
        Ok(exit(&outcome, is_as_locked))
    }

    fn style(&self) -> Style {
        match self.progress {
            Progress::Auto => progress::fitting(),
            Progress::Bars => Style::Bars,
            Progress::Plain => Style::Plain,
            Progress::Json => Style::Json,
        }
    }
}

/// Two files with one name share what is known of their last runs.
fn warn_of_namesakes(opened: &Opened, verbosity: Verbosity) -> Result<(), Failure> {
    let origin = schedule::origin(&opened.plan, Some(&opened.pipeline));
    let others = opened.store.namesakes(&origin)?;
    if let ([other, ..], true) = (&others[..], verbosity > Verbosity::Quiet) {
        let more = match others.len() {
            1 => String::new(),
            number => format!(" and {} more", number - 1),
        };
        out::tell(&format!(
            "warning: `{}` is also the name of {}{more}; `explain` compares with whichever ran \
             last, so give one of them another name",
            origin.pipeline,
            other.display()
        ));
    }
    Ok(())
}

/// The scores in the order of the plan.
fn in_order(plan: &Plan, mut ends: HashMap<InstanceName, Vec<(String, f64)>>) -> Vec<Scored> {
    let names = plan.instances.iter().map(|instance| instance.name.clone());
    let scored = |instance| Some(Scored { scores: ends.remove(&instance)?, instance });
    names.filter_map(scored).collect()
}

fn sum_up(outcome: &Outcome, verbosity: Verbosity) {
    let failed = outcome.summary.failed;
    if outcome.interrupted {
        out::tell("interrupted; what is finished is kept, and the same command goes on from there");
    } else if failed > 0 {
        let what = if failed == 1 { "1 stage".to_owned() } else { format!("{failed} stages") };
        out::tell(&format!(
            "error: {what} failed; what is finished is kept, and the same command goes on from there"
        ));
    } else if verbosity == Verbosity::Verbose {
        out::tell("all is done");
    }
}

fn exit(outcome: &Outcome, is_as_locked: bool) -> Exit {
    match (outcome.interrupted, outcome.summary.failed) {
        (true, _) => Exit::Interrupted,
        (false, 0) if is_as_locked => Exit::Done,
        (false, _) => Exit::Failed,
    }
}
