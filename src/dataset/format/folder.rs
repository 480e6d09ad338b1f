//! PNG and JPEG files, one folder per class.
//!
//! Colours and size are those of the first image; one that is unlike it is refused.
//!
//! Knows nothing of how a picture is coded.

use std::path::{Path, PathBuf};

use acai_picture::PictureHeader;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{Format, InputName, InputPaths};
use crate::{
    checksum::Checksum,
    decode::{
        FormatError, ImageBlock, Problem, Survey, TakeBlock,
        bounded_reader::{BoundedReader, Location},
        labelled_files::{self, LabelledFile},
        picture,
        read_ahead::read_ahead,
    },
};

/// Bytes of files that are held at once, or those of one file.
const HELD: usize = 1 << 22;

/// `Folder(path: "leaves")`: the folder has one folder per class.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Folder {
    /// The folder's name.
    pub path: String,
    /// Of all that is in it, if it is known; then the folder need not be there to
    /// plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checksum: Option<Checksum>,
}

impl Format for Folder {
    fn inputs(&self) -> Vec<InputName<'_>> {
        vec![InputName::ClassFolder { name: &self.path, checksum: self.checksum.as_ref() }]
    }

    fn identity(&self, content: &dyn Fn(&str) -> String) -> String {
        format!("Folder({})", content(&self.path))
    }

    fn survey(&self, inputs: &InputPaths) -> Result<Survey, FormatError> {
        Ok(Pictures::open(inputs.path(&self.path), inputs.classes())?.survey)
    }

    fn decode(
        &self,
        inputs: &InputPaths,
        count: usize,
        take: TakeBlock<'_>,
    ) -> Result<(), FormatError> {
        let root = inputs.path(&self.path);
        let pictures = Pictures::open(root, inputs.classes())?;
        let too_few = |problem| Location::new(root, "").error(problem);
        pictures.survey.has(count).map_err(too_few)?;
        let files = &pictures.files[..count];
        read_ahead(
            |send| pictures.read(files, send),
            |batch: Batch| Ok(take(pictures.block(&files[batch.first..], &batch)?)),
        )
    }

    fn labelled_files(
        &self,
        inputs: &InputPaths,
    ) -> Result<Option<Vec<(i64, PathBuf)>>, FormatError> {
        let files = labelled_files::list(inputs.path(&self.path), inputs.classes())?;
        Ok(Some(files.into_iter().map(|file| (file.label, file.path)).collect()))
    }

    fn declare(&mut self, content: &dyn Fn(&str) -> Option<Checksum>) {
        self.checksum = content(&self.path);
    }
}

/// The files and what they have in common.
struct Pictures {
    files: Vec<LabelledFile>,
    survey: Survey,
    header: PictureHeader,
}

/// The bytes of some files in a row.
struct Batch {
    first: usize,
    bytes: Vec<Vec<u8>>,
}

impl Pictures {
    fn open(root: &Path, classes: &[String]) -> Result<Self, FormatError> {
        let files = labelled_files::list(root, classes)?;
        let first = Location::new(&files[0].path, "");
        let bytes = read(&files[0].path)?;
        let header = picture::header(&bytes).map_err(|problem| first.error(problem))?;
        let survey =
            picture::survey(header, files.len()).map_err(|problem| first.error(problem))?;
        Ok(Self { files, survey, header })
    }

