//! NumPy's `.npz`: a zip archive of arrays, stored or deflated.
//!
//! Knows nothing of what the headers of arrays say.

use std::path::Path;

use acai_archive::npz::{NpzError, NpzReader};
use serde::{Deserialize, Serialize};

use super::{Format, InputName, InputPaths};
use crate::decode::{
    FormatError, Names, Problem, Survey, TakeBlock,
    arrays::{self, Arrays},
    bounded_reader::{BoundedReader, Location},
    npy,
};

/// `Npz(file: "images.npz", images: "x", labels: "y")`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Npz {
    /// The archive.
    pub file: String,
    /// The array of images: uint8, (N, H, W), (N, H, W, C) or (N, C, H, W).
    pub images: String,
    /// The array of labels: integers, (N) or (N, 1).
    pub labels: String,
}

impl Format for Npz {
    fn inputs(&self) -> Vec<InputName<'_>> {
        vec![InputName::File(&self.file)]
    }

    fn identity(&self, content: &dyn Fn(&str) -> String) -> String {
        let Self { file, images, labels } = self;
        format!("Npz(file: {}, images: {images:?}, labels: {labels:?})", content(file))
    }

    fn survey(&self, inputs: &InputPaths) -> Result<Survey, FormatError> {
        let file = inputs.path(&self.file);
        let mut archives = [open(file)?, open(file)?];
        self.arrays(file, &mut archives)?.survey()
    }

    fn decode(
        &self,
        inputs: &InputPaths,
        count: usize,
        take: TakeBlock<'_>,
    ) -> Result<(), FormatError> {
        let file = inputs.path(&self.file);
        let read = |send: &mut dyn FnMut(_) -> bool| {
            let mut archives = [open(file)?, open(file)?];
            self.arrays(file, &mut archives)?.send(count, send)
        };
        arrays::decode(read, take)
    }
}

fn open(file: &Path) -> Result<NpzReader, FormatError> {
    let location = Location::new(file, "");
    NpzReader::new(location.open()?).map_err(|error| failed(&location, error))
}

impl Npz {
    /// Reads the headers of both arrays, each from an archive opened for it.
    fn arrays<'a>(
        &self,
        file: &Path,
        [images, labels]: &'a mut [NpzReader; 2],
    ) -> Result<Arrays<'a>, FormatError> {
        let (mut images, mut labels) = (
            bounded_reader(file, images, &self.images)?,
            bounded_reader(file, labels, &self.labels)?,
        );
        let header = npy::header(&mut images)?;
        let (survey, pixel_order) =
            npy::images(&header).map_err(|problem| images.error(problem))?;
        let header = npy::header(&mut labels)?;
        let (count, coding) = npy::labels(&header).map_err(|problem| labels.error(problem))?;
        if count != survey.count as u64 {
            let counts = Problem::Counts { images: survey.count, labels: count as usize };
            return Err(labels.error(counts));
        }
        Ok(Arrays { survey, pixel_order, images, labels, coding, padding: 0 })
    }
}

/// The stream of the member `name`, to whose name NumPy adds `.npy`.
fn bounded_reader<'a>(
    file: &Path,
    zip: &'a mut NpzReader,
    name: &str,
) -> Result<BoundedReader<'a>, FormatError> {
    let location = Location::new(file, name);
    let mut found = Names::default();
    zip.names().for_each(|name| found.push(&String::from_utf8_lossy(name)));
    let array = zip.array(name).map_err(|error| failed(&location, error))?;
    let missing = Problem::Missing { missing: name.to_owned(), found };
    let (size, array) = array.ok_or_else(|| Location::new(file, "").error(missing))?;
    Ok(BoundedReader::new(location, array).with_left(size))
}

