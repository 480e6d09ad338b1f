//! One split of encoded images, read whole: what the stages that judge latents share.
//!
//! Knows nothing of how the latents were made or of what they are judged by.

use anyhow::{Context, ensure};

use acai_artifact::{Array, Reader};

/// Latents of one split with their classes.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Latents {
    /// Length d of a latent.
    pub(super) width: usize,
    /// (images × d), by rows; every value is finite.
    pub(super) rows: Vec<f32>,
    /// One class per image.
    pub(super) labels: Vec<u8>,
}

impl Latents {
    /// The split `name` (`train`, `test`).
    pub(super) fn read(input: &Reader, name: &str) -> anyhow::Result<Self> {
        let context = || format!("reading the {name} latents");
        let latents = input.read(&format!("latents/{name}")).with_context(context)?;
        let labels = input.read(&format!("labels/{name}")).with_context(context)?;
        Self::new(latents, labels).with_context(context)
    }

    fn new(latents: Array<f32>, labels: Array<u8>) -> anyhow::Result<Self> {
        let &[count, width] = &latents.shape[..] else {
            anyhow::bail!("latents have the shape {:?} instead of images × values", latents.shape);
        };
        ensure!(width > 0, "latents without a value each");
        ensure!(count == labels.data.len(), "{count} latents with {} labels", labels.data.len());
        ensure!(
            latents.data.iter().all(|value| value.is_finite()),
            "some latents are not finite: the model has diverged; train it with a smaller `lr`"
        );
        Ok(Self { width, rows: latents.data, labels: labels.data })
    }

    /// How many images.
    pub(super) fn len(&self) -> usize {
        self.labels.len()
    }

    /// The latent of image `i`.
    pub(super) fn row(&self, i: usize) -> &[f32] {
        &self.rows[i * self.width..(i + 1) * self.width]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn latents(shape: &[usize], value: f32, labels: usize) -> anyhow::Result<Latents> {
        let data = vec![value; shape.iter().product()];
        let labels = Array { shape: vec![labels], data: vec![0; labels] };
        Latents::new(Array { shape: shape.to_vec(), data }, labels)
    }

    #[test]
    fn only_finite_rows_with_labels_pass() {
        let good = latents(&[3, 2], 1.0, 3).unwrap();
        assert_eq!((good.len(), good.row(2)), (3, &[1.0, 1.0][..]));
        let fault = |shape: &[usize], value| latents(shape, value, 3).unwrap_err().to_string();
        assert_eq!(fault(&[2, 2], 1.0), "2 latents with 3 labels");
        assert!(fault(&[3, 2, 1], 1.0).contains("[3, 2, 1]"));
        assert!(fault(&[3, 0], 1.0).contains("without a value"));
        assert!(fault(&[3, 2], f32::NAN).contains("diverged"));
    }
}
