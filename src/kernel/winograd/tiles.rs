//! Transforms the tiles of activations and gradients into the matrices that are
//! multiplied, one for each of the 36 elements of a transformed tile.
#![expect(unsafe_code, reason = "vector loads and stores through raw pointers")]
#![expect(clippy::inline_always, reason = "must inline into the `#[target_feature]` wrapper")]

use super::{
    super::{ConvShape, simd::Simd},
    strips::Strip,
    transforms::{Input, square},
};

/// Matrices `(36, channels, columns)` in memory that nothing has written yet.
pub(super) struct Planes {
    memory: Vec<f32>,
    channels: usize,
    columns: usize,
}

impl Planes {
    pub(super) fn new(channels: usize, columns: usize) -> Self {
        let mut planes = Self { memory: Vec::new(), channels, columns };
        planes.memory.reserve_exact(36 * planes.stride());
        planes
    }

    /// Elements from one matrix to the next. Not a power of two, which would put the
    /// 36 elements of a tile into the same lines of the cache.
    pub(super) fn stride(&self) -> usize {
        self.channels * self.columns + 16
    }

    /// Elements from one row to the next.
    pub(super) fn columns(&self) -> usize {
        self.columns
    }

    /// The first element, to be written through.
    pub(super) fn start(&mut self) -> *mut f32 {
        self.memory.as_mut_ptr()
    }
}

/// Transforms one channel of a strip's tiles: Bᵀ d B.
///
/// # Safety
/// `x` is the activations of `shape`; `to` the channel's row in the first of matrices
/// that lie `stride` apart, with room for the strip's columns.
#[inline(always)]
pub(super) unsafe fn transform_input<S: Simd>(
    shape: ConvShape,
    x: *const f32,
    channel: usize,
    strip: &Strip,
    to: *mut f32,
    stride: usize,
) {
    // SAFETY: only pixels inside the image are read.
    unsafe {
        let (row, batch) = (shape.width * shape.padded_batch, shape.padded_batch);
        let across = shape.width / 4;
        let mut to = to;
        for tile in strip.tiles.clone() {
            let (top, left) = (tile / across * 4, tile % across * 4);
            let rows = usize::from(top == 0)..6 - usize::from(top + 4 == shape.height);
            let columns = usize::from(left == 0)..6 - usize::from(left + 4 == shape.width);
            // Of the pixel above and left of the tile, which may lie outside.
            let corner = x
                .wrapping_add(channel * shape.channel_len() + top * row + left * batch)
                .wrapping_sub(row + batch);
            let mut example = strip.examples.start;
            while example < strip.examples.end {
                let mut d = [[S::splat(0.0); 6]; 6];
                if rows.len() == 6 && columns.len() == 6 {
                    for (y, line) in d.iter_mut().enumerate() {
                        for (x, value) in line.iter_mut().enumerate() {
                            *value = S::load(corner.add(y * row + x * batch + example));
                        }
                    }
                } else {
                    for y in rows.clone() {
                        for x in columns.clone() {
                            d[y][x] = S::load(corner.wrapping_add(y * row + x * batch + example));
                        }
                    }
                }
                let v = square::<S, Input, 6, 6>(d);
                for (y, line) in v.iter().enumerate() {
                    for (x, value) in line.iter().enumerate() {
                        S::store(to.add((6 * y + x) * stride), *value);
                    }
                }
                to = to.add(S::LANES);
                example += S::LANES;
            }
        }
    }
}
