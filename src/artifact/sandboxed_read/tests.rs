//! Content arrives as it was sent, and nothing else does.

use std::path::Path;

use super::*;
use crate::{Digests, Kind, Layout, Reader, Writer};

fn artifact(path: &Path) -> Digests {
    let mut out = Writer::create(path, Kind::Images).unwrap();
    let pixels: Vec<u8> = (0..600_000_u32).map(|n| (n % 251) as u8).collect();
    out.write("images/train", &[600, 1_000], &pixels, Layout::Contiguous).unwrap();
    let angles: Vec<f64> = (0..5_000).map(f64::from).collect();
    out.write("angles/train", &[5_000], &angles, Layout::Compressed).unwrap();
    out.write("labels/test", &[0, 3], &[0_u32; 0], Layout::Compressed).unwrap();
    out.text_attribute("", "source", "files").unwrap();
    out.texts_attribute("images", "names", &["ä".to_owned(), String::new()]).unwrap();
    out.int_attribute("angles/train", "turns", -1).unwrap();
    out.score("mse", f64::NAN).unwrap();
    out.finish().unwrap()
}

fn sent(path: &Path) -> Vec<u8> {
    let mut stream = Vec::new();
    send(&Reader::open(path).unwrap(), &mut stream).unwrap();
    stream
}

#[test]
fn what_is_received_is_what_was_sent() {
    let dir = tempfile::tempdir().unwrap();
    let (from, to) = (dir.path().join("from.h5"), dir.path().join("to.h5"));
    let digests = artifact(&from);
    let bytes = std::fs::metadata(&from).unwrap().len();
    let stream = sent(&from);
    let received = receive(&mut stream.as_slice(), &to, bytes).unwrap();
    assert_eq!(received, (Kind::Images, digests.clone()));
    assert_eq!(Reader::open(&to).unwrap().digests().unwrap(), digests);
    // Once written by the receiver, the file is the same however often it is sent.
    let again = dir.path().join("again.h5");
    receive(&mut sent(&to).as_slice(), &again, bytes * 2).unwrap();
    assert_eq!(std::fs::read(&to).unwrap(), std::fs::read(&again).unwrap());
}

#[test]
fn a_stream_that_breaks_off_or_lies_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let (from, to) = (dir.path().join("from.h5"), dir.path().join("to.h5"));
    let digests = artifact(&from);
    let stream = sent(&from);
    let attempt = |stream: &[u8]| receive(&mut &*stream, &to, 1 << 20);
    for length in (0..stream.len()).step_by(4_099) {
        assert!(attempt(&stream[..length]).is_err(), "cut to {length} bytes");
    }
    for place in (0..stream.len()).step_by(997).chain(0..200) {
        let mut damaged = stream.clone();
        damaged[place] ^= 0x81;
        let taken = attempt(&damaged).is_ok_and(|(_, found)| found == digests);
        assert!(!taken, "byte {place}");
    }
    let error = receive(&mut stream.as_slice(), &to, 1_000).unwrap_err().to_string();
    assert_eq!(error, "there is more data than the file could hold");
}

#[test]
fn what_leads_out_of_the_file_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.h5");
    let refused = |change: &dyn Fn(&hdf5::File)| {
        artifact(&path);
        change(&hdf5::File::open_rw(&path).unwrap());
        let error = send(&Reader::open(&path).unwrap(), &mut Vec::new()).unwrap_err().to_string();
        error.split(": ").skip(1).collect::<Vec<_>>().join(": ")
    };
    let link = "is a link to something else, which no artifact has";
    for (message, change) in [
        (
            format!("`soft`: {link}"),
            &(|file: &hdf5::File| file.link_soft("/images", "soft").unwrap())
                as &dyn Fn(&hdf5::File),
        ),
        (format!("`away`: {link}"), &|file| {
            file.link_external("other.h5", "/images", "away").unwrap();
        }),
        (
            format!("`{}/angles`: is nested too deep, or holds itself", vec!["loop"; 16].join("/")),
            &|file| file.link_hard("/", "loop").unwrap(),
        ),
        ("`outside`: lies in other files".to_owned(), &|file| {
            let builder =
                file.new_dataset::<u8>().with_dcpl(|plan| plan.external("raw.bin", 0, 10));
            builder.shape(10).create("outside").unwrap();
        }),
        ("`empty`: says it holds more than the file can".to_owned(), &|file| {
            file.new_dataset::<u8>().no_chunk().shape(1_usize << 30).create("empty").unwrap();
        }),
        ("`odd`: is packed in a way that artifacts are not".to_owned(), &|file| {
            file.new_dataset::<u32>().chunk(10).nbit().shape(10).create("odd").unwrap();
        }),
    ] {
        assert_eq!(refused(change), message);
    }
}

