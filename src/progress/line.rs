//! Events as lines for people: aligned, one per instance.
//!
//! Knows nothing of terminals: it makes text.

use std::{fmt::Display, time::Instant};

use super::Verbosity;
use acai_common::{
    events::{Event, Finished, Obtained, Progress, Summary},
    format::{bytes, count, duration, number},
    printable::printable,
};
use acai_metric::score::is_bound;

/// In runs of more instances than this, those that are cached share a line.
const MANY: usize = 100;

/// Makes lines of one run.
#[derive(Debug)]
pub(super) struct Lines {
    verbosity: Verbosity,
    width: usize,
    /// Whether cached instances of one stage share a line.
    sums_up: bool,
    /// The first of the cached instances that no line tells of yet, and how many
    /// there are.
    cached: Option<(Finished, u64)>,
}

impl Lines {
    pub(super) fn new(verbosity: Verbosity) -> Self {
        Self { verbosity, width: 0, sums_up: false, cached: None }
    }

    /// The lines for an event and for what was held back before it, if there
    /// are any.
    pub(super) fn line(&mut self, event: &Event) -> Option<String> {
        Some(printable(&self.as_told(event)?).into_owned())
    }

    /// The same, with whatever characters an error or a file's name has.
    fn as_told(&mut self, event: &Event) -> Option<String> {
        match event {
            Event::Planned { longest_name, instances, .. } => {
                self.width = *longest_name;
                self.sums_up = *instances > MANY && self.verbosity == Verbosity::Normal;
                None
            }
            Event::Progressed { .. } => None,
            Event::Finished(end) if end.obtained == Obtained::Cached && self.sums_up => {
                self.hold_back(end)
            }
            event => {
                let lines = self.held_back().into_iter().chain(self.own(event));
                lines.reduce(|before, line| format!("{before}\n{line}"))
            }
        }
    }

    /// Adds a cached instance to those before; if it is of another stage, the
    /// line for them.
    fn hold_back(&mut self, end: &Finished) -> Option<String> {
        match &mut self.cached {
            Some((first, count)) if first.instance.stage == end.instance.stage => {
                *count += 1;
                None
            }
            _ => {
                let line = self.held_back();
                self.cached = Some((end.clone(), 1));
                line
            }
        }
    }

    fn held_back(&mut self) -> Option<String> {
        let (first, n) = self.cached.take()?;
        Some(match n {
            1 => self.finished(&first),
            n => {
                let instances = format!("{} instances", count(n));
                self.row(&first.instance.stage, first.kind, "cached", &instances)
            }
        })
    }

    /// The line for an event alone, if it deserves one.
    fn own(&self, event: &Event) -> Option<String> {
        match event {
            Event::Failed { instance, kind, error } => {
                Some(self.row(instance, kind, "failed", error))
            }
            Event::SetAside { instance, path } => Some(format!(
                "the artifact of {instance} is damaged; it lies in {} now and is made anew",
                path.display()
            )),
            _ if self.verbosity == Verbosity::Quiet => None,
            Event::Waiting { instance } => {
                Some(format!("{instance} is being computed by another run; waiting for it"))
            }
            Event::Finished(end) => Some(self.finished(end)),
            Event::Noted { instance, note } => Some(format!("{instance}: {note}")),
            Event::Skipped { instance, kind, because } => {
                Some(self.row(instance, kind, "skipped", &format!("needs {because}")))
            }
            Event::Done(summary) => Some(done(summary)),
            Event::Planned { .. } | Event::Started { .. } | Event::Progressed { .. } => None,
        }
    }

    /// The beginning of every line about an instance.
    pub(super) fn row(
        &self,
        instance: &impl Display,
        kind: &str,
        state: &str,
        rest: &str,
    ) -> String {
        let width = self.width;
        format!("  {instance:<width$}  {kind:<11}  {state:<7}  {rest}").trim_end().to_owned()
    }

