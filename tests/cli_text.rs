//! Text as people's editors make it, and numbers and names out of all reason.

use crate::support::{Said, Space, TINY};

/// What `check` says of a pipeline file of these bytes.
fn check(bytes: &[u8]) -> Said {
    let space = Space::new(TINY);
    std::fs::write(space.path("tiny.ron"), bytes).unwrap();
    space.say(&["check", "tiny.ron"])
}

/// The same, where there is something wrong.
fn wrong(text: &str) -> String {
    let said = check(text.as_bytes());
    assert_eq!(said.code, Some(2), "{}", said.stderr);
    assert!(!said.stderr.contains("tiny.ron:0:"), "{}", said.stderr);
    said.stderr
}

#[test]
fn a_byte_order_mark_and_any_line_ends_make_no_difference() {
    let commented = format!("// Is it tiny?\n{TINY}");
    for text in [
        format!("\u{feff}{commented}"),
        commented.replace('\n', "\r\n"),
        commented.replace('\n', "\r"),
        format!("\u{feff}{}", commented.replace('\n', "\r")),
    ] {
        let said = check(text.as_bytes());
        assert_eq!(said.code, Some(0), "{}", said.stderr);
    }
    let misspelt = TINY.replace("kimg", "kimgg");
    let line = 1 + misspelt.lines().position(|line| line.contains("kimgg")).unwrap();
    for text in [format!("\u{feff}{misspelt}"), misspelt.replace('\n', "\r")] {
        assert!(wrong(&text).contains(&format!("tiny.ron:{line}:")), "{}", wrong(&text));
    }
}

#[test]
fn a_byte_order_mark_in_a_lock_or_descriptor_makes_no_difference() {
    let space = Space::new(TINY);
    space.run(&[]);
    let lock = space.path("tiny.lock.ron");
    let text = std::fs::read_to_string(&lock).unwrap();
    std::fs::write(&lock, format!("\u{feff}{text}")).unwrap();
    let said = space.say(&["run", "tiny.ron", "--locked"]);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    let shipped = include_str!("../datasets/lines.ron");
    std::fs::write(space.path("mine.ron"), format!("\u{feff}{shipped}")).unwrap();
    let said = space.say(&["data", "info", "./mine.ron"]);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
}