/// A stream with one dataset of `rows` numbers, whose first chunk is `chunk`.
fn stream_with(rows: u64, chunk: &[u8], is_deflated: bool) -> Vec<u8> {
    let mut stream = [MAGIC, &[tag::KIND]].concat();
    let text = |stream: &mut Vec<u8>, text: &str| {
        stream.extend((text.len() as u64).to_le_bytes());
        stream.extend(text.as_bytes());
    };
    text(&mut stream, Kind::Images.as_str());
    stream.push(tag::PATHS);
    stream.extend(1_u64.to_le_bytes());
    text(&mut stream, "angles/train");
    stream.push(tag::DATASET);
    text(&mut stream, "angles/train");
    // 64-bit floats, compressed, one axis.
    stream.extend([4, 1, 1]);
    stream.extend(rows.to_le_bytes());
    stream.extend([tag::CHUNK, u8::from(is_deflated)]);
    stream.extend((chunk.len() as u64).to_le_bytes());
    stream.extend(chunk);
    stream.push(tag::END);
    stream
}

#[test]
fn a_chunk_is_taken_as_it_is_if_it_holds_what_it_should() {
    let dir = tempfile::tempdir().unwrap();
    let to = dir.path().join("to.h5");
    let deflated = |bytes: usize| {
        let level = flate2::Compression::new(1);
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), level);
        std::io::Write::write_all(&mut encoder, &vec![0; bytes]).unwrap();
        encoder.finish().unwrap()
    };
    let attempt = |rows: u64, chunk: &[u8], is_deflated| {
        receive(&mut &stream_with(rows, chunk, is_deflated)[..], &to, 1 << 20)
    };
    let sound = deflated(1_000 * 8);
    attempt(1_000, &sound, true).unwrap();
    let angles = Reader::open(&to).unwrap().read::<f64>("angles/train").unwrap().data;
    assert_eq!(angles, vec![0.0; 1_000]);
    attempt(1_000, &[0; 8_000], false).unwrap();
    let longer = [&sound[..], &[0]].concat();
    for (what, rows, chunk, is_deflated) in [
        ("something follows", 1_000, &longer[..], true),
        ("it ends too early", 1_000, &sound[..sound.len() - 1], true),
        ("it is too short", 1_000, &deflated(7_999), true),
        ("it is too long", 1_000, &deflated(8_001), true),
        ("it is not deflated", 1_000, &[0; 100], true),
        ("it is too short and not deflated", 1_000, &[0; 7_999], false),
        ("the dataset has no chunks", 10, &deflated(80), true),
        ("the dataset has more rows than a chunk", 40_000, &deflated(40_000 * 8), true),
        ("rows are missing", 40_000, &deflated(256 << 10), true),
    ] {
        let error = attempt(rows, chunk, is_deflated).unwrap_err().to_string();
        let expected = match what {
            "rows are missing" => "a dataset has too few rows",
            _ => "a chunk of a dataset is none",
        };
        assert_eq!(error, expected, "{what}");
    }
}

#[test]
fn chunks_are_handed_over_as_they_lie_in_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let (from, to) = (dir.path().join("from.h5"), dir.path().join("to.h5"));
    let mut out = Writer::create(&from, Kind::Latents).unwrap();
    // Two whole chunks and a part of one; the noise of the second cannot be deflated.
    let noise = |n: u64| {
        let mixed = n.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed ^ (mixed >> 27)
    };
    let numbers: Vec<i64> =
        (0..80_000).map(|n| if n < 32_768 { 3 } else { noise(n).cast_signed() }).collect();
    out.write("a", &[80_000], &numbers, Layout::Compressed).unwrap();
    let digests = out.finish().unwrap();
    let reader = Reader::open(&from).unwrap();
    let handed = stored::Deflated::of(&reader, "a", crate::ElementType::I64).unwrap();
    let lengths: Vec<(usize, bool)> =
        handed.iter().map(|chunk| chunk.unwrap()).map(|(bytes, is)| (bytes.len(), is)).collect();
    assert_eq!((handed.rows, lengths.len(), lengths[1]), (32_768, 2, (256 << 10, false)));
    assert!(lengths[0].0 < 4_096 && lengths[0].1, "{lengths:?}");
    let bytes = std::fs::metadata(&from).unwrap().len();
    let received = receive(&mut &sent(&from)[..], &to, bytes).unwrap();
    assert_eq!(received, (Kind::Latents, digests));
    assert_eq!(std::fs::read(&from).unwrap(), std::fs::read(&to).unwrap());
}
