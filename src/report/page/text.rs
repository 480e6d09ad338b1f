//! Sentences that several parts of the page say.
//!
//! Knows nothing of figures.

use std::fmt::Write as _;

use maud::{Markup, Render, html};

use super::report_data::{Found, Member};

/// So many missing instances are named.
const NAMED: usize = 6;

/// What is not there of a family, and how to get it; nothing if all is.
pub(super) fn missing(found: Found<'_>, members: &[Member<'_>]) -> Markup {
    missing_names(found, &found.missing(members))
}

/// That these instances are not there, and how to get them.
pub(super) fn missing_names(found: Found<'_>, names: &[String]) -> Markup {
    if names.is_empty() {
        return html! {};
    }
    let mut text = names.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    if names.len() > NAMED {
        let _ = write!(text, " and {} more", names.len() - NAMED);
    }
    html! { p.missing { "Not there yet: " (text) ". " code { (found.command) } " makes them." } }
}

/// Some remarks, a line each; what stands in backticks is code.
pub(super) fn notes(notes: &[String]) -> Markup {
    html! {
        @if !notes.is_empty() {
            ul.missing {
                @for note in notes {
                    li {
                        @for (place, piece) in note.split('`').enumerate() {
                            @if place % 2 == 0 { (piece) } @else { code { (piece) } }
                        }
                    }
                }
            }
        }
    }
}

/// Something wider than a phone, in a box that scrolls by keyboard too.
pub(super) fn scroller(label: &str, content: impl Render) -> Markup {
    html! { div.scroll tabindex="0" role="region" aria-label=(label) { (content) } }
}
