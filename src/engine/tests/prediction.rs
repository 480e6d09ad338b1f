//! What `plan` says of an instance is what `run` then does with it, for drawn
//! pipelines, stores and shared caches.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use proptest::prelude::*;

use super::*;
use crate::{record::Record, sources::Sources, status::predict};
use acai_common::events::Obtained;

/// How many members a stage may have.
const VARIANTS: usize = 2;

/// A stage whose result is another one for every parameter and input, but not
/// for every version, and which has a part that no stage reads.
#[derive(Clone, Debug)]
struct Mixer {
    number: u64,
    version: u32,
    note: u64,
    inputs: Vec<&'static str>,
}

impl Stage for Mixer {
    fn kind(&self) -> &'static str {
        "Mixer"
    }

    fn version(&self) -> u32 {
        self.version
    }

    fn output(&self) -> Kind {
        Kind::Scores
    }

    fn inputs(&self) -> Vec<Input> {
        Vec::new()
    }

    fn params(&self) -> Params {
        Params::default().required("number", &self.number).required("note", &self.note)
    }

    fn is_seeded(&self) -> bool {
        false
    }

    fn run(&self, work: &mut Work<'_>) -> anyhow::Result<RunStats> {
        let mut sum = self.number;
        for field in &self.inputs {
            let read = work.input(field).read::<i64>("value/sum")?.data[0].cast_unsigned();
            // Number and input are mixed apart: 20 with 2 must not be 22 with 0.
            sum = sum.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29)
                ^ read.wrapping_mul(0xbf58_476d_1ce4_e5b9).rotate_left(31);
        }
        work.out.write("value/sum", &[1], &[sum.cast_signed()], Layout::Contiguous)?;
        work.out.write("note/note", &[1], &[self.note.cast_signed()], Layout::Contiguous)?;
        Ok(RunStats::default())
    }
}

/// A stage of a drawn pipeline.
#[derive(Clone, Debug)]
struct DrawnStage {
    /// Stages before this one that it reads, member by member.
    reads: BTreeSet<usize>,
    /// A parameter for each member; members with the same one do the same work.
    numbers: Vec<u64>,
    version: u32,
    note: u64,
}

/// What happens to something in a store.
#[derive(Clone, Copy, Debug)]
enum Harm {
    RemoveObject,
    CutObject,
    FlipObject,
    RemoveRecord,
    CutRecord,
    RemoveChecksum,
    FlipChecksum,
}

#[derive(Clone, Debug)]
struct Case {
    /// What was run in the store before, and then what is planned and run.
    versions: Vec<Vec<DrawnStage>>,
    /// Harm to the store, by the place of a record in the order of its key.
    harm: Vec<(usize, Harm)>,
    /// What the shared cache has of each earlier version, instance by instance; none
    /// without one.
    shared: Option<Vec<bool>>,
    /// Records of the shared cache whose artifact is gone.
    absent: Vec<usize>,
}

fn stage(index: usize) -> impl Strategy<Value = DrawnStage> {
    let reads = proptest::collection::btree_set(0..index.max(1), 0..=index.min(3));
    let numbers = proptest::collection::vec(0..3_u64, 1..=VARIANTS);
    (reads, numbers).prop_map(move |(reads, numbers)| DrawnStage {
        reads: if index == 0 { BTreeSet::new() } else { reads },
        // No two stages have the same number, so results tell them apart.
        numbers: numbers.into_iter().map(|number| number + 10 * index as u64).collect(),
        version: 1,
        note: 0,
    })
}

fn stages() -> impl Strategy<Value = Vec<DrawnStage>> {
    (2..=4_usize).prop_flat_map(|count| (0..count).map(stage).collect::<Vec<_>>())
}

