//! JSON lines: one object per event, each with `event`; the last is `done`.
//!
//! Knows nothing of people.

use std::{
    collections::HashMap,
    io::{self, Write},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use serde_json::{Map, Value, json};

use super::Observer;
use acai_common::{
    events::{Event, Finished, Obtained, Progress, Summary},
    printable::printable_json,
};

/// At most so often an instance says how far it is.
const HEARTBEAT: Duration = Duration::from_secs(1);

/// Writes JSON lines.
pub(super) struct Json<W> {
    out: W,
    beats: HashMap<String, Instant>,
    /// Why an event could not be written.
    error: Option<io::Error>,
}

impl<W: Write> Json<W> {
    pub(super) fn new(out: W) -> Self {
        Self { out, beats: HashMap::new(), error: None }
    }

    /// Whether it is too early to say again how far `instance` is.
    fn is_early(&mut self, instance: String) -> bool {
        let now = Instant::now();
        let last = self.beats.get(&instance);
        if last.is_some_and(|last| now - *last < HEARTBEAT) {
            return true;
        }
        self.beats.insert(instance, now);
        false
    }
}

impl<W: Write + Send> Observer for Json<W> {
    fn see(&mut self, event: &Event) {
        if let Event::Progressed { instance, .. } = event
            && self.is_early(instance.to_string())
        {
            return;
        }
        let line = object(event).to_string();
        let written = writeln!(self.out, "{}", printable_json(&line));
        let written = written.and_then(|()| self.out.flush());
        self.error = self.error.take().or(written.err());
    }

    /// A reader that went away, as `head` does, has what it wanted.
    fn finish(&mut self) -> io::Result<()> {
        match self.error.take() {
            Some(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(io::Error::new(
                error.kind(),
                format!("events could not be written to stdout: {error}"),
            )),
            _ => Ok(()),
        }
    }
}

fn object(event: &Event) -> Value {
    match event {
        Event::Planned { pipeline, instances, .. } => {
            json!({"event": "planned", "pipeline": pipeline, "instances": instances})
        }
        Event::Waiting { instance } => {
            json!({"event": "waiting", "instance": instance.to_string()})
        }
        Event::Started { instance, kind, key } => {
            json!({"event": "started", "instance": instance.to_string(), "kind": kind,
                "key": key, "unix_s": unix_s()})
        }
        Event::Progressed { instance, progress } => progressed(&instance.to_string(), progress),
        Event::Noted { instance, note } => {
            json!({"event": "noted", "instance": instance.to_string(), "note": note})
        }
        Event::SetAside { instance, path } => {
            json!({"event": "set_aside", "instance": instance.to_string(), "path": path.display().to_string()})
        }
        Event::Finished(end) => finished(end),
        Event::Failed { instance, kind, error } => {
            json!({"event": "failed", "instance": instance.to_string(), "kind": kind, "error": error})
        }
        Event::Skipped { instance, kind, because } => {
            let (instance, because) = (instance.to_string(), because.to_string());
            json!({"event": "skipped", "instance": instance, "kind": kind, "because": because})
        }
        Event::Done(Summary { ran, cached, failed, skipped, elapsed_s }) => {
            json!({"event": "done", "ran": ran, "cached": cached, "failed": failed,
                "skipped": skipped, "elapsed_s": elapsed_s})
        }
    }
}

/// Seconds since 1970, with their fraction: tells what two runs did at once.
fn unix_s() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64())
}

fn progressed(instance: &str, progress: &Progress) -> Value {
    let Progress { done, total, unit, figures } = progress;
    let figures: Map<String, Value> =
        figures.iter().map(|&(name, value)| (name.to_owned(), json!(value))).collect();
    json!({"event": "progressed", "instance": instance, "done": done, "total": total,
        "unit": unit, "figures": figures})
}

fn finished(end: &Finished) -> Value {
    let scores: Map<String, Value> =
        end.scores.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
    let mut object = json!({"event": "finished", "instance": end.instance.to_string(),
        "kind": end.kind, "cached": end.obtained != Obtained::Computed, "digest": end.digest,
        "elapsed_s": end.elapsed_s, "scores": scores});
    if end.obtained == Obtained::Copied {
        object["copied"] = json!(true);
    }
    if end.kind == "Train" {
        object["images_per_s"] = json!(end.images_per_s);
        object["peak_rss_bytes"] = json!(end.peak_rss_bytes);
    }
    object
}

#[cfg(test)]
mod tests {
    use super::*;
    use acai_common::names::InstanceName;

    fn told(events: &[Event]) -> String {
        let mut out = Vec::new();
        let mut json = Json::new(&mut out);
        for event in events {
            json.see(event);
        }
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn the_contract_is_kept_to_the_letter() {
        let instance = InstanceName {
            stage: "models".parse().unwrap(),
            variant: Some("acai".parse().unwrap()),
            seed: Some(0),
        };
        let end = Finished {
            instance,
            kind: "Train",
            obtained: Obtained::Computed,
            digest: "ab".to_owned(),
            elapsed_s: 1.5,
            images_per_s: Some(100.0),
            peak_rss_bytes: None,
            scores: vec![("mse".to_owned(), f64::NAN)],
        };
        let summary = Summary { ran: 1, cached: 2, failed: 3, skipped: 4, elapsed_s: 0.25 };
        assert_eq!(
            told(&[Event::Finished(end), Event::Done(summary)]),
            concat!(
                r#"{"event":"finished","instance":"models/acai/0","kind":"Train","cached":false,"#,
                r#""digest":"ab","elapsed_s":1.5,"scores":{"mse":null},"images_per_s":100.0,"#,
                r#""peak_rss_bytes":null}"#,
                "\n",
                r#"{"event":"done","ran":1,"cached":2,"failed":3,"skipped":4,"elapsed_s":0.25}"#,
                "\n"
            )
        );
    }

    #[test]
    fn progress_does_not_flood() {
        let instance = InstanceName { stage: "x".parse().unwrap(), variant: None, seed: None };
        let event = Event::Progressed { instance, progress: Progress::default() };
        assert_eq!(told(&[event.clone(), event]).lines().count(), 1);
    }
}
