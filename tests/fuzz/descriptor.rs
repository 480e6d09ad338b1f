//! Descriptors of datasets, read as a pipeline's source names them.

use std::fs;

use acai_common::diagnostics::{Diagnostics, RenderOptions, SourceMap};
use acai_dataset::resolve::{self, ResolveError};

use super::{run, text_edit};

#[test]
fn survives() {
    let root = tempfile::tempdir().unwrap();
    let texts = super::texts("datasets", |_| true);
    run("descriptor", text_edit::mutants(), |mutant| {
        fs::write(root.path().join("d.ron"), mutant.of(&texts)).unwrap();
        let mut sources = SourceMap::default();
        match resolve::read("./d.ron", Some(root.path()), &mut sources) {
            Ok((descriptor, beside)) => {
                assert!(descriptor.contradictions().is_empty());
                assert!(beside.is_some());
            }
            Err(ResolveError::Descriptor(faults)) => {
                assert!(!faults.is_empty());
                let faults = Diagnostics::new(sources.into(), faults);
                assert!(!faults.render(RenderOptions { width: 80, colour: true }).is_empty());
            }
            Err(_) => {}
        }
    });
}
