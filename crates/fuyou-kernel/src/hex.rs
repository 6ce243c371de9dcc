use std::borrow::Borrow;

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// Bytes as lower-case hexadecimal digits, two for each.
///
/// ```
/// assert_eq!(fuyou_kernel::hex([0x0f, 0xa0]), "0fa0");
/// ```
pub fn hex(bytes: impl IntoIterator<Item = impl Borrow<u8>>) -> String {
    let bytes = bytes.into_iter();
    let mut text = String::with_capacity(2 * bytes.size_hint().0);
    for byte in bytes {
        let byte = usize::from(*byte.borrow());
        text.push(char::from(DIGITS[byte >> 4]));
        text.push(char::from(DIGITS[byte & 15]));
    }
    text
}
