//! `acai-pipe curves FILE…`.
//!
//! Knows nothing of what a chart looks like; `report` draws it.

use std::{
    io,
    path::{Path, PathBuf},
};

use clap::Args;

use super::{
    exit::{Exit, Failure},
    opened::Opened,
    options::Options,
    out,
    output::OutputFile,
};
use acai_common::text::{alternatives, read_text};
use acai_engine::status::statuses;
use acai_progress::Verbosity;
use acai_report::curves::{self, CurvePoint, ReferenceLine};

/// Write or draw the scores of every snapshot of a training.
#[derive(Debug, Args)]
pub(super) struct Curves {
    /// A pipeline file with snapshots, or a `.csv` file that this verb wrote; of several
    /// files, everything together
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Draw a chart into this file instead of writing comma-separated values to stdout
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// The score that is drawn
    #[arg(long, value_name = "NAME", default_value = "mean_distance", requires = "svg")]
    score: String,
    /// A line across the chart, such as `paper=0.00024`; may be given several times
    #[arg(long, value_name = "NAME=VALUE", value_parser = reference, requires = "svg")]
    reference: Vec<ReferenceLine>,
}

impl Curves {
    pub(super) fn run(&self, options: &Options) -> Result<Exit, Failure> {
        let points = self.files.iter().map(|file| points(file, options));
        let points = points.collect::<Result<Vec<_>, _>>()?.concat();
        let Some(path) = &self.svg else { return out::data(&curves::write(&points)) };
        let drawn = curves::svg(&points, &self.score, &self.reference);
        let drawn = drawn.ok_or_else(|| self.nothing(&points))?;
        let output = OutputFile::named(path)?;
        output.write(drawn.as_bytes())?;
        if options.verbosity() != Verbosity::Quiet {
            out::tell(&format!("wrote {output}"));
        }
        Ok(Exit::Done)
    }

    /// Why there is nothing to draw.
    fn nothing(&self, points: &[CurvePoint]) -> Failure {
        let (file, score) = (self.files[0].display(), &self.score);
        if points.is_empty() {
            return Failure::Usage(format!(
                "`{file}` has no scores of snapshots yet; they come from `snapshots: (…)` in \
                 `Train` and `at: MedianOfSnapshots` in what evaluates it, when that has run"
            ));
        }
        let mut names: Vec<&str> = points.iter().map(|point| point.score.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        let help = alternatives(score, names);
        Failure::Usage(format!("`{file}` has no curve of `{score}`; {help}"))
    }
}

/// The points of one file.
fn points(file: &Path, options: &Options) -> Result<Vec<CurvePoint>, Failure> {
    if file.extension().is_some_and(|extension| extension == "csv") {
        let named = |error: &dyn std::fmt::Display| format!("{}: {error}", file.display());
        let text = read_text(file);
        let text = text.map_err(|error| Failure::Io(io::Error::other(named(&error))))?;
        return curves::read(&text).map_err(|error| Failure::Usage(named(&error)));
    }
    // A collector waits while artifacts are open.
    let _guard = options.store().lock_shared()?;
    let Opened { plan, store, .. } = Opened::open(file, options)?;
    let statuses = statuses(&plan, &store, options.device())?;
    Ok(curves::points(&plan, &statuses, &store)?)
}

fn reference(text: &str) -> Result<ReferenceLine, String> {
    let wrong = || format!("`{text}` is not a name and a number, such as `paper=0.00024`");
    let (name, value) = text.split_once('=').ok_or_else(wrong)?;
    let value: f64 = value.parse().map_err(|_| wrong())?;
    if name.is_empty() || !value.is_finite() {
        return Err(wrong());
    }
    Ok(ReferenceLine { name: name.to_owned(), value })
}
