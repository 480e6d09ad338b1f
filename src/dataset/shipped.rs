//! The descriptors that are built into the program, so that it finds them from
//! any folder.
//!
//! Knows nothing of what they say.

/// Name and text of every file in `datasets/`.
const SHIPPED: &[(&str, &str)] = &[
    ("cifar10", include_str!("../../datasets/cifar10.ron")),
    ("fashion_mnist", include_str!("../../datasets/fashion_mnist.ron")),
    ("lines", include_str!("../../datasets/lines.ron")),
    ("mnist", include_str!("../../datasets/mnist.ron")),
    ("svhn", include_str!("../../datasets/svhn.ron")),
];

/// The names, sorted.
pub fn names() -> impl Iterator<Item = &'static str> {
    SHIPPED.iter().map(|(name, _)| *name)
}

/// The text of the descriptor `name`.
#[must_use]
pub fn text(name: &str) -> Option<&'static str> {
    SHIPPED.iter().find(|(shipped, _)| *shipped == name).map(|(_, text)| *text)
}

#[cfg(test)]
mod tests {
    use super::{super::descriptor::Descriptor, *};

    #[test]
    fn every_descriptor_is_sound_and_bears_its_name() {
        for name in names() {
            let text = text(name).unwrap();
            let descriptor: Descriptor = acai_common::text::from_str(name, text).unwrap();
            assert_eq!(descriptor.name.as_str(), name);
            assert_eq!(descriptor.contradictions(), []);
        }
    }

    #[test]
    fn no_descriptor_is_forgotten() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../datasets");
        let files = std::fs::read_dir(folder).unwrap();
        let stem =
            |path: std::path::PathBuf| path.file_stem().unwrap().to_string_lossy().into_owned();
        let mut stems: Vec<String> = files.map(|file| stem(file.unwrap().path())).collect();
        stems.sort();
        assert_eq!(stems, names().collect::<Vec<_>>());
    }
}
