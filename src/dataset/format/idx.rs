//! IDX files, as MNIST and its relatives come: `00 00 type axes`, the lengths of
//! the axes as big-endian 32-bit integers, then the elements, the last axis fastest.
//!
//! Whether a file is gzip is decided by its first bytes, not by its name.
//! The format is described at <http://yann.lecun.com/exdb/mnist/>.
//!
//! Knows nothing of what the images show.

use serde::{Deserialize, Serialize};

use super::{Format, InputName, InputPaths};
use crate::decode::{
    FormatError, Problem, Survey, TakeBlock,
    arrays::{self, Arrays},
    bounded_reader::{BoundedReader, Location},
    number::Coding,
    pixel_order::PixelOrder,
    shape,
};

/// The type code of uint8.
const UINT8: u8 = 8;

/// `Idx(images: "train-images-idx3-ubyte.gz", labels: "train-labels-idx1-ubyte.gz")`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Idx {
    /// The file of images: uint8 (n, rows, columns), plain or gzip.
    pub images: String,
    /// The file of labels: uint8 (n), plain or gzip.
    pub labels: String,
}

impl Format for Idx {
    fn inputs(&self) -> Vec<InputName<'_>> {
        vec![InputName::File(&self.images), InputName::File(&self.labels)]
    }

    fn identity(&self, content: &dyn Fn(&str) -> String) -> String {
        let (images, labels) = (content(&self.images), content(&self.labels));
        format!("Idx(images: {images}, labels: {labels})")
    }

    fn survey(&self, inputs: &InputPaths) -> Result<Survey, FormatError> {
        self.open(inputs)?.survey()
    }

    fn decode(
        &self,
        inputs: &InputPaths,
        count: usize,
        take: TakeBlock<'_>,
    ) -> Result<(), FormatError> {
        arrays::decode(|send| self.open(inputs)?.send(count, send), take)
    }
}

impl Idx {
    /// Opens both files and reads their headers.
    fn open(&self, inputs: &InputPaths) -> Result<Arrays<'static>, FormatError> {
        let open = |name| BoundedReader::plain_or_gzip(Location::new(inputs.path(name), ""));
        let (mut images, mut labels) = (open(&self.images)?, open(&self.labels)?);
        let [count, height, width] = axes(&mut images, "images: 3 axes (n, rows, columns)")?;
        let [named] = axes(&mut labels, "labels: 1 axis (n)")?;
        let survey = Survey::from_header(count, 1, height, width)
            .map_err(|problem| images.error(problem))?;
        if named != count {
            let counts = Problem::Counts { images: survey.count, labels: named as usize };
            return Err(labels.error(counts));
        }
        let (pixel_order, coding) = (PixelOrder::Planes, Coding::BYTE);
        Ok(Arrays { survey, pixel_order, images, labels, coding, padding: 0 })
    }
}

/// The lengths of the `N` axes that the header must have.
fn axes<const N: usize>(
    bounded_reader: &mut BoundedReader<'_>,
    wanted: &'static str,
) -> Result<[u64; N], FormatError> {
    let [zero, null, kind, axes] = bounded_reader.array("its header")?;
    if [zero, null] != [0, 0] {
        let found = format!("it starts with {zero:02x} {null:02x} {kind:02x} {axes:02x}");
        return Err(bounded_reader.error(Problem::Kind { wanted: "an IDX file", found }));
    }
    if kind != UINT8 {
        let found = format!("elements of the type {kind:#04x}");
        return Err(bounded_reader.error(Problem::Type { found, wanted: "uint8 (0x08)" }));
    }
    let mut lengths = Vec::new();
    for _ in 0..axes {
        lengths.push(u64::from(u32::from_be_bytes(bounded_reader.array("its header")?)));
    }
    let found = shape(&lengths);
    lengths.try_into().map_err(|_| bounded_reader.error(Problem::Shape { found, wanted }))
}

#[cfg(test)]
mod tests {
    use crate::decode::test_util::{bytes, folder, gzip, images as images_of, over, refusal};

    fn images() -> Vec<u8> {
        bytes("idx/images-idx3-ubyte")
    }

