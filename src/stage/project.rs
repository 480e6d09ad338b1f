//! `Project`: a map of latents in two dimensions, to be looked at.
//!
//! Knows nothing of how its inputs were made.

use anyhow::ensure;
use serde::{Deserialize, Serialize};

use self::pca::Pca;
use super::{Declared, Figures, Input, Member, Params, RangeFault, Stage, Work, latents::Latents};
use crate::{
    artifact::{Kind, Layout, Writer},
    names::Reference,
    text::dissect,
};

mod pca;

/// `Project(…)` as written in a file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Project {
    /// The latents to lay out.
    pub latents: Reference,
    /// How to lay them out.
    #[serde(default = "default_method")]
    pub method: Method,
    /// At most so many test latents, the first.
    #[serde(default = "default_points")]
    pub points: usize,
}

/// How latents are laid out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Method {
    /// Along the two directions that they spread most in.
    Pca {},
}

impl Declared for Project {
    fn members(&self) -> Vec<Member> {
        vec![Member { variant: None, stage: Box::new(self.clone()) }]
    }

    fn range_faults(&self) -> Vec<RangeFault> {
        RangeFault::less_than("points", self.points, 1).into_iter().collect()
    }
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

    fn run(&self, work: &mut Work<'_>) -> anyhow::Result<Figures> {
        let test = Latents::read(work.input("latents"), "test")?;
        let shown = test.len().min(self.points);
        ensure!(shown > 0, "there are no test latents to lay out");
        work.check_stop()?;
        let rows = &test.rows[..shown * test.width];
        let positions = match self.method {
            Method::Pca {} => write_pca(work.out, rows, test.width)?,
        };
        write_points(work.out, &positions, &test.labels[..shown])?;
        work.out.text_attribute("", "method", &dissect(&self.method).0)?;
        Ok(Figures::default())
    }
}

/// Writes the axes of these rows, and says where they lie on them.
fn write_pca(out: &mut Writer, rows: &[f32], width: usize) -> anyhow::Result<Vec<f32>> {
    let pca = Pca::fit(rows, width);
    out.write("axes/mean", &[width], &pca.mean, Layout::Compressed)?;
    out.write("axes/directions", &[2, width], &pca.directions.concat(), Layout::Compressed)?;
    out.write("axes/variance", &[2], &pca.variance, Layout::Compressed)?;
    out.score("explained_variance", pca.explained)?;
    Ok(pca.positions(rows))
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

fn default_points() -> usize {
    2_000
}

#[cfg(test)]
mod tests {
    use super::{super::trial::*, *};
    use crate::artifact::Reader;

    fn run(method: Method, points: usize) -> Reader {
        let trial = Trial::new();
        give_blobs(&trial);
        trial.run(&Project { latents: "latents".parse().unwrap(), method, points }).unwrap()
    }

    #[test]
    fn the_first_test_images_are_laid_out_along_their_axes() {
        let map = run(Method::Pca {}, 60);
        assert_eq!(map.text_attribute("", "method").unwrap(), "Pca");
        assert_eq!(map.shape("points/positions").unwrap(), [60, 2]);
        assert_eq!(map.read::<u32>("points/index").unwrap().data, (0..60).collect::<Vec<u32>>());
        let labels: Vec<u8> = (0..60).map(|i| i % 3).collect();
        assert_eq!(map.read::<u8>("points/labels").unwrap().data, labels);
        assert_eq!(map.shape("axes/mean").unwrap(), [4]);
        assert_eq!(map.shape("axes/directions").unwrap(), [2, 4]);
        assert_eq!(map.shape("axes/variance").unwrap(), [2]);
        let scores = map.scores().unwrap();
        assert_eq!((scores.len(), &scores[0].0[..]), (1, "explained_variance"));
        assert!(scores[0].1 > 0.999, "three blobs lie in a plane: {scores:?}");
        assert_eq!(
            digest(&map),
            "1eacf4bab9814efda38c4a465b81615453c47c12cf98bf8c17c8ae896c2e32b3"
        );
    }

    #[test]
    fn all_test_images_are_shown_where_there_are_fewer() {
        let map = run(Method::Pca {}, 2_000);
        assert_eq!(map.shape("points/positions").unwrap(), [90, 2]);
    }
}
