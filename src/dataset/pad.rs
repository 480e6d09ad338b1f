//! Black margins around images.
//!
//! Knows nothing of where images come from.

use rayon::prelude::*;

use super::descriptor::Size;

/// `images` (n, C, H, W) with `pad` zeros on every side of each plane.
#[must_use]
pub fn padded(images: Vec<u8>, size: Size, pad: usize) -> Vec<u8> {
    if pad == 0 {
        return images;
    }
    let Size { height, width, .. } = size;
    let (rows, columns) = (height + 2 * pad, width + 2 * pad);
    let n_planes = images.len() / (height * width);
    let mut out = vec![0; n_planes * rows * columns];
    let planes = out.par_chunks_exact_mut(rows * columns);
    planes.zip(images.par_chunks_exact(height * width)).for_each(|(out, plane)| {
        let inner = out.chunks_exact_mut(columns).skip(pad);
        for (out, row) in inner.zip(plane.chunks_exact(width)) {
            out[pad..pad + width].copy_from_slice(row);
        }
    });
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn margins_are_black() {
        let size = Size { height: 1, width: 2, channels: 1 };
        let out = padded(vec![1, 2, 3, 4], size, 1);
        assert_eq!(out, [0, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 4, 0, 0, 0, 0, 0]);
        assert_eq!(padded(vec![1, 2], size, 0), [1, 2]);
    }
}
