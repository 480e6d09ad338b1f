//! Settings: what decides an instance's result, seeds left aside, so that it is
//! known before anything has run. Instances of one settings differ by their seed
//! alone and may be pooled; others never are.
//!
//! Knows nothing of names: a renamed stage keeps its settings.

use std::collections::HashMap;

use acai_plan::Plan;

/// All settings so far, by their text.
#[derive(Debug, Default)]
pub(super) struct KnownSettings(HashMap<String, InstanceSettings>);

/// One settings, by the place it has among all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct InstanceSettings(usize);

impl KnownSettings {
    /// The settings of every instance of `plan`.
    pub(super) fn of(&mut self, plan: &Plan) -> Vec<InstanceSettings> {
        let mut known_settings: Vec<InstanceSettings> = Vec::with_capacity(plan.instances.len());
        for instance in &plan.instances {
            let stage = &instance.stage;
            let params = stage.params().0.into_iter().filter(|param| !param.is_default);
            let mut params: Vec<_> = params.map(|param| (param.name, param.value)).collect();
            params.sort();
            let inputs = instance.inputs.iter();
            let inputs: Vec<_> =
                inputs.map(|edge| (edge.field, edge.reads, known_settings[edge.from].0)).collect();
            let text = format!("{:?}", (instance.kind, stage.version(), params, inputs));
            let next = InstanceSettings(self.0.len());
            known_settings.push(*self.0.entry(text).or_insert(next));
        }
        known_settings
    }
}
