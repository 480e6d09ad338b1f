//! Every kind of stage has its line in its table. The other tables are compared
//! with their folders by tests of their own crates, or make the `mod` lines.

use super::{
    none,
    source::{read, rust},
};

/// Names of the Rust files directly in `folder`, its root left out, with their text.
fn members(folder: &str) -> impl Iterator<Item = (String, String)> {
    let folder = format!("src/{folder}/");
    rust(&["src"]).into_iter().filter_map(move |path| {
        let name = path.strip_prefix(&folder)?.strip_suffix(".rs")?;
        (!name.contains('/') && name != "lib").then(|| (name.to_owned(), read(&path)))
    })
}

#[test]
fn every_stage_kind_is_in_the_table() {
    let table = read("src/stage/lib.rs");
    let kinds = members("stage").filter(|(_, text)| text.contains("impl Declared for"));
    let forgotten = kinds.filter(|(name, _)| !table.contains(&format!("=> {name}::")));
    none("add the kind to `stages!` in src/stage/lib.rs", forgotten.map(|(name, _)| name));
}
