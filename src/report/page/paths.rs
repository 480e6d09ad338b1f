//! Interpolations: which pairs are shown, and what is known of each: decoded
//! images, distances and angles along the path, the ideal where there is one.
//!
//! Knows nothing of how they are drawn.

use std::f64::consts::{PI, TAU};

use super::{
    pixels::PagePictures,
    report_data::{ReportData, VariantInstances},
};
use acai_artifact::{Array, ArtifactError, Reader};
use acai_dataset::lines;

/// The first so many pairs are always shown.
const FIRST: usize = 6;

/// The paths of a stage that are shown.
pub(super) struct ShownPaths {
    /// One per member of which something is there: its name, its class, the
    /// seed that is shown.
    pub(super) sources: Vec<(String, String, Option<u64>)>,
    /// How many pairs there are in all.
    pub(super) all: usize,
    pub(super) pairs: Vec<ShownPair>,
}

/// One pair of test images and the paths between them.
pub(super) struct ShownPair {
    /// Test image `place` goes to test image `place + all`.
    pub(super) place: usize,
    /// Why it is shown, where it is not simply one of the first.
    pub(super) because: Option<&'static str>,
    /// The path it should be, where one is known.
    pub(super) ideal: Option<DecodedPath>,
    /// One per source.
    pub(super) strips: Vec<DecodedPath>,
}

/// One path.
pub(super) struct DecodedPath {
    pub(super) images: PagePictures,
    /// Distance from the nearest real image at every point; empty if unknown.
    pub(super) distance: Vec<f64>,
    /// Angles in radians at every point, unwrapped; empty if unknown.
    pub(super) angle: Vec<f64>,
}

/// An artifact of paths, and whose it is.
struct PathSource {
    reader: Reader,
    name: (String, String, Option<u64>),
    /// (pairs, points)
    shape: (usize, usize),
    distance: Option<Array<f64>>,
    angle: Option<Array<f64>>,
}

impl ShownPaths {
    /// The paths of a stage; none if it has no result yet.
    ///
    /// # Errors
    /// If an artifact is damaged.
    pub(super) fn read(
        found: ReportData<'_>,
        members: &[VariantInstances<'_>],
    ) -> Result<Option<Self>, ArtifactError> {
        let mut sources = Vec::new();
        let mut data = None;
        for member in members {
            if let Some((place, reader)) = found.first(member)? {
                data = data.or(found.input(place, "data"));
                let seed = found.instance(place).name.seed;
                sources
                    .extend(PathSource::new(reader, (member.label(), found.class(member), seed))?);
            }
        }
        let Some(all) = sources.iter().map(|source| source.shape.0).min() else { return Ok(None) };
        let data = data.map(|place| found.open(place)).transpose()?.flatten();
        let angles = data.map(|reader| true_angles(&reader)).transpose()?.flatten();
        let chosen = chosen(all, &mean_distances(&sources, all));
        let pair = |&(place, because): &(usize, _)| -> Result<Option<ShownPair>, ArtifactError> {
            let ends = angles
                .as_ref()
                .and_then(|angles| Some((*angles.get(place)?, *angles.get(place + all)?)));
            let points = sources.iter().map(|source| source.shape.1).max().unwrap_or(0);
            let ideal = ends.map(|ends| ideal(ends, points));
            let start = ideal.as_ref().map(|ideal| ideal.angle[0]);
            let strips = sources.iter().map(|source| source.strip(place, start));
            let strips: Option<Vec<DecodedPath>> = strips.collect::<Result<_, _>>()?;
            Ok(strips.map(|strips| ShownPair { place, because, ideal, strips }))
        };
        let pairs = chosen.iter().map(pair).collect::<Result<Vec<_>, _>>()?;
        let pairs = pairs.into_iter().flatten().collect();
        let sources = sources.into_iter().map(|source| source.name).collect();
        Ok(Some(Self { sources, all, pairs }))
    }
}

impl PathSource {
    /// None if it holds no paths of images.
    fn new(
        reader: Reader,
        name: (String, String, Option<u64>),
    ) -> Result<Option<Self>, ArtifactError> {
        let axes = reader.shape("paths/decoded")?;
        let &[pairs, points, _, _, _] = axes.as_slice() else { return Ok(None) };
        let along = |path: &str| -> Result<Option<Array<f64>>, ArtifactError> {
            let array = reader.has(path).then(|| reader.read::<f64>(path)).transpose()?;
            Ok(array.filter(|array| array.shape == [pairs, points]))
        };
        let (distance, angle) = (along("paths/distance")?, along("paths/angle")?);
        let is_path = pairs > 0 && points > 1;
        Ok(is_path.then_some(Self { reader, name, shape: (pairs, points), distance, angle }))
    }

