//! What was probably meant.
//!
//! Knows nothing of where a word was found.

/// The known word most like `found`, if one is like it at all.
pub fn suggest<'a>(found: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let (likeness, word) = known
        .into_iter()
        .map(|word| (likeness(found, word), word))
        .max_by(|a, b| a.0.total_cmp(&b.0))?;
    (likeness >= 0.75).then_some(word)
}

/// From 0 to 1, whatever the case.
fn likeness(a: &str, b: &str) -> f64 {
    strsim::jaro_winkler(&a.to_lowercase(), &b.to_lowercase())
}

/// "`a`, `b`, `c`".
pub fn listed<T: std::fmt::Display>(words: impl IntoIterator<Item = T>) -> String {
    let words: Vec<String> = words.into_iter().map(|word| format!("`{word}`")).collect();
    words.join(", ")
}

/// "did you mean `net`? there are: `data`, `net`", for help.
pub fn alternatives<'a>(found: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    match (suggest(found, known.iter().copied()), known.len()) {
        (Some(meant), 1) => format!("did you mean `{meant}`?"),
        (Some(meant), _) => format!("did you mean `{meant}`? {}", there_are(known)),
        (None, _) => there_are(known),
    }
}

/// "there are: `data`, `net`".
pub(super) fn there_are<'a>(known: impl IntoIterator<Item = &'a str>) -> String {
    let known = listed(known);
    if known.is_empty() { "there are none".to_owned() } else { format!("there are: {known}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_recognised_and_another_word_is_not() {
        let known = ["data", "net", "kimg", "batch", "variants"];
        assert_eq!(suggest("kimgg", known), Some("kimg"));
        assert_eq!(suggest("varients", known), Some("variants"));
        assert_eq!(suggest("KIMG", known), Some("kimg"));
        assert_eq!(suggest("colour", known), None);
        assert_eq!(suggest("colour", []), None);
    }
}
