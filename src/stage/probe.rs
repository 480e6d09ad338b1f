//! `Probe`: a linear classifier on frozen latents.
//!
//! Knows nothing of how its inputs were made.

use std::sync::atomic::Ordering;

use serde::{Deserialize, Serialize};

use self::{
    converged::{Fit, STRENGTHS},
    newton::Solution,
    objective::Objective,
    reference::ReferenceRule,
};
use super::{
    Declared, Input, Member, Params, RangeError, RunStats, Stage, Work, latents::Latents,
    write_accuracy,
};
use acai_artifact::{Kind, Layout, Writer};
use acai_common::{
    events::{Interrupted, Message, Progress},
    names::Reference,
};
use acai_metric::{accuracy::accuracy, score};

mod converged;
mod newton;
mod objective;
mod preconditioner;
pub mod reference;
mod standardization;
#[cfg(test)]
mod tests;

/// `Probe(…)` as written in a file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Probe {
    /// The latents to classify.
    pub latents: Reference,
    /// How the classifier is fitted.
    #[serde(default)]
    pub rule: Rule,
}

/// How the classifier is fitted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Rule {
    /// Logistic regression on standardized latents, solved: what is in the latents,
    /// whatever their scale.
    #[default]
    Converged,
    /// As the paper trains it, for so long: it depends on the latents' scale and on
    /// the length.
    Reference(ReferenceRule),
}

impl Declared for Probe {
    fn members(&self) -> Vec<Member> {
        vec![Member { variant: None, stage: Box::new(self.clone()) }]
    }

    fn range_errors(&self) -> Vec<RangeError> {
        match &self.rule {
            Rule::Converged => Vec::new(),
            Rule::Reference(rule) => rule.range_errors(),
        }
    }
}

impl Stage for Probe {
    fn kind(&self) -> &'static str {
        "Probe"
    }

    /// 2: the classifier is solved on standardized latents, unless it is told to be
    /// the reference's, which has no epochs any more.
    fn version(&self) -> u32 {
        2
    }

    fn output(&self) -> Kind {
        Kind::Scores
    }

    fn inputs(&self) -> Vec<Input> {
        vec![Input {
            field: "latents",
            reference: self.latents.clone(),
            wants: Kind::Latents,
            reads: &["train", "test"],
        }]
    }

    fn params(&self) -> Params {
        Params::default().defaulted_variant("rule", &self.rule, &Rule::Converged)
    }

    fn is_seeded(&self) -> bool {
        matches!(self.rule, Rule::Reference(_))
    }

    fn run(&self, work: &mut Work<'_>) -> anyhow::Result<RunStats> {
        let train = Latents::read(work.input("latents"), "train")?;
        let test = Latents::read(work.input("latents"), "test")?;
        let labels = train.labels.iter().chain(&test.labels);
        let classes = labels.max().map_or(1, |&label| usize::from(label) + 1);
        match &self.rule {
            Rule::Converged => solve(&train, &test, classes, work)?,
            Rule::Reference(rule) => train_along(rule, &train, &test, classes, work)?,
        }
        Ok(RunStats::default())
    }
}

/// Solves the regression, and writes it and its scores.
fn solve(
    train: &Latents,
    test: &Latents,
    classes: usize,
    work: &mut Work<'_>,
) -> anyhow::Result<()> {
    let stop = work.stop;
    let watch = || {
        if stop.load(Ordering::Relaxed) {
            return Err(Interrupted);
        }
        Ok(())
    };
    let fit = converged::fit(train, classes, &watch, &mut |done, total| {
        work.progress(done, total, "regressions");
    })?;
    fit.write(classes, work.out)?;
    let judged = |latents: &Latents| {
        let latents = fit.standardized(latents);
        let objective = Objective {
            rows: &latents.rows,
            width: latents.width,
            labels: &latents.labels,
            classes,
            l2: 0.0,
        };
        let parameters = &fit.solution.parameters;
        let found = objective.classify(parameters);
        (accuracy(&found, &latents.labels), objective.cross_entropy(parameters))
    };
    let ((train_accuracy, _), (accuracy, cross_entropy)) = (judged(train), judged(test));
    write_scores(work.out, train_accuracy, accuracy, cross_entropy, test.len())
}

/// Trains the reference's classifier, and writes it and its scores.
fn train_along(
    rule: &ReferenceRule,
    train: &Latents,
    test: &Latents,
    classes: usize,
    work: &mut Work<'_>,
) -> anyhow::Result<()> {
    let probe = rule.fit(train, classes, work.seed, &mut |report| {
        (work.tell)(Message::Progress(progress(report)));
        work.check_stop()
    })?;
    let shape = [classes, probe.inputs];
    work.out.write("weights/weight", &shape, &probe.weight, Layout::Compressed)?;
    work.out.write("weights/bias", &[classes], &probe.bias, Layout::Compressed)?;
    let share = |latents| accuracy(&reference::classify(&probe, latents), &latents.labels);
    let cross_entropy = reference::mean_cross_entropy(&probe, test);
    write_scores(work.out, share(train), share(test), cross_entropy, test.len())
}

impl Fit {
    /// Writes the classifier: weights and biases of standardized latents, how these
    /// are standardized, and how the regression came out.
    fn write(&self, classes: usize, out: &mut Writer) -> anyhow::Result<()> {
        let Self { standardization, solution, c, held_out } = self;
        let Solution { parameters, loss, gradient_norm } = solution;
        let width = standardization.mean.len();
        let (weights, biases) = parameters.split_at(classes * width);
        out.write("weights/weight", &[classes, width], weights, Layout::Compressed)?;
        out.write("weights/bias", &[classes], biases, Layout::Compressed)?;
        for (name, values) in
            [("mean", &standardization.mean), ("deviation", &standardization.deviation)]
        {
            let path = format!("standardization/{name}");
            out.write(&path, &[width], values, Layout::Compressed)?;
        }
        for (name, values) in [("c", &STRENGTHS[..]), ("cross_entropy", held_out)] {
            let path = format!("selection/{name}");
            out.write(&path, &[values.len()], values, Layout::Compressed)?;
        }
        for (name, value) in [("c", c), ("objective", loss), ("gradient_norm", gradient_norm)] {
            out.write(&format!("solution/{name}"), &[], &[*value], Layout::Contiguous)?;
        }
        Ok(())
    }
}

fn write_scores(
    out: &mut Writer,
    train_accuracy: f64,
    accuracy: f64,
    cross_entropy: f64,
    test_images: usize,
) -> anyhow::Result<()> {
    out.score(score::TRAIN_ACCURACY.name, train_accuracy)?;
    write_accuracy(out, score::ACCURACY, accuracy, test_images)?;
    out.score(score::CROSS_ENTROPY.name, cross_entropy)?;
    Ok(())
}

fn progress(report: reference::Report) -> Progress {
    Progress {
        done: report.done,
        total: report.total,
        unit: "steps",
        figures: vec![("loss", report.loss)],
    }
}