    fn labels() -> Vec<u8> {
        bytes("idx/labels-idx1-ubyte")
    }

    fn refused(images: &[u8], labels: &[u8]) -> String {
        let root = folder(&[("i", images), ("l", labels)]);
        refusal(&images_of(r#"Idx(images: "i", labels: "l")"#, root.path()))
    }

    #[test]
    fn other_files_and_other_shapes_are_refused() {
        let with = |at, new: &[u8]| refused(&over(&images(), at, new), &labels());
        assert_eq!(with(0, b"PK"), "i: is not an IDX file: it starts with 50 4b 08 03");
        assert_eq!(with(2, &[0x0d]), "i: holds elements of the type 0x0d; wanted is uint8 (0x08)");
        assert_eq!(
            refused(&labels(), &labels()),
            "i: has shape 7; wanted is images: 3 axes (n, rows, columns)"
        );
        assert_eq!(
            refused(&images(), &images()),
            "l: has shape 7×5×4; wanted is labels: 1 axis (n)"
        );
        assert_eq!(
            with(3, &[4]),
            "i: has shape 7×5×4×198153; wanted is images: 3 axes (n, rows, columns)",
            "the fourth length is the first pixels"
        );
        assert_eq!(
            with(3, &[255]),
            "i: ends within its header; it is cut short, get the file again"
        );
    }

    #[test]
    fn lying_lengths_are_refused_and_nothing_is_set_aside_for_them() {
        let with = |at, new: &[u8]| refused(&over(&images(), at, new), &labels());
        let huge = [0x80, 0, 0, 0];
        assert_eq!(
            with(8, &[huge, huge].concat()),
            "i: has images of 2147483648×2147483648 pixels; at most 4096×4096 are read"
        );
        assert!(with(8, &[0; 4]).contains("has shape 7 images of 1×0×4"), "{}", with(8, &[0; 4]));
        assert_eq!(
            with(4, &[0, 0, 0, 8]),
            "l: holds 7 labels, but there are 8 images; are the files of one split?"
        );
        let (many_images, many_labels) =
            (over(&images(), 4, &[0xff; 4]), over(&labels(), 4, &[0xff; 4]));
        let message = "i: is cut short: its header announces 4294967295 images, only 7 are whole; get \
                    the file again";
        assert_eq!(refused(&many_images, &many_labels), message);
        assert_eq!(refused(&gzip(&many_images), &gzip(&many_labels)), message);
    }

    #[test]
    fn files_end_where_they_should() {
        let short = "is cut short: its header announces 7";
        for (images, labels, message) in [
            (images()[..155].to_vec(), labels(), format!("i: {short} images, only 6 are whole")),
            (images(), labels()[..14].to_vec(), format!("l: {short} labels, only 6 are whole")),
            (images()[..16].to_vec(), labels(), format!("i: {short} images, only 0 are whole")),
            ([images(), vec![0]].concat(), labels(), "i: goes on after the 7 images".to_owned()),
            (images(), [labels(), vec![0]].concat(), "l: goes on after the 7 labels".to_owned()),
        ] {
            for pack in [<[u8]>::to_vec as fn(&[u8]) -> Vec<u8>, gzip] {
                let refused = refused(&pack(&images), &pack(&labels));
                assert!(refused.starts_with(&message), "{refused} is not {message}");
            }
        }
    }

    #[test]
    fn gzip_is_read_to_its_checksum() {
        let packed = gzip(&images());
        for end in 2..packed.len() {
            let refused = refused(&packed[..end], &labels());
            assert!(refused.starts_with("i: "), "cut after {end}: {refused}");
        }
        for at in packed.len() - 8..packed.len() {
            assert_eq!(
                refused(&over(&packed, at, &[packed[at] ^ 1]), &labels()),
                "i: is damaged: corrupt gzip stream does not have a matching checksum; get the \
                 file again"
            );
        }
        let trailed = [packed, b"more".to_vec()].concat();
        assert!(refused(&trailed, &labels()).starts_with("i: is damaged: "));
    }
}
