//! The square code (ISO/IEC 18004) by which a paper is found again: version 3 at level M, which holds exactly what a
//! paper says of itself.

use uuid::Uuid;

/// What stands before the id, so that a scanner at the search says what it has read.
const PREFIX: &str = "fuyou:";
/// Modules along a side, and the white ones that belong around it.
const SIZE: usize = 29;
const QUIET: usize = 4;
/// Codewords of data, and those that mend errors.
const DATA: usize = 44;
const MENDING: usize = 26;

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
    let modules = Modules::of(text_of(id).as_bytes());
    let mut path = String::new();
    for (y, row) in modules.dark.iter().enumerate() {
        let mut x = 0;
        for run in row.chunk_by(|one, next| one == next) {
            if run[0] {
                let (left, top, length) = (x + QUIET, y + QUIET, run.len());
                path.push_str(&format!("M{left} {top}h{length}v1h-{length}z"));
            }
            x += run.len();
        }
    }
    (SIZE + 2 * QUIET, path)
}

/// Data and what mends them. At most 42 bytes: a longer text would not be one of ours.
fn codewords(bytes: &[u8]) -> Vec<u8> {
    debug_assert!(bytes.len() <= DATA - 2, "{} bytes", bytes.len());
    // Bytes (0100), their number in eight bits, and four bits of nothing at the end.
    let mut half = vec![0b0100, (bytes.len() >> 4) as u8, (bytes.len() & 15) as u8];
    half.extend(bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]));
    half.push(0);
    let mut words: Vec<u8> = half
        .chunks(2)
        .map(|pair| (pair[0] << 4) | pair[1])
        .collect();
    let mut filling = [0xEC, 0x11].into_iter().cycle();
    while words.len() < DATA {
        words.extend(filling.next());
    }
    let mending = remainder(&words);
    words.extend(mending);
    words
}

/// The product in the field of 256 elements.
fn times(a: u8, b: u8) -> u8 {
    let mut product = 0u8;
    for bit in (0..8).rev() {
        let carry = product >> 7;
        product = (product << 1) ^ (carry * 0x1D) ^ (((b >> bit) & 1) * a);
    }
    product
}

/// What is left of the data after division by the generator of the code.
fn remainder(data: &[u8]) -> [u8; MENDING] {
    let mut generator = [0u8; MENDING];
    generator[MENDING - 1] = 1;
    let mut root = 1;
    for _ in 0..MENDING {
        for at in 0..MENDING {
            generator[at] = times(generator[at], root);
            if at + 1 < MENDING {
                generator[at] ^= generator[at + 1];
            }
        }
        root = times(root, 2);
    }
    let mut left = [0u8; MENDING];
    for byte in data {
        let factor = byte ^ left[0];
        left.rotate_left(1);
        left[MENDING - 1] = 0;
        for (one, of) in left.iter_mut().zip(generator) {
            *one ^= times(of, factor);
        }
    }
    left
}

/// The modules of a code.
#[derive(Clone)]
struct Modules {
    dark: [[bool; SIZE]; SIZE],
    /// Those that are the same in every code.
    fixed: [[bool; SIZE]; SIZE],
}

impl Modules {
    fn of(bytes: &[u8]) -> Modules {
        let mut blank = Modules {
            dark: [[false; SIZE]; SIZE],
            fixed: [[false; SIZE]; SIZE],
        };
        blank.draw_fixed();
        blank.draw_data(&codewords(bytes));
        let masked = (0..8).map(|mask| {
            let mut modules = blank.clone();
            modules.apply(mask);
            modules.draw_format(mask);
            modules
        });
        masked.min_by_key(Modules::unevenness).unwrap_or(blank)
    }

    fn set(&mut self, x: usize, y: usize, dark: bool) {
        self.dark[y][x] = dark;
        self.fixed[y][x] = true;
    }

    fn draw_fixed(&mut self) {
        for at in 0..SIZE {
            self.set(6, at, at % 2 == 0);
            self.set(at, 6, at % 2 == 0);
        }
        // Three finders with a white border, and the small one that tells how the paper is bent.
        for (left, top) in [(3, 3), (SIZE - 4, 3), (3, SIZE - 4)] {
            self.draw_rings((left, top), 4, |ring| ring != 2 && ring != 4);
        }
        self.draw_rings((22, 22), 2, |ring| ring != 1);
        self.draw_format(0);
    }

    fn draw_rings(
        &mut self,
        (x, y): (usize, usize),
        reach: usize,
        is_dark: impl Fn(usize) -> bool,
    ) {
        let near = |middle: usize| middle.saturating_sub(reach)..(middle + reach + 1).min(SIZE);
        for row in near(y) {
            for column in near(x) {
                let ring = row.abs_diff(y).max(column.abs_diff(x));
                self.set(column, row, is_dark(ring));
            }
        }
    }

