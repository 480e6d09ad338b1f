//! Whatever is written in a file, reading and planning it end in a plan or in
//! diagnostics that can be shown, and nothing is accepted that ron refuses.

use acai_common::diagnostics::RenderOptions;
use acai_config::Pipeline;
use acai_plan::Plan;
use proptest::prelude::*;

const TEXT: &str = include_str!("quickstart_shape.ron");

/// Pieces that matter to a scanner.
const PIECES: [&str; 24] = [
    "(", ")", "{", "}", "[", "]", ",", ":", "\"", "'", "r#\"", "\"#", "/*", "*/", "//", "\\", "λ",
    "0", "-1.5e", "Some", "None", "acai", "\n", "\0",
];

/// Reads, plans and renders; tells whether the text is accepted.
pub(crate) fn survives(text: &str, sets: &[String]) -> bool {
    let planned = Pipeline::parse("mutant.ron", text, sets).and_then(|read| Plan::new(&read));
    match planned {
        Ok(_) => true,
        Err(diagnostics) => {
            assert!(!diagnostics.list().is_empty());
            assert!(!diagnostics.render(RenderOptions { width: 100, colour: true }).is_empty());
            false
        }
    }
}

pub(crate) fn is_ron(text: &str) -> bool {
    ron::from_str::<serde::de::IgnoredAny>(text).is_ok()
}

fn boundary(text: &str, at: usize) -> usize {
    (0..=at % (text.len() + 1)).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}

/// Cuts out a piece and puts another in its place.
fn mutate(text: &mut String, at: usize, length: usize, piece: &str) {
    let start = boundary(text, at);
    let end = boundary(text, (start + length).min(text.len())).max(start);
    text.replace_range(start..end, piece);
}

#[test]
fn the_text_itself_is_sound() {
    assert!(survives(TEXT, &[]));
    assert!(is_ron(TEXT));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn mutated_texts_are_planned_or_refused(
        mutations in prop::collection::vec(
            (any::<usize>(), 0_usize..12, prop::sample::select(PIECES.as_slice())),
            1..6,
        ),
    ) {
        let mut text = TEXT.to_owned();
        for (at, length, piece) in mutations {
            mutate(&mut text, at, length, piece);
        }
        prop_assert!(!survives(&text, &[]) || is_ron(&text), "ron refuses {text}");
    }

    #[test]
    fn truncated_texts_are_refused(at in 0..TEXT.len()) {
        let text = &TEXT[..boundary(TEXT, at)];
        prop_assert!(!survives(text, &[]) || is_ron(text));
    }

    #[test]
    fn any_setting_is_taken_or_refused(
        path in "(models|lines|name|seeds|x)?[.a-z]{0,12}",
        value in "\\PC{0,12}",
    ) {
        survives(TEXT, &[format!("{path}={value}"), value]);
    }

    #[test]
    fn any_text_is_refused(text in "\\PC{0,40}") {
        prop_assert!(!survives(&text, &[]));
    }
}
