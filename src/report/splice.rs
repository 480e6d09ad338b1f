//! A table kept up to date inside a document, between two comments:
//!
//! ````text
//! <!-- quickstart -->
//! ```
//! …
//! ```
//! <!-- end of quickstart -->
//! ````
//!
//! Knows nothing of files, and of what the table says.

/// Why a table cannot be put into a document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoPlace {
    /// A comment is not there.
    #[error(
        "has no line `{0}`; the table goes between `{open}` and `{close}`",
        open = open(.1),
        close = close(.1)
    )]
    Missing(String, String),
    /// A comment is there more than once.
    #[error("has the line `{0}` more than once")]
    Twice(String),
    /// The end comes first.
    #[error("has the line `{0}` before the one it ends")]
    Backwards(String),
}

/// The document with `table` between the comments that bear `name`, every other
/// byte as it was. Lines end as the first comment's does.
///
/// # Errors
/// If the comments are not there, each once and in order.
pub fn spliced(document: &str, name: &str, table: &str) -> Result<String, NoPlace> {
    let (open, close) = (open(name), close(name));
    let (first, last) = (line(document, &open, name)?, line(document, &close, name)?);
    if last < first {
        return Err(NoPlace::Backwards(close));
    }
    let start = first + open.len();
    let rest = &document[start..];
    let end = if rest.starts_with("\r\n") { "\r\n" } else { "\n" };
    let block = format!("\n```\n{}\n```\n", table.trim_end()).replace('\n', end);
    Ok(format!("{}{block}{}", &document[..start], &document[last..]))
}

fn open(name: &str) -> String {
    format!("<!-- {name} -->")
}

fn close(name: &str) -> String {
    format!("<!-- end of {name} -->")
}

/// Where the one line `wanted` starts.
fn line(document: &str, wanted: &str, name: &str) -> Result<usize, NoPlace> {
    let mut at = 0;
    let mut found = None;
    for line in document.split_inclusive('\n') {
        if line.trim_end() == wanted && found.replace(at).is_some() {
            return Err(NoPlace::Twice(wanted.to_owned()));
        }
        at += line.len();
    }
    found.ok_or_else(|| NoPlace::Missing(wanted.to_owned(), name.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: &str = "# It\n\n<!-- p -->\nold\n<!-- end of p -->\n\nmore `<!-- p -->`";

    #[test]
    fn only_what_is_between_the_comments_changes() {
        let after = spliced(BEFORE, "p", " a  1\n b  2\n").unwrap();
        let wanted =
            "# It\n\n<!-- p -->\n```\n a  1\n b  2\n```\n<!-- end of p -->\n\nmore `<!-- p -->`";
        assert_eq!(after, wanted);
        assert_eq!(spliced(&after, "p", " a  1\n b  2\n").unwrap(), after);
        let empty = spliced("<!-- p -->\n<!-- end of p -->", "p", "x").unwrap();
        assert_eq!(empty, "<!-- p -->\n```\nx\n```\n<!-- end of p -->");
    }

    #[test]
    fn lines_end_as_they_did() {
        let after = spliced(&BEFORE.replace('\n', "\r\n"), "p", "a\nb").unwrap();
        assert!(after.contains("<!-- p -->\r\n```\r\na\r\nb\r\n```\r\n<!-- end of p -->\r\n"));
        assert_eq!(after.matches('\n').count(), after.matches("\r\n").count());
    }

    #[test]
    fn comments_that_are_not_there_once_and_in_order_are_refused() {
        let fault = |document: &str| spliced(document, "p", "").unwrap_err().to_string();
        assert_eq!(
            fault("text"),
            "has no line `<!-- p -->`; the table goes between `<!-- p -->` and `<!-- end of p -->`"
        );
        assert!(fault("<!-- p -->\n").starts_with("has no line `<!-- end of p -->`; "));
        assert_eq!(
            fault(&format!("{BEFORE}\n<!-- p -->\n")),
            "has the line `<!-- p -->` more than once"
        );
        assert_eq!(
            fault("<!-- end of p -->\n<!-- p -->\n"),
            "has the line `<!-- end of p -->` before the one it ends"
        );
    }
}
