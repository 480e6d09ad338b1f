//! `Project`: a map of latents in two dimensions, to be looked at.
//!
//! Knows nothing of how its inputs were made.

use anyhow::ensure;
use serde::{Deserialize, Serialize};

use self::{pca::Pca, tsne::Tsne};
use super::{Declared, Input, Member, Params, RangeError, RunStats, Stage, Work, latents::Latents};
use acai_artifact::{Kind, Layout, Writer};
use acai_common::{names::Reference, text::variant_and_fields};
use acai_metric::score;

mod affinities;
#[cfg(test)]
mod golden;
mod pca;
mod tsne;

/// `Project(…)` as written in a file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Project {
    /// The latents to lay out.
    pub latents: Reference,
    /// How to lay them out.
    #[serde(default = "default_method")]
    pub method: Method,
    /// At most this many test latents, the first.
    #[serde(default = "default_points")]
    pub points: usize,
}

/// How latents are laid out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Method {
    /// Along the two directions that they spread most in.
    Pca {},
    /// So that neighbours stay neighbours.
    Tsne {
        /// How many neighbours count.
        #[serde(default = "default_perplexity")]
        perplexity: f64,
        /// Steps of the descent.
        #[serde(default = "default_steps")]
        steps: usize,
    },
}

/// The most points that are compared each with every other: 200 MB of affinities.
const MOST: usize = 5_000;

/// Where the perplexity stands.
const PERPLEXITY: &str = "method.perplexity";

/// How many steps pass between two reports.
const TOLD: usize = 10;

impl Declared for Project {
    fn members(&self) -> Vec<Member> {
        vec![Member { variant: None, stage: Box::new(self.clone()) }]
    }

    fn range_errors(&self) -> Vec<RangeError> {
        let points = RangeError::less_than("points", self.points, 1);
        points.into_iter().chain(self.method.range_errors(self.points)).collect()
    }
}

