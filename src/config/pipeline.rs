//! The pipeline as written, with the place of everything.
//!
//! Knows nothing of how stages hang together.

use std::{collections::HashMap, path::Path, sync::Arc};

use serde::{Deserialize, de::IgnoredAny};

use super::set::{OWN_FIELDS, set};
use acai_common::{
    diagnostics::{Diagnostic, Diagnostics, SourceMap, Span},
    names::Name,
    text::{
        Body, KeyValue, Node, Ordered, RonDocument, TolerantReader, alternatives, format_node,
        read_text,
    },
};
use acai_dataset::{SearchPaths, hashes::Hashes, resolve::Resolver};
use acai_metric::score::{self, SCORES};
use acai_stage::{CheckError, Declaration, RangeError, ReferenceError};

/// Nobody writes more stages by hand.
const MOST_STAGES: usize = 10_000;

/// A pipeline file with its `--set` values.
///
/// It may have diagnostics: what could be read is there all the same, so that the
/// plan finds the rest of them.
#[derive(Clone, Debug)]
pub struct Pipeline {
    /// Its name.
    pub name: Name,
    /// Every stage that draws random numbers runs once per seed.
    pub seeds: Vec<u64>,
    /// The score that the study is about, if it says so: `compare` tests it apart
    /// from all others.
    pub primary: Option<PrimaryScore>,
    /// The stages in the order of the file.
    pub stages: Vec<StageEntry>,
    /// The `--set` arguments, to be recorded.
    pub sets: Vec<String>,
    root: Node,
    sources: Arc<SourceMap>,
    diagnostics: Vec<Diagnostic>,
}

/// What a pipeline is read in.
#[derive(Debug, Default)]
pub struct Context {
    /// Where files of datasets are.
    pub places: SearchPaths,
    /// What is remembered of files without a declared checksum.
    pub hashes: Hashes,
}

/// `primary: "paths.mean_distance"`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrimaryScore {
    /// The stage that writes it.
    pub stage: Name,
    /// The score's name.
    pub score: String,
}

/// A stage as written.
#[derive(Clone, Debug)]
pub struct StageEntry {
    /// Its name.
    pub name: Name,
    /// Its kind's name, such as `Train`, if one is written; it may be unknown.
    pub kind: Option<String>,
    /// What it says; `None` if that has diagnostics.
    pub declaration: Option<Declaration>,
    /// Where its entry stands among the stages of the file.
    place: usize,
}

/// The file, stages left aside.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename = "Pipeline")]
#[expect(dead_code, reason = "read for its faults; all but the name are read one by one")]
struct PipelineHeader {
    name: Name,
    #[serde(default)]
    seeds: Vec<u64>,
    primary: Option<String>,
    stages: Ordered<Name, IgnoredAny>,
}

impl Pipeline {
    /// Reads the file at `path`, with `sets` applied in order.
    ///
    /// # Errors
    /// The file cannot be read or is not RON. Other diagnostics stay with the
    /// pipeline and come out of the plan.
    pub fn read(path: &Path, sets: &[String], around: &mut Context) -> Result<Self, Diagnostics> {
        match read_text(path) {
            Ok(text) => Self::parse_in(&path.display().to_string(), &text, sets, around),
            Err(error) => {
                Err(Diagnostics::new(Arc::default(), vec![Diagnostic::new(error.to_string())]))
            }
        }
    }

    /// Reads `text`, called `file` in messages, with `sets` applied in order.
    ///
    /// # Errors
    /// The text is not RON.
    pub fn parse(file: &str, text: &str, sets: &[String]) -> Result<Self, Diagnostics> {
        Self::parse_in(file, text, sets, &mut Context::default())
    }

    fn parse_in(
        file: &str,
        text: &str,
        sets: &[String],
        around: &mut Context,
    ) -> Result<Self, Diagnostics> {
        let mut document = RonDocument::parse(file, text)?;
        let mut diagnostics = document.drop_duplicates();
        for argument in sets {
            diagnostics.extend(set(&mut document, argument).err());
        }
        let RonDocument { mut sources, root } = document;
        let reading = TolerantReader { sources: &sources };
        let head: Option<PipelineHeader> = reading.read(&root, "", &mut diagnostics);
        let seeds = seeds(reading, &root, &mut diagnostics);
        let mut stages = stages(reading, &root, &mut diagnostics);
        let primary = primary(reading, &root, &stages, &mut diagnostics);
        let folder = Path::new(file).parent().unwrap_or(Path::new(""));
        let resolved = resolve(&mut stages, folder, &mut sources, around);
        let mut pipeline = Self {
            name: head.map_or_else(unnamed, |head| head.name),
            seeds,
            primary,
            stages,
            sets: sets.to_vec(),
            root,
            sources: Arc::new(sources),
            diagnostics: Vec::new(),
        };
        diagnostics.extend(
            resolved.into_iter().flat_map(|(place, diagnostic)| pipeline.told(place, diagnostic)),
        );
        diagnostics.extend(pipeline.range_errors());
        pipeline.diagnostics = diagnostics;
        Ok(pipeline)
    }

