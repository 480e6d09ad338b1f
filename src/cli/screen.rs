//! What the terminal can show, from what it says of itself.
//!
//! Knows nothing of what is shown.

use std::io::IsTerminal;

use acai_report::screen::{ColourDepth, Screen};

/// Width where the terminal does not say it.
const WIDTH: usize = 80;

/// Narrower than this, nothing can be drawn.
const NARROWEST: usize = 20;

/// Stdout, and whether somebody looks at it: a terminal, or who insists on
/// colours with `CLICOLOR_FORCE`.
pub(super) fn stdout() -> (Screen, bool) {
    let is_seen = std::io::stdout().is_terminal();
    let width = terminal_size::terminal_size_of(std::io::stdout());
    let width = width.map(|(width, _)| usize::from(width.0)).filter(|_| is_seen);
    of(&|name| std::env::var(name).unwrap_or_default(), is_seen, width)
}

/// The same from environment variables (empty where they are not set), whether
/// it is a terminal, and how wide that says it is. `COLUMNS` comes first.
fn of(
    variable: &dyn Fn(&str) -> String,
    is_terminal: bool,
    width: Option<usize>,
) -> (Screen, bool) {
    let forced = !["", "0"].contains(&variable("CLICOLOR_FORCE").as_str());
    let is_seen = is_terminal || forced;
    let width = variable("COLUMNS").parse().ok().or(width).unwrap_or(WIDTH).max(NARROWEST);
    let depth = if is_seen { depth(variable) } else { ColourDepth::Characters };
    (Screen { width, depth, is_light: is_light(&variable("COLORFGBG")) }, is_seen)
}

fn depth(variable: &dyn Fn(&str) -> String) -> ColourDepth {
    let terminal = variable("TERM");
    if !variable("NO_COLOR").is_empty() || ["", "dumb"].contains(&terminal.as_str()) {
        return ColourDepth::Characters;
    }
    let says = variable("COLORTERM");
    if ["truecolor", "24bit"].contains(&says.as_str()) || terminal.ends_with("-direct") {
        ColourDepth::Colours
    } else if terminal.contains("256") {
        ColourDepth::Palette
    } else {
        ColourDepth::Greys
    }
}

/// Some terminals name their two colours, `15;0` for white on black.
fn is_light(named: &str) -> bool {
    let ground = named.rsplit(';').next().and_then(|ground| ground.parse::<u8>().ok());
    ground.is_some_and(|ground| ground == 7 || (9..=15).contains(&ground))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(set: &[(&str, &str)], is_terminal: bool) -> (Screen, bool) {
        let variable = |name: &str| {
            let found = set.iter().find(|(known, _)| *known == name);
            found.map_or_else(String::new, |(_, value)| (*value).to_owned())
        };
        of(&variable, is_terminal, is_terminal.then_some(120))
    }

    #[test]
    fn ink_is_what_the_terminal_says_it_has() {
        let depth = |set: &[(&str, &str)]| with(set, true).0.depth;
        let term = ("TERM", "xterm-256color");
        assert_eq!(depth(&[term, ("COLORTERM", "truecolor")]), ColourDepth::Colours);
        assert_eq!(depth(&[term]), ColourDepth::Palette);
        assert_eq!(depth(&[("TERM", "linux")]), ColourDepth::Greys);
        assert_eq!(depth(&[("TERM", "dumb"), ("COLORTERM", "truecolor")]), ColourDepth::Characters);
        assert_eq!(depth(&[]), ColourDepth::Characters);
        assert_eq!(depth(&[term, ("NO_COLOR", "1")]), ColourDepth::Characters);
        assert_eq!(depth(&[term, ("NO_COLOR", "")]), ColourDepth::Palette);
    }

    #[test]
    fn what_is_no_terminal_gets_plain_text_unless_somebody_insists() {
        let plain = [("TERM", "xterm"), ("COLORTERM", "24bit")];
        assert_eq!(
            with(&plain, false),
            (Screen { width: 80, depth: ColourDepth::Characters, is_light: false }, false)
        );
        let forced = [plain[0], plain[1], ("CLICOLOR_FORCE", "1")];
        let (screen, is_seen) = with(&forced, false);
        assert_eq!((screen.depth, is_seen), (ColourDepth::Colours, true));
    }

    #[test]
    fn columns_come_first_then_the_terminal() {
        let width = |set: &[(&str, &str)]| with(set, true).0.width;
        assert_eq!(
            [width(&[]), width(&[("COLUMNS", "60")]), width(&[("COLUMNS", "3")])],
            [120, 60, 20]
        );
        assert_eq!(width(&[("COLUMNS", "wide")]), 120);
    }

    #[test]
    fn light_grounds_are_known_where_they_are_told() {
        let grounds = ["0;15", "15;0", "0;default;7", "", "12;8"];
        assert_eq!(grounds.map(is_light), [true, false, true, false, false]);
    }
}
