//! Test images to codes, codes to paths, paths to images, and back to codes.
//!
//! Knows nothing of what paths are measured by.

use anyhow::ensure;

use super::Interpolate;
use crate::{
    Work, model,
    snapshots::Weights,
    trained::{Decoder, Encoder},
};

/// A trained autoencoder, and the codes its paths go between.
pub(super) struct Decoding<'s> {
    stage: &'s Interpolate,
    encoder: Encoder,
    decoder: Decoder,
    /// Of test images 0 to 2 · pairs.
    ends: Vec<f32>,
}

impl<'s> Decoding<'s> {
    /// Reads the nets and encodes the ends.
    pub(super) fn new(
        stage: &'s Interpolate,
        work: &Work<'_>,
        weights: &Weights,
    ) -> anyhow::Result<Self> {
        let encoder = Encoder::read(work.input("model"), weights, work.device)?;
        let decoder = Decoder::read(work.input("model"), weights, work.device)?;
        let there = work.input("data").shape("images/test")?[0];
        let pairs = stage.pairs;
        ensure!(
            2 * pairs <= there,
            "{pairs} pairs need {} test images, there are {there}",
            2 * pairs
        );
        let mut ends = Vec::new();
        for rows in model::chunks(2 * pairs) {
            work.check_stop()?;
            let images = model::read_images(work.input("data"), "test", rows.clone())?;
            ends.extend(encoder.encode(&images, "test", rows.start)?.codes.to_rows());
        }
        Ok(Self { stage, encoder, decoder, ends })
    }

    /// `(pairs, points, C, H, W)`: test image i with i + pairs, decoded at equal
    /// steps between their codes, both ends included.
    pub(super) fn paths(&self, work: &mut Work<'_>) -> anyhow::Result<Vec<f32>> {
        let &Interpolate { pairs, points, along, .. } = self.stage;
        let (starts, ends) = self.ends.split_at(self.ends.len() / 2);
        let d = self.encoder.code_len();
        let mut decoded = Vec::new();
        for (pair, (a, b)) in starts.chunks_exact(d).zip(ends.chunks_exact(d)).enumerate() {
            work.check_stop()?;
            let path = self.decoder.batch(&along.codes(a, b, points));
            decoded.extend(self.decoder.decode(&path)?.to_rows());
            work.progress(pair + 1, pairs, "paths");
        }
        Ok(decoded)
    }

    /// `(pairs, points, d)`: the codes of decoded paths. Where codes are drawn,
    /// all points of a path are encoded with the draw of its first image.
    pub(super) fn codes(&self, work: &Work<'_>, decoded: &[f32]) -> anyhow::Result<Vec<f32>> {
        let mut codes = Vec::new();
        for (pair, path) in decoded.chunks_exact(decoded.len() / self.stage.pairs).enumerate() {
            work.check_stop()?;
            codes.extend(self.encoder.encode_with_noise_of(path, "test", pair)?.to_rows());
        }
        Ok(codes)
    }
}
