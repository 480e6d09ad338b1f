//! Numbers as people read them.
//!
//! Knows nothing of what the numbers mean.

/// A number in four significant digits: `0.003210`, `12.30`, `1.200e-5`, `not a number`.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "only the number of digits shown depends on it")]
pub fn number(value: f64) -> String {
    let size = value.abs();
    if value.is_nan() {
        "not a number".to_owned()
    } else if value.is_infinite() {
        if value > 0.0 { "infinite".to_owned() } else { "−infinite".to_owned() }
    } else if size == 0.0 {
        "0".to_owned()
    } else if (1e-4..1e6).contains(&size) {
        let before_point = size.log10().floor() as i32 + 1;
        format!("{value:.*}", (4 - before_point).clamp(0, 8) as usize)
    } else {
        format!("{value:.3e}")
    }
}

/// A count with thousands set apart: `10,240`.
#[must_use]
pub fn count(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A time: `0.12 s`, `4.1 s`, `3 m 12 s`, `2 h 05 m`.
#[must_use]
pub fn duration(seconds: f64) -> String {
    if seconds < 0.995 {
        return format!("{seconds:.2} s");
    }
    if seconds < 59.95 {
        return format!("{seconds:.1} s");
    }
    let whole = seconds.round() as u64;
    if whole < 3600 {
        return format!("{} m {:02} s", whole / 60, whole % 60);
    }
    let minutes = whole.div_ceil(60);
    format!("{} h {:02} m", minutes / 60, minutes % 60)
}

/// Multiply-adds: `12.9 G`, `3.3 P`.
#[must_use]
pub fn multiply_adds(value: f64) -> String {
    let units = [("P", 1e15), ("T", 1e12), ("G", 1e9)];
    let unit = units.into_iter().find(|&(_, size)| value >= size);
    let (name, size) = unit.unwrap_or(("M", 1e6));
    format!("{:.1} {name}", value / size)
}

/// A size: `812 B`, `3.1 MB`, `9.2 PB`.
#[must_use]
pub fn bytes(value: u64) -> String {
    let units = [("EB", 1e18), ("PB", 1e15), ("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)];
    let unit = units.into_iter().find(|&(_, size)| value as f64 >= size);
    match unit {
        Some((name, size)) => format!("{:.1} {name}", value as f64 / size),
        None => format!("{value} B"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_four_digits() {
        let cases = [
            (0.0, "0"),
            (0.003_21, "0.003210"),
            (0.000_12, "0.0001200"),
            (-12.3, "-12.30"),
            (98_765.4, "98765"),
            (1.2e-5, "1.200e-5"),
            (f64::NAN, "not a number"),
        ];
        for (value, text) in cases {
            assert_eq!(number(value), text);
        }
    }

    #[test]
    fn counts_times_and_sizes() {
        assert_eq!([count(7), count(1_234), count(1_234_567)], ["7", "1,234", "1,234,567"]);
        assert_eq!(
            [duration(0.1234), duration(4.06), duration(59.99)],
            ["0.12 s", "4.1 s", "1 m 00 s"]
        );
        assert_eq!([duration(192.4), duration(7_501.0)], ["3 m 12 s", "2 h 06 m"]);
        assert_eq!([bytes(812), bytes(3_100_000)], ["812 B", "3.1 MB"]);
    }
}
