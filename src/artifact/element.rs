//! The element types that artifacts hold.
//!
//! Knows nothing of files; its users turn elements into datasets and digests.

use hdf5::types::{FloatSize, IntSize, TypeDescriptor};

/// Element types that artifacts hold: `u8`, `u32`, `i64`, `f32`, `f64`.
pub trait Element: hdf5::H5Type + Copy + Default {
    /// The type as a value.
    const TYPE: ElementType;

    /// Appends the little-endian bytes of `data` to `out`.
    fn append_le(data: &[Self], out: &mut Vec<u8>);

    /// Whether both have the same bits.
    fn is_same(self, other: Self) -> bool;

    /// How far it is from `other`: infinitely far, if one of both is no number.
    fn distance(self, other: Self) -> f64;

    /// The elements whose little-endian bytes are `bytes`; a rest is left out.
    fn from_le(bytes: &[u8]) -> Vec<Self>;
}

/// An element type, known at run time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ElementType {
    /// Unsigned bytes.
    U8,
    /// Unsigned 32-bit integers.
    U32,
    /// Signed 64-bit integers.
    I64,
    /// Single precision.
    F32,
    /// Double precision.
    F64,
}

impl ElementType {
    /// Every type.
    pub const ALL: [Self; 5] = [Self::U8, Self::U32, Self::I64, Self::F32, Self::F64];

    /// The name as `h5py` and numpy write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::U8 => "uint8",
            Self::U32 => "uint32",
            Self::I64 => "int64",
            Self::F32 => "float32",
            Self::F64 => "float64",
        }
    }

    /// Bytes per element.
    #[must_use]
    pub fn size(self) -> usize {
        match self {
            Self::U8 => 1,
            Self::U32 | Self::F32 => 4,
            Self::I64 | Self::F64 => 8,
        }
    }

    pub(super) fn from_descriptor(descriptor: &TypeDescriptor) -> Option<Self> {
        match descriptor {
            TypeDescriptor::Unsigned(IntSize::U1) => Some(Self::U8),
            TypeDescriptor::Unsigned(IntSize::U4) => Some(Self::U32),
            TypeDescriptor::Integer(IntSize::U8) => Some(Self::I64),
            TypeDescriptor::Float(FloatSize::U4) => Some(Self::F32),
            TypeDescriptor::Float(FloatSize::U8) => Some(Self::F64),
            _ => None,
        }
    }
}

macro_rules! elements {
    ($($element:ty => $name:ident, $is_same:expr, $distance:expr;)+) => {
        $(impl Element for $element {
            const TYPE: ElementType = ElementType::$name;

            fn append_le(data: &[Self], out: &mut Vec<u8>) {
                out.reserve(size_of_val(data));
                out.extend(data.iter().flat_map(|element| element.to_le_bytes()));
            }

            fn is_same(self, other: Self) -> bool {
                $is_same(self, other)
            }

            fn distance(self, other: Self) -> f64 {
                if self.is_same(other) { 0.0 } else { $distance(self, other) }
            }

            fn from_le(bytes: &[u8]) -> Vec<Self> {
                let pieces = bytes.chunks_exact(size_of::<Self>());
                let whole = |piece: &[u8]| piece.try_into().expect("pieces have that length");
                pieces.map(|piece| Self::from_le_bytes(whole(piece))).collect()
            }
        })+
    };
}

elements! {
    u8 => U8, |a, b| a == b, |a: u8, b| f64::from(a.abs_diff(b));
    u32 => U32, |a, b| a == b, |a: u32, b| f64::from(a.abs_diff(b));
    i64 => I64, |a, b| a == b, |a: i64, b| a.abs_diff(b) as f64;
    f32 => F32, |a: f32, b: f32| a.to_bits() == b.to_bits(), |a, b| apart(f64::from(a), f64::from(b));
    f64 => F64, |a: f64, b: f64| a.to_bits() == b.to_bits(), apart;
}

fn apart(a: f64, b: f64) -> f64 {
    let distance = (a - b).abs();
    if distance.is_nan() { f64::INFINITY } else { distance }
}
