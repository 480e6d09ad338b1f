//! A pipeline's results as one HTML page that needs nothing beside it: no
//! network, and no script to be readable.
//!
//! Its content is what other verbs say; styles and script are in `page.css` and
//! `page.js`. Knows nothing of the command line, and runs nothing.

mod curves;
mod maps;
mod paths;
mod pixels;
mod policy;
mod provenance;
mod report_data;
mod samples;
mod scores;
mod strips;
mod sweep;
mod text;

pub use report_data::ReportData;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use self::policy::policy;
use super::compare::ScoreRow;
use acai_artifact::ArtifactError;
use acai_common::shown::markup;

/// The page's script and styles, as they are in it.
const SCRIPT: &str = include_str!("page.js");
const STYLE: &str = include_str!("page.css");

/// A section of the page.
struct Section {
    title: String,
    id: String,
    body: Markup,
}

/// The page: `rows` is the comparison, `notes` what it lacks.
///
/// # Errors
/// If an artifact is damaged.
pub fn page(
    found: ReportData<'_>,
    rows: &[ScoreRow],
    notes: &[String],
) -> Result<String, ArtifactError> {
    let sections = sections(found, rows, notes)?;
    let name = found.plan.name();
    let page = html! {
        (DOCTYPE) "\n"
        html lang="en" {
            (document_head(name.as_str()))
            body {
                header {
                    h1 { (name) }
                    @if let Some(question) = question(found) { p.lede { (question) } }
                    p.summary { (provenance::summary(found)) }
                    nav aria-label="Contents" {
                        @for section in &sections { a href={ "#" (section.id) } { (section.title) } }
                    }
                }
                main { @for section in &sections { (section.markup()) } }
                (footer(found))
                script { (PreEscaped(SCRIPT)) }
            }
        }
        "\n"
    };
    Ok(markup(page.into_string()))
}

fn document_head(name: &str) -> Markup {
    html! {
        head {
            meta charset="utf-8";
            meta http-equiv="Content-Security-Policy" content=(policy());
            meta name="viewport" content="width=device-width, initial-scale=1";
            meta name="color-scheme" content="light dark";
            title { (name) }
            link rel="icon" href="data:,";
            style { (PreEscaped(STYLE)) }
        }
    }
}

fn sections(
    found: ReportData<'_>,
    rows: &[ScoreRow],
    notes: &[String],
) -> Result<Vec<Section>, ArtifactError> {
    let mut sections = vec![Section::new("Scores", "scores", scores(rows, notes))];
    let groups = [
        ("Interpolation", "paths", strips::sections(found)?),
        ("Latent space", "map", maps::sections(found)?),
        ("Samples", "samples", samples::sections(found)?),
        ("Sweep", "sweep", sweep::sections(found, rows)),
        ("Scores over training", "snapshots", curves::of_snapshots(found)?),
        ("Training", "curves", curves::sections(found)?),
    ];
    for (title, id, parts) in groups {
        let is_one = parts.len() == 1;
        sections.extend(parts.into_iter().map(|(stage, body)| Section {
            title: if is_one { title.to_owned() } else { format!("{title}: {stage}") },
            id: format!("{id}-{stage}"),
            body,
        }));
    }
    sections.push(Section::new("Pipeline", "pipeline", provenance::pipeline(found)));
    sections.push(Section::new("Provenance", "provenance", provenance::table(found)));
    Ok(sections)
}

fn scores(rows: &[ScoreRow], notes: &[String]) -> Markup {
    html! {
        @if rows.is_empty() {
            p { "There are no scores yet." }
        } @else {
            p {
                "Mean ± standard deviation over n seeds; the difference from the first variant, or \
                 the ratio (×), paired by seed, with its 95\u{a0}% interval, and what that says \
                 after Holm's correction for the number of comparisons. An arrow shows which way \
                 is better; a share of images of one seed has its 95\u{a0}% interval over images."
            }
            (scores::tables(rows))
            (scores::meanings(rows))
        }
        (text::notes(notes))
    }
}

/// The pipeline's question: the first paragraph of the comment that its file
/// opens with.
fn question(found: ReportData<'_>) -> Option<String> {
    let text = &found.plan.pipeline().sources().first()?.text;
    let comment = text.lines().map_while(|line| line.trim_start().strip_prefix("//"));
    let lines = comment.map(|line| line.trim_start_matches('/').trim());
    let lines: Vec<&str> =
        lines.skip_while(|line| line.is_empty()).take_while(|line| !line.is_empty()).collect();
    (!lines.is_empty()).then(|| lines.join(" "))
}

fn footer(found: ReportData<'_>) -> Markup {
    html! {
        footer {
            p.note {
                "Page by acai-pipe " (env!("CARGO_PKG_VERSION"))
                @if let Some(makers) = provenance::makers(found) { "; results by " (makers) }
                "."
            }
        }
    }
}

impl Section {
    fn new(title: &str, id: &str, body: Markup) -> Self {
        Self { title: title.to_owned(), id: id.to_owned(), body }
    }

    fn markup(&self) -> Markup {
        let heading = format!("{}-heading", self.id);
        html! {
            section id=(self.id) aria-labelledby=(heading) {
                h2 id=(heading) { (self.title) }
                (self.body)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_attributes_are_escaped() {
        let (title, text) = ("\"a\" & 'b'", "</script><b>\u{0}\u{1b}\t");
        let piece = html! { p title=(title) { (text) } };
        assert_eq!(
            markup(piece.into_string()),
            "<p title=\"&quot;a&quot; &amp; 'b'\">&lt;/script&gt;&lt;b&gt;\u{fffd}\u{fffd}\t</p>"
        );
    }
}
