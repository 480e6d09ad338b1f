//! The book holds what it shows: every page has its place, every snippet is
//! read, and a wrong one is told as it says.
//!
//! Knows nothing of shell commands; `cli::tests` parses those.

use acai_common::{
    diagnostics::{Diagnostics, RenderOptions},
    text,
};
use acai_config::Pipeline;
use acai_dataset::descriptor::Descriptor;
use acai_plan::Plan;

use super::{
    none,
    source::{files, has_extension, read},
};

/// What a stage of a snippet may name.
const AROUND: [(&str, &str); 3] = [
    ("lines", r#"Dataset(source: "lines")"#),
    (
        "models",
        r#"Train(data: "lines", net: (depth: 2, latent: 2, width: 8),
                 variants: {"baseline": (autoencoder: Baseline), "acai": (autoencoder: Baseline)})"#,
    ),
    ("latents", r#"Encode(model: "models", data: "lines")"#),
];

/// A block of code on a page.
struct Block {
    page: String,
    tag: String,
    text: String,
}

fn blocks() -> Vec<Block> {
    let pages = files().into_iter().filter(|path| has_extension(path, "md"));
    pages.flat_map(|page| blocks_of(&page, &read(&page))).collect()
}

fn blocks_of(page: &str, text: &str) -> Vec<Block> {
    let (mut blocks, mut fence): (Vec<Block>, Option<usize>) = (Vec::new(), None);
    for line in text.lines() {
        let ticks = line.len() - line.trim_start_matches('`').len();
        match (fence, blocks.last_mut()) {
            (Some(open), _) if ticks >= open => fence = None,
            (Some(_), Some(block)) => {
                block.text += line;
                block.text.push('\n');
            }
            _ if ticks >= 3 => {
                fence = Some(ticks);
                let (page, tag) = (page.to_owned(), line[ticks..].to_owned());
                blocks.push(Block { page, tag, text: String::new() });
            }
            _ => {}
        }
    }
    blocks
}

fn plan(text: &str) -> Result<Plan, Diagnostics> {
    Plan::new(&Pipeline::parse("first.ron", text, &[])?)
}

/// What is wrong with a snippet, if anything is.
fn mistake(text: &str) -> Option<String> {
    let body = text.lines().find(|line| !line.trim().is_empty() && !line.starts_with("//"))?;
    if body.starts_with("Descriptor(") {
        return text::from_str::<Descriptor>("snippet", text).err().map(|error| error.to_string());
    }
    if body.starts_with("Pipeline(") {
        return plan(text).err().map(|violations| violations.to_string());
    }
    let around = AROUND.iter().filter(|(name, _)| !text.contains(&format!("\"{name}\":")));
    let around: Vec<String> = around.map(|(name, stage)| format!("\"{name}\": {stage},")).collect();
    let around = around.concat();
    let whole = format!("Pipeline(name: \"snippet\", stages: {{{around}\n{text}}})");
    plan(&whole).err().map(|violations| violations.to_string())
}

#[test]
fn every_snippet_is_read() {
    let blocks = blocks();
    let snippets: Vec<&Block> =
        blocks.iter().filter(|block| block.tag.starts_with("ron")).collect();
    let violations = snippets.iter().filter_map(|block| {
        let mistake = match block.tag.as_str() {
            "ron" => mistake(&block.text),
            // Names the descriptor beside it; `own_data` runs it.
            "ron,beside" => mistake(&block.text.replace("bars.ron", "mnist")),
            // Names an autoencoder, a regularizer and a stage that the page adds.
            "ron,added" => {
                let known = block.text.replace("Sparse(l1: 0.1)", "Baseline");
                let known = known.replace("Sparse", "Baseline").replace("CodeNorm", "Acai");
                mistake(&known.replace(", exponent: 4", "").replace("Spread", "Probe"))
            }
            // A block of a lock, which is a map.
            "ron,lock" => {
                let whole = format!("{{{}}}", block.text);
                text::RonDocument::parse("lock", &whole)
                    .err()
                    .map(|violations| violations.to_string())
            }
            "ron,wrong" => None,
            other => Some(format!("nobody knows what `{other}` is")),
        };
        mistake.map(|mistake| format!("{}: {mistake}\n{}", block.page, block.text))
    });
    none("correct the snippet, or mark what is meant to be wrong as `ron,wrong`", violations);
    assert!(snippets.len() >= 6, "the snippets are gone");
}

#[test]
fn a_wrong_snippet_gives_the_diagnostics_of_the_page() {
    let blocks = blocks();
    let mut places = blocks.iter().enumerate().filter(|(_, block)| block.tag == "ron,wrong");
    let (place, block) = places.next().expect("there is one");
    let told = plan(&block.text)
        .expect_err("it is wrong")
        .render(RenderOptions { width: 100, colour: false });
    assert_eq!(blocks[place + 1].text.trim_end(), told.trim_end(), "{}", block.page);
    assert!(places.next().is_none(), "tell each in the block that follows it");
}

#[test]
fn the_walk_through_shows_what_is_compiled() {
    let page = read("docs/extending.md");
    for file in [
        "src/autoencoder/tests/sparse.rs",
        "src/autoencoder/tests/code_norm.rs",
        "src/dataset/format/tests/raw.rs",
        "src/stage/tests/spread.rs",
    ] {
        assert!(page.contains(&read(file)), "copy {file}");
    }
}

#[test]
fn every_page_has_its_place_in_the_book() {
    let summary = read("docs/SUMMARY.md");
    let linked: Vec<&str> =
        summary.split("](").skip(1).filter_map(|rest| rest.split(')').next()).collect();
    let pages = files().into_iter().filter_map(|path| {
        let page = path.strip_prefix("docs/")?;
        (has_extension(page, "md") && page != "SUMMARY.md").then(|| page.to_owned())
    });
    let homeless = pages.filter(|page| !linked.contains(&page.as_str()));
    none("give the page its line in docs/SUMMARY.md", homeless);
    let mut seen = std::collections::HashSet::new();
    let twice = linked.iter().filter(|page| !seen.insert(**page));
    none("a page has one place in docs/SUMMARY.md", twice.map(|&page| page.to_owned()));
}

#[test]
fn a_page_is_called_in_the_book_what_it_calls_itself() {
    let summary = read("docs/SUMMARY.md");
    let violations = summary.split("- [").skip(1).filter_map(|entry| {
        let (title, rest) = entry.split_once("](")?;
        let page = rest.split(')').next()?;
        let text = read(&format!("docs/{page}"));
        let own = text.lines().next()?.strip_prefix("# ")?.to_owned();
        (own != title).then(|| format!("{page}: `{own}`"))
    });
    none("call it so in docs/SUMMARY.md", violations);
}
