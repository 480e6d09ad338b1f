//! What is wrong with an artifact, in archives that are perfect otherwise.
//!
//! Knows nothing of archives.

use std::path::Path;

use acai_artifact::{Kind, Layout, Reader, Writer};

use super::{super::forge::Forge, Hostile};

/// The path and the bytes of the artifact of a kind.
fn object(forge: &Forge, kind: Kind) -> (String, Vec<u8>) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.h5");
    let found = forge.entries.iter().filter(|entry| entry.path.starts_with("store/objects/"));
    let found = found.filter(|entry| {
        std::fs::write(&path, &entry.data).unwrap();
        Reader::open(&path).unwrap().kind() == kind
    });
    let found: Vec<_> = found.collect();
    (found[0].path.clone(), found[0].data.clone())
}

/// The bundle with the artifact of a kind changed, its digest in the manifest
/// put right.
fn with(good: &[u8], kind: Kind, change: &dyn Fn(Vec<u8>) -> Vec<u8>) -> Vec<u8> {
    let mut forge = Forge::read(good);
    let (path, data) = object(&forge, kind);
    forge.entry(&path).data = change(data);
    forge.write()
}

/// The same, changed by the HDF5 library.
fn edited(good: &[u8], kind: Kind, change: &dyn Fn(&hdf5::File)) -> Vec<u8> {
    with(good, kind, &|data| {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.h5");
        std::fs::write(&path, data).unwrap();
        let file = hdf5::File::open_rw(&path).unwrap();
        change(&file);
        file.close().unwrap();
        std::fs::read(&path).unwrap()
    })
}

/// One written anew. A program that another test starts at that moment inherits
/// HDF5's lock on the file, and then it cannot be read back: so once more.
fn written(kind: Kind, write: &dyn Fn(&mut Writer)) -> Vec<u8> {
    loop {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.h5");
        let mut out = Writer::create(&path, kind).unwrap();
        write(&mut out);
        match out.finish() {
            Ok(_) => return std::fs::read(&path).unwrap(),
            Err(error) => assert!(error.to_string().contains("unable to lock file"), "{error}"),
        }
    }
}

pub(super) fn flipped_weight(good: &[u8]) -> Hostile {
    let flip = |file: &hdf5::File| {
        let dataset = file.dataset("encoder/00/weight").unwrap();
        let mut weights = dataset.read_raw::<f32>().unwrap();
        weights[1] = f32::from_bits(weights[1].to_bits() ^ 1);
        dataset.write_raw(&weights).unwrap();
    };
    let says = "the artifact of models/baseline/0 is not what the lock says: it holds ";
    Hostile::new("a weight flipped", says, edited(good, Kind::Model, &flip))
}

pub(super) fn all(good: &[u8]) -> Vec<Hostile> {
    let all = [vec![flipped_weight(good)], others(good), traps(good), broken(good)];
    all.into_iter().flatten().collect()
}

/// Sound artifacts that are others.
fn others(good: &[u8]) -> Vec<Hostile> {
    let model = "the artifact of models/baseline/0 ";
    let images = object(&Forge::read(good), Kind::Images).1;
    let latents = "the artifact of latents/baseline/0 is not what the lock says";
    vec![
        Hostile::new(
            "another's",
            format!("{model}is not"),
            with(good, Kind::Model, &|_| images.clone()),
        ),
        Hostile::new(
            "an attribute more",
            latents,
            edited(good, Kind::Latents, &|file| {
                file.new_attr::<i64>().create("more").unwrap().write_scalar(&1_i64).unwrap();
            }),
        ),
        Hostile::new(
            "a dataset more",
            latents,
            edited(good, Kind::Latents, &|file| {
                file.new_dataset::<u8>().shape(1).create("more").unwrap();
            }),
        ),
        Hostile::new(
            "a score better",
            "the artifact of probe/baseline/0 is not",
            edited(good, Kind::Scores, &|file| {
                file.dataset("scores/accuracy").unwrap().write_scalar(&1.0_f64).unwrap();
            }),
        ),
        Hostile::new(
            "empty",
            format!("{model}is not"),
            with(good, Kind::Model, &|_| written(Kind::Model, &|_| ())),
        ),
    ]
}