    /// The diagnostics found so far.
    #[must_use]
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }

    /// The whole pipeline as one text in one layout: its `--set` values, and
    /// then `sets`, are applied, and comments are gone.
    ///
    /// # Panics
    /// If it has no such fields.
    #[must_use]
    pub fn text_with(&self, sets: &[String]) -> String {
        let (sources, root) = (self.sources.as_ref().clone(), self.root.clone());
        let mut document = RonDocument { sources, root };
        for argument in sets {
            set(&mut document, argument).expect("the pipeline has the field");
        }
        format_node(&document.root, &document.sources)
    }

    /// The texts it was read from.
    #[must_use]
    pub fn sources(&self) -> &Arc<SourceMap> {
        &self.sources
    }

    /// Where the name of a stage stands.
    #[must_use]
    pub fn key_span(&self, stage: &StageEntry) -> Span {
        self.entry(stage).key.span
    }

    /// The value of the first of `paths` (relative to the stage) that is
    /// written; the stage's kind, if none is.
    #[must_use]
    pub fn span(&self, stage: &StageEntry, paths: &[String]) -> Span {
        let value = &self.entry(stage).value;
        let written = paths.iter().find_map(|path| value.find(path));
        match (written, &value.tag) {
            (Some(entry), _) => entry.value.span,
            (None, Some(tag)) => tag.span,
            (None, None) => value.span,
        }
    }

    /// Where the list of seeds stands, if it is written.
    #[must_use]
    pub fn seeds_span(&self) -> Option<Span> {
        Some(self.root.entry("seeds")?.value.span)
    }

    /// Whether the stage has a field at `path`.
    #[must_use]
    pub fn is_written(&self, stage: &StageEntry, path: &str) -> bool {
        self.entry(stage).value.find(path).is_some()
    }

    fn entry(&self, stage: &StageEntry) -> &KeyValue {
        &stage_entries(&self.root)[stage.place]
    }

    /// What is wrong outside, for the stage in that place.
    fn told(&self, place: usize, diagnostic: ReferenceError) -> Vec<Diagnostic> {
        match diagnostic {
            ReferenceError::There(diagnostics) => diagnostics,
            ReferenceError::Field(diagnostic) => {
                vec![self.located(&self.stages[place], diagnostic)]
            }
        }
    }

    /// The diagnostic, where the first of its paths that is written stands.
    #[must_use]
    pub fn located(&self, stage: &StageEntry, diagnostic: CheckError) -> Diagnostic {
        let CheckError { paths, message, help } = diagnostic;
        let written = paths.iter().find(|path| self.is_written(stage, path));
        let field = written.or(paths.last()).map_or_else(String::new, |path| format!(".{path}"));
        let found = Diagnostic::new(format!("`{}{field}`: {message}", stage.name))
            .at(self.span(stage, &paths), "this one");
        Diagnostic { help, ..found }
    }

    fn range_errors(&self) -> Vec<Diagnostic> {
        let declared =
            self.stages.iter().filter_map(|stage| Some((stage, stage.declaration.as_ref()?)));
        declared
            .flat_map(|(stage, declaration)| {
                declaration
                    .range_errors()
                    .into_iter()
                    .map(|diagnostic| self.out_of_range(stage, diagnostic))
            })
            .collect()
    }

    fn out_of_range(&self, stage: &StageEntry, diagnostic: RangeError) -> Diagnostic {
        let RangeError { path, message } = diagnostic;
        let message = format!("`{}.{path}` {message}", stage.name);
        let paths = [path];
        Diagnostic::new(message).at(self.span(stage, &paths), "out of range")
    }
}

/// Lets every stage look up what it names outside the file; tells what is
/// wrong, with the place of its stage.
fn resolve(
    stages: &mut [StageEntry],
    folder: &Path,
    sources: &mut SourceMap,
    around: &mut Context,
) -> Vec<(usize, ReferenceError)> {
    let mut diagnostics = Vec::new();
    for (place, stage) in stages.iter_mut().enumerate() {
        let Some(declaration) = &mut stage.declaration else { continue };
        let Context { places, hashes } = &mut *around;
        let diagnostic =
            declaration.resolve(&mut Resolver { folder, search_paths: places, hashes, sources });
        diagnostics.extend(diagnostic.err().map(|diagnostic| (place, diagnostic)));
    }
    diagnostics
}

fn unnamed() -> Name {
    "unnamed".parse().expect("this is a name")
}

