//! Lockfiles; one that is accepted is written and read again the same.

use acai_common::diagnostics::RenderOptions;
use acai_lockfile::Lockfile;

use super::{run, text_edit};

#[test]
fn survives() {
    let texts = super::texts("pipelines", |name| name.ends_with("quickstart.lock.ron"));
    run("lock", text_edit::mutants(), |mutant| match Lockfile::read("lock", &mutant.of(&texts)) {
        Ok(lock) => {
            let text = lock.write();
            let again = Lockfile::read("again", &text).map(|again| again.write());
            assert_eq!(again.ok(), Some(text));
        }
        Err(refused) => {
            assert!(!refused.render(RenderOptions { width: 80, colour: true }).is_empty());
        }
    });
}
