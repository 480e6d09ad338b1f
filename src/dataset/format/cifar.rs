//! CIFAR-10's binary version: records of a label and 32×32 pixels of red, then of
//! green, then of blue, in the members of an archive or in one file.
//!
//! Nothing is ever unpacked to disk.
//! The format is described at <https://www.cs.toronto.edu/~kriz/cifar.html>.
//!
//! Knows nothing of what the images show.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{Format, InputName, InputPaths};
use crate::{
    checksum::Checksum,
    decode::{
        FormatError, Problem, Survey, TakeBlock, archive_members,
        arrays::{self, StoredBlock},
        bounded_reader::{BoundedReader, Location},
        pixel_order::PixelOrder,
    },
};

/// Bytes of an image: 3 planes of 32×32.
const PIXELS: usize = 3 * 32 * 32;

/// Bytes of an image and its label.
const RECORD: usize = 1 + PIXELS;

/// How many classes there are.
const CLASSES: u8 = 10;

/// `Cifar(archive: "cifar-10-binary.tar.gz", members: [(name: "…/data_batch_1.bin")])`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Cifar {
    /// A `.tar.gz` or `.tar` archive; a single file of records if no members are named.
    pub archive: String,
    /// The archive's members, in the order in which their images count.
    pub members: Vec<ArchiveMember>,
}

/// A member of an archive.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ArchiveMember {
    /// Its path in the archive.
    pub name: String,
    /// Of its bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checksum: Option<Checksum>,
}

impl Format for Cifar {
    fn inputs(&self) -> Vec<InputName<'_>> {
        vec![InputName::File(&self.archive)]
    }

    fn identity(&self, content: &dyn Fn(&str) -> String) -> String {
        format!("Cifar(archive: {}, members: {:?})", content(&self.archive), self.names())
    }

    fn survey(&self, inputs: &InputPaths) -> Result<Survey, FormatError> {
        let archive = inputs.path(&self.archive);
        survey(&Location::new(archive, ""), &counts(archive, &self.names())?)
    }

    fn decode(
        &self,
        inputs: &InputPaths,
        count: usize,
        take: TakeBlock<'_>,
    ) -> Result<(), FormatError> {
        let archive = inputs.path(&self.archive);
        arrays::decode(|sink| send(archive, &self.names(), count, sink), take)
    }

    fn verify(&self, inputs: &InputPaths) -> Result<(), FormatError> {
        let is_declared = self.members.iter().any(|member| member.checksum.is_some());
        if is_declared { self.compare(inputs.path(&self.archive)) } else { Ok(()) }
    }
}

impl Cifar {
    fn names(&self) -> Vec<String> {
        self.members.iter().map(|member| member.name.clone()).collect()
    }

    /// Compares the bytes of members with their checksums, where one is given.
    fn compare(&self, archive: &Path) -> Result<(), FormatError> {
        archive_members::walk(archive, &self.names(), |index, mut bytes| {
            let ArchiveMember { name, checksum } = &self.members[index];
            let Some(wanted) = checksum else { return Ok(true) };
            let location = Location::new(archive, name);
            let found = Checksum::of(wanted.algorithm, &mut bytes);
            let found = found.map_err(|error| location.unreadable(error))?;
            if found == *wanted {
                return Ok(true);
            }
            let (found, wanted) = (found.to_string(), wanted.to_string());
            Err(location.error(Problem::Checksum { found, wanted }))
        })
    }
}

