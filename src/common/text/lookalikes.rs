//! Characters that look like plain ones, or like nothing, and that editors, chats
//! and web pages put in their place.
//!
//! Knows nothing of where they are found.

/// What such a character is called, and what to use instead; nothing for a
/// character that is what it looks like.
pub(super) fn lookalike(c: char) -> Option<(&'static str, &'static str)> {
    const SPACE: &str = "use a plain space";
    const NOTHING: &str = "delete it";
    const QUOTE: &str = "use a plain quotation mark, \"";
    const HYPHEN: &str = "use a plain hyphen, -";
    Some(match c {
        '\u{a0}' => ("a no-break space", SPACE),
        '\u{202f}' => ("a narrow no-break space", SPACE),
        '\u{3000}' => ("an ideographic space", SPACE),
        '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{205f}' => ("a special space", SPACE),
        '\u{85}' | '\u{b}' | '\u{c}' | '\u{2028}' | '\u{2029}' => {
            ("a special line break", "use a plain line break")
        }
        '\u{feff}' => ("a byte order mark", NOTHING),
        '\u{200b}'..='\u{200d}' | '\u{2060}' => ("an invisible space of no width", NOTHING),
        '\u{ad}' => ("an invisible soft hyphen", NOTHING),
        '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            ("an invisible mark of the writing direction", NOTHING)
        }
        '“' | '”' | '„' | '‟' | '«' | '»' | '″' | '＂' => {
            ("a curly quotation mark", QUOTE)
        }
        '‘' | '’' | '‚' | '‛' | '′' | '＇' => ("a curly quotation mark", QUOTE),
        '‐' | '‑' | '‒' | '–' | '—' | '−' | '－' => ("a dash", HYPHEN),
        '，' | '、' => ("a wide comma", "use a plain comma"),
        '：' => ("a wide colon", "use a plain colon"),
        '（' | '）' | '［' | '］' | '｛' | '｝' => ("a wide bracket", "use a plain bracket"),
        _ => return None,
    })
}

/// The first such character of `text`, and where it starts.
pub(super) fn first_lookalike(text: &str) -> Option<(usize, char)> {
    text.char_indices().find(|&(_, c)| lookalike(c).is_some())
}
