//! Records of a store; one that is accepted is written and read again the same.

use acai_engine::record::Record;

use super::{run, text_edit};
use crate::support::{Space, TINY};

#[test]
fn survives() {
    let space = Space::new(TINY);
    space.run(&[]);
    let texts = super::texts(space.path(".acai/actions"), |_| true);
    run("record", text_edit::mutants(), |mutant| {
        let Some(record) = Record::parse(&mutant.of(&texts)) else { return };
        let text = record.text();
        let again = Record::parse(&text).map(|again| again.text());
        assert_eq!(again.as_ref(), Some(&text));
    });
}