    fn finished(&self, end: &Finished) -> String {
        let state = match end.obtained {
            Obtained::Cached => "cached",
            Obtained::Copied => "copied",
            Obtained::Computed => "ran",
        };
        let scores = end.scores.iter().filter(|(name, _)| !is_bound(name));
        let mut figures: Vec<String> = scores.map(|(name, value)| figure(name, *value)).collect();
        if end.obtained == Obtained::Computed {
            figures.extend(end.images_per_s.map(rate));
            figures.push(duration(end.elapsed_s));
        }
        if self.verbosity == Verbosity::Verbose {
            figures.push(end.digest.clone());
        }
        self.row(&end.instance, end.kind, state, &figures.join("   "))
    }
}

/// How fast an instance is, from when it was first heard of: what an earlier run had
/// done already took no time in this one.
#[derive(Default)]
pub(super) struct Pace {
    first: Option<(Instant, u64)>,
}

impl Pace {
    /// Units per second, once two moments tell.
    pub(super) fn at(&mut self, done: u64) -> Option<f64> {
        let (since, before) = *self.first.get_or_insert_with(|| (Instant::now(), done));
        let elapsed_s = since.elapsed().as_secs_f64();
        (done > before && elapsed_s > 0.0).then(|| (done - before) as f64 / elapsed_s)
    }
}

/// How far an instance is: share, figures, time to go.
pub(super) fn under_way(progress: &Progress, per_s: Option<f64>) -> String {
    let share = progress.done as f64 / progress.total.max(1) as f64;
    let mut parts = vec![format!("{:.0} %", 100.0 * share)];
    parts.extend(progress.figures.iter().map(|&(name, value)| figure(name, value)));
    if let Some(per_s) = per_s {
        parts.push(match progress.unit {
            "bytes" => format!("{}/s", bytes(per_s as u64)),
            unit => format!("{} {unit}/s", count(per_s.round() as u64)),
        });
        let left = progress.total.saturating_sub(progress.done) as f64 / per_s;
        parts.push(format!("{} to go", duration(left)));
    }
    parts.join("   ")
}

pub(super) fn figure(name: &str, value: f64) -> String {
    format!("{} {}", name.replace('_', " "), number(value))
}

fn rate(images_per_s: f64) -> String {
    format!("{} images/s", count(images_per_s.round() as u64))
}

fn done(summary: &Summary) -> String {
    let Summary { ran, cached, failed, skipped, elapsed_s } = *summary;
    let mut parts = vec![format!("{ran} ran"), format!("{cached} cached")];
    for (number, what) in [(failed, "failed"), (skipped, "skipped")] {
        if number > 0 {
            parts.push(format!("{number} {what}"));
        }
    }
    format!("{} in {}", parts.join(", "), duration(elapsed_s))
}

#[cfg(test)]
mod tests {
    use super::*;
    use acai_common::names::InstanceName;

    fn name(stage: &str) -> InstanceName {
        InstanceName { stage: stage.parse().unwrap(), variant: None, seed: Some(0) }
    }

    fn finished(obtained: Obtained) -> Event {
        Event::Finished(Finished {
            instance: name("models"),
            kind: "Train",
            obtained,
            digest: "abc".to_owned(),
            elapsed_s: 192.0,
            images_per_s: Some(1_024.4),
            peak_rss_bytes: None,
            scores: vec![("reference_probe_accuracy".to_owned(), 0.9375)],
        })
    }

