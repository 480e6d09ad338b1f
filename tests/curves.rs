//! Scores along a training: written down, read back, and drawn.

use crate::support::{Space, TINY};

/// [`TINY`] with a snapshot after each kimg, scored.
fn with_snapshots() -> Space {
    let text = TINY
        .replace("kimg: 2,", "kimg: 2, snapshots: (every: 1),")
        .replace("pairs: 16)", "pairs: 16, at: MedianOfSnapshots)");
    let space = Space::new(&text);
    space.run(&[]);
    space
}

#[test]
fn curves_are_written_down_and_drawn_from_what_was_written() {
    let space = with_snapshots();
    let said = space.say(&["curves", "tiny.ron"]);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    let lines: Vec<&str> = said.stdout.lines().collect();
    assert_eq!(lines[0], "stage,variant,seed,kimg,score,value");
    let distances: Vec<&&str> =
        lines.iter().filter(|line| line.contains(",mean_distance,")).collect();
    assert_eq!(distances.len(), 4, "two variants, two snapshots: {}", said.stdout);
    assert!(distances[0].starts_with("paths,baseline,0,1,mean_distance,"), "{}", distances[0]);

    std::fs::write(space.path("curves.csv"), &said.stdout).unwrap();
    for (from, to) in [("tiny.ron", "first.svg"), ("curves.csv", "second.svg")] {
        let drawn = space.say(&["curves", from, "--svg", to, "--reference", "paper=0.01"]);
        assert_eq!(drawn.code, Some(0), "{}", drawn.stderr);
    }
    let read = |name: &str| std::fs::read_to_string(space.path(name)).unwrap();
    assert_eq!(read("first.svg"), read("second.svg"));
    for text in [">baseline<", ">acai<", ">paper<", "mean distance"] {
        assert!(read("first.svg").contains(text), "{text}");
    }
}

#[test]
fn what_cannot_be_drawn_is_told() {
    let space = with_snapshots();
    let said = |arguments: &[&str]| {
        let said = space.say(arguments);
        assert_eq!(said.code, Some(2), "{arguments:?}");
        said.stderr
    };
    let wrong = said(&["curves", "tiny.ron", "--svg", "x.svg", "--score", "smoothnes"]);
    assert!(wrong.contains("did you mean `smoothness`?"), "{wrong}");
    std::fs::write(space.path("bad.csv"), "stage,variant,seed,kimg,score,value\na,b,0,one,c,2\n")
        .unwrap();
    let wrong = said(&["curves", "bad.csv"]);
    assert!(wrong.contains("bad.csv: line 2: `one` is no kimg"), "{wrong}");
    let wrong = said(&["curves", "tiny.ron", "--svg", "x.svg", "--reference", "paper"]);
    assert!(wrong.contains("is not a name and a number"), "{wrong}");
    space.write(TINY);
    let wrong = said(&["curves", "tiny.ron", "--svg", "x.svg"]);
    assert!(wrong.contains("no scores of snapshots yet"), "{wrong}");
    assert!(!space.path("x.svg").exists());
}
