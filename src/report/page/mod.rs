//! A pipeline's results as one HTML page that needs nothing beside it: no
//! network, and no script to be readable.
//!
//! Its content is what other verbs say; styles and script are in `page.css` and
//! `page.js`. Knows nothing of the command line, and runs nothing.

mod chart;
mod curves;
mod maps;
mod markup;
mod paths;
mod pixels;
mod provenance;
mod report_data;
mod samples;
mod scale;
mod scores;
mod strips;
mod text;

pub use report_data::Found;

use self::markup::{Markup, Tag, classed, tag};
use super::compare::Row;
use acai_artifact::ArtifactError;

/// What the page may load: nothing but what is in it.
const POLICY: &str = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; \
                      script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/// A part of the page: what it is called, its place in the page, what it says.
struct Section {
    title: String,
    id: String,
    body: Markup,
}

/// The page: `rows` is the comparison, `notes` what it lacks.
///
/// # Errors
/// If an artifact is damaged.
pub fn page(found: Found<'_>, rows: &[Row], notes: &[String]) -> Result<String, ArtifactError> {
    let sections = sections(found, rows, notes)?;
    let name = found.plan.name();
    let link = |one: &Section| tag("a").with("href", format_args!("#{}", one.id)).text(&one.title);
    let links = tag("nav").with("aria-label", "Contents").all(sections.iter().map(link));
    let head = tag("header")
        .put(tag("h1").text(name))
        .all(lede(found).into_iter().map(|line| classed("p", "lede").text(line)))
        .put(classed("p", "summary").text(provenance::summary(found)))
        .put(links);
    let body = tag("body")
        .put(head)
        .put(tag("main").all(sections.into_iter().map(Section::markup)))
        .put(footer(found))
        .put(tag("script").put(Markup::trusted(include_str!("page.js"))));
    let page = tag("html").with("lang", "en").put(document_head(name.as_str())).put(body);
    Ok(format!("<!DOCTYPE html>\n{}\n", Markup::from(page).into_string()))
}

fn document_head(name: &str) -> Tag {
    let meta = |name: &str, content: &str| tag("meta").with("name", name).with("content", content);
    let policy = tag("meta").with("http-equiv", "Content-Security-Policy").with("content", POLICY);
    tag("head")
        .put(tag("meta").with("charset", "utf-8"))
        .put(policy)
        .put(meta("viewport", "width=device-width, initial-scale=1"))
        .put(meta("color-scheme", "light dark"))
        .put(tag("title").text(name))
        .put(tag("link").with("rel", "icon").with("href", "data:,"))
        .put(tag("style").put(Markup::trusted(include_str!("page.css"))))
}

fn sections(
    found: Found<'_>,
    rows: &[Row],
    notes: &[String],
) -> Result<Vec<Section>, ArtifactError> {
    let mut sections = vec![Section::new("Scores", "scores", scores(rows, notes))];
    let groups = [
        ("Interpolation", "paths", strips::sections(found)?),
        ("Latent space", "map", maps::sections(found)?),
        ("Samples", "samples", samples::sections(found)?),
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

fn scores(rows: &[Row], notes: &[String]) -> Markup {
    let notes = text::notes(notes);
    if rows.is_empty() {
        return Markup::from(tag("p").text("There are no scores yet.")).and(notes);
    }
    let how = tag("p").text(
        "Mean ± standard deviation over n seeds; the difference from the first variant, paired by \
         seed, with its 95\u{a0}% interval, and what that says. An arrow shows which way is better.",
    );
    Markup::from(how).and(scores::tables(rows)).and(notes)
}

/// The pipeline's question: the first paragraph of the comment that its file
/// opens with.
fn lede(found: Found<'_>) -> Option<String> {
    let text = &found.plan.pipeline().sources().first()?.text;
    let comment = text.lines().map_while(|line| line.trim_start().strip_prefix("//"));
    let lines = comment.map(|line| line.trim_start_matches('/').trim());
    let lines: Vec<&str> =
        lines.skip_while(|line| line.is_empty()).take_while(|line| !line.is_empty()).collect();
    (!lines.is_empty()).then(|| lines.join(" "))
}

fn footer(found: Found<'_>) -> Tag {
    let version = env!("CARGO_PKG_VERSION");
    let page = classed("p", "note").text(format_args!("Page by acai-pipe {version}"));
    let makers = provenance::makers(found);
    tag("footer").put(match makers {
        Some(makers) => page.text(format_args!("; results by {makers}.")),
        None => page.text("."),
    })
}

impl Section {
    fn new(title: &str, id: &str, body: Markup) -> Self {
        Self { title: title.to_owned(), id: id.to_owned(), body }
    }

    fn markup(self) -> Tag {
        let heading = format!("{}-heading", self.id);
        tag("section")
            .with("id", self.id)
            .with("aria-labelledby", &heading)
            .put(tag("h2").with("id", &heading).text(self.title))
            .put(self.body)
    }
}