/// Sends the first `count` images as they lie in the archive, until `send` returns false.
fn send(
    archive: &Path,
    members: &[String],
    count: usize,
    send: &mut dyn FnMut(StoredBlock) -> bool,
) -> Result<(), FormatError> {
    let location = Location::new(archive, "");
    if members.is_empty() {
        let survey = survey(&location, &counts(archive, members)?)?;
        survey.has(count).map_err(|problem| location.error(problem))?;
        let bounded_reader = BoundedReader::new(location.clone(), location.open()?);
        return part(bounded_reader, survey, 0, count, send).map(drop);
    }
    let survey = survey(&location, &[count.max(1)])?;
    let (mut known, mut sent, mut is_stopped) = (Vec::new(), 0, false);
    archive_members::walk(archive, members, |member, bounded_reader| {
        if member == known.len() {
            known.push(records(&Location::new(archive, &members[member]), bounded_reader.left())?);
        } else if member > known.len() {
            // In the archive it stands before members whose images come first, so
            // the index of its first image needs the lengths of all members.
            known = counts(archive, members)?;
        }
        let first: usize = known[..member].iter().sum();
        let wanted = known[member].min(count.saturating_sub(first));
        is_stopped = !part(bounded_reader, survey, first, wanted, send)?;
        sent += wanted;
        Ok(!is_stopped && (sent < count || wanted == known[member]))
    })?;
    if !is_stopped && sent < count {
        return Err(location.error(Problem::TooFew { found: sent, asked: count }));
    }
    Ok(())
}

/// How many records each member has, or the file itself.
fn counts(archive: &Path, members: &[String]) -> Result<Vec<usize>, FormatError> {
    if members.is_empty() {
        let location = Location::new(archive, "");
        let length = location.open()?.metadata().map_err(|error| location.unreadable(error))?.len();
        return Ok(vec![records(&location, Some(length))?]);
    }
    let mut counts = vec![0; members.len()];
    archive_members::walk(archive, members, |member, bounded_reader| {
        let location = Location::new(archive, &members[member]);
        counts[member] = records(&location, bounded_reader.left())?;
        Ok(true)
    })?;
    Ok(counts)
}

fn records(location: &Location, bytes: Option<u64>) -> Result<usize, FormatError> {
    let (bytes, record) = (bytes.unwrap_or_default(), RECORD as u64);
    if bytes == 0 || !bytes.is_multiple_of(record) {
        return Err(location.error(Problem::Records { bytes, record: RECORD }));
    }
    Ok((bytes / record) as usize)
}

fn survey(location: &Location, counts: &[usize]) -> Result<Survey, FormatError> {
    let count = counts.iter().fold(0_u64, |sum, &count| sum.saturating_add(count as u64));
    Survey::from_header(count, 3, 32, 32).map_err(|problem| location.error(problem))
}

/// Sends the first `count` records of a member whose images begin at `first`.
fn part(
    mut bounded_reader: BoundedReader<'_>,
    survey: Survey,
    first: usize,
    count: usize,
    send: &mut dyn FnMut(StoredBlock) -> bool,
) -> Result<bool, FormatError> {
    let mut done = 0;
    while done < count {
        let wanted = survey.per_block().min(count - done);
        let records = bounded_reader.some(wanted * RECORD)?;
        if records.len() < wanted * RECORD {
            let whole = done + records.len() / RECORD;
            let short = Problem::CutShort { items: "images", announced: count, whole };
            return Err(bounded_reader.error(short));
        }
        if !send(stored(&bounded_reader, survey, first + done, &records)?) {
            return Ok(false);
        }
        done += wanted;
    }
    Ok(true)
}

/// Parts labels from pixels.
fn stored(
    bounded_reader: &BoundedReader<'_>,
    survey: Survey,
    first: usize,
    records: &[u8],
) -> Result<StoredBlock, FormatError> {
    let mut pixels = Vec::with_capacity(records.len());
    let mut labels = Vec::with_capacity(records.len() / RECORD);
    for (at, record) in records.chunks_exact(RECORD).enumerate() {
        if record[0] >= CLASSES {
            let (image, found) = (first + at, record[0].to_string());
            let wanted = "0 to 9, as CIFAR-10 has";
            return Err(bounded_reader.error(Problem::Label { image, found, wanted }));
        }
        labels.push(i64::from(record[0]));
        pixels.extend_from_slice(&record[1..]);
    }
    Ok(StoredBlock { first, survey, pixel_order: PixelOrder::Planes, pixels, labels })
}

#[cfg(test)]
mod tests {
    use tar::EntryType;

