//! Which way a path takes from one code to another.
//!
//! Knows nothing of nets, or of which codes there are.

use serde::{Deserialize, Serialize};

/// Below this sine of the angle between two codes, an arc is no other than a
/// line to single precision, or is undefined.
const LEAST_SINE: f64 = 1e-6;

/// `along: Linear` or `along: Spherical`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub enum Along {
    /// A straight line.
    #[default]
    Linear,
    /// The arc of the reference's `slerp`: weights sin((1−t)ω)/sin ω and
    /// sin(tω)/sin ω on the flattened codes as they are, where ω is the angle
    /// between them.
    Spherical,
}

impl Along {
    /// `points` codes from `a` to `b` at equal steps (of the angle, if it is an
    /// arc), both included. The line is taken between codes that are parallel,
    /// where it is the arc's limit, and opposite, where no arc is the shortest
    /// and the line goes through 0; also from a code that is 0.
    pub(super) fn codes(self, a: &[f32], b: &[f32], points: usize) -> Vec<f32> {
        let last = (points - 1) as f64;
        let arc = match self {
            Self::Linear => None,
            Self::Spherical => Arc::between(a, b),
        };
        let at = |k: usize| {
            let shares = ((last - k as f64) / last, k as f64 / last);
            let (from, to) = arc.map_or(shares, |arc| arc.weights(shares));
            a.iter().zip(b).map(move |(&a, &b)| (from * f64::from(a) + to * f64::from(b)) as f32)
        };
        (0..points).flat_map(at).collect()
    }
}

/// The angle between two codes that are neither parallel nor opposite.
#[derive(Clone, Copy)]
struct Arc {
    omega: f64,
    sine: f64,
}

impl Arc {
    fn between(a: &[f32], b: &[f32]) -> Option<Self> {
        let product = |a: &[f32], b: &[f32]| -> f64 {
            a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum()
        };
        let cosine = product(a, b) / (product(a, a).sqrt() * product(b, b).sqrt());
        let omega = libm::acos(cosine.clamp(-1.0, 1.0));
        let sine = libm::sin(omega);
        // Not so for NaN.
        (sine >= LEAST_SINE).then_some(Self { omega, sine })
    }

    fn weights(self, (from, to): (f64, f64)) -> (f64, f64) {
        let weight = |share: f64| libm::sin(share * self.omega) / self.sine;
        (weight(from), weight(to))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_equal_and_ends_exact() {
        assert_eq!(
            Along::Linear.codes(&[0.0, 3.0], &[3.0, 0.0], 4),
            [0.0, 3.0, 1.0, 2.0, 2.0, 1.0, 3.0, 0.0]
        );
        let (a, b) = ([0.3, -1.7, 0.9], [-2.1, 0.4, 1.1]);
        for along in [Along::Linear, Along::Spherical] {
            let codes = along.codes(&a, &b, 16);
            assert_eq!((&codes[..3], &codes[45..]), (&a[..], &b[..]), "{along:?}");
        }
    }

    /// The reference's `slerp` by NumPy in double precision.
    #[test]
    fn arcs_are_the_references() {
        let codes = Along::Spherical.codes(&[1.0, 2.0, -0.5], &[-0.25, 1.5, 3.0], 4);
        let wanted = [
            1.0,
            2.0,
            -0.5,
            0.702_967_338_4,
            2.322_583_203,
            0.966_198_587_2,
            0.253_937_162,
            2.142_971_133,
            2.223_483_081,
            -0.25,
            1.5,
            3.0,
        ];
        for (found, wanted) in codes.iter().zip(wanted) {
            assert!((f64::from(*found) - wanted).abs() < 2e-7, "{codes:?}");
        }
    }

    #[test]
    fn an_arc_keeps_the_length_where_a_line_is_shorter() {
        let middle = |along: Along| along.codes(&[1.0, 0.0], &[0.0, 1.0], 3)[2];
        assert!((middle(Along::Linear) - 0.5).abs() < 1e-7);
        assert!((middle(Along::Spherical) - 0.5_f32.sqrt()).abs() < 1e-7);
    }

    #[test]
    fn where_there_is_no_arc_the_line_is_taken() {
        for (a, b) in [([1.0, 2.0], [2.0, 4.0]), ([1.0, 2.0], [-3.0, -6.0]), ([0.0; 2], [1.0, 2.0])]
        {
            assert_eq!(Along::Spherical.codes(&a, &b, 5), Along::Linear.codes(&a, &b, 5));
        }
        let nearly = ([1.0, 2.0], [1.0, 2.000_001]);
        let (arc, line) = (Along::Spherical, Along::Linear);
        assert_eq!(arc.codes(&nearly.0, &nearly.1, 5), line.codes(&nearly.0, &nearly.1, 5));
    }
}
