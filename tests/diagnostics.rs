//! What a wrong pipeline file looks like to its author: one file per diagnostic under
//! `tests/diagnostics/`, its rendering beside it. Settings stand in the file's first
//! lines, as `// --set PATH=VALUE`. Wrong descriptors are `misspelt.ron`,
//! `unsound.ron` and `not_here.ron` in `tests/datasets/`.

use std::{collections::BTreeSet, path::Path};

use acai_common::diagnostics::{Diagnostics, RenderOptions};
use acai_config::Pipeline;
use acai_plan::Plan;

fn read(stem: &str) -> String {
    std::fs::read_to_string(Path::new("tests/diagnostics").join(stem).with_extension("ron"))
        .expect("every case has a file")
}

fn plan(file: &str, text: &str) -> Result<Plan, Diagnostics> {
    let set = |line: &str| line.strip_prefix("// --set ").map(str::to_owned);
    let sets: Vec<String> = text.lines().map_while(set).collect();
    Plan::new(&Pipeline::parse(file, text, &sets)?)
}

#[track_caller]
fn case(stem: &str) {
    let diagnostics = plan(&format!("{stem}.ron"), &read(stem)).expect_err("the file is wrong");
    let rendered = diagnostics.render(RenderOptions { width: 100, colour: false });
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("diagnostics");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(stem, rendered));
}

macro_rules! cases {
    ($($stem:ident,)+) => {
        $(#[test]
        fn $stem() {
            case(stringify!($stem));
        })+

        #[test]
        fn no_file_is_forgotten() {
            let files = std::fs::read_dir("tests/diagnostics").expect("the folder is there");
            let stems: BTreeSet<String> = files
                .map(|file| file.expect("the folder can be read").path())
                .filter(|path| path.extension().is_some_and(|extension| extension == "ron"))
                .map(|path| path.file_stem().expect("it has a name").to_string_lossy().into_owned())
                .collect();
            let tested = [$(stringify!($stem)),+].map(str::to_owned).into();
            assert_eq!(stems, tested);
        }
    };
}

cases! {
    autoencoder_out_of_range,
    bad_name,
    cycle,
    cycle_of_one,
    dataset_misspelt,
    dataset_no_descriptor,
    dataset_not_here,
    dataset_unsound,
    duplicate_field,
    duplicate_seed,
    duplicate_stage,
    empty_family,
    empty_seeds,
    identity_with_regularizer,
    several_diagnostics,
    missing_field,
    missing_name,
    net_not_compiled,
    no_stages,
    no_snapshots,
    no_such_member,
    out_of_range,
    primary_misspelt,
    primary_not_comparable,
    primary_without_score,
    reserved_name,
    set_out_of_range,
    set_wrong_path,
    set_wrong_type,
    snapshots_out_of_range,
    syntax,
    syntax_unclosed,
    too_many_images,
    too_many_pairs,
    two_families,
    two_unknown_fields,
    unknown_dataset,
    unknown_field,
    unknown_stage,
    unknown_variant,
    wrong_kind,
    wrong_kind_none,
    wrong_root,
    wrong_type,
}
