//! How long trainings take on this machine, by timing a few steps of them: the estimate
//! that `check` prints.
//!
//! Timing takes bounded time, whatever the machine: each kind of step a second, all together
//! ten, and in any case one step. Kinds for which there is no time are estimated by their
//! multiply-adds, at the rate of those that were timed on the same net, or else of all.
//!
//! Knows nothing of what is trained on.

use std::time::{Duration, Instant};

use super::cost::{StepKind, TrainingCost};
use acai_autoencoder::{Trainer, TrainerOptions, step::StepRng};
use acai_net::{Batch, DeviceKind, NetError, SIDE, Shape};
use acai_random::RngStream;

/// How long steps of one kind are timed; one that takes longer is timed once.
const EACH: Duration = Duration::from_secs(1);

/// How long all are timed.
const ALL: Duration = Duration::from_secs(10);

/// Steps of one kind that are enough.
const ENOUGH: usize = 9;

/// A step that can be taken again and again.
type Step<'a> = Box<dyn FnMut() -> Result<(), NetError> + 'a>;

/// A kind of step, and how many of them all trainings together take.
#[derive(Clone, Debug)]
struct Steps {
    kind: StepKind,
    count: u64,
}

/// About how many seconds the trainings take on this machine, one after another.
///
/// # Errors
/// If the device fails.
pub fn predict(trainings: &[TrainingCost], device: DeviceKind) -> Result<f64, NetError> {
    let start = Instant::now();
    let kinds = kinds(trainings);
    let each = seconds_each(&kinds, &mut |kind| first_steps(kind, device), &|| start.elapsed())?;
    Ok(kinds.iter().zip(each).map(|(steps, seconds)| steps.count as f64 * seconds).sum())
}

/// The kinds of steps that are something to compute.
fn kinds(trainings: &[TrainingCost]) -> Vec<Steps> {
    let mut kinds: Vec<Steps> = Vec::new();
    for TrainingCost { kind, steps } in trainings {
        match kinds.iter_mut().find(|known| known.kind == *kind) {
            Some(known) => known.count += steps,
            None if kind.multiply_adds() > 0.0 => {
                kinds.push(Steps { kind: kind.clone(), count: *steps });
            }
            None => {}
        }
    }
    kinds
}

/// Steps on random images, from initial weights.
fn first_steps(kind: &StepKind, device: DeviceKind) -> Result<Step<'static>, NetError> {
    let options = TrainerOptions {
        autoencoder: &kind.autoencoder,
        regularizer: kind.regularizer.as_ref(),
        net: kind.net,
        channels: kind.channels,
        classes: 10,
        lr: 1e-4,
    };
    let mut trainer = Trainer::new(options, device, 0)?;
    let shape = Shape { channels: kind.channels, side: SIDE };
    let pixels = RngStream::new(0, "images", 0).normals(kind.batch * shape.len(), 0.5);
    let images = Batch::from_rows(shape, &pixels);
    let labels = vec![0; kind.batch];
    let mut step = 0;
    Ok(Box::new(move || {
        step += 1;
        trainer.step(&images, &labels, StepRng { seed: 0, step }).map(drop)
    }))
}

/// Seconds of a step of each kind; `begin` makes ready to take them, `clock` says how long
/// ago anything began.
fn seconds_each<'a>(
    kinds: &[Steps],
    begin: &mut dyn FnMut(&StepKind) -> Result<Step<'a>, NetError>,
    clock: &dyn Fn() -> Duration,
) -> Result<Vec<f64>, NetError> {
    let mut timed = vec![None; kinds.len()];
    for (number, index) in order(kinds).into_iter().enumerate() {
        // The first says how long the others would take.
        let expected = Duration::from_secs_f64(estimate(kinds, &timed, index));
        if number == 0 || clock() + expected <= ALL {
            timed[index] = Some(time(begin(&kinds[index].kind)?, clock)?);
        }
    }
    let estimated = |index: usize| timed[index].unwrap_or_else(|| estimate(kinds, &timed, index));
    Ok((0..kinds.len()).map(estimated).collect())
}

/// First the kind whose steps are the shortest, then by how much there is to do, most first.
fn order(kinds: &[Steps]) -> Vec<usize> {
    let work = |index: usize| kinds[index].kind.multiply_adds();
    let total = |index: usize| kinds[index].count as f64 * work(index);
    let mut order: Vec<usize> = (0..kinds.len()).collect();
    order.sort_by(|&a, &b| total(b).total_cmp(&total(a)));
    let shortest = (0..order.len()).min_by(|&a, &b| work(order[a]).total_cmp(&work(order[b])));
    if let Some(at) = shortest {
        order[..=at].rotate_right(1);
    }
    order
}

