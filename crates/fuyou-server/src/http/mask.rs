//! Secrets in pages, each time under another mask.
//!
//! Pages are compressed. Whoever could make a page repeat a guess and see its length would learn a secret that stands in
//! it the same each time, letter by letter.

use fuyou_kernel::hex;

/// A secret in hexadecimal digits under a fresh mask: the mask, then both added.
pub(crate) fn masked(secret: &str) -> String {
    let secret = bytes_of(secret).unwrap_or_default();
    let mask: Vec<u8> = secret.iter().map(|_| rand::random()).collect();
    let sum = secret.iter().zip(&mask).map(|(byte, mask)| byte ^ mask);
    hex(mask.iter().copied().chain(sum))
}

/// The secret under its mask; none when the text is not one.
pub(super) fn unmasked(text: &str) -> Option<String> {
    let bytes = bytes_of(text).filter(|bytes| bytes.len() % 2 == 0 && !bytes.is_empty())?;
    let (mask, sum) = bytes.split_at(bytes.len() / 2);
    Some(hex(mask.iter().zip(sum).map(|(mask, byte)| mask ^ byte)))
}

fn bytes_of(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    if !digits.len().is_multiple_of(2) || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let pairs = (0..digits.len()).step_by(2);
    pairs
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_comes_out_from_under_its_mask() {
        let secret = "00ff10a7";
        let (first, second) = (masked(secret), masked(secret));
        assert_ne!(first, second, "each page has another mask");
        assert_eq!(unmasked(&first).as_deref(), Some(secret));
        assert_eq!(unmasked(&second).as_deref(), Some(secret));
        for wrong in ["", "0", "00ff10", "zz", "é0", secret.trim_end_matches('7')] {
            assert_ne!(unmasked(wrong).as_deref(), Some(secret), "{wrong}");
        }
    }
}
