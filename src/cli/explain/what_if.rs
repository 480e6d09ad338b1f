//! What other values would change and run, beside the file as it is.
//!
//! Knows nothing of how that is found.

use std::{collections::HashSet, fmt::Write as _};

use serde_json::{Value, json};

use crate::{
    exit::Failure,
    why::{forecast, located, object, short_cost, word},
};
use acai_engine::{
    sources::Sources,
    status::Status,
    what_if::{WhatIf, what_if},
};
use acai_net::DeviceKind;
use acai_plan::{Instance, Plan};

/// The file as it is and with other values.
pub(super) struct WhatIfView<'a> {
    now: &'a Plan,
    then: &'a Plan,
    found: WhatIf,
}

impl<'a> WhatIfView<'a> {
    pub(super) fn new(
        now: &'a Plan,
        then: &'a Plan,
        sources: &Sources<'_>,
        device: DeviceKind,
    ) -> Result<Self, Failure> {
        Ok(Self { now, then, found: what_if(now, then, sources, device)? })
    }

    /// In words: of all instances, or of the one at `index`.
    pub(super) fn text(&self, index: Option<usize>, settings: &[String]) -> String {
        let mut text = format!("with {}, beside the file as it is:\n", settings.join(" and "));
        let places = 0..self.found.then.len();
        let shown = places.filter(|&place| index.map_or(self.changes(place), |one| one == place));
        let shown: Vec<usize> = shown.collect();
        let names: Vec<String> =
            shown.iter().map(|&place| self.then.instances[place].name.to_string()).collect();
        let width = names.iter().map(String::len).max().unwrap_or(0);
        for (&place, name) in shown.iter().zip(&names) {
            let line = format!("  {name:<width$}  {}", self.line(place));
            let _ = writeln!(text, "{}", line.trim_end());
        }
        if index.is_none() {
            self.sum_up(&mut text);
        }
        text
    }

    /// In JSON, as [`WhatIfView::text`].
    pub(super) fn objects(&self, index: Option<usize>) -> Vec<Value> {
        let places =
            (0..self.found.then.len()).filter(|&place| index.is_none_or(|one| one == place));
        let mut objects: Vec<Value> = places.map(|place| self.object(place)).collect();
        let gone = self.gone().filter(|_| index.is_none());
        objects.extend(gone.map(|(instance, status)| {
            json!({"instance": instance.name.to_string(), "kind": instance.kind,
                "state": "gone", "now": word(status.state), "changed": true})
        }));
        objects
    }

    fn object(&self, place: usize) -> Value {
        let mut facts = object(&self.then.instances[place], &self.found.then[place]);
        facts.insert("now".to_owned(), json!(self.before(place).map(|now| word(now.state))));
        facts.insert("changed".to_owned(), json!(self.changes(place)));
        Value::Object(facts)
    }

    /// The same instance in the file as it is.
    fn before(&self, place: usize) -> Option<&Status> {
        self.found.counterparts[place].map(|counterpart| &self.found.now[counterpart])
    }

    fn changes(&self, place: usize) -> bool {
        self.before(place).is_none() || !self.found.then[place].reasons.is_empty()
    }

    /// `cached → run  ≈ 1.2 s  lambda 0.5 → 1.0 (tiny.ron:11:79)`.
    fn line(&self, place: usize) -> String {
        let status = &self.found.then[place];
        let now = self.before(place).map_or("new", |now| word(now.state));
        let reasons: Vec<String> = status.reasons.iter().map(located).collect();
        let why = match (self.before(place), reasons.is_empty()) {
            (Some(_), true) => "nothing changes".to_owned(),
            (Some(_), false) => reasons.join("; "),
            (None, _) => "is not in the file as it is".to_owned(),
        };
        let cost = short_cost(status);
        format!("{now:<7} → {:<7}  {cost:<10}  {why}", word(status.state))
    }

    fn sum_up(&self, text: &mut String) {
        let gone: Vec<String> = self.gone().map(|(gone, _)| gone.name.to_string()).collect();
        if !gone.is_empty() {
            let _ = writeln!(text, "  no longer there: {}", gone.join(", "));
        }
        let (changed, same): (Vec<usize>, Vec<usize>) =
            (0..self.found.then.len()).partition(|&place| self.changes(place));
        let of = |places: &[usize]| {
            places.iter().map(|&place| &self.found.then[place]).collect::<Vec<_>>()
        };
        if changed.is_empty() && gone.is_empty() {
            text.push_str("  nothing changes\n");
        }
        if !changed.is_empty() {
            let _ = writeln!(text, "\nwhat changes: {}", forecast(of(&changed)));
        }
        if !same.is_empty() {
            let _ = writeln!(text, "what stays as it is: {}", forecast(of(&same)));
        }
    }

    /// What is in the file as it is and no more with other values.
    fn gone(&self) -> impl Iterator<Item = (&Instance, &Status)> {
        let kept: HashSet<usize> = self.found.counterparts.iter().flatten().copied().collect();
        let now = self.now.instances.iter().zip(&self.found.now).enumerate();
        now.filter(move |(place, _)| !kept.contains(place)).map(|(_, gone)| gone)
    }
}
