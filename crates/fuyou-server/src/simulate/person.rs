use fuyou_kernel::{Date, DayNumber, Sex};

use super::chance::Chance;
use super::raw::RawNames;

/// GB 11643-1999: weight of each of the first 17 digits.
const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
/// GB 11643-1999: check character by weighted sum mod 11.
const CHECK: [u8; 11] = *b"10X98765432";

/// How made-up people are called and numbered.
#[derive(Debug)]
pub(super) struct Names {
    surnames: Vec<(String, f64)>,
    given: Vec<String>,
    titles: Vec<String>,
    region: String,
    phone_prefix: String,
}

impl Names {
    pub(super) fn new(raw: &RawNames) -> Self {
        let surnames = raw.surnames.iter();
        Self {
            surnames: surnames
                .map(|(name, weight)| {
                    let weight = weight
                        .as_float()
                        .or(weight.as_integer().map(|whole| whole as f64));
                    (name.clone(), weight.unwrap_or(1.0))
                })
                .collect(),
            given: raw.given.clone(),
            titles: raw.staff_titles.clone(),
            region: raw.identity_region.clone(),
            phone_prefix: raw.phone_prefix.clone(),
        }
    }

    /// A surname by its frequency and one or two given characters.
    pub(super) fn full_name(&self, chance: &mut Chance) -> String {
        let weights = self.surnames.iter().map(|(_, weight)| *weight);
        let mut name = chance
            .weighted(weights)
            .map_or_else(String::new, |at| self.surnames[at].0.clone());
        for _ in 0..1 + usize::from(chance.hit(0.8)) {
            name.push_str(&self.given[chance.below(self.given.len())]);
        }
        name
    }

    pub(super) fn staff_title(&self, chance: &mut Chance) -> String {
        self.titles[chance.below(self.titles.len())].clone()
    }

    /// An identity number with a true check character and a region that does not exist. `number` tells people apart: half
    /// a million of them get different regions or sequence digits.
    pub(super) fn identity_number(&self, birth: i32, sex: Sex, number: u64) -> String {
        let birth = Date::try_from(DayNumber(birth))
            .expect("birth dates of a simulation lie in the calendar");
        let odd = match sex {
            Sex::Male => 1,
            Sex::Female => 0,
        };
        let sequence = number % 500 * 2 + odd;
        let region = number / 500 % 1000;
        let mut text = format!(
            "{}{region:03}{:04}{:02}{:02}{sequence:03}",
            self.region,
            birth.year(),
            birth.month(),
            birth.day()
        );
        let sum: u32 = WEIGHTS
            .iter()
            .zip(text.bytes())
            .map(|(weight, digit)| weight * u32::from(digit - b'0'))
            .sum();
        text.push(char::from(CHECK[(sum % 11) as usize]));
        text
    }

    /// A number of eleven digits under a prefix that is not in use.
    pub(super) fn phone(&self, chance: &mut Chance) -> String {
        let width = 11usize.saturating_sub(self.phone_prefix.len());
        let rest = chance.next() % 10u64.pow(u32::try_from(width).unwrap_or(0));
        format!("{}{rest:0width$}", self.phone_prefix)
    }
}