/// What HDF5 would follow.
fn traps(good: &[u8]) -> Vec<Hostile> {
    let trap = |what: &str, says: &str, change: &dyn Fn(&hdf5::File)| {
        Hostile::new(what, says, edited(good, Kind::Latents, change))
    };
    let away = "is a link to something else, which no artifact has";
    vec![
        trap("a soft link", away, &|file| file.link_soft("/latents", "soft").unwrap()),
        trap("a link to a file", away, &|file| {
            file.link_external("/etc/passwd", "/", "away").unwrap();
        }),
        trap("a circle", "is nested too deep, or holds itself", &|file| {
            file.link_hard("/", "circle").unwrap();
        }),
        trap("data in another file", "lies in other files", &|file| {
            let builder = file.new_dataset::<u8>();
            let builder = builder.with_dcpl(|plan| plan.external("/etc/passwd", 0, 10));
            builder.shape(10).create("outside").unwrap();
        }),
        trap("a tebibyte of nothing", "says it holds more than the file can", &|file| {
            file.new_dataset::<u8>().no_chunk().shape(1_usize << 40).create("bomb").unwrap();
        }),
        trap("chunks of a gibibyte", "has chunks that are larger", &|file| {
            let size = 1_usize << 30;
            file.new_dataset::<u8>().chunk(size).deflate(9).shape(size).create("bomb").unwrap();
        }),
        trap("another packing", "is packed in a way that artifacts are not", &|file| {
            file.new_dataset::<u32>().chunk(8).nbit().shape(8).create("odd").unwrap();
        }),
        trap("a number of its own", "a type that artifacts hold", &|file| {
            file.new_dataset::<u16>().shape(1).create("odd").unwrap();
        }),
        deflated_zeros(good),
    ]
}

/// A file that is small and holds as much as deflate lets it.
fn deflated_zeros(good: &[u8]) -> Hostile {
    let zeros = vec![0_u8; 256 << 20];
    let bytes = with(good, Kind::Latents, &|_| {
        written(Kind::Latents, &|out| {
            out.write("latents/train", &[1 << 10, 1 << 18], &zeros, Layout::Compressed).unwrap();
        })
    });
    Hostile::new("256 MiB of deflated zeros", "is not what the lock says", bytes)
}

/// Files that are no HDF5, or damaged where HDF5 keeps its own.
fn broken(good: &[u8]) -> Vec<Hostile> {
    let model = "the artifact of models/baseline/0 ";
    let mut all = vec![
        Hostile::new("nothing", model, with(good, Kind::Model, &|_| Vec::new())),
        Hostile::new("noise", model, with(good, Kind::Model, &|data| vec![0xa5; data.len()])),
        Hostile::new("a text", model, with(good, Kind::Model, &|_| b"no HDF5".to_vec())),
        Hostile::new("a pipeline", model, with(good, Kind::Model, &|_| super::super::STUDY.into())),
    ];
    for tenth in 1..6 {
        let cut = with(good, Kind::Model, &|data| data[..data.len() * tenth / 6].to_vec());
        all.push(Hostile::new(format!("cut to {tenth} sixths"), model, cut));
    }
    let (_, data) = object(&Forge::read(good), Kind::Model);
    let marks: [&[u8]; 4] = [b"OHDR", b"GCOL", b"TREE", b"HEAP"];
    for mark in marks {
        let places = data.windows(4).enumerate().filter(|(_, window)| *window == mark);
        for (place, _) in places.take(4) {
            for (offset, new) in [(0, b'X'), (4, 0xff)] {
                let bytes = with(good, Kind::Model, &|mut data| {
                    data[place + offset] = new;
                    data
                });
                let mark = String::from_utf8_lossy(mark);
                all.push(Hostile::new(format!("{mark} at {place}+{offset}"), model, bytes));
            }
        }
    }
    all
}

/// A file that the HDF5 library never comes to the end of: the free room of the
/// heap that its texts are in has no length, so that the library goes nowhere.
pub(super) fn endless(good: &[u8]) -> Hostile {
    let bytes = with(good, Kind::Model, &|mut data| {
        let heap = data.windows(4).position(|window| window == b"GCOL").unwrap();
        let mut at = heap + 16;
        while data[at..at + 2] != [0, 0] {
            let size = u64::from_le_bytes(data[at + 8..at + 16].try_into().unwrap());
            at += 16 + size.next_multiple_of(8) as usize;
        }
        data[at + 8..at + 16].fill(0);
        data
    });
    let says = "the artifact of models/baseline/0 makes the HDF5 library crash, go on for ever";
    Hostile::new("an endless heap", says, bytes)
}

/// Every file is readable as long as nobody touches it.
#[test]
fn the_artifacts_that_are_changed_are_sound_before() {
    let forge = Forge::read(super::good());
    for kind in [Kind::Images, Kind::Model, Kind::Latents, Kind::Scores] {
        let (path, data) = object(&forge, kind);
        let same = with(super::good(), kind, &|data| data);
        assert!(Path::new(&path).extension().is_some() && !data.is_empty());
        assert!(same == super::good());
    }
}
