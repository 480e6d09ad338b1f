//! HTML and SVG, written so that no text of a pipeline can become a tag.
//!
//! Text and attributes are escaped as they come in; only [`Markup::trusted`]
//! takes something as it is. Knows nothing of pages.

use std::fmt::{self, Display, Write as _};

/// Elements without content, which have no closing tag in HTML.
const VOID: &[&str] = &["br", "hr", "img", "input", "link", "meta"];

/// A piece of a page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Markup(String);

/// An element under construction.
#[derive(Clone, Debug)]
pub(crate) struct Tag {
    name: &'static str,
    /// `<name attribute="value"`
    open: String,
    inner: String,
}

/// An element.
pub(crate) fn tag(name: &'static str) -> Tag {
    Tag { name, open: format!("<{name}"), inner: String::new() }
}

/// An element of a class.
pub(crate) fn classed(name: &'static str, class: &str) -> Tag {
    tag(name).with("class", class)
}

impl Tag {
    /// With an attribute.
    pub(crate) fn with(mut self, attribute: &str, value: impl Display) -> Self {
        let _ = write!(self.open, " {attribute}=\"");
        let _ = write!(Escaping(&mut self.open), "{value}");
        self.open.push('"');
        self
    }

    /// With an attribute that has no value, such as `hidden`.
    pub(crate) fn flag(mut self, attribute: &str) -> Self {
        let _ = write!(self.open, " {attribute}");
        self
    }

    /// With a text inside, after what is there.
    pub(crate) fn text(mut self, text: impl Display) -> Self {
        let _ = write!(Escaping(&mut self.inner), "{text}");
        self
    }

    /// With another piece inside, after what is there.
    pub(crate) fn put(mut self, piece: impl Into<Markup>) -> Self {
        self.inner.push_str(&piece.into().0);
        self
    }

    /// With some pieces inside, one after the other.
    pub(crate) fn all<P: Into<Markup>>(self, pieces: impl IntoIterator<Item = P>) -> Self {
        pieces.into_iter().fold(self, Self::put)
    }
}

impl Markup {
    /// What is markup already, and was not written by a user.
    pub(crate) fn trusted(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// A text.
    pub(crate) fn text(text: impl Display) -> Self {
        let mut escaped = String::new();
        let _ = write!(Escaping(&mut escaped), "{text}");
        Self(escaped)
    }

    /// Some pieces, one after the other.
    pub(crate) fn all<P: Into<Self>>(pieces: impl IntoIterator<Item = P>) -> Self {
        Self(pieces.into_iter().map(|piece| piece.into().0).collect())
    }

    /// Followed by another piece.
    pub(crate) fn and(mut self, piece: impl Into<Self>) -> Self {
        self.0.push_str(&piece.into().0);
        self
    }

    /// The text of the page.
    pub(crate) fn into_string(self) -> String {
        self.0
    }
}

impl From<Tag> for Markup {
    fn from(Tag { name, open, inner }: Tag) -> Self {
        if VOID.contains(&name) {
            return Self(open + ">");
        }
        Self(format!("{open}>{inner}</{name}>"))
    }
}

/// Writes with everything escaped that means something in HTML.
struct Escaping<'a>(&'a mut String);

impl fmt::Write for Escaping<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for character in text.chars() {
            match character {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                // HTML has no such characters at all, not even escaped.
                '\0'..='\x08' | '\x0b' | '\x0c' | '\x0e'..='\x1f' | '\x7f' => {
                    self.0.push('\u{fffd}');
                }
                other => self.0.push(other),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_attributes_are_escaped() {
        let piece = tag("p").with("title", "\"a\" & 'b'").text("</script><b>\u{0}");
        assert_eq!(
            Markup::from(piece).into_string(),
            "<p title=\"&quot;a&quot; &amp; &#39;b&#39;\">&lt;/script&gt;&lt;b&gt;\u{fffd}</p>"
        );
    }

    #[test]
    fn elements_nest_and_void_ones_are_not_closed() {
        let image = tag("img").with("alt", "").flag("hidden");
        let piece = classed("div", "a").put(image).text("x").all([tag("i"), tag("b").text(1)]);
        assert_eq!(
            Markup::from(piece).into_string(),
            "<div class=\"a\"><img alt=\"\" hidden>x<i></i><b>1</b></div>"
        );
    }
}