#[test]
fn other_encodings_are_named_in_pipeline_lock_and_descriptor() {
    let utf16: Vec<u8> =
        format!("\u{feff}{TINY}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    let space = Space::new(TINY);
    space.run(&[]);
    std::fs::write(space.path("tiny.lock.ron"), &utf16).unwrap();
    std::fs::write(space.path("mine.ron"), &utf16).unwrap();
    for arguments in [
        &["run", "tiny.ron", "--locked"][..],
        &["data", "info", "./mine.ron"],
        &["check", "mine.ron"],
    ] {
        let said = space.say(arguments);
        assert_eq!(said.code, Some(2), "{arguments:?} {}", said.stderr);
        let wanted = "is UTF-16 (little-endian): save it as UTF-8";
        assert!(said.stderr.contains(wanted), "{arguments:?} {}", said.stderr);
    }
    let said = check(b"// caf\xe9\nPipeline()");
    assert!(said.stderr.contains("line 1 has the byte 0xE9; save it as UTF-8"), "{}", said.stderr);
}

#[test]
fn characters_that_look_plain_are_named_by_their_code_point() {
    for (from, to, named, help) in [
        (": Dataset", ":\u{a0}Dataset", "a no-break space (U+00A0)", "use a plain space"),
        ("\"lines\":", "“lines”:", "a curly quotation mark (U+201C)", "use a plain quotation mark"),
        ("name:", "\u{200b}name:", "an invisible space of no width (U+200B)", "delete it"),
        ("kimg: 2", "kimg：2", "a wide colon (U+FF1A)", "use a plain colon"),
        ("count: 16", "count: –16", "a dash (U+2013)", "use a plain hyphen"),
    ] {
        let text = TINY.replace("  Dataset", " Dataset").replacen(from, to, 1);
        let said = wrong(&text);
        assert!(said.contains(named) && said.contains(help), "{said}");
    }
    let space = Space::new(TINY);
    for set in ["models.kimg=\u{a0}64", "name=“x”"] {
        let said = space.say(&["check", "tiny.ron", "--set", set]);
        assert_eq!(said.code, Some(2));
        assert!(said.stderr.contains("(U+"), "{}", said.stderr);
    }
}

#[test]
fn numbers_out_of_all_reason_are_faults_of_the_file_with_their_place() {
    for (from, to, told) in [
        ("kimg: 2,", "kimg: 2, batch: 1000000000000,", "a step on 1,000,000,000,000 images needs"),
        ("kimg: 2", "kimg: 18446744073709551615", "must be at most 4,194,303"),
        ("autoencoder: Baseline)", "autoencoder: VqVae(codes: 1000000000000))", "must be at most"),
        (
            "autoencoder: Baseline)",
            "autoencoder: Aae(hidden: [1000000000000]))",
            "from 1 to 65,536",
        ),
        ("count: 16", "count: 1000000000000", "must be at most 1,000,000"),
        ("train: 256", "train: 1000000000000", "must be at most 1,000,000,000"),
    ] {
        let said = wrong(&TINY.replacen(from, to, 1));
        assert!(said.contains(told) && said.contains("[tiny.ron:"), "{said}");
    }
    let said = wrong(&TINY.replace("kimg: 2,", "kimg: 2, batch: 1000000000000,"));
    assert!(said.contains("41.0 PB of memory") && said.contains("machine has "), "{said}");
}

/// More than this machine has, and less than no machine has.
#[test]
fn a_batch_that_does_not_fit_here_fails_alone_and_check_says_so_before() {
    if acai_common::machine::memory_bytes().is_none_or(|there| there > 1 << 46) {
        return;
    }
    let text = TINY.replace("kimg: 2,", "kimg: 2, batch: 10000000000,");
    assert!(wrong(&text).contains("a step on 10,000,000,000 images needs at least 409.6 TB"));
    let space = Space::new(&text);
    assert_eq!(space.say(&["plan", "tiny.ron"]).code, Some(0), "it can be looked at");
    let said = space.say(&["run", "tiny.ron"]);
    assert_eq!(said.code, Some(1), "{}", said.stderr);
    assert!(said.stderr.contains("take a smaller `batch`"), "{}", said.stderr);
    assert!(said.stderr.contains("1 ran"), "the images are drawn: {}", said.stderr);
}

#[test]
fn a_name_too_long_for_files_is_a_fault_of_the_file() {
    let long = "a".repeat(300);
    let pipeline = wrong(&TINY.replace("\"tiny\"", &format!("\"{long}\"")));
    assert!(pipeline.contains("100 characters in all at most"), "{pipeline}");
    let variant = wrong(&TINY.replacen("\"acai\"", &format!("\"{long}\""), 1));
    assert!(variant.contains("100 characters in all at most"), "{variant}");
}

#[test]
fn threads_are_limited_to_the_processors_there_are_and_that_is_told_once() {
    let space = Space::new(TINY);
    let said = space.say(&["run", "tiny.ron", "--threads", "65535"]);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    assert_eq!(
        said.stderr.matches("threads compute instead of 65535").count(),
        1,
        "{}",
        said.stderr
    );
    assert_eq!(
        space.say(&["check", "tiny.ron", "--threads", "1"]).stderr.matches("note").count(),
        0
    );
    assert_eq!(space.say(&["run", "tiny.ron", "-q", "--threads", "65535"]).stderr, "");
}

#[test]
fn lists_in_messages_are_cut_at_ten() {
    let space = Space::new(&TINY.replace("    stages:", "    seeds: [0],\n    stages:"));
    space.run(&[]);
    let seeds: Vec<String> = (0..257).map(|seed| seed.to_string()).collect();
    let set = format!("seeds=[{}]", seeds.join(", "));
    let said = space.say(&["compare", "tiny.ron", "--set", &set]);
    assert!(
        said.stderr.contains("seeds 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 246 more"),
        "{}",
        said.stderr
    );
}

#[test]
fn a_misspelt_primary_lists_only_what_its_stage_writes() {
    let said = wrong(&TINY.replace("    stages:", "    primary: \"probe.acuracy\",\n    stages:"));
    assert!(said.contains("did you mean `accuracy`?") && !said.contains("smoothness"), "{said}");
    let said = wrong(&TINY.replace("    stages:", "    primary: \"probe.detour\",\n    stages:"));
    assert!(said.contains("the stage `probe` has no score `detour`"), "{said}");
    let said = wrong(&TINY.replacen("autoencoder: Baseline)", "autoencoder: Vea)", 1));
    assert!(said.contains("did you mean `Vae`?"), "{said}");
}

/// `scores` of each line of `stages!` says no less than what stages write.
#[test]
fn every_score_that_is_written_is_one_of_its_kind() {
    let space = Space::new(TINY);
    space.run(&[]);
    for one in space.array("show", &[]) {
        let known = acai_stage::scores(one["kind"].as_str().unwrap()).unwrap();
        for name in one["scores"].as_object().unwrap().keys() {
            let is_known = known.iter().any(|score| score.name == name);
            assert!(is_known || acai_metric::score::is_bound(name), "{name} of {}", one["kind"]);
        }
    }
}