fn stage_entries(root: &Node) -> &[KeyValue] {
    root.entry("stages").map_or(&[], |stages| stages.value.entries())
}

/// The seeds, each once; a list that is no list of seeds is told with the head.
fn seeds(reading: TolerantReader<'_>, root: &Node, diagnostics: &mut Vec<Diagnostic>) -> Vec<u64> {
    let written = root.entry("seeds");
    let Some((node, seeds)) = written.and_then(|entry| {
        let seeds: Vec<u64> = reading.read(&entry.value, "seeds", &mut Vec::new())?;
        Some((&entry.value, seeds))
    }) else {
        return vec![0];
    };
    if seeds.is_empty() {
        diagnostics.push(
            Diagnostic::new("`seeds` is empty, so nothing that draws random numbers would run")
                .at(node.span, "no seed")
                .help("list at least one, such as `[0]`, or leave `seeds` out"),
        );
    }
    let mut first = HashMap::new();
    for (&seed, element) in seeds.iter().zip(node.elements()) {
        if let Some(span) = first.insert(seed, element.span) {
            diagnostics.push(
                Diagnostic::new(format!("seed {seed} is given twice"))
                    .at(element.span, "here again")
                    .at(span, "first here"),
            );
        }
    }
    seeds
}

/// The primary score; a text that is none is told with the head.
fn primary(
    reading: TolerantReader<'_>,
    root: &Node,
    stages: &[StageEntry],
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<PrimaryScore> {
    let node = &root.entry("primary")?.value;
    let text = reading.read::<Option<String>>(node, "primary", &mut Vec::new())??;
    let wrong = |message: String, help: String| {
        Diagnostic::new(message).at(node.span, "this one").help(help)
    };
    let Some((stage, score)) = text.split_once('.') else {
        diagnostics.push(wrong(
            format!("`{text}` is no stage and score"),
            "write both, such as `primary: \"paths.mean_distance\"`".to_owned(),
        ));
        return None;
    };
    let Some(found) = stages.iter().find(|entry| entry.name.as_str() == stage) else {
        let names = stages.iter().map(|entry| entry.name.as_str());
        let message = format!("there is no stage `{stage}` to have a primary score");
        diagnostics.push(wrong(message, alternatives(stage, names)));
        return None;
    };
    // Of an unknown kind, which is told elsewhere, every score is one.
    let own = found.kind.as_deref().and_then(acai_stage::scores).unwrap_or(SCORES);
    let comparable = || own.iter().filter(|score| score.direction.is_some());
    if !comparable().any(|known| known.name == score) {
        let known = score::find(score);
        let message = match known {
            Some(known) if known.direction.is_none() => {
                format!("`{score}` is not comparable between variants")
            }
            Some(_) => format!("the stage `{stage}` has no score `{score}`"),
            None => format!("there is no score `{score}`"),
        };
        diagnostics.push(wrong(message, alternatives(score, comparable().map(|one| one.name))));
        return None;
    }
    Some(PrimaryScore { stage: found.name.clone(), score: score.to_owned() })
}

fn stages(
    reading: TolerantReader<'_>,
    root: &Node,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<StageEntry> {
    if let Some(empty) =
        root.entry("stages").filter(|stages| stages.value.body == Body::Map(Vec::new()))
    {
        diagnostics.push(
            Diagnostic::new("the pipeline has no stages")
                .at(empty.key.span, "nothing to run")
                .help("begin with a dataset, such as `\"lines\": Dataset(source: \"lines\")`"),
        );
    }
    if let Some(entry) = stage_entries(root).get(MOST_STAGES) {
        let found = stage_entries(root).len();
        diagnostics.push(
            Diagnostic::new(format!(
                "the pipeline has {found} stages; at most {MOST_STAGES} are read"
            ))
            .at(entry.key.span, "one too many")
            .help("variants and seeds multiply stages without being written out"),
        );
    }
    let entries = stage_entries(root).iter().enumerate().take(MOST_STAGES);
    entries.filter_map(|(place, entry)| stage(reading, place, entry, diagnostics)).collect()
}

/// One stage; without one, its name is bad and was told with the head.
fn stage(
    reading: TolerantReader<'_>,
    place: usize,
    entry: &KeyValue,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<StageEntry> {
    let declaration = reading.read(&entry.value, &entry.name, diagnostics);
    let name: Name = entry.name.parse().ok()?;
    if OWN_FIELDS.contains(&name.as_str()) {
        diagnostics.push(
            Diagnostic::new(format!("`{name}` cannot be a stage's name"))
                .at(entry.key.span, "reserved")
                .help(format!("`--set {name}=…` means the pipeline's own `{name}`")),
        );
    }
    let kind = entry.value.tag.as_ref().map(|tag| tag.text.clone());
    Some(StageEntry { name, kind, declaration, place })
}
