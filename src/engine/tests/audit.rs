//! Damage is found wherever it is, and repaired.

use super::*;
use crate::audit::AuditReport;

fn plan() -> Plan {
    diamond(Fake::default(), Fake { add: 1, ..Fake::default() })
}

fn audit(bench: &Bench, repair: bool) -> AuditReport {
    let (mut looked, stop) = (0, AtomicBool::new(false));
    let audit = bench.store.audit(repair, &mut |_| looked += 1, &stop).unwrap();
    assert!(looked >= audit.objects);
    audit
}

fn whats(audit: &AuditReport) -> Vec<&str> {
    audit.damages.iter().map(|fault| fault.what.as_str()).collect()
}

#[test]
fn a_sound_store_has_no_damage() {
    let bench = Bench::new();
    bench.run(&plan());
    let audit = audit(&bench, false);
    assert_eq!((audit.objects, audit.records, audit.damages.len()), (4, 4, 0));
}

#[test]
fn damage_is_reported_without_repair_and_repaired_with_it() {
    let bench = Bench::new();
    bench.run(&plan());
    let digests = bench.digests();
    let root = bench.dir.path().join("cache");
    flip(&bench.object_of("root"));
    std::fs::remove_file(bench.object_of("left")).unwrap();
    std::fs::write(root.join("actions").join("0".repeat(64)), "acai-pipe record 1\nkey").unwrap();
    std::fs::write(root.join("objects/readme"), "").unwrap();
    let expected = ["cannot be read as a record", "its bytes are not those that were published"];
    for repair in [false, true] {
        let audit = audit(&bench, repair);
        let found = whats(&audit);
        assert_eq!((found.len(), audit.lost_records), (2, 1), "{found:?}");
        assert!(expected.iter().all(|what| found.contains(what)), "{found:?}");
        let repaired = audit.damages.iter().filter(|fault| fault.repaired.is_some()).count();
        assert_eq!(repaired, if repair { 2 } else { 0 });
    }
    assert_eq!(whats(&audit(&bench, false)), [""; 0]);
    assert_eq!((bench.files("damaged"), bench.files("actions")), (1, 3));
    assert_eq!(bench.run(&plan()), (2, 2, 0, 0));
    assert_eq!(bench.digests(), digests);
}

/// An artifact that was changed together with its checksum is noticed by its content.
#[test]
fn content_counts_whatever_the_checksum_says() {
    let bench = Bench::new();
    bench.run(&plan());
    let (root, left) = (bench.object_of("root"), bench.object_of("left"));
    std::fs::copy(&left, &root).unwrap();
    let checksums = bench.dir.path().join("cache/checksums");
    let checksum = |path: &PathBuf| checksums.join(path.file_stem().unwrap());
    std::fs::copy(checksum(&left), checksum(&root)).unwrap();
    let audit = audit(&bench, true);
    assert!(whats(&audit)[0].starts_with("its content is "), "{audit:?}");
    assert!(!root.exists() && bench.files("damaged") == 1);
    assert_eq!(bench.run(&plan()), (1, 3, 0, 0));
}

#[test]
fn another_version_s_records_are_left_alone() {
    let bench = Bench::new();
    bench.run(&plan());
    let path = bench.dir.path().join("cache/actions").join("0".repeat(64));
    std::fs::write(&path, "acai-pipe record 2\nwhatever\n").unwrap();
    assert_eq!(whats(&audit(&bench, true)), ["is a record of another version of acai-pipe"]);
    assert!(path.exists());
}
