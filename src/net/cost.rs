//! What a net costs: multiply-adds of one image, by the reference's channel tables.

use super::{NetKind, NetSize, SIDE};

/// Multiply-adds of one image's forward pass through a net.
///
/// The first and last convolutions at full size, then by halvings (encoder) or
/// doublings (decoder) as in `lib/layers.py` of the reference.
#[must_use]
pub fn multiply_adds(kind: NetKind, channels: usize, size: NetSize) -> u64 {
    let NetSize { depth, latent, width } = size;
    let convolution = |inputs, outputs, taps, side| -> u64 {
        let inner: usize = inputs * outputs * taps;
        (inner * side * side) as u64
    };
    let halvings = (SIDE / width).ilog2();
    let channels_at = |halving: u32| depth << halving;
    let (mut sum, last) = match kind {
        NetKind::Encoder => {
            let deepest = convolution(channels_at(halvings - 1), channels_at(halvings), 9, width);
            let codes = convolution(channels_at(halvings), latent, 9, width);
            (convolution(channels, depth, 1, SIDE), deepest + codes)
        }
        NetKind::Decoder => {
            let images = convolution(depth, channels, 9, SIDE);
            (0, convolution(depth, depth, 9, SIDE) + images)
        }
    };
    for halving in 0..halvings {
        let here = channels_at(halving);
        let (from, side) = match kind {
            NetKind::Encoder => (channels_at(halving.saturating_sub(1)), SIDE >> halving),
            NetKind::Decoder if halving + 1 == halvings => (latent, width),
            NetKind::Decoder => (channels_at(halving + 1), SIDE >> (halving + 1)),
        };
        sum += convolution(from, here, 9, side) + convolution(here, here, 9, side);
    }
    sum + last
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Millions, from the reference's own table.
    #[test]
    fn multiply_adds_are_the_references() {
        for (channels, depth, latent, width, encoder, decoder) in [
            (1, 16, 16, 2, 16.68, 8.48),
            (1, 16, 2, 4, 13.03, 6.65),
            (1, 16, 16, 4, 13.29, 6.78),
            (3, 64, 2, 4, 207.96, 105.65),
            (3, 64, 16, 4, 208.99, 106.17),
            (3, 64, 64, 4, 212.53, 107.94),
        ] {
            let size = NetSize { depth, latent, width };
            for (kind, wanted) in [(NetKind::Encoder, encoder), (NetKind::Decoder, decoder)] {
                let found = multiply_adds(kind, channels, size) as f64 / 1e6;
                assert!((found - wanted).abs() < 0.006, "{kind:?} of {size:?}: {found}");
            }
        }
    }
}
