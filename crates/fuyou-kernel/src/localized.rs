use std::fmt;

/// The languages of the interface; Chinese comes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Language {
    /// Simplified Chinese.
    #[default]
    Zh,
    /// English.
    En,
}

/// One text in both languages of the interface.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Localized {
    /// Simplified Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

impl Localized {
    /// The pair of texts, Chinese first.
    pub fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self {
            zh: zh.into(),
            en: en.into(),
        }
    }

    /// The text in one language; the other one when it is empty, because some title is better than none.
    pub fn get(&self, language: Language) -> &str {
        let (first, second) = match language {
            Language::Zh => (&self.zh, &self.en),
            Language::En => (&self.en, &self.zh),
        };
        if first.is_empty() { second } else { first }
    }
}

/// Both languages, for places that cannot know the reader's: `中文 / English`.
impl fmt::Display for Localized {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.zh.is_empty(), self.en.is_empty()) {
            (false, false) => write!(f, "{} / {}", self.zh, self.en),
            (_, true) => f.write_str(&self.zh),
            (true, false) => f.write_str(&self.en),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_other_language_stands_in() {
        let both = Localized::new("孕妇", "pregnant woman");
        assert_eq!(
            (both.get(Language::Zh), both.get(Language::En)),
            ("孕妇", "pregnant woman")
        );
        assert_eq!(both.to_string(), "孕妇 / pregnant woman");
        assert_eq!(Localized::new("孕妇", "").get(Language::En), "孕妇");
        assert_eq!(Localized::new("", "woman").to_string(), "woman");
    }
}