    #[test]
    fn lines_are_aligned_and_say_what_happened() {
        let mut lines = Lines::new(Verbosity::Normal);
        let planned = Event::Planned { pipeline: "p".to_owned(), instances: 2, longest_name: 10 };
        assert_eq!(lines.line(&planned), None);
        assert_eq!(
            lines.line(&finished(Obtained::Computed)).unwrap(),
            "  models/0    Train        ran      reference probe accuracy 0.9375   1,024 images/s   3 m 12 s"
        );
        assert_eq!(
            lines.line(&finished(Obtained::Cached)).unwrap(),
            "  models/0    Train        cached   reference probe accuracy 0.9375"
        );
        let failed =
            Event::Failed { instance: name("probe"), kind: "Probe", error: "no luck".to_owned() };
        assert_eq!(lines.line(&failed).unwrap(), "  probe/0     Probe        failed   no luck");
        let summary = Summary { ran: 1, cached: 2, failed: 1, skipped: 0, elapsed_s: 0.04 };
        assert_eq!(
            lines.line(&Event::Done(summary)).unwrap(),
            "1 ran, 2 cached, 1 failed in 0.04 s"
        );
    }

    #[test]
    fn in_large_runs_what_is_cached_shares_a_line() {
        let planned = Event::Planned { pipeline: "p".to_owned(), instances: 101, longest_name: 8 };
        let cached = |stage: &str| match finished(Obtained::Cached) {
            Event::Finished(end) => Event::Finished(Finished { instance: name(stage), ..end }),
            other => other,
        };
        let failed =
            Event::Failed { instance: name("x"), kind: "Probe", error: "no luck".to_owned() };
        let mut lines = Lines::new(Verbosity::Normal);
        assert_eq!(lines.line(&planned), None);
        assert_eq!(lines.line(&cached("lines")), None);
        let alone = "  lines/0   Train        cached   reference probe accuracy 0.9375";
        assert_eq!(lines.line(&cached("models")).as_deref(), Some(alone));
        assert_eq!(lines.line(&cached("models")), None);
        let both = "  models    Train        cached   2 instances\n\
                    \x20 x/0       Probe        failed   no luck";
        assert_eq!(lines.line(&failed).as_deref(), Some(both));
        assert_eq!(
            lines.line(&Event::Done(Summary::default())).unwrap(),
            "0 ran, 0 cached in 0.00 s"
        );
        let mut verbose = Lines::new(Verbosity::Verbose);
        assert_eq!(verbose.line(&planned), None);
        assert!(verbose.line(&cached("models")).is_some(), "verbose output has every line");
    }

    #[test]
    fn what_a_file_is_called_moves_no_cursor() {
        let failed = Event::Failed {
            instance: name("x"),
            kind: "Dataset",
            error: "`a\x1b[2J\u{9b}.png` is no picture".to_owned(),
        };
        let line = Lines::new(Verbosity::Normal).line(&failed).unwrap();
        assert!(line.ends_with("`a\\u{1b}[2J\\u{9b}.png` is no picture"), "{line}");
    }

    #[test]
    fn quiet_runs_tell_only_what_went_wrong() {
        let mut lines = Lines::new(Verbosity::Quiet);
        assert_eq!(lines.line(&finished(Obtained::Computed)), None);
        assert_eq!(lines.line(&Event::Done(Summary::default())), None);
        let failed = Event::Failed { instance: name("x"), kind: "Probe", error: String::new() };
        assert!(lines.line(&failed).is_some());
        assert!(
            Lines::new(Verbosity::Verbose)
                .line(&finished(Obtained::Cached))
                .unwrap()
                .ends_with("   abc")
        );
    }

    #[test]
    fn under_way_says_rate_and_time_to_go() {
        let progress =
            Progress { done: 2_048, total: 8_192, unit: "images", figures: vec![("mse", 0.01)] };
        let says = "25 %   mse 0.01000   1,024 images/s   6.0 s to go";
        assert_eq!(under_way(&progress, Some(1_024.0)), says);
        assert_eq!(under_way(&Progress::default(), None), "0 %");
    }

    #[test]
    fn what_an_earlier_run_did_makes_this_one_no_faster() {
        let mut pace = Pace::default();
        assert_eq!(pace.at(1_000_000), None);
        std::thread::sleep(std::time::Duration::from_millis(20));
        let per_s = pace.at(1_000_010).unwrap();
        assert!(per_s > 0.0 && per_s <= 500.0, "{per_s}");
    }
}
