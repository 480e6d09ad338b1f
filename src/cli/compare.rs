//! `acai-pipe compare PIPELINE…`.
//!
//! Knows nothing of statistics; `report` says what differs and how sure that is.

pub(super) mod notes;

use std::{collections::HashSet, path::PathBuf};

use clap::{Args, ValueEnum};
use serde_json::{Map, Value, json};

use super::{
    exit::{Exit, Failure},
    opened::Opened,
    options::Options,
    out,
};
use acai_common::text::alternatives;
use acai_engine::status::Status;
use acai_plan::Plan;
use acai_progress::Verbosity;
use acai_report::{
    Table,
    compare::{
        Comparison, Question, ScoreRow,
        changes::changes,
        paper::{self, Emphasis, PaperTable, paper_tables},
        rows,
        study::{Side, Study, study},
        tables,
    },
    latex, markdown, terminal,
};

/// Compare variants over seeds, or two pipelines.
#[derive(Debug, Args)]
pub(super) struct Compare {
    /// The pipeline file; a second one is compared with the first
    #[arg(required = true, value_name = "PIPELINE")]
    pipelines: Vec<PathBuf>,
    /// The variant to compare with [default: the one that trains without a regularizer]
    #[arg(long, value_name = "NAME")]
    baseline: Option<String>,
    /// Call variants equivalent that differ by less: `0.1` is a ratio within 1.1, or a
    /// difference of 0.1
    #[arg(long, value_name = "MARGIN", value_parser = margin)]
    margin: Option<f64>,
    #[command(flatten)]
    paper: ForPapers,
    /// Write tables in Markdown
    #[arg(long, group = "syntax")]
    markdown: bool,
    /// Write comma-separated values, a line per score and variant
    #[arg(long, group = "syntax")]
    csv: bool,
    /// Write a JSON array, an object per score and variant
    #[arg(long, group = "syntax")]
    json: bool,
}

/// What serves those who write a paper.
#[derive(Debug, Args)]
struct ForPapers {
    /// What the tables look like
    #[arg(long, value_enum, default_value_t = Layout::Variants)]
    layout: Layout,
    /// Write tables in LaTeX
    #[arg(long, group = "syntax")]
    latex: bool,
}

/// What a table for people is written in.
#[derive(Clone, Copy)]
enum Syntax {
    Terminal,
    Markdown,
    Latex,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Layout {
    /// Every score of every stage, a column per variant, each against the baseline.
    Variants,
    /// The paper's tables: a row per dataset and size of latents, a column per variant.
    Paper,
}

impl Compare {
    pub(super) fn run(&self, options: &Options) -> Result<Exit, Failure> {
        // A collector waits while artifacts are open.
        let _guard = options.store().lock_shared()?;
        let opened = self.pipelines.iter().map(|path| Opened::open(path, options));
        let opened: Vec<Opened> = opened.collect::<Result<_, _>>()?;
        let found = opened.iter().map(|study| study.scored(options.device()));
        let found: Vec<Vec<Status>> = found.collect::<Result<_, _>>()?;
        let plans: Vec<Plan> = opened.into_iter().map(|study| study.plan).collect();
        let labels = self.labels(&plans);
        let sides = labels.iter().zip(&plans).zip(&found);
        let sides: Vec<Side<'_>> =
            sides.map(|((label, plan), statuses)| Side { label, plan, statuses }).collect();
        if self.paper.layout == Layout::Paper {
            return self.write_paper_tables(&paper_tables(&sides));
        }
        let study =
            study(&sides, self.baseline.as_deref()).map_err(|names| self.unknown(&names))?;
        let question = question(&plans[0], self.margin);
        let rows = rows(&study.variants, &question);
        self.write(&rows, &study, &sides, &question)?;
        if options.verbosity() != Verbosity::Quiet {
            let run = |path| options.command("run", path, &[]);
            let runs = self.pipelines.iter().map(|path| run(path));
            let runs = runs.zip(found.iter().map(Vec::as_slice));
            for line in notes::lines(&study.variants, &rows, &question, runs) {
                out::tell(&line);
            }
        }
        Ok(Exit::Done)
    }

    fn write_paper_tables(&self, tables: &[PaperTable]) -> Result<Exit, Failure> {
        if self.json {
            let message = "`--layout paper` has no JSON; leave out `--json`, or `--layout`";
            return Err(Failure::Usage(message.to_owned()));
        }
        if self.csv {
            return out::data(&paper::csv(tables));
        }
        let (draw, emphasis) = match self.syntax() {
            Syntax::Terminal => (terminal::draw as fn(&Table) -> String, Emphasis::Star),
            Syntax::Markdown => (markdown::draw as _, Emphasis::Bold),
            Syntax::Latex => (latex::draw as _, Emphasis::Bold),
        };
        let tables = tables.iter().map(|table| draw(&table.for_people(emphasis)));
        out::data(&tables.collect::<Vec<_>>().join("\n"))
    }