/// Seconds of a step of a kind that was not timed; 0 if none was.
fn estimate(kinds: &[Steps], timed: &[Option<f64>], index: usize) -> f64 {
    let of = |one: &StepKind| (one.net, one.channels);
    let wanted = &kinds[index].kind;
    let rate = |is_counted: &dyn Fn(&StepKind) -> bool| -> Option<f64> {
        let known = kinds.iter().zip(timed).filter(|(steps, _)| is_counted(&steps.kind));
        let known =
            known.filter_map(|(steps, timed)| Some((steps.kind.multiply_adds(), (*timed)?)));
        let (work, seconds) = known.fold((0.0, 0.0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        (work > 0.0).then(|| seconds / work)
    };
    let per_multiply_add = rate(&|kind| of(kind) == of(wanted)).or_else(|| rate(&|_| true));
    per_multiply_add.unwrap_or(0.0) * wanted.multiply_adds()
}

/// The median time of a step, without that of the first, which is slower, if there are more.
fn time(mut step: Step<'_>, clock: &dyn Fn() -> Duration) -> Result<f64, NetError> {
    let (start, mut times) = (clock(), Vec::new());
    loop {
        let before = clock();
        step()?;
        let took = clock().saturating_sub(before);
        times.push(took.as_secs_f64());
        if times.len() == ENOUGH || clock().saturating_sub(start) + took > EACH {
            break;
        }
    }
    let times = &mut times[..];
    let later = if times.len() > 1 { &mut times[1..] } else { times };
    later.sort_by(f64::total_cmp);
    Ok(later[later.len() / 2])
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use acai_autoencoder::{AutoencoderSpec, RegularizerSpec};
    use acai_net::NetSize;

    fn training(depth: usize, regularizer: Option<RegularizerSpec>, steps: u64) -> TrainingCost {
        let kind = StepKind {
            autoencoder: AutoencoderSpec::plain(),
            regularizer,
            net: NetSize { depth, latent: 16, width: 4 },
            channels: 3,
            batch: 64,
        };
        TrainingCost { kind, steps }
    }

    fn three() -> Vec<TrainingCost> {
        let acai = || Some(RegularizerSpec::of_the_paper());
        let plain = training(16, None, 1000);
        vec![training(64, None, 1000), training(64, acai(), 1000), plain.clone(), plain]
    }

    /// What is found, the steps that were taken of each kind, and how long it took, where a
    /// multiply-add takes so many seconds and the first step of a kind three times as long.
    fn timed(per_multiply_add: f64) -> (Vec<f64>, Vec<usize>, f64) {
        let (now, kinds) = (Cell::new(0.0), kinds(&three()));
        let taken: Vec<Cell<usize>> = kinds.iter().map(|_| Cell::new(0)).collect();
        let mut begin = |kind: &StepKind| -> Result<Step<'_>, NetError> {
            let count = &taken[kinds.iter().position(|one| one.kind == *kind).unwrap()];
            let (work, now) = (kind.multiply_adds(), &now);
            Ok(Box::new(move || {
                let factor = if count.get() == 0 { 3.0 } else { 1.0 };
                count.set(count.get() + 1);
                now.set(now.get() + factor * per_multiply_add * work);
                Ok(())
            }))
        };
        let clock = || Duration::from_secs_f64(now.get());
        let found = seconds_each(&kinds, &mut begin, &clock).unwrap();
        (found, taken.iter().map(Cell::get).collect(), now.get())
    }

    #[test]
    fn a_fast_machine_times_a_few_steps_of_every_kind() {
        let (found, taken, took) = timed(1e-14);
        assert_eq!(taken, [9, 9, 9]);
        assert!(took < 0.1, "{took}");
        for (steps, seconds) in kinds(&three()).iter().zip(found) {
            assert!((seconds / (1e-14 * steps.kind.multiply_adds()) - 1.0).abs() < 1e-3);
        }
    }

    #[test]
    fn a_machine_of_ordinary_speed_takes_a_second_for_each() {
        // 0.12 s, 0.32 s and 0.008 s a step.
        let (_, taken, took) = timed(2e-12);
        assert_eq!(taken, [6, 1, 9]);
        assert!(took < 3.0, "{took}");
    }

    #[test]
    fn a_slow_machine_takes_one_step_of_the_smallest_net_and_reckons_the_rest() {
        let (found, taken, took) = timed(1e-8);
        assert_eq!(taken, [0, 0, 1]);
        let step = 1e-8 * three()[2].kind.multiply_adds();
        assert!((took - 3.0 * step).abs() < 1e-3 * step, "{took}");
        let ratio = found[1] / found[0];
        let work = three()[1].kind.multiply_adds() / three()[0].kind.multiply_adds();
        assert!((ratio / work - 1.0).abs() < 1e-6, "{ratio}");
    }

    #[test]
    fn in_between_what_fits_into_ten_seconds_is_timed() {
        // About 3, 8 and 0.2 s a step; with the ACAI step first, the plain one fits no more.
        let (found, taken, took) = timed(4.5e-11);
        assert!(taken[0] + taken[1] == 1 && taken[2] >= 1, "{taken:?}");
        assert!(took < 30.0, "{took}");
        assert!(found.iter().all(|&seconds| seconds > 0.0));
    }

    #[test]
    fn trainings_of_one_kind_are_timed_once() {
        let counts: Vec<u64> = kinds(&three()).iter().map(|steps| steps.count).collect();
        assert_eq!(counts, [1000, 1000, 2000]);
    }
}
