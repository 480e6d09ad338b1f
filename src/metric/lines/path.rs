//! How a path of nearest lines turns, in whole steps of the reference angles.
//!
//! Knows nothing of images.

/// A whole turn, in steps.
pub(super) const WHOLE: i64 = 10_000;

/// How a path turns.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Turn {
    /// The largest turn between neighbours.
    largest: i64,
    /// From the first point to the last, after unwrapping.
    whole: i64,
    /// The shortest way from the first to the last.
    shortest: i64,
    /// Turns between neighbours on the path.
    count: usize,
}

/// How a path through the angles `steps` turns; one of no turn at all if an angle is unknown.
pub(super) fn turn(steps: &[Option<u32>]) -> Turn {
    let known: Option<Vec<i64>> = steps.iter().map(|step| step.map(i64::from)).collect();
    let known = known.unwrap_or_default();
    let turns: Vec<i64> = known.windows(2).map(|pair| shortest(pair[1] - pair[0])).collect();
    let ends = known.first().zip(known.last());
    Turn {
        largest: turns.iter().map(|turn| turn.abs()).max().unwrap_or(0),
        whole: turns.iter().sum::<i64>().abs(),
        shortest: ends.map_or(0, |(first, last)| shortest(last - first).abs()),
        count: turns.len(),
    }
}

impl Turn {
    /// max |θₖ₊₁ − θₖ| / |θ₀ − θₙ| − 1/n for n turns; NaN if the ends coincide.
    pub(super) fn smoothness(&self) -> f64 {
        if self.whole == 0 {
            return f64::NAN;
        }
        self.largest as f64 / self.whole as f64 - 1.0 / self.count as f64
    }

    /// |θ₀ − θₙ| over the shortest arc between the two; NaN if there is none.
    pub(super) fn detour(&self) -> f64 {
        if self.shortest == 0 { f64::NAN } else { self.whole as f64 / self.shortest as f64 }
    }
}

/// The turn of at most half a circle that ends where `turn` does; exactly half a
/// circle keeps its direction (as `numpy.unwrap` has it).
fn shortest(turn: i64) -> i64 {
    match (turn + WHOLE / 2).rem_euclid(WHOLE) - WHOLE / 2 {
        half if half == -WHOLE / 2 && turn > 0 => WHOLE / 2,
        turn => turn,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(steps: &[u32]) -> Turn {
        turn(&steps.iter().copied().map(Some).collect::<Vec<_>>())
    }

    #[test]
    fn half_a_circle_keeps_its_direction() {
        assert_eq!(
            [5_000, -5_000, 5_001, -5_001, 9_999].map(shortest),
            [5_000, -5_000, -4_999, 4_999, -1]
        );
    }

    #[test]
    fn an_even_path_is_smooth() {
        let even = of(&[9_990, 0, 10, 20]);
        assert_eq!(even, Turn { largest: 10, whole: 30, shortest: 30, count: 3 });
        assert!(even.smoothness().abs() < 1e-15 && (even.detour() - 1.0).abs() < 1e-15);
    }

    #[test]
    fn a_backtracking_path_may_exceed_one() {
        let back = of(&[0, 900, 100]);
        assert!((back.smoothness() - (9.0 - 0.5)).abs() < 1e-12);
    }

    #[test]
    fn the_long_way_round_is_smooth_but_a_detour() {
        let long = of(&[0, 2_000, 4_000, 6_000, 8_000]);
        assert!(long.smoothness().abs() < 1e-15);
        assert!((long.detour() - 4.0).abs() < 1e-15);
    }

    #[test]
    fn a_full_circle_is_smooth_and_has_no_arc() {
        let circle = of(&[0, 4_000, 8_000, 0]);
        assert_eq!((circle.whole, circle.shortest), (10_000, 0));
        assert!(circle.detour().is_nan());
    }

    #[test]
    fn nothing_is_said_of_still_or_unknown_paths() {
        for still in [of(&[3, 3, 3]), of(&[3, 90, 3]), of(&[3]), turn(&[Some(1), None, Some(2)])] {
            assert!(still.smoothness().is_nan());
        }
    }
}
