//! Bars on a terminal: one for each running instance, a line for each that ended.
//!
//! Knows nothing of what the lines say.

use std::{collections::HashMap, io::Write};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::{
    Observer, Verbosity,
    line::{Lines, Pace, under_way},
};
use acai_common::events::Event;

const TEMPLATE: &str = "  {prefix}  {bar:24.cyan/blue}  {wide_msg}";

/// Draws bars.
pub(super) struct Bars {
    all: MultiProgress,
    lines: Lines,
    running: HashMap<String, (ProgressBar, Pace)>,
}

impl Bars {
    pub(super) fn new(verbosity: Verbosity) -> Self {
        let lines = Lines::new(verbosity);
        Self { all: MultiProgress::new(), lines, running: HashMap::new() }
    }

    fn draw(&mut self, event: &Event) {
        match event {
            Event::Started { instance, .. } => {
                let bar = ProgressBar::new(1).with_style(style());
                let bar = self.all.add(bar).with_prefix(instance.to_string());
                bar.tick();
                self.running.insert(instance.to_string(), (bar, Pace::default()));
            }
            Event::Progressed { instance, progress } => {
                if let Some((bar, pace)) = self.running.get_mut(&instance.to_string()) {
                    bar.set_length(progress.total);
                    bar.set_message(under_way(progress, pace.at(progress.done)));
                    bar.set_position(progress.done);
                }
            }
            Event::Failed { instance, .. } => self.remove(&instance.to_string()),
            Event::Finished(end) => self.remove(&end.instance.to_string()),
            Event::Done(_) => self.end(),
            _ => {}
        }
    }

    fn remove(&mut self, instance: &str) {
        if let Some((bar, _)) = self.running.remove(instance) {
            bar.finish_and_clear();
            self.all.remove(&bar);
        }
    }
}

impl Observer for Bars {
    fn end(&mut self) {
        self.running.drain().for_each(|(_, (bar, _))| bar.finish_and_clear());
    }

    fn see(&mut self, event: &Event) {
        self.draw(event);
        if let Some(line) = self.lines.line(event) {
            self.all.suspend(|| {
                let _ = writeln!(std::io::stderr(), "{line}");
            });
        }
    }
}

fn style() -> ProgressStyle {
    let style = ProgressStyle::with_template(TEMPLATE).expect("the template is well formed");
    style.progress_chars("━╸─")
}
