//! What is one file and one line must have its line: modules, stage kinds, verbs.
//!
//! Knows nothing of what the lines do.

use std::collections::BTreeSet;

use super::{
    none,
    source::{File, read, rust, words},
};

/// Files of `folder` itself, `mod.rs` left aside.
fn members(folder: &str) -> impl Iterator<Item = File> {
    let folder = format!("src/{folder}/");
    rust(&["src"]).into_iter().filter(move |file| {
        let name = file.path.strip_prefix(&folder);
        name.is_some_and(|name| !name.contains('/') && name != "mod.rs")
    })
}

fn stem(file: &File) -> String {
    file.path.rsplit('/').next().unwrap_or_default().trim_end_matches(".rs").to_owned()
}

#[test]
fn every_file_is_a_module() {
    let files = rust(&["src"]);
    let paths: BTreeSet<&str> = files.iter().map(|file| file.path.as_str()).collect();
    let mut forgotten = Vec::new();
    for file in files.iter().filter(|file| !["src/lib.rs", "src/main.rs"].contains(&&*file.path)) {
        let module = file.module();
        let (name, above) = module.split_last().expect("every file below src is a module");
        let parents = match above {
            [] => vec!["src/lib.rs".to_owned()],
            above => ["/mod.rs", ".rs"].map(|end| format!("src/{}{end}", above.join("/"))).into(),
        };
        let parent = parents.iter().find(|parent| paths.contains(parent.as_str()));
        let line = format!("mod {name};");
        if !parent.is_some_and(|parent| read(parent).contains(&line)) {
            forgotten.push(format!("{}: no `{line}` in {}", file.path, parents.join(" or ")));
        }
    }
    none("a file without its `mod` line is not compiled", forgotten);
}

#[test]
fn every_stage_kind_is_in_the_table() {
    let table = read("src/stage/mod.rs");
    let kinds = members("stage").filter(|file| file.shipped.contains("impl Declared for"));
    let forgotten = kinds.filter(|file| !table.contains(&format!("=> {}::", stem(file))));
    none("add the kind to `stages!` in src/stage/mod.rs", forgotten.map(|file| file.path));
}

#[test]
fn every_verb_is_in_the_table() {
    let table = read("src/cli/mod.rs");
    let verbs = members("cli")
        .filter(|file| file.text.starts_with(&format!("//! `acai-pipe {}", stem(file))));
    let forgotten = verbs.filter(|file| {
        let verb = stem(file);
        let mut places = words(&table, &verb);
        !places.any(|at| table[at + verb.len()..].starts_with("::"))
    });
    none("add the verb to `Verb` in src/cli/mod.rs", forgotten.map(|file| file.path));
}
