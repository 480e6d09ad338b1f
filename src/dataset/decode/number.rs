//! Integers as files code them: in 1 to 8 bytes, signed or not, even as floats.
//!
//! Knows nothing of files.

/// Types of elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Number {
    /// Unsigned integers of so many bytes.
    Unsigned(usize),
    /// Signed integers of so many bytes.
    Signed(usize),
    /// IEEE floats of 4 or 8 bytes.
    Float(usize),
}

/// A type of elements and the order of their bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Coding {
    pub(crate) number: Number,
    pub(crate) is_big_endian: bool,
}

impl Coding {
    pub(crate) const BYTE: Self = Self { number: Number::Unsigned(1), is_big_endian: false };

    /// Bytes of an element.
    pub(crate) fn size(self) -> usize {
        match self.number {
            Number::Unsigned(size) | Number::Signed(size) | Number::Float(size) => size,
        }
    }

    /// The integer in `bytes`, of which there are `size()`; an error is the number as it is.
    pub(crate) fn integer(self, bytes: &[u8]) -> Result<i64, String> {
        let mut padded = [0; 8];
        padded[..bytes.len()].copy_from_slice(bytes);
        if self.is_big_endian {
            padded[..bytes.len()].reverse();
        }
        let raw = u64::from_le_bytes(padded);
        let unused = 64 - 8 * bytes.len();
        match self.number {
            Number::Unsigned(_) => i64::try_from(raw).map_err(|_| raw.to_string()),
            Number::Signed(_) => Ok((raw << unused).cast_signed() >> unused),
            Number::Float(4) => whole(f64::from(f32::from_bits(raw as u32))),
            Number::Float(_) => whole(f64::from_bits(raw)),
        }
    }
}

/// The integer that `value` is; floats count exactly up to 2⁵³.
fn whole(value: f64) -> Result<i64, String> {
    let is_whole = value.fract() == 0.0 && value.abs() <= 9_007_199_254_740_992.0;
    if is_whole { Ok(value as i64) } else { Err(value.to_string()) }
}

#[cfg(test)]
mod tests {
    use super::{Number::*, *};

    #[test]
    fn integers_are_read_as_they_are_coded() {
        let little = |number, bytes: &[u8]| Coding { number, is_big_endian: false }.integer(bytes);
        let big = |number, bytes: &[u8]| Coding { number, is_big_endian: true }.integer(bytes);
        assert_eq!(little(Unsigned(1), &[200]), Ok(200));
        assert_eq!(little(Signed(1), &[200]), Ok(-56));
        assert_eq!(little(Unsigned(2), &[1, 2]), Ok(0x0201));
        assert_eq!(big(Signed(4), &[0xff, 0xff, 0xff, 0xfe]), Ok(-2));
        assert_eq!(big(Signed(8), &[0, 0, 0, 0, 0, 0, 1, 0]), Ok(256));
        assert_eq!(little(Unsigned(8), &[255; 8]), Err("18446744073709551615".to_owned()));
        assert_eq!(little(Float(8), &10.0_f64.to_le_bytes()), Ok(10));
        assert_eq!(big(Float(4), &(-3.0_f32).to_be_bytes()), Ok(-3));
        assert_eq!(little(Float(8), &0.5_f64.to_le_bytes()), Err("0.5".to_owned()));
        assert_eq!(little(Float(8), &f64::NAN.to_le_bytes()), Err("NaN".to_owned()));
        assert_eq!(little(Float(8), &f64::INFINITY.to_le_bytes()), Err("inf".to_owned()));
    }
}
