//! MATLAB files that lie, and variables that are no images or labels.

use crate::{
    decode::test_util::{bytes, deflate, folder, gather, images, over, refusal},
    format::ImageFiles,
};

/// The head of a little-endian file.
fn head() -> Vec<u8> {
    let mut head = b"MATLAB 5.0 MAT-file".to_vec();
    head.resize(124, b' ');
    [head, vec![0, 1], b"IM".to_vec()].concat()
}

fn element(kind: u32, bytes: &[u8]) -> Vec<u8> {
    let tag = [kind.to_le_bytes(), (bytes.len() as u32).to_le_bytes()].concat();
    let padding = vec![0; bytes.len().next_multiple_of(8) - bytes.len()];
    [tag, bytes.to_vec(), padding].concat()
}

fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

/// A variable of `class`, whose bytes are of the type `kind`.
fn variable(name: &str, class: u32, axes: &[u32], kind: u32, data: &[u8]) -> Vec<u8> {
    let parts = [
        element(6, &words(&[class, 0])),
        element(5, &words(axes)),
        element(1, name.as_bytes()),
        element(kind, data),
    ];
    element(14, &parts.concat())
}

fn packed(variable: &[u8]) -> Vec<u8> {
    let packed = deflate(variable);
    [words(&[15, packed.len() as u32]), packed].concat()
}

fn x() -> Vec<u8> {
    variable("X", 9, &[2, 2, 3], 2, &[7; 12])
}

fn y() -> Vec<u8> {
    variable("y", 6, &[3, 1], 2, &[1, 2, 3])
}

