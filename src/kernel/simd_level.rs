//! Which vector instructions to use: the best the processor has, or what
//! `ACAI_SIMD` asks for.

use std::sync::OnceLock;

/// A set of vector instructions. All give the same bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SimdLevel {
    /// AVX-512F.
    Avx512,
    /// AVX2 and FMA.
    Avx2,
    /// Plain Rust, compiled with FMA instructions.
    PortableFma,
    /// Plain Rust with FMA in software: correct anywhere, and slow.
    Portable,
}

static LEVEL: OnceLock<SimdLevel> = OnceLock::new();

/// The level in use: chosen by [`select_simd`], or the best there is.
#[must_use]
pub fn simd_level() -> SimdLevel {
    *LEVEL.get_or_init(best)
}

/// Sets the level from `ACAI_SIMD` (`avx512`, `avx2`, `portable`; unset: the
/// best there is). Only the first call has an effect.
///
/// # Errors
/// A message, if the name is unknown or the processor lacks the instructions.
pub fn select_simd(wanted: Option<&str>) -> Result<SimdLevel, String> {
    let level = match wanted {
        None | Some("") => best(),
        Some("avx512") if has_avx512() => SimdLevel::Avx512,
        Some("avx2") if has_avx2() => SimdLevel::Avx2,
        Some("portable") if has_fma() => SimdLevel::PortableFma,
        Some("portable") => SimdLevel::Portable,
        Some(name @ ("avx512" | "avx2")) => {
            return Err(format!(
                "ACAI_SIMD={name}, but this processor has no {name}; unset it to use {}",
                best().name()
            ));
        }
        Some(other) => {
            return Err(format!(
                "ACAI_SIMD={other} is not known; it may be avx512, avx2 or portable"
            ));
        }
    };
    Ok(*LEVEL.get_or_init(|| level))
}

impl SimdLevel {
    /// Its name, as in `ACAI_SIMD`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Avx512 => "avx512",
            Self::Avx2 => "avx2",
            Self::PortableFma | Self::Portable => "portable",
        }
    }

    /// Every level this processor can run, best first.
    #[must_use]
    pub fn available() -> Vec<Self> {
        [
            (Self::Avx512, has_avx512()),
            (Self::Avx2, has_avx2()),
            (Self::PortableFma, has_fma()),
            (Self::Portable, true),
        ]
        .into_iter()
        .filter_map(|(level, has)| has.then_some(level))
        .collect()
    }
}

fn best() -> SimdLevel {
    SimdLevel::available()[0]
}

#[cfg(target_arch = "x86_64")]
fn has_avx512() -> bool {
    std::arch::is_x86_feature_detected!("avx512f")
}

#[cfg(target_arch = "x86_64")]
fn has_avx2() -> bool {
    std::arch::is_x86_feature_detected!("avx2") && has_fma()
}

#[cfg(target_arch = "x86_64")]
fn has_fma() -> bool {
    std::arch::is_x86_feature_detected!("fma")
}

#[cfg(not(target_arch = "x86_64"))]
fn has_avx512() -> bool {
    false
}

#[cfg(not(target_arch = "x86_64"))]
fn has_avx2() -> bool {
    false
}

#[cfg(not(target_arch = "x86_64"))]
fn has_fma() -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_names_are_refused_with_the_known_ones() {
        let message = select_simd(Some("neon")).expect_err("no such level");
        assert!(message.contains("avx512, avx2 or portable"), "{message}");
    }

    #[test]
    fn plain_rust_is_always_available() {
        assert_eq!(SimdLevel::available().last(), Some(&SimdLevel::Portable));
    }
}