    /// Which level (M is 0) and mask the code has, twice.
    fn draw_format(&mut self, mask: usize) {
        let mut rest = mask;
        for _ in 0..10 {
            rest = (rest << 1) ^ ((rest >> 9) * 0x537);
        }
        let bits = ((mask << 10) | rest) ^ 0x5412;
        let bit = |at: usize| (bits >> at) & 1 == 1;
        for at in 0..6 {
            self.set(8, at, bit(at));
        }
        self.set(8, 7, bit(6));
        self.set(8, 8, bit(7));
        self.set(7, 8, bit(8));
        for at in 9..15 {
            self.set(14 - at, 8, bit(at));
        }
        for at in 0..8 {
            self.set(SIZE - 1 - at, 8, bit(at));
        }
        for at in 8..15 {
            self.set(8, SIZE - 15 + at, bit(at));
        }
        self.set(8, SIZE - 8, true);
    }

    /// Two columns at a time, from the right, up and down in turn.
    fn draw_data(&mut self, words: &[u8]) {
        let bits = words
            .iter()
            .flat_map(|word| (0..8).rev().map(move |bit| (word >> bit) & 1 == 1));
        let mut bits = bits.chain(std::iter::repeat(false));
        let mut upward = true;
        let rights = (1..SIZE).rev().step_by(2);
        for right in rights {
            // The column of the timing pattern is no column.
            let right = if right <= 6 { right - 1 } else { right };
            for step in 0..SIZE {
                let y = if upward { SIZE - 1 - step } else { step };
                for x in [right, right - 1] {
                    if !self.fixed[y][x] {
                        self.dark[y][x] = bits.next().unwrap_or(false);
                    }
                }
            }
            upward = !upward;
        }
    }

    fn apply(&mut self, mask: usize) {
        for y in 0..SIZE {
            for x in 0..SIZE {
                let turn = match mask {
                    0 => (x + y) % 2,
                    1 => y % 2,
                    2 => x % 3,
                    3 => (x + y) % 3,
                    4 => (x / 3 + y / 2) % 2,
                    5 => x * y % 2 + x * y % 3,
                    6 => (x * y % 2 + x * y % 3) % 2,
                    _ => ((x + y) % 2 + x * y % 3) % 2,
                };
                if turn == 0 && !self.fixed[y][x] {
                    self.dark[y][x] = !self.dark[y][x];
                }
            }
        }
    }

    /// How hard a code is to read: long runs, blocks of one colour, and far from half dark.
    fn unevenness(&self) -> usize {
        let mut points = 0;
        for line in 0..SIZE {
            for across in [false, true] {
                let at = |place: usize| match across {
                    true => self.dark[line][place],
                    false => self.dark[place][line],
                };
                let mut run = 1;
                for place in 1..=SIZE {
                    if place < SIZE && at(place) == at(place - 1) {
                        run += 1;
                        continue;
                    }
                    points += if run >= 5 { run - 2 } else { 0 };
                    run = 1;
                }
            }
        }
        for y in 1..SIZE {
            for x in 1..SIZE {
                let one = self.dark[y][x];
                let block = [(y, x - 1), (y - 1, x), (y - 1, x - 1)];
                points += 3 * usize::from(block.into_iter().all(|(y, x)| self.dark[y][x] == one));
            }
        }
        let dark = self.dark.iter().flatten().filter(|dark| **dark).count();
        points + (dark * 20).abs_diff(SIZE * SIZE * 10) / (SIZE * SIZE) * 10
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: Uuid = Uuid::from_u128(0x018f_0000_0000_7000_8000_0000_0000_00a1);

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
    fn errors_are_mended_by_what_the_code_says() {
        // A codeword is divided by the generator without rest: its value at every root of it is nothing.
        let words = codewords(text_of(ID).as_bytes());
        assert_eq!(
            (words.len(), &words[..3]),
            (DATA + MENDING, &[0x42, 0xA6, 0x67][..])
        );
        let mut root = 1;
        for _ in 0..MENDING {
            let value = words
                .iter()
                .fold(0, |value, word| times(value, root) ^ word);
            assert_eq!(value, 0);
            root = times(root, 2);
        }
    }

    #[test]
    fn a_code_looks_as_a_reader_of_codes_read_it() {
        let drawn = Modules::of(text_of(ID).as_bytes());
        let rows = drawn.dark.iter().map(|row| {
            let signs = row.iter().map(|dark| if *dark { '#' } else { '.' });
            signs.collect::<String>()
        });
        insta::assert_snapshot!(rows.collect::<Vec<_>>().join("\n"));
    }
}