fn with<T>(variables: &[Vec<u8>], use_it: impl FnOnce(&ImageFiles) -> T) -> T {
    let root = folder(&[("m", &[head(), variables.concat()].concat())]);
    use_it(&images(r#"Mat5(file: "m")"#, root.path()))
}

fn refused(variables: &[Vec<u8>]) -> String {
    with(variables, refusal)
}

fn file(bytes: &[u8]) -> String {
    let root = folder(&[("m", bytes)]);
    refusal(&images(r#"Mat5(file: "m")"#, root.path()))
}

#[test]
fn variables_of_any_numbers_are_labels() {
    for (class, kind, bytes) in [
        (6, 1, vec![1, 0xff, 3]),
        (6, 9, [1.0, -1.0, 3.0_f64].iter().flat_map(|label| label.to_le_bytes()).collect()),
        (7, 7, [1.0, -1.0, 3.0_f32].iter().flat_map(|label| label.to_le_bytes()).collect()),
        (12, 3, vec![1, 0, 0xff, 0xff, 3, 0]),
        (14, 12, [1, -1, 3_i64].iter().flat_map(|label| label.to_le_bytes()).collect()),
    ] {
        let labels = variable("y", class, &[1, 3], kind, &bytes);
        for file in [[x(), labels.clone()], [packed(&labels), packed(&x())]] {
            let (images, labels) = with(&file, |source| gather(source, 3)).unwrap();
            assert_eq!((images, labels), (vec![7; 12], vec![1, -1, 3]), "class {class}");
        }
    }
}

#[test]
fn other_variables_are_told() {
    assert_eq!(
        refused(&[x(), variable("z", 4, &[1, 2], 4, &[0; 4])]),
        "m: does not hold `y`; it holds `X`, `z`"
    );
    assert_eq!(refused(&[]), "m: does not hold `X`; it holds nothing");
    assert_eq!(
        refused(&[x(), y(), packed(&x())]),
        "m: `X`: is there twice; which one is meant is ambiguous"
    );
}

#[test]
fn what_is_no_images_or_labels_is_refused() {
    let images = |class, axes: &[u32]| refused(&[variable("X", class, axes, 2, &[0; 12]), y()]);
    assert_eq!(images(6, &[2, 2, 3]), "m: `X`: holds double; wanted is uint8 pixels");
    assert_eq!(images(0x0809, &[2, 2, 3]), "m: `X`: holds complex uint8; wanted is uint8 pixels");
    assert_eq!(images(99, &[2, 2, 3]), "m: `X`: holds class 99; wanted is uint8 pixels");
    assert_eq!(
        images(9, &[4, 3]),
        "m: `X`: has shape 4×3; wanted is images: 4 axes (rows, columns, channels, n), or 3 for grey"
    );
    let labels = |variable| refused(&[x(), variable]);
    assert_eq!(
        labels(variable("y", 4, &[3, 1], 4, &[0; 6])),
        "m: `y`: holds char; wanted is numbers"
    );
    assert_eq!(
        labels(variable("y", 6, &[4, 1], 2, &[0; 4])),
        "m: `y`: holds 4 labels, but there are 3 images; are the files of one split?"
    );
    assert_eq!(
        labels(variable("y", 6, &[3, 2], 2, &[0; 6])),
        "m: `y`: has shape 3×2; wanted is labels: n×1 or 1×n"
    );
    let halves: Vec<u8> =
        [1.0, 2.5, 3.0_f64].iter().flat_map(|label| label.to_le_bytes()).collect();
    assert_eq!(
        labels(variable("y", 6, &[3, 1], 9, &halves)),
        "m: `y`: has the label 2.5 at image 1; wanted is an integer of at most 64 bits"
    );
}

#[test]
fn lying_lengths_are_refused_and_nothing_is_set_aside_for_them() {
    let images = |axes: &[u32], data: &[u8]| {
        let variable = variable("X", 9, axes, 2, data);
        let plain = refused(&[variable.clone(), y()]);
        assert_eq!(refused(&[packed(&variable), y()]), plain);
        plain
    };
    assert_eq!(
        images(&[1 << 31, 1 << 31, 3], &[0; 12]),
        "m: `X`: has images of 2147483648×2147483648 pixels; at most 4096×4096 are read"
    );
    assert_eq!(
        images(&[2, 2, 3, 1 << 31], &[0; 12]),
        "m: `y`: holds 3 labels, but there are 2147483648 images; are the files of one split?"
    );
    assert_eq!(
        images(&[2, 2, 3], &[0; 11]),
        "m: `X`: is damaged: its shape needs 12 bytes, but 11 are announced; get the file again"
    );
    let mut long = x();
    let data = long.len() - 20;
    long[data..data + 4].copy_from_slice(&(1_u32 << 30).to_le_bytes());
    assert!(refused(&[long, y()]).contains("but 1073741824 are announced"));
    let cut = &x()[8..x().len() - 16];
    assert_eq!(
        refused(&[element(14, cut), y()]),
        "m: `X`: is cut short: its header announces 3 images, only 0 are whole; get the file again"
    );
    assert_eq!(
        refused(&[packed(&over(&element(14, cut), 4, &[0xff])), y()]),
        "m: `X`: is cut short: its header announces 3 images, only 0 are whole; get the file again"
    );
}

#[test]
fn files_cut_anywhere_are_refused() {
    for name in ["colour", "plain", "grey", "big", "compact"] {
        let whole = bytes(&format!("mat5/{name}.mat"));
        for end in 0..whole.len() {
            let message = file(&whole[..end]);
            assert!(message.starts_with("m: "), "{name} cut after {end}: {message}");
        }
    }
    assert_eq!(
        file(&bytes("mat5/compact.mat")[..300]),
        "m: is damaged: a variable announces 227 bytes, but 164 are there; get the file again"
    );
}

#[test]
fn zlib_is_read_to_its_checksum() {
    let mut file = packed(&x());
    let last = file.len() - 1;
    file[last] ^= 1;
    assert!(refused(&[file, y()]).starts_with("m: `X`: is damaged: "));
    let over = [x(), vec![0; 8]].concat();
    assert_eq!(
        refused(&[packed(&over), y()]),
        "m: `X`: goes on after the 3 images its header announces; get the file again"
    );
}

#[test]
fn other_files_are_told_apart() {
    let version = |at: usize, new: &[u8]| file(&over(&[head(), x(), y()].concat(), at, new));
    let no = "m: is not a MATLAB version 5 file: ";
    assert_eq!(
        version(124, &[0, 2]),
        format!("{no}it is version 7.3, which is HDF5; save it with `-v7` in MATLAB")
    );
    assert_eq!(version(124, &[0, 9]), format!("{no}it is version 9"));
    assert_eq!(
        version(126, b"xx"),
        format!("{no}its header has no primary_checksum of the order of bytes")
    );
    assert_eq!(
        file(&over(&[0; 200], 0, b"\x89HDF")),
        format!("{no}it is HDF5; save it with `-v7` in MATLAB")
    );
    assert_eq!(
        version(128, &[9]),
        "m: is damaged: an element of type 9 where a variable must be; get the file again"
    );
}
