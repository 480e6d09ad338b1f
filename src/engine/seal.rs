//! A last line that is the digest of the lines before it, so that a text whose bits have
//! turned on the disk is known as damaged.
//!
//! Knows nothing of what the lines say.

use acai_artifact::Hasher;

/// How the last line begins.
const CHECK: &str = "check ";

/// `text`, which ends with a line end, and its seal.
pub(super) fn sealed(text: String) -> String {
    let seal = seal(&text);
    text + &seal
}

/// The text before the seal; none if the seal is of another text. What has no seal was
/// written before there were any, and is all there is.
pub(super) fn opened(text: &str) -> Option<&str> {
    let Some(end) = text.rfind(&format!("\n{CHECK}")) else { return Some(text) };
    let (body, last) = text.split_at(end + 1);
    (last == seal(body)).then_some(body)
}

fn seal(text: &str) -> String {
    let mut hash = Hasher::new("acai-pipe 2026 seal");
    hash.text(text);
    format!("{CHECK}{}\n", hash.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_turned_bit_of_a_sealed_text_is_found() {
        let text = "one line\nset a=check b\nλ\n";
        let whole = sealed(text.to_owned());
        assert_eq!(opened(&whole), Some(text));
        assert_eq!(opened(text), Some(text));
        for (place, bit) in (0..whole.len()).flat_map(|place| (0..8).map(move |bit| (place, bit))) {
            let mut bytes = whole.clone().into_bytes();
            bytes[place] ^= 1 << bit;
            let turned = String::from_utf8_lossy(&bytes);
            // In the word itself a bit makes it a line that nobody knows.
            let is_word = (text.len() - 1..text.len() + CHECK.len()).contains(&place);
            assert!(opened(&turned).is_none() || is_word, "{turned}");
        }
    }
}
