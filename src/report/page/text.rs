//! Sentences that several parts of the page say.
//!
//! Knows nothing of figures.

use std::fmt::Write as _;

use maud::{Markup, Render, html};

use super::report_data::{ReportData, VariantInstances};

/// At most this many missing instances are named.
const NAMED: usize = 6;

/// The missing instances of a family and the command that makes them; nothing if
/// there are none.
pub(super) fn missing(found: ReportData<'_>, members: &[VariantInstances<'_>]) -> Markup {
    missing_names(found, &found.missing(members))
}

/// These missing instances, and the command that makes them.
pub(super) fn missing_names(found: ReportData<'_>, names: &[String]) -> Markup {
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
