//! Results as a page, and as a table inside a document.

use std::fs;

use crate::support::{INSTANCES, Said, Space, TINY};

/// A pipeline that has run, and its page.
fn reported(text: &str, more: &[&str]) -> (Space, String) {
    let space = Space::new(text);
    space.run(more);
    let page = page(&space, more);
    (space, page)
}

fn page(space: &Space, more: &[&str]) -> String {
    let said = space.say(&[&["report", "tiny.ron", "-o", "-"], more].concat());
    assert_eq!((said.code, said.stderr.as_str()), (Some(0), ""));
    said.stdout
}

/// What stands between tags, spaces made one.
fn text(page: &str) -> String {
    let outside =
        page.split('<').map(|piece| piece.split_once('>').map_or(piece, |(_, text)| text));
    let text = outside.collect::<Vec<_>>().join(" ");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn a_page_has_the_scores_of_compare_and_every_part() {
    let text_of = TINY.replace("name: \"tiny\",", "name: \"tiny\", seeds: [0, 1],");
    let (space, page) = reported(&text_of, &["--set", "models.batch=8"]);
    let compared = space.say(&["compare", "tiny.ron", "--set", "models.batch=8"]);
    let shown = text(&page);
    for line in compared.stdout.lines().filter(|line| line.contains("difference")) {
        let interval = line.split_once("difference").unwrap().1.trim();
        assert!(shown.contains(interval), "{interval} is not in the page");
    }
    assert!(shown.contains("inconclusive at n=2"), "{shown}");
    for id in [
        "scores",
        "paths-paths",
        "map-map",
        "samples-samples",
        "curves-models",
        "pipeline",
        "provenance",
    ] {
        assert!(page.contains(&format!("<section id=\"{id}\"")), "{id}");
    }
    assert_eq!(page.matches("class=\"strip\"").count() % 3, 0, "ideal, baseline, acai");
    for term in ["mse", "adversarial", "critic mixed", "critic blended", "probe"] {
        assert!(page.contains(&format!("<b>{term}</b>")), "{term}");
    }
    assert!(page.contains("class=\"band v1\""), "two seeds have a band");
    assert!(shown.contains("Pair 0"), "{shown}");
    assert!(page.contains("aria-label=\"Map of baseline: "));
    assert!(shown.contains("What the scores mean"), "{shown}");
    assert!(shown.contains("models/acai/1 Train there"), "{shown}");
    let all = 2 * INSTANCES - 1;
    let summary = format!("2 variants · 2 seeds · all {all} instances are there");
    assert!(shown.contains(&summary), "{shown}");
    assert!(page.len() < 1_000_000, "{} bytes", page.len());
}

#[test]
fn a_page_loads_nothing_and_is_one_document() {
    let (_, page) = reported(TINY, &[]);
    assert!(page.starts_with("<!DOCTYPE html>\n<html lang=\"en\">") && page.ends_with("</html>\n"));
    assert!(page.contains("default-src 'none'; img-src data:;"));
    for address in page.split("src=\"").skip(1).chain(page.split("href=\"").skip(1)) {
        assert!(address.starts_with("data:") || address.starts_with('#'), "{}", &address[..40]);
    }
    assert!(!page.contains("url(") && !page.contains("@import"));
    for tag in ["script", "style", "section", "figure", "table", "div", "span"] {
        let opened =
            page.matches(&format!("<{tag}>")).count() + page.matches(&format!("<{tag} ")).count();
        assert_eq!(opened, page.matches(&format!("</{tag}>")).count(), "{tag}");
    }
}

#[test]
fn what_the_file_says_is_text_and_never_markup() {
    let comment = "// Is </script><img src=x onerror=\"alert(1)\"> & 'this' shown?\n";
    let space = Space::new(&format!("{comment}{TINY}"));
    let page = page(&space, &["--set", "models.variants.acai.regularizer.lambda=0.25"]);
    let safe =
        "Is &lt;/script&gt;&lt;img src=x onerror=&quot;alert(1)&quot;&gt; &amp; 'this' shown?";
    assert!(page.contains(&format!("<p class=\"lede\">{safe}</p>")), "{page}");
    assert!(!page.contains("<img src=x"));
    assert_eq!(page.matches("</script>").count(), 1);
    assert!(page.contains("--set models.variants.acai.regularizer.lambda=0.25"));
}

#[test]
fn what_has_not_run_is_named_with_its_command() {
    let space = Space::new(TINY);
    let empty = text(&page(&space, &[]));
    assert!(empty.contains("There are no scores yet."), "{empty}");
    assert!(empty.contains("Not there yet: paths/baseline/0, paths/acai/0."), "{empty}");
    assert!(empty.contains("acai-pipe run tiny.ron makes them."), "{empty}");
    let summary = format!("2 variants · 1 seed · 0 of {INSTANCES} instances are there");
    assert!(empty.contains(&summary), "{empty}");
    assert!(!space.path(".acai").exists());

    space.run(&["--set", "seeds=[3]"]);
    let part = page(&space, &["--set", "seeds=[3, 4]"]);
    let said = text(&part);
    assert!(said.contains("Not there yet: paths/baseline/4, paths/acai/4."), "{said}");
    assert!(said.contains("acai-pipe run tiny.ron --set 'seeds=[3, 4]'"), "{said}");
    assert!(said.contains("missing: acai, seed 4, at models, latents, clusters"), "{said}");
    assert!(said.contains("; seed 3.") && part.contains("class=\"strip\""), "{said}");
}

#[test]
fn one_variant_without_paths_has_a_page_too() {
    let text_of = TINY
        .replace(
            "\"acai\":     (autoencoder: Baseline, regularizer: Acai(lambda: 0.5, gamma: 0.2)),",
            "",
        )
        .replace("\"paths\":    Interpolate(model: \"models\", data: \"lines\", pairs: 16),", "");
    let (_, page) = reported(&text_of, &[]);
    assert!(text(&page).contains("1 variant · 1 seed · all "));
    assert!(!page.contains("id=\"paths") && !page.contains("class=\"against\""));
}

#[test]
fn the_page_is_a_file_named_after_its_pipeline_unless_told_otherwise() {
    let space = Space::new(TINY);
    let said = space.say(&["report", "tiny.ron"]);
    assert_eq!((said.code, said.stdout.as_str()), (Some(0), ""));
    assert!(said.stderr.starts_with("tiny.html: "), "{}", said.stderr);
    let first = fs::read_to_string(space.path("tiny.html")).unwrap();
    assert_eq!(first, page(&space, &[]), "the same results give the same page");
    let other = space.say(&["-q", "report", "tiny.ron", "-o", "other.html"]);
    assert_eq!((other.code, other.stderr.as_str()), (Some(0), ""));
    let mut names: Vec<_> =
        fs::read_dir(space.path("")).unwrap().map(|one| one.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["other.html", "tiny.html", "tiny.ron"], "nothing is left beside it");
}

const DOCUMENT: &str = "# It\r\n\n<!-- tiny -->\nold\n<!-- end of tiny -->\nrest, without an end";

fn splice(space: &Space, more: &[&str]) -> Said {
    space.say(&[&["report", "tiny.ron", "--splice", "it.md"], more].concat())
}

#[test]
fn the_table_is_kept_up_to_date_inside_a_document() {
    let space = Space::new(TINY);
    let document = space.path("it.md");
    fs::write(&document, DOCUMENT).unwrap();
    let early = splice(&space, &[]);
    assert_eq!(early.code, Some(2));
    let wanted = format!(
        "error: {INSTANCES} of {INSTANCES} instances have no result yet; `acai-pipe run tiny.ron` \
         makes them\n"
    );
    assert_eq!(early.stderr, wanted);

    space.run(&[]);
    let check = splice(&space, &["--check"]);
    assert_eq!(check.code, Some(1));
    assert_eq!(check.stderr, "`it.md` has another table than the results\n");
    assert_eq!(fs::read_to_string(&document).unwrap(), DOCUMENT);

    let said = splice(&space, &[]);
    assert_eq!((said.code, said.stdout.as_str(), said.stderr.as_str()), (Some(0), "", ""));
    let table = space.say(&["-q", "run", "tiny.ron"]).stdout;
    let wanted = format!(
        "# It\r\n\n<!-- tiny -->\n```\n{}\n```\n<!-- end of tiny -->\nrest, without an end",
        table.trim_end()
    );
    assert_eq!(fs::read_to_string(&document).unwrap(), wanted);
    assert_eq!(splice(&space, &["--check"]).code, Some(0));
    assert_eq!(splice(&space, &[]).code, Some(0));
    assert_eq!(fs::read_to_string(&document).unwrap(), wanted);
}

#[test]
fn a_document_without_its_comments_is_refused_and_stays() {
    let space = Space::new(TINY);
    space.run(&[]);
    fs::write(space.path("it.md"), "# It\n").unwrap();
    let said = splice(&space, &[]);
    assert_eq!(said.code, Some(2));
    assert_eq!(
        said.stderr,
        "error: `it.md` has no line `<!-- tiny -->`; the table goes between `<!-- tiny -->` and \
         `<!-- end of tiny -->`\n"
    );
    assert_eq!(fs::read_to_string(space.path("it.md")).unwrap(), "# It\n");
    fs::remove_file(space.path("it.md")).unwrap();
    let said = splice(&space, &[]);
    assert!(
        said.code == Some(2) && said.stderr.contains("`it.md` cannot be read"),
        "{}",
        said.stderr
    );
}

#[cfg(unix)]
#[test]
fn a_linked_document_stays_a_link_and_readable_by_whom_it_was() {
    use std::os::unix::fs::PermissionsExt as _;

    let space = Space::new(TINY);
    space.run(&[]);
    fs::write(space.path("real.md"), DOCUMENT).unwrap();
    fs::set_permissions(space.path("real.md"), fs::Permissions::from_mode(0o640)).unwrap();
    std::os::unix::fs::symlink("real.md", space.path("it.md")).unwrap();
    assert_eq!(splice(&space, &[]).code, Some(0));
    assert!(fs::symlink_metadata(space.path("it.md")).unwrap().is_symlink());
    let real = space.path("real.md");
    assert_eq!(fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o640);
    assert!(fs::read_to_string(&real).unwrap().contains("mean distance"));
}
