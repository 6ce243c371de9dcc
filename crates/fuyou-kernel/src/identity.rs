use std::fmt;
use std::str::FromStr;

use crate::Date;
use crate::normalize::half_width;

/// Citizen identity number of the PRC: 18 characters by GB 11643-1999, with a valid date of birth and check character.
///
/// Neither `Debug` nor `Display` prints it; [`IdentityNumber::reveal`] does, for storage and for the one page that may.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct IdentityNumber {
    characters: [u8; 18],
    birth: Date,
}

/// Sex as the identity number carries it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sex {
    /// The sequence digit is odd.
    Male,
    /// The sequence digit is even.
    Female,
}

/// What is wrong with a number; never repeats it, because errors reach logs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdentityNumberError {
    /// Not 18 characters after spaces are dropped.
    #[error("an identity number has 18 characters, not {0}")]
    Length(usize),
    /// Something other than a digit (or X at the end); positions count from 1.
    #[error("character {0} of the identity number must be a digit (the last may be X)")]
    Character(usize),
    /// Characters 7 to 14 are no date.
    #[error("characters 7 to 14 of the identity number are not a date of birth")]
    BirthDate,
    /// The last character does not agree with the others: most likely a typing error.
    #[error("the last character of the identity number does not agree with the others")]
    Checksum,
}

/// GB 11643-1999: weight of each of the first 17 digits, 2^(18-i) mod 11.
const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
/// GB 11643-1999: check character by weighted sum mod 11.
const CHECK: [u8; 11] = *b"10X98765432";

impl IdentityNumber {
    /// Date of birth, characters 7 to 14.
    pub fn birth_date(&self) -> Date {
        self.birth
    }

    /// Sex by character 17.
    pub fn sex(&self) -> Sex {
        if (self.characters[16] - b'0').is_multiple_of(2) {
            Sex::Female
        } else {
            Sex::Male
        }
    }

    /// The six digits of the county where the number was first issued (GB/T 2260).
    pub fn county_code(&self) -> &str {
        &self.reveal()[..6]
    }

    /// The number itself.
    pub fn reveal(&self) -> &str {
        std::str::from_utf8(&self.characters).expect("only digits and X were accepted")
    }
}

impl FromStr for IdentityNumber {
    type Err = IdentityNumberError;

    /// Accepts full-width digits, spaces and a small x.
    fn from_str(text: &str) -> Result<Self, IdentityNumberError> {
        let given: Vec<char> = half_width(text).map(|c| c.to_ascii_uppercase()).collect();
        if given.len() != 18 {
            return Err(IdentityNumberError::Length(given.len()));
        }
        let mut characters = [0u8; 18];
        for (at, c) in given.iter().enumerate() {
            if !(c.is_ascii_digit() || (at == 17 && *c == 'X')) {
                return Err(IdentityNumberError::Character(at + 1));
            }
            characters[at] = *c as u8;
        }
        let digit = |at: usize| i16::from(characters[at] - b'0');
        let year = digit(6) * 1000 + digit(7) * 100 + digit(8) * 10 + digit(9);
        let (month, day) = (digit(10) * 10 + digit(11), digit(12) * 10 + digit(13));
        let birth =
            Date::new(year, month as i8, day as i8).map_err(|_| IdentityNumberError::BirthDate)?;
        let sum: u32 = WEIGHTS
            .iter()
            .zip(characters)
            .map(|(weight, c)| weight * u32::from(c - b'0'))
            .sum();
        if CHECK[(sum % 11) as usize] != characters[17] {
            return Err(IdentityNumberError::Checksum);
        }
        Ok(Self { characters, birth })
    }
}

/// Masked but for the last four characters.
impl fmt::Display for IdentityNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "**************{}", &self.reveal()[14..])
    }
}

impl fmt::Debug for IdentityNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IdentityNumber({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identity_numbers() {
        let check = |text: &str, expected: &str| {
            let outcome = match text.parse::<IdentityNumber>() {
                Ok(number) => format!(
                    "{number} {} {:?} {}",
                    number.birth_date(),
                    number.sex(),
                    number.county_code()
                ),
                Err(error) => error.to_string(),
            };
            assert_eq!(outcome, expected, "{text}");
        };
        // The standard's own two examples.
        check(
            "11010519491231002X",
            "**************002X 1949-12-31 Female 110105",
        );
        check(
            "440524188001010014",
            "**************0014 1880-01-01 Male 440524",
        );
        check(
            " 110105 19491231 002x ",
            "**************002X 1949-12-31 Female 110105",
        );
        check(
            "１１０１０５１９４９１２３１００２Ｘ",
            "**************002X 1949-12-31 Female 110105",
        );
        check(
            "110105194912310021",
            "the last character of the identity number does not agree with the others",
        );
        check(
            "110105194912310X21",
            "character 16 of the identity number must be a digit (the last may be X)",
        );
        check(
            "11010519491331002X",
            "characters 7 to 14 of the identity number are not a date of birth",
        );
        check(
            "11010520230229002X",
            "characters 7 to 14 of the identity number are not a date of birth",
        );
        check(
            "110105491231002",
            "an identity number has 18 characters, not 15",
        );
        check("", "an identity number has 18 characters, not 0");
    }

    #[test]
    fn debug_hides_the_number() {
        let number: IdentityNumber = "11010519491231002X".parse().unwrap();
        assert_eq!(format!("{number:?}"), "IdentityNumber(**************002X)");
        assert_eq!(number.reveal(), "11010519491231002X");
    }
}
