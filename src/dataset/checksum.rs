//! Checksums as descriptors write them: `md5:f68b3c2d…`.
//!
//! Knows nothing of where files are.

use std::{
    fmt,
    io::{self, Read},
    path::Path,
    str::FromStr,
};

use flate2::read::MultiGzDecoder;
use serde::{Deserialize, Serialize};
use sha2::Digest;

use acai_common::files;

/// How many bytes are read at a time.
const PIECE: usize = 1 << 16;

/// How a checksum is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// 128 bits; what older datasets publish.
    Md5,
    /// 160 bits.
    Sha1,
    /// 256 bits; what is computed where nothing is published.
    Sha256,
}

/// A checksum; displayed and parsed as `algorithm:hexadecimal digits`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Checksum {
    /// How it is computed.
    pub algorithm: Algorithm,
    /// Lowercase hexadecimal digits.
    pub digits: String,
}

/// A text that is not a [`Checksum`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a checksum: write `md5:`, `sha1:` or `sha256:`, and 32, 40 or 64 hexadecimal digits"
)]
pub struct BadChecksum(pub String);

impl Algorithm {
    const ALL: [Self; 3] = [Self::Md5, Self::Sha1, Self::Sha256];

    /// The name as descriptors write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Md5 => "md5",
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
        }
    }

    fn digits(self) -> usize {
        match self {
            Self::Md5 => 32,
            Self::Sha1 => 40,
            Self::Sha256 => 64,
        }
    }
}

impl Checksum {
    /// The checksum of a file's bytes.
    pub fn of_file(algorithm: Algorithm, path: &Path) -> io::Result<Self> {
        Self::of(algorithm, files::open_regular(path)?)
    }

    /// The checksum of the content of a gzip file, of all its members.
    pub fn of_content(algorithm: Algorithm, path: &Path) -> io::Result<Self> {
        Self::of(algorithm, content(files::open_regular(path)?))
    }

    /// The checksum of all that `bytes` gives.
    pub fn of(algorithm: Algorithm, bytes: impl Read) -> io::Result<Self> {
        let digits = match algorithm {
            Algorithm::Md5 => digits_of::<md5::Md5>(bytes),
            Algorithm::Sha1 => digits_of::<sha1::Sha1>(bytes),
            Algorithm::Sha256 => digits_of::<sha2::Sha256>(bytes),
        };
        Ok(Self { algorithm, digits: digits? })
    }
}

/// What a gzip file holds.
pub(super) fn content(bytes: impl Read) -> impl Read {
    MultiGzDecoder::new(bytes)
}

fn digits_of<D: Digest>(mut bytes: impl Read) -> io::Result<String> {
    let mut digest = D::new();
    let mut piece = vec![0; PIECE];
    loop {
        match bytes.read(&mut piece) {
            Ok(0) => break,
            Ok(count) => digest.update(&piece[..count]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    let bytes = digest.finalize();
    Ok(bytes.iter().fold(String::new(), |digits, byte| digits + &format!("{byte:02x}")))
}

impl FromStr for Checksum {
    type Err = BadChecksum;

    fn from_str(text: &str) -> Result<Self, BadChecksum> {
        let bad = || BadChecksum(text.to_owned());
        let (name, digits) = text.split_once(':').ok_or_else(bad)?;
        let algorithm = Algorithm::ALL.into_iter().find(|algorithm| algorithm.as_str() == name);
        let algorithm = algorithm.ok_or_else(bad)?;
        let is_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !is_hex || digits.len() != algorithm.digits() {
            return Err(bad());
        }
        Ok(Self { algorithm, digits: digits.to_ascii_lowercase() })
    }
}

impl TryFrom<String> for Checksum {
    type Error = BadChecksum;

    fn try_from(text: String) -> Result<Self, BadChecksum> {
        text.parse()
    }
}

impl From<Checksum> for String {
    fn from(checksum: Checksum) -> Self {
        checksum.to_string()
    }
}

impl fmt::Display for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.algorithm.as_str(), self.digits)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, write::GzEncoder};

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn text_reads_back() {
        for text in [
            "md5:f68b3c2dcbeaaa9fbdd348bbdeb94873",
            "sha1:67eb016db431130d61cd03c7ad570b013799c88c",
        ] {
            assert_eq!(text.parse::<Checksum>().map(|sum| sum.to_string()), Ok(text.to_owned()));
        }
        for text in ["f68b3c2dcbeaaa9fbdd348bbdeb94873", "md5:f68b", "md6:00", "md5:", ""] {
            assert!(text.parse::<Checksum>().is_err(), "{text}");
        }
    }

    #[test]
    fn checksums_are_the_published_ones_of_abc() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("abc");
        fs_err::write(&path, "abc").unwrap();
        for text in [
            "md5:900150983cd24fb0d6963f7d28e17f72",
            "sha1:a9993e364706816aba3e25717850c26c9cd0d89d",
            "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        ] {
            let wanted: Checksum = text.parse().unwrap();
            assert_eq!(Checksum::of_file(wanted.algorithm, &path).unwrap(), wanted);
        }
    }

    #[test]
    fn the_content_of_gzip_is_that_of_all_its_members() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("abc.gz");
        fs_err::write(&path, [gzip(b"a"), gzip(b"bc")].concat()).unwrap();
        let content = Checksum::of_content(Algorithm::Md5, &path).unwrap();
        assert_eq!(content.to_string(), "md5:900150983cd24fb0d6963f7d28e17f72");
        let whole = fs_err::read(&path).unwrap();
        for bytes in [&b"abc"[..], &whole[..whole.len() - 5], b""] {
            fs_err::write(&path, bytes).unwrap();
            assert!(Checksum::of_content(Algorithm::Md5, &path).is_err(), "{bytes:?}");
        }
    }
}