impl Method {
    fn range_errors(&self, points: usize) -> Vec<RangeError> {
        let Self::Tsne { perplexity, steps } = *self else { return Vec::new() };
        let is_number = perplexity.is_finite() && perplexity >= 1.0;
        [
            RangeError::unless(
                points <= MOST,
                "points",
                format!("must be at most {MOST} with `Tsne`, which compares each with every other"),
            ),
            RangeError::unless(is_number, PERPLEXITY, "must be a finite number from 1 on"),
            RangeError::less_than("method.steps", steps, 1),
            (is_number && perplexity >= points as f64).then(|| too_few(points, perplexity)),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

/// The fault of fewer points than neighbours, at what is not left at its default.
fn too_few(points: usize, perplexity: f64) -> RangeError {
    let (path, message) = if points == default_points() {
        (PERPLEXITY, format!("must be less than `points`, which is {points}"))
    } else {
        ("points", format!("must be more than the perplexity, which is {perplexity}"))
    };
    RangeError { path: path.to_owned(), message }
}

impl Stage for Project {
    fn kind(&self) -> &'static str {
        "Project"
    }

    fn version(&self) -> u32 {
        1
    }

    fn output(&self) -> Kind {
        Kind::Projection
    }

    fn inputs(&self) -> Vec<Input> {
        vec![Input {
            field: "latents",
            reference: self.latents.clone(),
            wants: Kind::Latents,
            reads: &["test"],
        }]
    }

    fn params(&self) -> Params {
        Params::default().defaulted_variant("method", &self.method, &default_method()).defaulted(
            "points",
            &self.points,
            &default_points(),
        )
    }

    fn is_seeded(&self) -> bool {
        false
    }

    fn run(&self, work: &mut Work<'_>) -> anyhow::Result<RunStats> {
        let test = Latents::read(work.input("latents"), "test")?;
        let shown = test.len().min(self.points);
        ensure!(shown > 0, "there are no test latents to lay out");
        work.check_stop()?;
        let rows = &test.rows[..shown * test.width];
        let positions = match self.method {
            Method::Pca {} => write_pca(work.out, rows, test.width)?,
            Method::Tsne { perplexity, steps } => {
                let has_neighbours = perplexity < shown as f64;
                ensure!(has_neighbours, "{shown} points cannot have a perplexity of {perplexity}");
                write_tsne(work, Tsne { perplexity, steps }, rows, test.width)?
            }
        };
        write_points(work.out, &positions, &test.labels[..shown])?;
        work.out.text_attribute("", "method", &variant_and_fields(&self.method).0)?;
        Ok(RunStats::default())
    }
}

/// Writes the axes of these rows, and says where they lie on them.
fn write_pca(out: &mut Writer, rows: &[f32], width: usize) -> anyhow::Result<Vec<f32>> {
    let pca = Pca::fit(rows, width);
    out.write("axes/mean", &[width], &pca.mean, Layout::Compressed)?;
    out.write("axes/directions", &[2, width], &pca.directions.concat(), Layout::Compressed)?;
    out.write("axes/variance", &[2], &pca.variance, Layout::Compressed)?;
    out.score(score::EXPLAINED_VARIANCE.name, pca.explained)?;
    Ok(pca.positions(rows))
}

/// Lays these rows out, writes how well that went, and says where they lie.
fn write_tsne(
    work: &mut Work<'_>,
    tsne: Tsne,
    rows: &[f32],
    width: usize,
) -> anyhow::Result<Vec<f32>> {
    let start = Pca::fit(rows, width).positions(rows);
    let layout = tsne.lay_out(rows, width, &start, &mut |step| {
        if step % TOLD == 0 {
            work.progress(step, tsne.steps, "steps");
        }
        work.check_stop()
    })?;
    work.out.score(score::KL_DIVERGENCE.name, layout.divergence)?;
    Ok(layout.positions)
}

/// Writes where the first test images lie, (n × 2), and what they are.
fn write_points(out: &mut Writer, positions: &[f32], labels: &[u8]) -> anyhow::Result<()> {
    let shown = labels.len();
    let index = (0..u32::try_from(shown)?).collect::<Vec<_>>();
    out.write("points/positions", &[shown, 2], positions, Layout::Compressed)?;
    out.write("points/index", &[shown], &index, Layout::Compressed)?;
    out.write("points/labels", &[shown], labels, Layout::Compressed)?;
    Ok(())
}

fn default_method() -> Method {
    Method::Pca {}
}

fn default_perplexity() -> f64 {
    30.0
}

fn default_steps() -> usize {
    1_000
}

fn default_points() -> usize {
    2_000
}

#[cfg(test)]
mod tests {
    use super::{super::test_util::*, *};
    use acai_artifact::Reader;

    fn project(method: Method, points: usize) -> Project {
        Project { latents: "latents".parse().unwrap(), method, points }
    }

    fn run(method: Method, points: usize) -> anyhow::Result<Reader> {
        let test_util = TestStage::new();
        give_blobs(&test_util);
        test_util.run(&project(method, points))
    }

    #[test]
    fn the_first_test_images_are_laid_out_along_their_axes() {
        let map = run(Method::Pca {}, 60).unwrap();
        assert_eq!(map.text_attribute("", "method").unwrap(), "Pca");
        assert_eq!(map.shape("points/positions").unwrap(), [60, 2]);
        assert_eq!(map.read::<u32>("points/index").unwrap().data, (0..60).collect::<Vec<u32>>());
        let labels: Vec<u8> = (0..60).map(|i| i % 3).collect();
        assert_eq!(map.read::<u8>("points/labels").unwrap().data, labels);
        assert_eq!(map.shape("axes/mean").unwrap(), [4]);
        assert_eq!(map.shape("axes/directions").unwrap(), [2, 4]);
        assert_eq!(map.shape("axes/variance").unwrap(), [2]);
        let scores = map.scores().unwrap();
        assert_eq!((scores.len(), &scores[0].0[..]), (1, score::EXPLAINED_VARIANCE.name));
        assert!(scores[0].1 > 0.999, "three blobs lie in a plane: {scores:?}");
        assert_eq!(
            digest(&map),
            "1eacf4bab9814efda38c4a465b81615453c47c12cf98bf8c17c8ae896c2e32b3"
        );
    }

    #[test]
    fn all_test_images_are_shown_where_there_are_fewer() {
        let map = run(Method::Pca {}, 2_000).unwrap();
        assert_eq!(map.shape("points/positions").unwrap(), [90, 2]);
    }

    #[test]
    fn neighbours_are_laid_out_beside_each_other() {
        let map = run(Method::Tsne { perplexity: 10.0, steps: 200 }, 90).unwrap();
        assert_eq!(map.text_attribute("", "method").unwrap(), "Tsne");
        assert!(!map.has("axes/mean"));
        let positions = map.read::<f32>("points/positions").unwrap().data;
        let at = |i: usize| [positions[2 * i], positions[2 * i + 1]];
        let square = |i, j| (at(i)[0] - at(j)[0]).powi(2) + (at(i)[1] - at(j)[1]).powi(2);
        for i in 0..90 {
            let others = (0..90).filter(|&j| j != i);
            let nearest = others.min_by(|&a, &b| square(i, a).total_cmp(&square(i, b))).unwrap();
            assert_eq!(i % 3, nearest % 3, "{i} lies beside {nearest} of another blob");
        }
        let scores = map.scores().unwrap();
        assert_eq!((scores.len(), &scores[0].0[..]), (1, score::KL_DIVERGENCE.name));
        assert_eq!(
            digest(&map),
            "6eedb198c616220f7f496639b0cd135a804985a1a83c281244d50c02b2e77501"
        );
    }

    #[test]
    fn too_few_points_have_too_few_neighbours() {
        let fault = run(Method::Tsne { perplexity: 90.0, steps: 1 }, 2_000).err().unwrap();
        assert_eq!(fault.to_string(), "90 points cannot have a perplexity of 90");
    }
}