/// What was changed since, stage by stage: nothing, a parameter, the version, or
/// a part that no stage reads.
fn edited(stages: &[DrawnStage], edits: &[u8]) -> Vec<DrawnStage> {
    let edit = |(stage, edit): (&DrawnStage, &u8)| {
        let mut stage = stage.clone();
        match edit {
            0 => stage.numbers[0] = stage.numbers[0] / 10 * 10 + (stage.numbers[0] + 1) % 3,
            1 => stage.version += 1,
            2 => stage.note += 1,
            3 => stage.numbers.reverse(),
            _ => {}
        }
        stage
    };
    stages.iter().zip(edits).map(edit).collect()
}

fn harm() -> impl Strategy<Value = Harm> {
    prop_oneof![
        Just(Harm::RemoveObject),
        Just(Harm::CutObject),
        Just(Harm::FlipObject),
        Just(Harm::RemoveRecord),
        Just(Harm::CutRecord),
        Just(Harm::RemoveChecksum),
        Just(Harm::FlipChecksum),
    ]
}

fn case() -> impl Strategy<Value = Case> {
    let edits = proptest::collection::vec(0..8_u8, 4);
    let harm = proptest::collection::vec((0..16_usize, harm()), 0..5);
    let shared = proptest::option::of(proptest::collection::vec(any::<bool>(), 16));
    let absent = proptest::collection::vec(0..16_usize, 0..2);
    (stages(), edits.clone(), edits, harm, shared, absent).prop_map(
        |(stages, once, twice, harm, shared, absent)| {
            let second = edited(&stages, &once);
            let third = edited(&second, &twice);
            Case { versions: vec![stages, second, third], harm, shared, absent }
        },
    )
}

/// The plan; a member reads the member of the same place, or the only one.
fn plan(stages: &[DrawnStage]) -> Plan {
    let mut plan = Planned::new().0;
    let blank = plan.instances.remove(0);
    let mut places: Vec<Vec<usize>> = Vec::new();
    for (index, stage) in stages.iter().enumerate() {
        let widest = stage.reads.iter().map(|&from| places[from].len()).max().unwrap_or(1);
        let members = stage.numbers.len().max(widest);
        let mut own = Vec::new();
        for member in 0..members {
            let fields = &["a", "b", "c"][..stage.reads.len()];
            let edge = |(&field, &from): (&&'static str, &usize)| Edge {
                field,
                from: places[from][member % places[from].len()],
                reads: &["value"],
            };
            let number = stage.numbers[member % stage.numbers.len()];
            let DrawnStage { version, note, .. } = *stage;
            let mut instance = blank.clone();
            instance.name = InstanceName {
                stage: format!("s{index}").parse().unwrap(),
                variant: Some(format!("v{member}").parse().unwrap()),
                seed: None,
            };
            instance.kind = "Mixer";
            instance.seed = None;
            instance.inputs = fields.iter().zip(&stage.reads).map(edge).collect();
            instance.stage = Arc::new(Mixer { number, version, note, inputs: fields.to_vec() });
            own.push(plan.instances.len());
            plan.instances.push(instance);
        }
        places.push(own);
    }
    plan
}

fn records(bench: &Bench) -> Vec<Record> {
    let mut records = bench.store.records().unwrap();
    records.sort_by_key(|record| record.key.digest());
    records
}

fn do_harm(bench: &Bench, record: &Record, harm: Harm) {
    let object = bench.store.object(&record.digest);
    let action = bench.store.path("actions", &record.key.digest().to_string());
    let checksum = bench.store.path("checksums", &record.digest.to_string());
    let cut = |path: &Path| {
        if let Ok(bytes) = std::fs::read(path) {
            std::fs::write(path, &bytes[..bytes.len() / 2]).unwrap();
        }
    };
    let flip_there = |path: &PathBuf| {
        if path.exists() {
            flip(path);
        }
    };
    match harm {
        Harm::RemoveObject => drop(std::fs::remove_file(object)),
        Harm::CutObject => cut(&object),
        Harm::FlipObject => flip_there(&object),
        Harm::RemoveRecord => drop(std::fs::remove_file(action)),
        Harm::CutRecord => cut(&action),
        Harm::RemoveChecksum => drop(std::fs::remove_file(checksum)),
        Harm::FlipChecksum => flip_there(&checksum),
    }
}

