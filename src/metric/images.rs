//! What can honestly be measured of decoded paths between images of which no
//! manifold is known: how well the ends are reconstructed, how even the steps
//! are, and how far the path keeps from real images.
//!
//! None of these says that an image is real. A cross-fade of pixels takes even
//! steps, and a blurred image is near to many: the figures are read together,
//! and beside those of other autoencoders on the same pairs. Everything is
//! computed in `f64`.
//!
//! Knows nothing of what decoded the images.

use super::defined::Defined;

mod nearest;

pub use nearest::NearestImages;

/// Decoded paths and what they are between, images and codes one after the other.
#[derive(Clone, Copy, Debug)]
pub struct DecodedPaths<'a> {
    /// How many paths.
    pub pairs: usize,
    /// Points on each.
    pub points: usize,
    /// Decoded images: pairs × points.
    pub decoded: &'a [f32],
    /// The codes of the decoded images: pairs × points.
    pub codes: &'a [f32],
    /// The real image that each path starts at: pairs.
    pub starts: &'a [f32],
    /// And that it ends at: pairs.
    pub ends: &'a [f32],
    /// Mean squared difference per element between each decoded image and the
    /// nearest real one, as from [`NearestImages`]: pairs × points.
    pub distance: &'a [f64],
}

/// The figures of some paths.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ImagesScore {
    /// Mean squared error per element of both decoded ends: pairs.
    pub endpoint_mse: Vec<f64>,
    /// [`smoothness`] of the decoded images: pairs.
    pub pixel_smoothness: Vec<f64>,
    /// [`smoothness`] of their codes: pairs.
    pub latent_smoothness: Vec<f64>,
    /// Mean of the pairs' errors.
    pub mean_endpoint_mse: f64,
    /// Mean over the paths where it is defined; NaN if there are none.
    pub mean_pixel_smoothness: f64,
    /// Mean over the paths where it is defined; NaN if there are none.
    pub mean_latent_smoothness: f64,
    /// Mean distance from the nearest real image, over all points.
    pub nearest_distance: f64,
    /// The same over the decoded ends alone, which are reconstructions: what the
    /// autoencoder scores where nothing is interpolated.
    pub endpoint_distance: f64,
    /// Of how many paths one of both smoothnesses is undefined.
    pub undefined_pairs: usize,
}

/// Scores some paths.
///
/// # Panics
/// If a slice does not hold whole paths or ends.
#[must_use]
pub fn score(paths: &DecodedPaths<'_>) -> ImagesScore {
    let &DecodedPaths { pairs, points, decoded, codes, starts, ends, distance } = paths;
    let pixels = starts.len() / pairs;
    assert_eq!(decoded.len(), pairs * points * pixels, "pairs × points images");
    assert_eq!((starts.len(), ends.len()), (pairs * pixels, pairs * pixels), "an end per pair");
    assert_eq!((distance.len(), codes.len() % distance.len()), (pairs * points, 0), "points");
    let of_each = |rows: &[f32]| -> Vec<f64> {
        rows.chunks_exact(rows.len() / pairs).map(|path| smoothness(path, points)).collect()
    };
    let (pixel, latent) = (of_each(decoded), of_each(codes));
    let ends = starts.chunks_exact(pixels).zip(ends.chunks_exact(pixels));
    let endpoint_mse: Vec<f64> = decoded
        .chunks_exact(points * pixels)
        .zip(ends)
        .map(|(path, (start, end))| {
            let (first, last) = (&path[..pixels], &path[(points - 1) * pixels..]);
            f64::midpoint(mean_squared(first, start), mean_squared(last, end))
        })
        .collect();
    let undefined = pixel.iter().zip(&latent).filter(|(pixel, latent)| (*pixel + *latent).is_nan());
    let of_ends = distance.chunks_exact(points).flat_map(|path| [path[0], path[points - 1]]);
    ImagesScore {
        mean_endpoint_mse: mean(&endpoint_mse),
        mean_pixel_smoothness: Defined::of(&pixel).mean(),
        mean_latent_smoothness: Defined::of(&latent).mean(),
        nearest_distance: mean(distance),
        endpoint_distance: mean(&of_ends.collect::<Vec<_>>()),
        undefined_pairs: undefined.count(),
        endpoint_mse,
        pixel_smoothness: pixel,
        latent_smoothness: latent,
    }
}

/// How unevenly a path of `points` rows goes: with the Euclidean lengths
/// s₁ … sₙ of its n steps, max sₖ / Σ sₖ − 1/n.
///
/// 0 if all steps are of one length, at most 1 − 1/n, when all happens in one
/// step; whatever the scale. NaN if the path never moves or is not finite. It is
/// the paper's smoothness with the length of the path in the place of the angle
/// between its ends.
#[must_use]
pub fn smoothness(path: &[f32], points: usize) -> f64 {
    let rows: Vec<&[f32]> = path.chunks_exact(path.len() / points).collect();
    let steps = rows.windows(2).map(|two| squared(two[0], two[1]).sqrt());
    let (largest, whole) = steps.fold((0.0_f64, 0.0), |(largest, whole), step| {
        (if step > largest { step } else { largest }, whole + step)
    });
    if whole > 0.0 && whole.is_finite() {
        largest / whole - 1.0 / (points - 1) as f64
    } else {
        f64::NAN
    }
}

/// The mean squared difference per element.
fn mean_squared(a: &[f32], b: &[f32]) -> f64 {
    squared(a, b) / a.len() as f64
}

/// The sum of squared differences.
fn squared(a: &[f32], b: &[f32]) -> f64 {
    let differences = a.iter().zip(b).map(|(&a, &b)| f64::from(a) - f64::from(b));
    differences.map(|difference| difference * difference).sum()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

#[cfg(test)]
mod tests;