    use super::RECORD;
    use crate::{
        decode::test_util::{
            bytes, check, folder, gather, gunzip, gzip, images, refusal, tiny_images,
        },
        format::ImageFiles,
    };

    fn entry(name: &str, kind: EntryType, data: &[u8]) -> Vec<u8> {
        let mut header = tar::Header::new_ustar();
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_entry_type(kind);
        header.set_size(data.len() as u64);
        header.set_cksum();
        let padding = data.len().next_multiple_of(512) - data.len();
        [header.as_bytes(), data, &vec![0; padding]].concat()
    }

    /// The text of a descriptor's source.
    fn cifar(archive: &str, members: &[&str]) -> String {
        let members = members.iter().map(|name| format!("(name: {name:?})"));
        format!(
            "Cifar(archive: {archive:?}, members: [{}])",
            members.collect::<Vec<_>>().join(", ")
        )
    }

    fn record(label: u8) -> Vec<u8> {
        let mut record = vec![label * 10; RECORD];
        record[0] = label;
        record
    }

    fn with<T>(archive: &[u8], members: &[&str], use_it: impl FnOnce(&ImageFiles) -> T) -> T {
        let root = folder(&[("a", archive)]);
        use_it(&images(&cifar("a", members), root.path()))
    }

    fn refused(archive: &[u8], members: &[&str]) -> String {
        with(archive, members, refusal)
    }

    #[test]
    fn plain_archives_and_single_files_are_read_as_well() {
        let plain = gunzip(&bytes("cifar/shuffled.tar.gz"));
        let members =
            ["./tiny-bin/batch_A.bin", "./tiny-bin/batch_B.bin", "./tiny-bin/batch_C.bin"];
        with(&plain, &members, |source| check("cifar", source));
        let single = [record(3), record(9)].concat();
        let (images, labels) = with(&single, &[], |source| gather(source, 2)).unwrap();
        assert_eq!(labels, [3, 9]);
        assert_eq!(
            (images[..3072].to_vec(), images[3072..].to_vec()),
            (vec![30; 3072], vec![90; 3072])
        );
    }

    #[test]
    fn members_come_as_they_lie_and_say_where_they_belong() {
        let members = ["tiny-bin/batch_A.bin", "tiny-bin/batch_B.bin", "tiny-bin/batch_C.bin"];
        let source = tiny_images(&cifar("cifar/shuffled.tar.gz", &members));
        let mut blocks = Vec::new();
        source.decode(6, &mut |block| (blocks.push((block.first, block.labels)), true).1).unwrap();
        assert_eq!(blocks, [(4, vec![5, 5]), (2, vec![0, 4]), (0, vec![1, 9])]);
        let mut blocks = Vec::new();
        source.decode(3, &mut |block| (blocks.push((block.first, block.labels)), true).1).unwrap();
        assert_eq!(blocks, [(2, vec![0]), (0, vec![1, 9])]);
    }

    #[test]
    fn long_names_are_understood() {
        let (long, pax) = (format!("{}/a", "x".repeat(200)), format!("{}/b", "y".repeat(150)));
        let extended = format!("162 path={pax}\n");
        assert_eq!(extended.len(), 162, "its length stands in front");
        let archive = [
            entry("././@LongLink", EntryType::GNULongName, format!("{long}\0").as_bytes()),
            entry("short", EntryType::Regular, &record(1)),
            entry("pax", EntryType::XHeader, extended.as_bytes()),
            entry("short", EntryType::Regular, &record(2)),
        ];
        let gathered = |source: &ImageFiles| gather(source, 2);
        let (_, labels) = with(&archive.concat(), &[&pax, &long], gathered).unwrap();
        assert_eq!(labels, [2, 1]);
    }

    #[test]
    fn names_that_lead_out_are_refused() {
        let archive = entry("../x", EntryType::Regular, &record(0));
        for name in ["../x", "/x", "a/../x", "", "./", "a/./../../x"] {
            assert_eq!(
                refused(&archive, &[name]).replace(&format!(": `{name}`"), ""),
                "a: leads out of the archive; name what is inside"
            );
        }
        assert_eq!(refused(&archive, &["x"]), "a: does not hold `x`; it holds `../x`");
    }

