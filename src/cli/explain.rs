//! `acai-pipe explain PIPELINE [INSTANCE]`.
//!
//! Knows nothing of how reasons are found.

mod story;
mod what_if;

use std::path::PathBuf;

use clap::Args;
use serde_json::Value;

use super::{
    exit::{Exit, Failure},
    opened::Opened,
    options::Options,
    out,
    why::object,
};
use acai_common::text::alternatives;
use acai_engine::{sources::Sources, status::predict};
use acai_plan::Plan;

/// Say why an instance would run, or why not.
#[derive(Debug, Args)]
pub(super) struct Explain {
    /// The pipeline file
    pipeline: PathBuf,
    /// An instance, such as `models/acai/0` [default: all]
    instance: Option<String>,
    /// What would change and run with another value, such as `models.kimg=64`, beside the file as it
    /// is; may be repeated
    #[arg(long, value_name = "PATH=VALUE")]
    what_if: Vec<String>,
    /// Write a JSON array
    #[arg(long)]
    json: bool,
}

impl Explain {
    pub(super) fn run(&self, options: &Options) -> Result<Exit, Failure> {
        let opened = Opened::open(&self.pipeline, options)?;
        let (remote, places) = (options.remote()?, options.places());
        let sources = Sources { store: &opened.store, remote: remote.as_ref(), places: &places };
        if !self.what_if.is_empty() {
            return self.compare(&opened, &sources, options);
        }
        let plan = &opened.plan;
        let index = self.index(plan)?;
        let statuses = predict(plan, &sources, options.device())?;
        if self.json {
            let shown = (0..statuses.len()).filter(|&place| index.is_none_or(|one| one == place));
            let objects = shown.map(|place| object(&plan.instances[place], &statuses[place]));
            return out::array(&objects.map(Value::Object).collect::<Vec<_>>());
        }
        out::data(&match index {
            Some(index) => story::one(plan, index, &statuses),
            None => story::all(plan, &statuses),
        })
    }

    fn compare(
        &self,
        opened: &Opened,
        sources: &Sources<'_>,
        options: &Options,
    ) -> Result<Exit, Failure> {
        let Opened { plan: now, pipeline, .. } = opened;
        let then = options.plan_with(pipeline, &self.what_if)?;
        let index = self.index(&then)?;
        let view = what_if::WhatIfView::new(now, &then, sources, options.device())?;
        if self.json {
            return out::array(&view.objects(index));
        }
        out::data(&view.text(index, &self.what_if))
    }

    fn index(&self, plan: &Plan) -> Result<Option<usize>, Failure> {
        self.instance.as_ref().map(|name| position(plan, name)).transpose()
    }
}

/// Place of the instance called `name`, or what may have been meant.
pub(super) fn position(plan: &Plan, name: &str) -> Result<usize, Failure> {
    plan.position(name).ok_or_else(|| {
        let names: Vec<String> = plan.instances.iter().map(|one| one.name.to_string()).collect();
        let help = alternatives(name, names.iter().map(String::as_str));
        Failure::Usage(format!("the pipeline has no instance `{name}`; {help}"))
    })
}
