//! What `show` draws, literally: plain where nobody looks, in blocks and colours
//! where somebody does, and never wider than it may.
//!
//! Knows nothing of how it is drawn.

use crate::support::{Space, TINY};

/// Trained long enough for curves with four entries.
const TRAINED: &str = r#"Pipeline(
    name: "tiny",
    stages: {
        "lines":  Dataset(source: "lines", train: 256, test: 100),
        "models": Train(
            data: "lines",
            net: (depth: 2, latent: 2, width: 8),
            kimg: 16,
            lr: 0.01,
            variants: { "plain": (autoencoder: Baseline) },
        ),
        "latents": Encode(model: "models", data: "lines"),
        "paths":   Interpolate(model: "models", data: "lines", pairs: 16, points: 5),
        "map":     Project(latents: "latents"),
    },
)
"#;

const LOSSES: &str = "\
losses, steps 64 to 256
                first     last    least
  mse    █▁▁▁  0.2742  0.08635  0.08635
  probe  █▂▃▁   2.373    2.298    2.298

";

const PATHS: &str = "\
paths
  test images 0 and 16, distance ███▄▁ mean 0.03129, smoothness 0.7500

        ..
      .......           ...
      .......         ......
       ......         ......          .....
         ..           ......         .......
                        .            ......
                                       ..

  0.00            0.50            1.00

  test images 1 and 17, distance █▆▄▂▁ mean 0.02968, smoothness not a number
";

const MAP: &str = "\
map, by class
                        4 44 4 43  3
                     5           3   3
                   5                  2
                  5
                55                     2
            6 666                      2
      6 6 6                           22
    7                                  2
   7                                   2
  77                                  1
  7                                 111
  7                              1 1
  7                             1
                                 0
        88 8   8                0
                               00
                      8        9
                       9  9999

";

const WHOLE: &str = "\
models, seed 0: losses
                      first     last    least
  plain mse    █▁▁▁  0.2742  0.08635  0.08635
  plain probe  █▂▃▁   2.373    2.298    2.298

paths, seed 0: the first path

  plain


        ......               ..
       ........            ......
       .........          .......            .....
        .......           .......           ........
          ...             .......           ........
                            ...             .......
                                             ....

  0.00               0.50               1.00
";

/// What is shown, from a line on up to the key.
fn shown(space: &Space, instance: &[&str], about: &[(&str, &str)], from: &str) -> String {
    let mut command = space.command(&[&["show", "tiny.ron"], instance].concat());
    command.env("TERM", "xterm-256color").envs(about.iter().copied());
    let said = String::from_utf8(command.output().unwrap().stdout).unwrap();
    let lines = said.lines().skip_while(|line| *line != from);
    lines.take_while(|line| *line != "key").flat_map(|line| [line, "\n"]).collect()
}

/// Columns of the widest line.
fn widest(text: &str) -> usize {
    text.lines().map(|line| line.chars().count()).max().unwrap_or(0)
}

#[test]
fn drawings_fit_into_their_columns() {
    let space = Space::new(TRAINED);
    space.run(&[]);
    let losses =
        shown(&space, &["models/plain/0"], &[("COLUMNS", "72")], "losses, steps 64 to 256");
    assert_eq!(losses, LOSSES);
    let paths = shown(&space, &["paths/plain/0"], &[("COLUMNS", "50")], "paths");
    assert!(paths.starts_with(PATHS), "{paths}");
    let map = shown(&space, &["map/plain/0"], &[("COLUMNS", "40")], "map, by class");
    assert_eq!(map, MAP);
    let looked_at = [("COLUMNS", "60"), ("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")];
    assert_eq!(shown(&space, &[], &looked_at, "models, seed 0: losses"), WHOLE);
}

#[test]
fn pictures_have_the_colours_that_the_terminal_has() {
    let space = Space::new(TINY);
    space.run(&[]);
    let samples = |about: &[(&str, &str)]| {
        let about = [&[("COLUMNS", "60")], about].concat();
        shown(&space, &["samples/acai/0"], &about, "samples")
    };
    let forced = ("CLICOLOR_FORCE", "1");
    let plain = samples(&[]);
    assert!(!plain.contains('\x1b') && widest(&plain) <= 60, "{plain}");
    assert_eq!(plain, samples(&[forced, ("NO_COLOR", "1")]));
    assert_eq!(plain, samples(&[forced, ("TERM", "dumb")]));
    assert!(samples(&[forced, ("COLORTERM", "truecolor")]).contains("\x1b[0;38;2;"));
    assert!(samples(&[forced]).contains("\x1b[0;38;5;"));
    assert!(samples(&[forced, ("TERM", "linux")]).contains("\x1b[0;90"));
    let light = samples(&[("COLORFGBG", "0;15")]);
    assert!(light != plain && light.lines().count() == plain.lines().count(), "{light}");
}

#[test]
fn what_is_too_short_for_an_entry_draws_no_curves() {
    let space = Space::new(TINY);
    space.run(&[]);
    let said = space.say(&["show", "tiny.ron", "models/acai/0"]);
    assert!(!said.stdout.contains("losses"), "{}", said.stdout);
    let mut whole = space.command(&["show", "tiny.ron"]);
    let whole = whole.env("CLICOLOR_FORCE", "1").output().unwrap().stdout;
    let whole = String::from_utf8(whole).unwrap();
    assert!(
        !whole.contains("losses") && whole.contains("paths, seed 0: the first path"),
        "{whole}"
    );
}

#[test]
fn images_are_on_the_screen_unless_a_file_is_asked_for() {
    let space = Space::new(TINY);
    space.run(&[]);
    let show = |more: &[&str]| {
        let mut command = space.command(&[&["show", "tiny.ron", "lines"], more].concat());
        command.env("CLICOLOR_FORCE", "1").env("TERM", "xterm-256color");
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    };
    assert!(show(&[]).contains("▀") && !show(&[]).contains("contact sheet"));
    assert!(show(&["--png", "sheet.png"]).contains("contact sheet of the test images: sheet.png"));
    let sheet = space.picture("sheet.png");
    assert_eq!((sheet.width, sheet.height), (331, 331), "ten of ten classes");
}
