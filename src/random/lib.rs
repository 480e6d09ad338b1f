//! Random numbers without hidden state: every stream is identified by
//! (seed, name, step), so nothing depends on the order of calls, on threads or on
//! the names of stages.
//!
//! Knows nothing of what the numbers are used for.

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{RngCore, SeedableRng},
};

/// A stream of random numbers.
///
/// The same (seed, name, step) gives the same numbers on every machine.
#[derive(Clone, Debug)]
pub struct RngStream(ChaCha8Rng);

impl RngStream {
    /// The stream `name` (such as `encoder.init`, `data` or `alpha`) at `step`.
    #[must_use]
    pub fn new(seed: u64, name: &str, step: u64) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key("acai-pipe 2026 random stream");
        hasher.update(&seed.to_le_bytes());
        hasher.update(&step.to_le_bytes());
        hasher.update(name.as_bytes());
        Self(ChaCha8Rng::from_seed(*hasher.finalize().as_bytes()))
    }

    /// Uniform 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// Uniform on [0, 1), 53 bits.
    pub fn uniform(&mut self) -> f64 {
        (self.bits() >> 11) as f64 * (1.0 / (1_u64 << 53) as f64)
    }

    /// Uniform on `0..n`, without bias (rejection).
    ///
    /// # Panics
    /// If `n` is 0.
    pub fn below(&mut self, n: usize) -> usize {
        assert!(n > 0, "an empty range has no elements to draw");
        let n = n as u64;
        let limit = u64::MAX - u64::MAX % n;
        loop {
            let bits = self.bits();
            if bits < limit {
                return (bits % n) as usize;
            }
        }
    }

    /// Two independent draws from N(0, 1) (Box–Muller, with `libm` for the
    /// same bits everywhere).
    pub fn normal_pair(&mut self) -> (f64, f64) {
        let radius = libm::sqrt(-2.0 * libm::log(1.0 - self.uniform()));
        let angle = std::f64::consts::TAU * self.uniform();
        (radius * libm::cos(angle), radius * libm::sin(angle))
    }

    /// `n` draws from N(0, std²), rounded to `f32`.
    pub fn normals(&mut self, n: usize, std: f64) -> Vec<f32> {
        let pairs = (0..n.div_ceil(2)).flat_map(|_| {
            let (a, b) = self.normal_pair();
            [(a * std) as f32, (b * std) as f32]
        });
        let mut draws: Vec<f32> = pairs.collect();
        draws.truncate(n);
        draws
    }

    /// A random order of `0..n` (Fisher–Yates).
    pub fn permutation(&mut self, n: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..n).collect();
        for last in (1..n).rev() {
            order.swap(last, self.below(last + 1));
        }
        order
    }
}
