//! The table of scores against its folder, its page, and what was stored so far.

use std::{collections::BTreeSet, fmt::Write as _, fs, path::Path};

use super::*;

#[test]
fn every_file_is_a_line_of_the_table_and_is_named_after_its_score() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("score");
    let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let files: BTreeSet<String> =
        files.map(|file| file.file_stem().unwrap().to_str().unwrap().to_owned()).collect();
    let listed = FILES.iter().map(|&file| file.to_owned());
    assert_eq!(listed.chain(["tests".to_owned()]).collect::<BTreeSet<_>>(), files);
    let names: Vec<&str> = SCORES.iter().map(|score| score.name).collect();
    assert_eq!(names, FILES);
}

#[test]
fn a_label_shows_which_way_is_better() {
    assert_eq!(label("mean_distance"), "mean distance ↓");
    assert_eq!(label("train_accuracy"), "train accuracy ↑");
    assert_eq!(label("kl_divergence"), "kl divergence");
}

#[test]
fn a_score_of_unknown_origin_has_a_name_and_no_direction() {
    assert_eq!((find("inception_score"), direction("inception_score")), (None, None));
    assert_eq!(label("inception_score"), "inception score");
}

#[test]
fn meanings_are_one_sentence() {
    for Score { name, meaning, .. } in SCORES {
        assert!(meaning.ends_with('.') && !meaning[..meaning.len() - 1].contains(". "), "{name}");
    }
}

/// The table of `docs/scores.md`, which a reader and this test compare with
/// the program.
#[test]
fn the_page_of_scores_says_what_the_table_says() {
    let mut table = "| name | better | unit | what it is |\n| --- | --- | --- | --- |\n".to_owned();
    for Score { name, meaning, direction, unit, .. } in SCORES {
        let better = match direction {
            Some(Direction::LessIsBetter) => "less",
            Some(Direction::MoreIsBetter) => "more",
            None => "",
        };
        let _ = writeln!(table, "| `{name}` | {better} | {} | {meaning} |", unit.unwrap_or(""));
    }
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/scores.md");
    let text = fs::read_to_string(page).unwrap();
    assert!(text.contains(&table), "docs/scores.md should hold this table:\n{table}");
}