    fn read(
        &self,
        files: &[LabelledFile],
        send: &mut dyn FnMut(Batch) -> bool,
    ) -> Result<(), FormatError> {
        let mut batch = Batch { first: 0, bytes: Vec::new() };
        let mut held = 0;
        for (at, file) in files.iter().enumerate() {
            let bytes = read(&file.path)?;
            held += bytes.len();
            batch.bytes.push(bytes);
            if held >= HELD || batch.bytes.len() == self.survey.per_block() || at + 1 == files.len()
            {
                held = 0;
                let next = Batch { first: at + 1, bytes: Vec::new() };
                if !send(std::mem::replace(&mut batch, next)) {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    fn block(&self, files: &[LabelledFile], batch: &Batch) -> Result<ImageBlock, FormatError> {
        let image = self.survey.image();
        let mut images = vec![0; batch.bytes.len() * image];
        let work = images.par_chunks_mut(image).zip(&batch.bytes).zip(files);
        let done: Vec<_> =
            work.map(|((image, bytes), file)| self.decode(&file.path, bytes, image)).collect();
        done.into_iter().collect::<Result<(), FormatError>>()?;
        let labels = files[..batch.bytes.len()].iter().map(|file| file.label).collect();
        Ok(ImageBlock { first: batch.first, images, labels })
    }

    fn decode(&self, path: &Path, bytes: &[u8], image: &mut [u8]) -> Result<(), FormatError> {
        let error = |problem| Location::new(path, "").error(problem);
        picture::decode(bytes, self.header, image).map_err(error)?.map_err(|found| {
            let (found, wanted) = (found.to_string(), self.header.to_string());
            let first: PathBuf = self.files[0].path.clone();
            error(Problem::Mixed { found, first, wanted })
        })
    }
}

fn read(path: &Path) -> Result<Vec<u8>, FormatError> {
    let location = Location::new(path, "");
    let file = location.open()?;
    picture::read(BoundedReader::new(location, file))
}

#[cfg(test)]
mod tests {
    use crate::decode::{
        Survey,
        test_util::{bytes, classes, folder, gather, images, over, refusal, seen, tiny},
    };

    fn with(files: &[(&str, &[u8])]) -> String {
        let root = folder(files);
        let name = root.path().file_name().unwrap().to_str().unwrap();
        let text = format!("Folder(path: {name:?})");
        refusal(&images(&text, root.path().parent().unwrap()))
    }

    /// A PNG of one pixel with alpha.
    const ALPHA: &[u8] =
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89\
        \0\0\0\x0bIDATx\x9cc`\x04\x02\0\0\x0f\0\x05\x84\xeb\xce\xe3\0\0\0\0IEND\xaeB`\x82";

    fn png() -> Vec<u8> {
        bytes("png_grey/class_0/0.png")
    }

    #[test]
    fn jpeg_is_decoded_as_pillow_does_but_for_rounding() {
        for (name, channels) in [("jpeg_grey", 1), ("jpeg_colour", 3)] {
            for file in ["class_0/0.jpg", "class_0/1.jpg", "class_1/2.jpg", "class_1/3.jpg"] {
                assert!(tiny(name).join(file).exists());
            }
            let text = format!("Folder(path: {name:?})");
            let source = classes(&text, &tiny(""), &["class_0", "class_1"]);
            let survey = Survey { count: 4, channels, height: 8, width: 16 };
            assert_eq!(source.survey().unwrap(), survey);
            let (images, labels) = gather(&source, 4).unwrap();
            assert_eq!(labels, [0, 0, 1, 1]);
            let wanted = &seen(&format!("{name}_pixels"))[0];
            let wanted = wanted
                .as_bytes()
                .chunks(2)
                .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap());
            let apart = images.iter().zip(wanted).map(|(got, want)| got.abs_diff(want));
            let apart: Vec<u8> = apart.collect();
            assert_eq!(apart.len(), images.len());
            assert!(apart.iter().all(|&apart| apart <= 3), "{name}: {apart:?}");
            let sum: u32 = apart.iter().map(|&apart| u32::from(apart)).sum();
            assert!(sum * 2 < apart.len() as u32, "{name}: {sum} in {} pixels", apart.len());
        }
    }

    #[test]
    fn the_order_of_classes_is_the_order_asked_for() {
        for file in ["class_0/1.png", "class_0/2.png", "class_1/3.png"] {
            assert!(tiny("png_grey").join(file).exists());
        }
        for file in ["class_1/4.png", "class_1/5.png", "class_1/6.png"] {
            assert!(tiny("png_colour").join(file).exists());
        }
        let of = |names: &[&str]| classes(r#"Folder(path: "png_grey")"#, &tiny(""), names);
        let (images, labels) = gather(&of(&["class_1", "class_0"]), 7).unwrap();
        assert_eq!(labels, [0, 0, 0, 0, 1, 1, 1]);
        let (usual, _) = gather(&of(&[]), 7).unwrap();
        assert_eq!(images, [&usual[60..], &usual[..60]].concat());
    }

    #[test]
    fn images_unlike_the_first_are_refused_with_both_names() {
        let colour = bytes("png_colour/class_0/0.png");
        let other = bytes("jpeg_grey/class_0/0.jpg");
        let message = with(&[("a/1.png", &png()), ("b/2.png", &colour)]);
        assert!(message.starts_with("b/2.png: is RGB, 5×4 pixels, but "), "{message}");
        assert!(
            message.ends_with("a/1.png is grey, 5×4 pixels; all images must be alike"),
            "{message}"
        );
        let message = with(&[("a/1.png", &png()), ("a/2.jpg", &other), ("a/3.png", &colour)]);
        assert!(
            message.starts_with("a/2.jpg: is grey, 8×16 pixels, but "),
            "the first counts: {message}"
        );
    }

    #[test]
    fn alpha_is_refused() {
        assert_eq!(
            with(&[("a/1.png", ALPHA)]),
            "a/1.png: holds pixels of the type Rgba8; wanted is grey or RGB of 8 bits, without alpha"
        );
    }

    #[test]
    fn damaged_pictures_are_refused() {
        assert_eq!(
            with(&[("a/1.png", b"BM text")]),
            "a/1.png: is not a PNG or JPEG file: it starts with 42 4d 20 74"
        );
        assert_eq!(
            with(&[("a/1.png", b"")]),
            "a/1.png: is not a PNG or JPEG file: it starts with nothing"
        );
        let whole = png();
        for end in 0..whole.len() - 12 {
            let message = with(&[("a/1.png", &whole), ("a/2.png", &whole[..end])]);
            assert!(message.starts_with("a/2.png: "), "cut after {end}: {message}");
        }
        let jpeg = bytes("jpeg_colour/class_0/0.jpg");
        for end in 0..jpeg.len() - 1 {
            let message = with(&[("a/1.jpg", &jpeg), ("a/2.jpg", &jpeg[..end])]);
            assert!(message.starts_with("a/2.jpg: "), "cut after {end}: {message}");
        }
        let wide = over(&whole, 16, &[0, 0, 0x20, 0]);
        assert!(with(&[("a/1.png", &wide)]).starts_with("a/1.png: "));
    }
}
