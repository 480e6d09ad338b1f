//! Sizes as people write them: `10GB`, `500MiB`, `1.5 TB`.
//!
//! Knows nothing of what has the size.

const UNITS: [(&str, f64); 10] = [
    ("", 1.0),
    ("B", 1.0),
    ("KB", 1e3),
    ("MB", 1e6),
    ("GB", 1e9),
    ("TB", 1e12),
    ("KIB", 1024.0),
    ("MIB", 1024.0 * 1024.0),
    ("GIB", 1024.0 * 1024.0 * 1024.0),
    ("TIB", 1024.0 * 1024.0 * 1024.0 * 1024.0),
];

/// Reads a size in bytes; for clap, an error is a message.
pub(super) fn parse(text: &str) -> Result<u64, String> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let unit = unit.trim().to_ascii_uppercase();
    let size = UNITS.iter().find(|(name, _)| *name == unit).map(|(_, size)| size);
    match (number.parse::<f64>(), size) {
        (Ok(number), Some(size)) if number.is_finite() => Ok((number * size).round() as u64),
        _ => Err("a size is a number and a unit, such as `10GB`, `500MiB` or `1.5TB`".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_people_write_them() {
        for (text, size) in [
            ("0", 0),
            ("812", 812),
            ("812B", 812),
            ("10GB", 10_000_000_000),
            ("500MiB", 524_288_000),
            ("1.5 kB", 1_500),
            ("2tib", 2_199_023_255_552),
        ] {
            assert_eq!(parse(text), Ok(size), "{text}");
        }
        for text in ["", "GB", "ten", "-1GB", "10 gigs", "1.2.3MB", "1e3"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