    fn syntax(&self) -> Syntax {
        match (self.markdown, self.paper.latex) {
            (true, _) => Syntax::Markdown,
            (_, true) => Syntax::Latex,
            _ => Syntax::Terminal,
        }
    }

    fn write(
        &self,
        rows: &[ScoreRow],
        study: &Study,
        sides: &[Side<'_>],
        question: &Question,
    ) -> Result<Exit, Failure> {
        if self.json {
            return out::array(&rows.iter().map(object).collect::<Vec<_>>());
        }
        if self.csv {
            return out::data(&tables::csv(rows));
        }
        let mut all = tables::wide(rows);
        for (place, side) in sides.iter().enumerate().skip(1) {
            all.extend(against(study, &sides[0], side, place, question));
        }
        let draw = match self.syntax() {
            Syntax::Terminal => terminal::draw,
            Syntax::Markdown => markdown::draw,
            Syntax::Latex => latex::draw,
        };
        out::data(&all.iter().map(draw).collect::<Vec<_>>().join("\n"))
    }

    /// What the pipelines are called beside each other: by name, or by file
    /// where two share a name.
    fn labels(&self, plans: &[Plan]) -> Vec<String> {
        let names: Vec<String> = plans.iter().map(|plan| plan.name().to_string()).collect();
        if names.iter().collect::<HashSet<_>>().len() == names.len() {
            return names;
        }
        self.pipelines.iter().map(|path| path.display().to_string()).collect()
    }

    fn unknown(&self, names: &[String]) -> Failure {
        let wanted = self.baseline.as_deref().unwrap_or_default();
        let mut seen = HashSet::new();
        let names = names.iter().map(String::as_str).filter(|&name| seen.insert(name));
        let help = alternatives(wanted, names);
        Failure::Usage(format!("there is no variant `{wanted}` to compare with; {help}"))
    }
}

/// What a later pipeline changes, and what its scores do.
fn against(
    study: &Study,
    first: &Side<'_>,
    side: &Side<'_>,
    place: usize,
    question: &Question,
) -> Vec<Table> {
    let counterparts: Vec<_> =
        study.counterparts.iter().filter(|counterparts| counterparts.side == place).collect();
    let pairs: Vec<_> = counterparts
        .iter()
        .map(|counterparts| (&study.variants[counterparts.from], &study.variants[counterparts.to]))
        .collect();
    let variants: Vec<&str> =
        counterparts.iter().map(|counterparts| counterparts.variant.as_str()).collect();
    let changes = changes(first.plan, side.plan);
    let changed = tables::changed(&changes, first.label, side.label);
    let moved = tables::moved_scores(&pairs, &variants, first.label, side.label, question);
    changed.into_iter().chain(moved).collect()
}

/// What the pipeline, and a margin, ask before anything is looked at.
pub(super) fn question(plan: &Plan, margin: Option<f64>) -> Question {
    let primary = plan.pipeline().primary.clone();
    Question { primary: primary.map(|primary| (primary.stage, primary.score)), margin }
}

fn margin(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(margin) if margin > 0.0 && margin.is_finite() => Ok(margin),
        _ => Err("a margin is a number above 0, such as 0.1".to_owned()),
    }
}

fn object(row: &ScoreRow) -> Value {
    let summary = row.summary.as_ref();
    let against = row.against.as_ref();
    let ends = |interval: Option<(f64, f64)>| interval.map(|(low, high)| [low, high]);
    let of_images = row.image_intervals.iter();
    let of_images: Map<String, Value> =
        of_images.map(|(seed, (low, high))| (seed.to_string(), json!([low, high]))).collect();
    json!({
        "score": row.score,
        "stage": row.stage.as_str(),
        "variant": row.variant,
        "n": summary.map_or(0, |summary| summary.n),
        "mean": summary.map(|summary| summary.mean),
        "std": summary.and_then(|summary| summary.std),
        "image_ci95": of_images,
        "scale": against.map(|against| against.scale.word()),
        "effect": against.and_then(Comparison::effect),
        "ci95": ends(against.and_then(Comparison::interval)),
        "welch_ci95": ends(against.and_then(Comparison::welch_interval)),
        "p": against.and_then(|against| against.p_value),
        "verdict": against.map(|against| against.verdict.word()),
        "missing": row.missing,
    })
}
