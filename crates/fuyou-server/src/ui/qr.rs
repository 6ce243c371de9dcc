//! The square code (ISO/IEC 18004) by which a paper is found again: version 3 at level M, which holds exactly what a
//! paper says of itself.

use qrcode::bits::Bits;
use qrcode::{Color, EcLevel, QrCode, Version};
use uuid::Uuid;

/// What stands before the id, so that a scanner at the search says what it has read.
const PREFIX: &str = "fuyou:";
/// White modules that belong around a code.
const QUIET: usize = 4;

/// The text in the code of a subject: an id, which tells nothing to whoever reads it elsewhere.
pub(crate) fn text_of(id: Uuid) -> String {
    format!("{PREFIX}{id}")
}

/// The id in what a scanner typed, whatever width and case it types in.
pub(crate) fn id_of(text: &str) -> Option<Uuid> {
    let plain: String = text.trim().chars().map(fuyou_kernel::narrow).collect();
    Uuid::try_parse(plain.to_lowercase().strip_prefix(PREFIX)?).ok()
}

/// The code of a subject as the shapes of a picture: its side in modules, and a path of its dark ones.
pub(crate) fn picture(id: Uuid) -> (usize, String) {
    // Always of one size, so that it stands at the same place of every paper, and written as bytes throughout: where digits
    // and letters change often, the shorter way to write each of them makes the whole too long.
    let mut bits = Bits::new(Version::Normal(3));
    let written = bits
        .push_byte_data(text_of(id).as_bytes())
        .and_then(|()| bits.push_terminator(EcLevel::M));
    let code = written
        .and_then(|()| QrCode::with_bits(bits, EcLevel::M))
        .expect("version 3 at level M holds 42 bytes, which is what the prefix and an id have");
    let size = code.width();
    let mut path = String::new();
    for (y, row) in code.to_colors().chunks(size).enumerate() {
        let mut x = 0;
        for run in row.chunk_by(|one, next| one == next) {
            if run[0] == Color::Dark {
                let (left, top, length) = (x + QUIET, y + QUIET, run.len());
                path.push_str(&format!("M{left} {top}h{length}v1h-{length}z"));
            }
            x += run.len();
        }
    }
    (size + 2 * QUIET, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: Uuid = Uuid::from_u128(0x018f_0000_0000_7000_8000_0000_0000_00a1);
    /// Points along a module of a picture that is read.
    const POINTS: usize = 4;

    #[test]
    fn a_scanner_may_type_as_it_likes() {
        let check =
            |text: &str, found: bool| assert_eq!(id_of(text), found.then_some(ID), "{text}");
        check(&text_of(ID), true);
        check(&text_of(ID).to_uppercase(), true);
        check(" ｆｕｙｏｕ：018f0000-0000-7000-8000-0000000000a1\r", true);
        check(&ID.to_string(), false);
        check("fuyou:018f", false);
        check("018f", false);
    }

    #[test]
    fn every_id_has_a_code() {
        // Some printed ids mix digits and letters so that a code of mixed segments would be too long.
        let reported = Uuid::from_u128(0x018c_89ac_0015_7b29_8744_a182_3ae8_2a96);
        let many = (0..2_000u128)
            .map(|at| Uuid::from_u128(at.wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835)));
        for id in many.chain([reported, Uuid::nil(), Uuid::max()]) {
            assert_eq!(picture(id).0, 29 + 2 * QUIET, "{id}");
        }
    }

    /// The dark modules that a path draws, as left, top and length.
    fn runs(path: &str) -> Vec<[usize; 3]> {
        let run = |shape: &str| {
            let (left, rest) = shape.split_once(' ').unwrap();
            let (top, rest) = rest.split_once('h').unwrap();
            let (length, back) = rest.split_once("v1h-").unwrap();
            assert_eq!(length, back.trim_end_matches('z'), "it comes back: {shape}");
            [left, top, length].map(|number| number.parse().unwrap())
        };
        path.split('M').skip(1).map(run).collect()
    }

    /// What a reader of codes finds in a picture.
    fn read((side, path): &(usize, String)) -> String {
        let mut dark = vec![false; side * side];
        for [left, top, length] in runs(path) {
            dark[top * side + left..][..length].fill(true);
        }
        let points = side * POINTS;
        let light = |x: usize, y: usize| match dark[y / POINTS * side + x / POINTS] {
            true => 0,
            false => 255,
        };
        let mut image = rqrr::PreparedImage::prepare_from_greyscale(points, points, light);
        let [grid] = &image.detect_grids()[..] else {
            return "no code, or more than one".to_owned();
        };
        let (about, text) = grid.decode().unwrap();
        assert_eq!(about.version.0, 3);
        text
    }

    #[test]
    fn what_is_drawn_is_read_again() {
        // Of each of them another mask is the best.
        let ids = (0..32).map(|at| Uuid::from_u128(ID.as_u128() + (at << 40) + at * 7919));
        for id in ids {
            let drawn = picture(id);
            assert_eq!(drawn.0, 29 + 2 * QUIET);
            assert_eq!(id_of(&read(&drawn)), Some(id));
        }
    }
}
