use std::fmt;
use std::str::FromStr;

use crate::normalize::half_width;

/// A telephone number of the Chinese mainland in one canonical form: `13800000000`, `0551-62345678`,
/// `0551-62345678-12` with an extension, or `62345678` where the area code was left out.
///
/// Neither `Debug` nor `Display` prints it whole; [`Phone::reveal`] does.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Phone {
    text: String,
}

/// The text is not a telephone number; never repeats it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PhoneError {
    /// A character that is neither a digit nor a separator; positions count from 1, spaces left out.
    #[error("character {0} of the phone number is not a digit")]
    Character(usize),
    /// Starts like a mobile number but has not eleven digits.
    #[error("a mobile number has 11 digits, not {0}")]
    MobileLength(usize),
    /// No known form.
    #[error("a phone number is a mobile number of 11 digits or an area code with 7 or 8 digits")]
    Form,
}

impl Phone {
    /// The number itself.
    pub fn reveal(&self) -> &str {
        &self.text
    }

    /// Whether text messages can reach it.
    pub fn is_mobile(&self) -> bool {
        self.text.len() == 11 && self.text.starts_with('1')
    }
}

impl FromStr for Phone {
    type Err = PhoneError;

    /// Accepts full-width digits, spaces, dashes, brackets round the area code, and a leading +86 or 0086.
    fn from_str(text: &str) -> Result<Self, PhoneError> {
        let written: String = half_width(text)
            .map(|c| {
                if matches!(c, '—' | '–' | '－' | '转') {
                    '-'
                } else {
                    c
                }
            })
            .collect();
        let national = ["+86", "0086"]
            .iter()
            .find_map(|prefix| written.strip_prefix(prefix))
            .unwrap_or(&written);
        for (at, c) in national.chars().enumerate() {
            if !matches!(c, '0'..='9' | '-' | '(' | ')') {
                return Err(PhoneError::Character(
                    at + 1 + written.chars().count() - national.chars().count(),
                ));
            }
        }
        let digits: String = national.chars().filter(char::is_ascii_digit).collect();
        if let Some(b'3'..=b'9') = digits
            .strip_prefix('1')
            .and_then(|rest| rest.bytes().next())
            && digits.len() > 8
        {
            return match digits.len() {
                11 => Ok(Self { text: digits }),
                other => Err(PhoneError::MobileLength(other)),
            };
        }
        landline(national, &digits)
            .map(|text| Self { text })
            .ok_or(PhoneError::Form)
    }
}

fn landline(written: &str, digits: &str) -> Option<String> {
    let Some(rest) = digits.strip_prefix('0') else {
        let local = matches!(digits.len(), 7 | 8) && !digits.starts_with('1');
        return local.then(|| digits.to_owned());
    };
    // 010 and 02x are the only area codes of three digits.
    let area_len = if rest.starts_with(['1', '2']) { 3 } else { 4 };
    let (area, number) = digits.split_at_checked(area_len)?;
    // An extension is only recognised after a dash: digits alone cannot tell where the number ends.
    let extension_len = match written.rsplit_once('-') {
        Some((before, extension)) if before.contains('-') || before.contains(')') => {
            extension.len()
        }
        _ => 0,
    };
    let (number, extension) = number.split_at_checked(number.len().checked_sub(extension_len)?)?;
    if !matches!(number.len(), 7 | 8) || number.starts_with('0') || extension.len() > 6 {
        return None;
    }
    Some(if extension.is_empty() {
        format!("{area}-{number}")
    } else {
        format!("{area}-{number}-{extension}")
    })
}

/// Masked but for the last four digits of the number.
impl fmt::Display for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.text.len().saturating_sub(4);
        write!(f, "{}{}", "*".repeat(shown), &self.text[shown..])
    }
}

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Phone({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phones() {
        let check = |text: &str, expected: &str| {
            let outcome = text
                .parse::<Phone>()
                .map_or_else(|e| e.to_string(), |phone| phone.reveal().to_owned());
            assert_eq!(outcome, expected, "{text}");
        };
        check("13800001234", "13800001234");
        check("+86 138-0000-1234", "13800001234");
        check("１３８００００１２３４", "13800001234");
        check("1380000123", "a mobile number has 11 digits, not 10");
        check("138000012345", "a mobile number has 11 digits, not 12");
        check(
            "12800001234",
            "a phone number is a mobile number of 11 digits or an area code with 7 or 8 digits",
        );
        check("0551-62345678", "0551-62345678");
        check("(0551)62345678", "0551-62345678");
        check("055162345678", "0551-62345678");
        check("010 62345678", "010-62345678");
        check("0551-62345678-12", "0551-62345678-12");
        check("0551-62345678转12", "0551-62345678-12");
        check("62345678", "62345678");
        check("6234567", "6234567");
        check(
            "623456",
            "a phone number is a mobile number of 11 digits or an area code with 7 or 8 digits",
        );
        check(
            "",
            "a phone number is a mobile number of 11 digits or an area code with 7 or 8 digits",
        );
        check(
            "138x0001234",
            "character 4 of the phone number is not a digit",
        );
    }

    #[test]
    fn only_the_end_is_printed() {
        let phone: Phone = "13800001234".parse().unwrap();
        assert_eq!(
            format!("{phone} {phone:?}"),
            "*******1234 Phone(*******1234)"
        );
        assert!(phone.is_mobile());
    }
}
