//! What the page may load and run: nothing but what is in it, and of scripts and styles
//! nothing but ours, by their hashes.
//!
//! Whatever a text of others became in the page, a browser does not run it. Knows
//! nothing of what scripts and styles do.

use super::{SCRIPT, STYLE};
use crate::graph;
use acai_common::base64::base64;
use acai_dataset::checksum::{Algorithm, Checksum};

/// The page's content security policy.
pub(super) fn policy() -> String {
    format!(
        "default-src 'none'; img-src data:; style-src {} {}; script-src {}; base-uri 'none'; \
         form-action 'none'",
        source(STYLE),
        source(graph::STYLE),
        source(SCRIPT)
    )
}

/// A script or a style as a policy names it.
fn source(text: &str) -> String {
    let checksum = Checksum::of(Algorithm::Sha256, text.as_bytes()).expect("memory can be read");
    let digits = checksum.digits.as_bytes().chunks(2).map(|pair| {
        let pair = std::str::from_utf8(pair).expect("digits are ASCII");
        u8::from_str_radix(pair, 16).expect("checksums are hexadecimal")
    });
    format!("'sha256-{}'", base64(&digits.collect::<Vec<u8>>()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_what_browsers_compute() {
        // `printf %s "alert('Hello, world.');" | openssl dgst -sha256 -binary | base64`
        assert_eq!(
            source("alert('Hello, world.');"),
            "'sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng='"
        );
    }

    #[test]
    fn nothing_inline_is_allowed_but_ours() {
        let policy = policy();
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(policy.matches("'sha256-").count(), 3);
    }
}