fn failed(location: &Location, error: NpzError) -> FormatError {
    match error {
        NpzError::Io(error) => location.unreadable(error),
        NpzError::Damaged(reason) => location.error(Problem::Damaged { reason }),
        NpzError::Unsupported(found) => {
            let wanted = "a zip archive of stored or deflated arrays without a password";
            location.error(Problem::Kind { wanted, found })
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use crate::{
        decode::test_util::{bytes, folder, gather, images as images_of, over, refusal},
        format::ImageFiles,
    };

    fn npy(header: &str, data: &[u8]) -> Vec<u8> {
        let length = (header.len() as u16).to_le_bytes();
        [b"\x93NUMPY\x01\x00", &length[..], header.as_bytes(), data].concat()
    }

    fn array(dtype: &str, axes: &str, data: &[u8]) -> Vec<u8> {
        let header =
            format!("{{'descr': '{dtype}', 'fortran_order': False, 'shape': ({axes}), }}\n");
        npy(&header, data)
    }

    fn zip(members: &[(&str, Vec<u8>)]) -> Vec<u8> {
        let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for (name, data) in members {
            zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
            zip.write_all(data).unwrap();
        }
        zip.finish().unwrap().into_inner()
    }

    fn with<T>(file: &[u8], use_it: impl FnOnce(&ImageFiles) -> T) -> T {
        let root = folder(&[("n", file)]);
        use_it(&images_of(r#"Npz(file: "n", images: "x", labels: "y")"#, root.path()))
    }

    fn refused(file: &[u8]) -> String {
        with(file, refusal)
    }

    fn arrays(images: Vec<u8>, labels: Vec<u8>) -> Vec<u8> {
        zip(&[("x.npy", images), ("y.npy", labels)])
    }

    fn images() -> Vec<u8> {
        array("|u1", "3, 2, 2", &[7; 12])
    }

    fn labels() -> Vec<u8> {
        array("|i1", "3,", &[1, 2, 255])
    }

    #[test]
    fn a_last_axis_of_channels_wins() {
        let pixels: Vec<u8> = (0..9).collect();
        let one = |axes| arrays(array("|u1", axes, &pixels), array("|u1", "1,", &[5]));
        let decoded = |axes| with(&one(axes), |source| gather(source, 1)).unwrap().0;
        assert_eq!(decoded("1, 3, 1, 3"), [0, 3, 6, 1, 4, 7, 2, 5, 8], "as (n, H, W, C)");
        let first = arrays(array("|u1", "1, 3, 1, 2", &pixels[..6]), array("|u1", "1,", &[5]));
        assert_eq!(with(&first, |source| gather(source, 1)).unwrap().0, [0, 1, 2, 3, 4, 5]);
        assert_eq!(
            with(&arrays(images(), labels()), |source| gather(source, 3)).unwrap().1,
            [1, 2, -1]
        );
    }

    #[test]
    fn arrays_that_are_no_images_or_labels_are_refused() {
        let with_images = |images| refused(&arrays(images, labels()));
        assert_eq!(
            with_images(array("<f4", "3, 1, 1", &[0; 12])),
            "n: `x`: holds '<f4'; wanted is integers of 1, 2, 4 or 8 bytes"
        );
        assert_eq!(
            with_images(array("<i4", "3, 1, 1", &[0; 12])),
            "n: `x`: holds '<i4'; wanted is uint8 pixels"
        );
        assert_eq!(
            with_images(array("|u1", "12,", &[0; 12])),
            "n: `x`: has shape 12; wanted is images: (n, rows, columns), and 1 or 3 channels as \
             the last or second axis"
        );
        let with_labels = |labels| refused(&arrays(images(), labels));
        assert_eq!(
            with_labels(array("|u1", "3, 2", &[0; 6])),
            "n: `y`: has shape 3×2; wanted is labels: (n) or (n, 1)"
        );
        assert_eq!(
            with_labels(array("|u1", "2,", &[0; 2])),
            "n: `y`: holds 2 labels, but there are 3 images; are the files of one split?"
        );
        assert_eq!(
            with_labels(array("<u8", "3,", &[255; 24])),
            "n: `y`: has the label 18446744073709551615 at image 0; wanted is an integer of at \
             most 64 bits"
        );
    }

    #[test]
    fn pickles_and_fortran_order_are_refused() {
        assert_eq!(
            refused(&bytes("npz/pickled.npz")),
            "n: `y`: holds '|O'; wanted is plain numbers: objects are pickled, and unpickling runs \
             what the file says"
        );
        assert_eq!(
            refused(&bytes("npz/fortran.npz")),
            "n: `x`: holds an array in Fortran order; wanted is C order, which \
             `np.ascontiguousarray` makes"
        );
    }

    #[test]
    fn lying_headers_are_refused_and_nothing_is_set_aside_for_them() {
        let images = |axes| {
            let labels = array("|u1", &format!("{axes},"), &[0; 3]);
            refused(&arrays(array("|u1", &format!("{axes}, 2, 2"), &[0; 12]), labels))
        };
        assert_eq!(
            images(1_u64 << 60),
            "n: `x`: is cut short: its header announces 1152921504606846976 images, only 3 are \
             whole; get the file again"
        );
        assert!(images(1 << 62).ends_with("wanted is fewer bytes than a file can have"));
        assert_eq!(
            images(2),
            "n: `x`: goes on after the 2 images its header announces; get the file again"
        );
        let huge = array("|u1", "3, 2147483648, 2147483648", &[]);
        assert_eq!(
            refused(&arrays(huge, labels())),
            "n: `x`: has images of 2147483648×2147483648 pixels; at most 4096×4096 are read"
        );
        let long = [b"\x93NUMPY\x02\x00", &[0xff; 4][..]].concat();
        assert_eq!(
            refused(&arrays(long, labels())),
            "n: `x`: is damaged: a header of 4294967295 bytes; get the file again"
        );
        let deep = npy(&"(".repeat(4000), &[]);
        assert!(refused(&arrays(deep, labels())).starts_with("n: `x`: holds elements with fields"));
    }

    #[test]
    fn other_files_and_missing_arrays_are_reported() {
        assert!(refused(b"no zip").starts_with("n: is damaged: "));
        assert_eq!(
            refused(&zip(&[("x.npy", images()), ("labels.npy", labels())])),
            "n: does not hold `y`; it holds `x`, `labels`"
        );
        assert_eq!(
            refused(&arrays(b"not numpy".to_vec(), labels())),
            "n: `x`: is not an npy array: it starts with not nump"
        );
    }

    #[test]
    fn zip_is_read_to_its_checksum_and_cut_archives_are_refused() {
        for name in ["stored", "deflated"] {
            let whole = bytes(&format!("npz/{name}.npz"));
            for end in 0..whole.len() {
                let message = refused(&whole[..end]);
                assert!(message.starts_with("n: "), "{name} cut after {end}: {message}");
            }
        }
        let stored = bytes("npz/stored.npz");
        let pixel =
            stored.windows(8).position(|eight| eight == [0, 3, 6, 9, 16, 19, 22, 25]).unwrap();
        assert_eq!(
            refused(&over(&stored, pixel, &[1])),
            "n: `x`: is damaged: Invalid checksum; get the file again"
        );
    }
}