    /// None if its images cannot be shown.
    fn strip(&self, pair: usize, start: Option<f64>) -> Result<Option<DecodedPath>, ArtifactError> {
        let decoded = self.reader.read_rows::<f32>("paths/decoded", pair..pair + 1)?;
        let distance = row(self.distance.as_ref(), pair).to_vec();
        let angle = unwrapped(row(self.angle.as_ref(), pair), start);
        Ok(PagePictures::decoded(&decoded).map(|images| DecodedPath { images, distance, angle }))
    }
}

fn row(array: Option<&Array<f64>>, place: usize) -> &[f64] {
    array.map_or(&[], |array| {
        let length = array.shape[1];
        &array.data[place * length..(place + 1) * length]
    })
}

/// The mean distance of every pair over all points and sources; empty if no source
/// knows distances.
fn mean_distances(sources: &[PathSource], pairs: usize) -> Vec<f64> {
    let known: Vec<&Array<f64>> =
        sources.iter().filter_map(|source| source.distance.as_ref()).collect();
    if known.is_empty() {
        return Vec::new();
    }
    let mean = |pair: usize| {
        let all: Vec<f64> =
            known.iter().flat_map(|array| row(Some(array), pair)).copied().collect();
        all.iter().sum::<f64>() / all.len() as f64
    };
    (0..pairs).map(mean).collect()
}

/// The first pairs, and those whose mean distance is least, in the middle and
/// greatest, if there are such means.
fn chosen(pairs: usize, means: &[f64]) -> Vec<(usize, Option<&'static str>)> {
    let mut ranked: Vec<usize> = (0..means.len()).filter(|&at| means[at].is_finite()).collect();
    ranked.sort_by(|&a, &b| means[a].total_cmp(&means[b]));
    let mut chosen: Vec<(usize, Option<&'static str>)> =
        (0..FIRST.min(pairs)).map(|at| (at, None)).collect();
    let ends = [("nearest to real images", 0), ("in the middle", ranked.len() / 2)];
    let ends =
        ends.into_iter().chain([("farthest from real images", ranked.len().saturating_sub(1))]);
    for (because, rank) in ends {
        let Some(&place) = ranked.get(rank) else { continue };
        match chosen.iter_mut().find(|(at, _)| *at == place) {
            Some((_, known)) => *known = known.or(Some(because)),
            None => chosen.push((place, Some(because))),
        }
    }
    chosen
}

/// The angles of test images that are lines; none of others.
fn true_angles(reader: &Reader) -> Result<Option<Vec<f64>>, ArtifactError> {
    let path = "angles/test";
    let are_lines = reader.text_attribute("", "source")? == "lines" && reader.has(path);
    are_lines.then(|| Ok(reader.read::<f64>(path)?.data)).transpose()
}

/// Lines that turn evenly from one angle to the other, the shorter way.
fn ideal((from, to): (f64, f64), points: usize) -> DecodedPath {
    let arc = shorter(to - from);
    let last = points.saturating_sub(1).max(1) as f64;
    let angle: Vec<f64> = (0..points).map(|at| from + arc * at as f64 / last).collect();
    let data = angle.iter().flat_map(|angle| lines::draw(angle.rem_euclid(TAU)));
    let data = data.map(|value| value as f32).collect();
    let array = Array { shape: vec![points, 1, lines::SIDE, lines::SIDE], data };
    let images = PagePictures::decoded(&array).expect("lines have one channel");
    DecodedPath { images, distance: vec![0.0; points], angle }
}

/// A turn of the same end, at most half the whole.
fn shorter(turn: f64) -> f64 {
    (turn + PI).rem_euclid(TAU) - PI
}

/// Angles in which neighbours differ by less than half a turn, the first of
/// them near `start`.
fn unwrapped(angles: &[f64], start: Option<f64>) -> Vec<f64> {
    let mut last = start;
    let unwrap = |&angle: &f64| {
        if !angle.is_finite() {
            return angle;
        }
        let here = last.map_or(angle, |last| last + shorter(angle - last));
        last = Some(here);
        here
    };
    angles.iter().map(unwrap).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_pairs_are_shown_and_those_at_the_ends_and_in_the_middle() {
        let means: Vec<f64> = (0..20).map(|at| f64::from((at * 7) % 20)).collect();
        let places: Vec<usize> =
            chosen(means.len(), &means).into_iter().map(|(at, _)| at).collect();
        // 0, 7, 14, …: the least is pair 0, 10 is pair 10, 19 is pair 17.
        assert_eq!(places, [0, 1, 2, 3, 4, 5, 10, 17]);
        assert_eq!(chosen(means.len(), &means)[0].1, Some("nearest to real images"));
        assert_eq!(chosen(means.len(), &means)[7].1, Some("farthest from real images"));
    }

    #[test]
    fn pairs_whose_distance_is_no_number_are_not_ranked() {
        let mut means = vec![f64::NAN; 9];
        means[8] = 1.0;
        assert_eq!(chosen(3, &[]), [(0, None), (1, None), (2, None)]);
        assert_eq!(
            chosen(means.len(), &means).last().unwrap(),
            &(8, Some("nearest to real images"))
        );
    }

    #[test]
    fn angles_go_on_over_the_whole_turn() {
        let near = |found: &[f64], wanted: &[f64]| {
            assert!(found.len() == wanted.len());
            assert!(found.iter().zip(wanted).all(|(a, b)| (a - b).abs() < 1e-12), "{found:?}");
        };
        near(&unwrapped(&[6.0, 0.2, 0.5], Some(6.1)), &[6.0, TAU + 0.2, TAU + 0.5]);
        near(&unwrapped(&[0.1], Some(6.2)), &[TAU + 0.1]);
        let gap = unwrapped(&[6.0, f64::NAN, 0.2], None);
        assert!(gap[1].is_nan() && (gap[2] - TAU - 0.2).abs() < 1e-12);
    }

    #[test]
    fn the_ideal_takes_the_shorter_way() {
        let path = ideal((0.5, 6.0), 3);
        assert!((path.angle[2] - (6.0 - TAU)).abs() < 1e-12, "{:?}", path.angle);
        assert_eq!(path.images.all.len(), 3);
        let first = lines::draw(0.5).map(|value| (value * 127.5 + 127.5).round() as u8);
        assert_eq!(path.images.all[0], first);
    }
}