/// A shared cache that has some of what a store has.
fn shared(bench: &Bench, dir: &Path, has: &[bool], absent: &[usize]) -> Remote {
    let remote = Remote::new(dir, Confined::here()).unwrap();
    remote.prepare().unwrap();
    let records = records(bench);
    for (record, _) in records.iter().zip(has.iter().cycle()).filter(|(_, has)| **has) {
        remote.push(&bench.store, record, false).unwrap();
    }
    for &place in absent {
        let digest = records[place % records.len()].digest;
        drop(std::fs::remove_file(dir.join("objects").join(format!("{digest}.h5"))));
    }
    remote
}

/// What a run did with each instance: of what was made again, the latter.
fn done(bench: &Bench) -> BTreeMap<String, Obtained> {
    let mut done = BTreeMap::new();
    for event in bench.events.lock().unwrap().iter() {
        if let Event::Finished(end) = event {
            let place = done.entry(end.instance.to_string()).or_insert(end.obtained);
            if end.obtained != Obtained::Cached {
                *place = end.obtained;
            }
        }
    }
    done
}

fn is_kept(said: State, did: Obtained, may_be_open: bool) -> bool {
    match said {
        State::Cached => did == Obtained::Cached,
        State::Copied => did == Obtained::Copied,
        State::Run => did == Obtained::Computed,
        State::Maybe => may_be_open,
        State::Fetched => false,
    }
}

fn hold_plan_to_run(case: &Case) {
    let bench = Bench::new();
    let [first, second, now] = &case.versions[..] else { unreachable!("three are drawn") };
    bench.run(&plan(first));
    bench.run(&plan(second));
    let dir = tempfile::tempdir().unwrap();
    let remote = case.shared.as_ref().map(|has| shared(&bench, dir.path(), has, &case.absent));
    let records = records(&bench);
    for &(place, harm) in &case.harm {
        do_harm(&bench, &records[place % records.len()], harm);
    }
    let plan = plan(now);
    let sources =
        Sources { store: &bench.store, remote: remote.as_ref(), places: &SearchPaths::default() };
    let said = predict(&plan, &sources, DeviceKind::Cpu).unwrap();
    let again = predict(&plan, &sources, DeviceKind::Cpu).unwrap();
    let states = |statuses: &[Status]| statuses.iter().map(|one| one.state).collect::<Vec<_>>();
    assert_eq!(states(&said), states(&again), "planning changes nothing");

    let outcome = bench.outcome_with(&plan, remote.as_ref(), Some(&Local));
    assert_eq!(outcome.summary.failed + outcome.summary.skipped, 0);
    let done = done(&bench);
    let mut has_open = vec![false; plan.instances.len()];
    for (index, (instance, status)) in plan.instances.iter().zip(&said).enumerate() {
        has_open[index] = instance.inputs.iter().any(|edge| {
            let Status { state, same_as, .. } = &said[edge.from];
            let is_computed = matches!(state, State::Run | State::Maybe) || same_as.is_some();
            is_computed || has_open[edge.from]
        });
        let is_damaged = status.reasons.iter().any(|one| one.new.as_deref() == Some("damaged"));
        let did = done[&instance.name.to_string()];
        assert!(
            is_kept(status.state, did, has_open[index] || is_damaged),
            "plan says {:?} of {}, run: {did:?}\n{case:#?}\n{:#?}",
            status.state,
            instance.name,
            states(&said),
        );
    }
    let after = predict(&plan, &sources, DeviceKind::Cpu).unwrap();
    assert_eq!(states(&after), vec![State::Cached; plan.instances.len()]);
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: std::env::var("PROPTEST_CASES").map_or(24, |cases| cases.parse().unwrap()),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn run_does_what_plan_says(case in case()) {
        hold_plan_to_run(&case);
    }
}
