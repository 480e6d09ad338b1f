//! What was probably meant.
//!
//! Knows nothing of where a word was found.

/// How like each other two words are, at least, that are taken for the same.
const LIKE: f64 = 0.75;

/// At most so many items are named in a message.
const NAMED: usize = 10;

/// Of more known words none is suggested: comparing each wrong word with each known one
/// would take minutes.
const COMPARED: usize = 300;

/// No word that is longer is like another.
const LONGEST: usize = 200;

/// The known word most like `found`, if one is like it at all.
pub fn suggest<'a>(found: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let known: Vec<&str> = known.into_iter().collect();
    if known.len() > COMPARED || found.len() > LONGEST {
        return None;
    }
    let (likeness, word) = known
        .into_iter()
        .map(|word| (likeness(found, word), word))
        .max_by(|a, b| a.0.total_cmp(&b.0))?;
    (likeness >= LIKE).then_some(word)
}

/// From 0 to 1, whatever the case. Jaro and Winkler's measure sees nothing alike in
/// short words with two letters exchanged, `Vea` for `Vae`: one slip is enough for
/// any word of three letters or more.
fn likeness(a: &str, b: &str) -> f64 {
    let (a, b) = (a.to_lowercase(), b.to_lowercase());
    let is_slip = a.chars().count() > 2 && strsim::osa_distance(&a, &b) == 1;
    strsim::jaro_winkler(&a, &b).max(if is_slip { LIKE } else { 0.0 })
}

/// "`a`, `b`, `c`", cut as [`some_of`] does.
pub fn listed<T: std::fmt::Display>(words: impl IntoIterator<Item = T>) -> String {
    some_of(words.into_iter().map(|word| format!("`{word}`")))
}

/// "a, b, c"; of more than ten items the first ten "and 246 more".
pub fn some_of<T: std::fmt::Display>(items: impl IntoIterator<Item = T>) -> String {
    let mut items = items.into_iter();
    let named: Vec<String> = items.by_ref().take(NAMED).map(|item| item.to_string()).collect();
    let named = named.join(", ");
    match items.count() {
        0 => named,
        more => format!("{named} and {more} more"),
    }
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
    fn long_lists_are_cut_at_ten() {
        assert_eq!(some_of(0..10), "0, 1, 2, 3, 4, 5, 6, 7, 8, 9");
        assert_eq!(some_of(0..256), "0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 246 more");
        let names: Vec<String> = (0..300).map(|n| format!("name{n}")).collect();
        let help = alternatives("x", names.iter().map(String::as_str));
        assert!(help.ends_with("`name9` and 290 more"), "{help}");
    }

    #[test]
    fn of_very_many_words_and_for_very_long_ones_none_is_suggested() {
        let names: Vec<String> = (0..301).map(|n| format!("name{n}")).collect();
        let names = || names.iter().map(String::as_str);
        assert_eq!(suggest("nam7", names()), None);
        assert_eq!(suggest("nam7", names().take(300)), Some("name7"));
        assert_eq!(suggest(&"a".repeat(201), [&*"a".repeat(202)]), None);
    }

    #[test]
    fn a_slip_is_recognised_and_another_word_is_not() {
        let known = ["data", "net", "kimg", "batch", "variants"];
        assert_eq!(suggest("kimgg", known), Some("kimg"));
        assert_eq!(suggest("varients", known), Some("variants"));
        assert_eq!(suggest("KIMG", known), Some("kimg"));
        assert_eq!(suggest("colour", known), None);
        assert_eq!(suggest("Vea", ["Baseline", "Vae", "Aae"]), Some("Vae"));
        assert_eq!(suggest("ab", ["ba"]), None);
        assert_eq!(suggest("colour", []), None);
    }
}
