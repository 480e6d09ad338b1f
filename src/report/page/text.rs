//! Sentences that several parts of the page say.
//!
//! Knows nothing of figures.

use std::fmt::Write as _;

use super::{
    markup::{Markup, Tag, classed, tag},
    report_data::{Found, Member},
};

/// So many missing instances are named.
const NAMED: usize = 6;

/// What is not there of a family, and how to get it; nothing if all is.
pub(super) fn missing(found: Found<'_>, members: &[Member<'_>]) -> Markup {
    missing_names(found, &found.missing(members))
}

/// That these instances are not there, and how to get them.
pub(super) fn missing_names(found: Found<'_>, names: &[String]) -> Markup {
    if names.is_empty() {
        return Markup::default();
    }
    let mut text = names.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    if names.len() > NAMED {
        let _ = write!(text, " and {} more", names.len() - NAMED);
    }
    let note = classed("p", "missing").text(format_args!("Not there yet: {text}. "));
    note.put(tag("code").text(found.command)).text(" makes them.").into()
}

/// Some remarks, a line each; what stands in backticks is code.
pub(super) fn notes(notes: &[String]) -> Markup {
    if notes.is_empty() {
        return Markup::default();
    }
    let line = |note: &String| tag("li").all(note.split('`').enumerate().map(piece));
    classed("ul", "missing").all(notes.iter().map(line)).into()
}

/// Between backticks is every other piece.
fn piece((place, text): (usize, &str)) -> Markup {
    if place % 2 == 0 { Markup::text(text) } else { tag("code").text(text).into() }
}

/// Something wider than a phone, in a box that scrolls by keyboard too.
pub(super) fn scroller(label: &str, content: impl Into<Markup>) -> Tag {
    classed("div", "scroll")
        .with("tabindex", 0)
        .with("role", "region")
        .with("aria-label", label)
        .put(content)
}
