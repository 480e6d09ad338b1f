//! Scores along a training: of each snapshot, as a file of lines, and as a chart that
//! stands on its own.
//!
//! Knows nothing of how snapshots are scored.

mod file;
mod svg;

use acai_artifact::{ArtifactError, Kind, Reader};

pub use file::{CurveFileError, read, write};
pub use svg::{ReferenceLine, svg};

use acai_engine::{status::Status, store::Store};
use acai_metric::score;
use acai_plan::Plan;

/// One score of one snapshot.
#[derive(Clone, Debug, PartialEq)]
pub struct CurvePoint {
    /// The stage that scored it.
    pub stage: String,
    /// The variant.
    pub variant: String,
    /// The seed.
    pub seed: u64,
    /// After so many kimg.
    pub kimg: f64,
    /// The score's name.
    pub score: String,
    /// Its value.
    pub value: f64,
}

/// Every score of every snapshot of a pipeline's stages that evaluate snapshots.
///
/// # Errors
/// If an artifact is damaged.
pub fn points(
    plan: &Plan,
    statuses: &[Status],
    store: &Store,
) -> Result<Vec<CurvePoint>, ArtifactError> {
    let mut points = Vec::new();
    for (instance, status) in plan.instances.iter().zip(statuses) {
        let is_scored = matches!(instance.stage.output(), Kind::Interpolations | Kind::Latents);
        let Some(record) = status.record.as_ref().filter(|_| is_scored) else { continue };
        let reader = Reader::open(&store.object(&record.digest))?;
        let name = &instance.name;
        for (score, curve) in of_artifact(&reader)? {
            points.extend(curve.into_iter().map(|(kimg, value)| CurvePoint {
                stage: name.stage.to_string(),
                variant: name.variant.as_ref().map(ToString::to_string).unwrap_or_default(),
                seed: name.seed.unwrap_or_default(),
                kimg,
                score: score.clone(),
                value,
            }));
        }
    }
    Ok(points)
}

/// A score of each snapshot: kimg and value.
type Curve = Vec<(f64, f64)>;

/// The curves that an artifact holds, by score; none if it has no snapshots.
///
/// # Errors
/// If it is damaged.
pub(crate) fn of_artifact(reader: &Reader) -> Result<Vec<(String, Curve)>, ArtifactError> {
    let mut curves = Vec::new();
    if !reader.has("snapshots/kimg") {
        return Ok(curves);
    }
    let kimgs = reader.read::<u32>("snapshots/kimg")?.data;
    for path in reader.datasets("snapshots")? {
        let score = path.rsplit('/').next().unwrap_or_default();
        // Other names than those of scores are none of ours, and would be shown.
        if score != "kimg" && score::find(score).is_some() {
            let values = reader.read::<f64>(&path)?.data;
            let curve = kimgs.iter().map(|&kimg| f64::from(kimg)).zip(values).collect();
            curves.push((score.to_owned(), curve));
        }
    }
    Ok(curves)
}
