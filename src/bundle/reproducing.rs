//! `REPRODUCING.md`: what a bundle is and what to do with it, for people who
//! have never heard of it.
//!
//! Knows nothing of what else is in the bundle.

use std::fmt::Write as _;

use super::{
    LOCK, PIPELINE, STORE, command,
    content::{Content, Source},
};
use acai_common::{
    format::{bytes, duration, number},
    shown::{Markdown, MarkdownCode, Shown},
};

pub(super) fn text(content: &Content<'_>, sources: &[Source]) -> String {
    let name = content.plan.name();
    let mut text = format!("# {name}\n\n");
    text.push_str(
        "A study made with acai-pipe: a pipeline, what came out of it, and how to make it again.\n\n",
    );
    text.push_str(&what_to_do(content));
    text.push_str(&datasets(sources));
    text.push_str(&results(content));
    text
}

fn what_to_do(content: &Content<'_>) -> String {
    let mut tools: Vec<&str> = content.records.iter().map(|record| &*record.made.tool).collect();
    tools.sort_unstable();
    tools.dedup();
    let name = content.plan.name();
    let longest: f64 = content.records.iter().map(|record| record.made.elapsed_s).sum();
    format!(
        "## What to do with it\n\n\
         Its results were made by {}, in {} of work altogether.\n\
         With acai-pipe, on the bundle itself, which is called `{name}.acai` here:\n\n\
         ```sh\n\
         # Makes everything again and compares the bits.\n\
         {}\n\
         # Makes what is missing, keeps what is here.\n\
         {}\n\
         # The scores side by side.\n\
         {}\n\
         {} {name}\n\
         ```\n\n\
         Once unpacked, `acai-pipe run {PIPELINE} --cache {STORE}` in its folder does the same, and \
         `h5py` opens every file of `{STORE}/objects`.\n\
         What is here: artifacts of the level `{}`, and for everything the digest of what came \
         out, in `{LOCK}`.\n\
         The same pipeline gives the same bits on every x86-64 machine.\n\n",
        shown(&tools.join(", ")),
        duration(longest),
        command("verify", name),
        command("run", name),
        command("compare", name),
        command("unbundle", name),
        content.level.as_str(),
    )
}

fn datasets(sources: &[Source]) -> String {
    let mut text = String::from("## Datasets\n\n");
    for source in sources {
        let descriptor = &source.descriptor;
        let _ = writeln!(text, "- `{}`: {}", descriptor.name, shown(&descriptor.about));
        if descriptor.is_drawn() {
            text.push_str("  It is drawn, and needs no files.\n");
        }
        for file in &descriptor.files {
            let size = file.size.map_or(String::new(), |size| format!(", {}", bytes(size)));
            let mark = file.checksum.as_ref().or(file.content.as_ref());
            let mark = mark.map_or(String::new(), |mark| format!(", {mark}"));
            let from = file.mirrors.first().map_or(String::new(), |url| from(&url.to_string()));
            let name = Shown::<MarkdownCode>::new(&file.name);
            let _ = writeln!(text, "  - {name}{size}{mark}{from}");
        }
        if let Some(licence) = &descriptor.licence {
            let _ = writeln!(text, "  Licence: {}", shown(licence));
        }
        if let Some(citation) = &descriptor.citation {
            let _ = writeln!(text, "  Cite: {}", shown(citation));
        }
    }
    text.push('\n');
    text
}

/// Where a file is got from; a link, if the address cannot end it early.
fn from(url: &str) -> String {
    let is_plain = |c: char| c.is_ascii_graphic() && !"<>\\`|\"".contains(c);
    if url.chars().all(is_plain) {
        format!(", from <{url}>")
    } else {
        format!(", from {}", Shown::<MarkdownCode>::new(url))
    }
}

/// What others wrote, as text.
fn shown(text: &str) -> Shown<Markdown> {
    Shown::new(text)
}

fn results(content: &Content<'_>) -> String {
    let mut text =
        String::from("## What came out\n\n| instance | artifact | scores |\n|---|---|---|\n");
    for (instance, record) in content.plan.instances.iter().zip(&content.records) {
        let scores = record.scores.iter().map(|(name, score)| format!("{name} {}", number(*score)));
        let scores = scores.collect::<Vec<_>>().join(", ");
        let _ = writeln!(text, "| {} | `{}` | {scores} |", instance.name, record.digest.short());
    }
    text
}