    #[test]
    fn only_files_are_read_and_each_name_once() {
        for (kind, found) in [
            (EntryType::Symlink, "a symbolic link"),
            (EntryType::Link, "a hard link"),
            (EntryType::Directory, "a folder"),
            (EntryType::Char, "no regular file"),
        ] {
            let archive = entry("x", kind, &[]);
            assert_eq!(
                refused(&archive, &["x"]),
                format!("a: `x`: is {found} in the archive; only regular files are read")
            );
        }
        let twice =
            [("x", 1), ("./x", 2)].map(|(name, at)| entry(name, EntryType::Regular, &record(at)));
        let message = "a: `x`: is there twice; which one is meant is ambiguous";
        assert_eq!(refused(&twice.concat(), &["x"]), message);
        assert_eq!(refused(&twice[0], &["x", "x"]), message);
    }

    #[test]
    fn a_missing_member_is_reported_with_those_there_are() {
        let archive = bytes("cifar/shuffled.tar.gz");
        assert_eq!(
            refused(&archive, &["tiny-bin/batch_A.bin", "batch_D.bin"]),
            "a: does not hold `batch_D.bin`; it holds `tiny-bin/batch_C.bin`, \
             `tiny-bin/batch_readme.bin`, `tiny-bin/batch_B.bin`, `tiny-bin/batch_A.bin`"
        );
    }

    #[test]
    fn records_are_whole_and_labels_are_classes() {
        let wanted = "wanted is one or more records of 3073 bytes";
        assert_eq!(refused(&record(1)[1..], &[]), format!("a: holds 3072 bytes; {wanted}"));
        assert_eq!(refused(&[], &[]), format!("a: holds 0 bytes; {wanted}"));
        let archive = entry("x", EntryType::Regular, b"a text");
        assert_eq!(refused(&archive, &["x"]), format!("a: `x`: holds 6 bytes; {wanted}"));
        assert_eq!(
            refused(&[record(9), record(10)].concat(), &[]),
            "a: has the label 10 at image 1; wanted is 0 to 9, as CIFAR-10 has"
        );
    }

    #[test]
    fn archives_cut_anywhere_are_refused() {
        let packed = bytes("cifar/shuffled.tar.gz");
        let members = ["tiny-bin/batch_A.bin"];
        for end in 0..packed.len() {
            let message = refused(&packed[..end], &members);
            assert!(message.starts_with("a: "), "cut after {end}: {message}");
        }
        let plain = entry("x", EntryType::Regular, &record(1));
        for end in [0, 100, 511, 512, 600, 512 + RECORD - 1] {
            for archive in [plain[..end].to_vec(), gzip(&plain[..end])] {
                let message = refused(&archive, &["x"]);
                assert!(message.starts_with("a: "), "cut after {end}: {message}");
            }
        }
        let huge = entry("x", EntryType::GNULongName, &vec![0; 1 << 17]);
        assert_eq!(
            refused(&huge, &["x"]),
            "a: is damaged: a member's extended header has 131072 bytes; get the file again"
        );
    }

    #[test]
    fn members_are_verified_by_their_checksums() {
        let with = |checksum: &str| {
            let members = format!(
                r#"[(name: "tiny-bin/batch_A.bin"), (name: "tiny-bin/batch_B.bin"{checksum})]"#
            );
            let text = format!(r#"Cifar(archive: "cifar/shuffled.tar.gz", members: {members})"#);
            tiny_images(&text).verify()
        };
        let declared = |sum: &str| with(&format!(", checksum: {sum:?}"));
        assert!(with("").is_ok());
        let error = declared("md5:00000000000000000000000000000000").unwrap_err().to_string();
        let (_, found) = error.split_once("found ").unwrap();
        assert!(error.contains("`tiny-bin/batch_B.bin`: has another content"), "{error}");
        assert!(declared(found.split(',').next().unwrap()).is_ok());
    }
}
