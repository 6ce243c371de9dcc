//! Binding a phrase to an indicator: by name first, by likeness second, and never when two indicators are equally near.

use std::collections::{HashMap, HashSet};

use super::glyphs;
use super::lexicon::{DECISIVE, POPULATIONS, QUALIFIERS, TASK_WORDS};

/// Which direction of an indicator is the better one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Better {
    /// More is better, as of coverage rates.
    Higher,
    /// Less is better, as of mortality.
    Lower,
    /// Neither, as of the number of births.
    None,
}

/// One indicator that a phrase may be bound to.
#[derive(Clone, Debug)]
pub struct Term {
    /// The indicator's id.
    pub id: String,
    /// Its title and aliases.
    pub names: Vec<String>,
    /// The unit it is given in (%, ‰, /10万, 人 …); empty when it has none.
    pub unit: String,
    /// The better direction.
    pub better: Better,
}

/// The indicators that phrases are bound to, made ready for look-up.
#[derive(Debug)]
pub struct Dictionary {
    terms: Vec<Term>,
    exact: HashMap<String, Vec<usize>>,
    names: Vec<Name>,
}

#[derive(Debug)]
struct Name {
    term: usize,
    key: Vec<char>,
    bigrams: HashSet<(char, char)>,
    subject: u64,
}

/// What a phrase was found to mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Binding {
    /// One indicator; `exact` when it is called by a name of its own.
    Bound {
        term: usize,
        exact: bool,
    },
    /// Several are equally near: a person decides.
    Ambiguous(Vec<usize>),
    Unknown,
}

/// What the written unit allows: a rate is never bound to a head count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    Rate,
    Amount,
    Any,
}

/// Likeness (Dice coefficient of character pairs) below which a name is not considered.
const LIKENESS_MIN: f64 = 0.8;
/// Two names closer to each other than this are a tie.
const TIE: f64 = 0.04;
/// No indicator is called by more characters than this.
const PHRASE_MAX: usize = 48;

impl Dictionary {
    /// Prepares `terms`; a name shared by two of them binds to neither.
    pub fn new(terms: Vec<Term>) -> Self {
        let mut exact: HashMap<String, Vec<usize>> = HashMap::new();
        let mut names = Vec::new();
        for (term, entry) in terms.iter().enumerate() {
            for name in &entry.names {
                let key = key(name);
                let owners = exact.entry(key.iter().collect()).or_default();
                if !owners.contains(&term) {
                    owners.push(term);
                }
                names.push(Name {
                    term,
                    bigrams: bigrams(&key),
                    subject: subject(&key),
                    key,
                });
            }
        }
        Self {
            terms,
            exact,
            names,
        }
    }

    /// The term behind an index of a [`Binding`].
    pub(super) fn term(&self, index: usize) -> &Term {
        &self.terms[index]
    }

    /// All terms, in the order given.
    #[cfg(test)]
    pub(super) fn terms(&self) -> &[Term] {
        &self.terms
    }

    /// Binds `phrase`, keeping to terms whose unit belongs to `family`.
    pub(super) fn bind(&self, phrase: &str, family: Family) -> Binding {
        let full = key(phrase);
        if full.is_empty() || full.len() > PHRASE_MAX {
            return Binding::Unknown;
        }
        let mut rest = &full[..];
        loop {
            let task = glyphs::word_before(rest, rest.len(), TASK_WORDS).map_or(0, glyphs::length);
            let owners = self.owners(rest, family);
            let found = decide(owners, true)
                .or_else(|| decide(self.owners(&rest[..rest.len() - task], family), true));
            if let Some(binding) = found {
                return binding;
            }
            match strip_qualifier(rest) {
                Some(shorter) => rest = shorter,
                None => break,
            }
        }
        decide(self.by_tail(rest, family), false).unwrap_or_else(|| self.by_likeness(rest, family))
    }

    /// Whether `phrase` is a name of an indicator, qualifiers aside.
    pub(super) fn knows(&self, phrase: &str, family: Family) -> bool {
        matches!(
            self.bind(phrase, family),
            Binding::Bound { exact: true, .. }
        )
    }

    fn owners(&self, key: &[char], family: Family) -> Vec<usize> {
        let text: String = key.iter().collect();
        let owners = self.exact.get(&text).cloned().unwrap_or_default();
        owners
            .into_iter()
            .filter(|term| self.fits(*term, family))
            .collect()
    }

    /// Names that end the phrase, when all before them is population or place ("乡村适龄" …).
    fn by_tail(&self, phrase: &[char], family: Family) -> Vec<usize> {
        let mut best: (usize, Vec<usize>) = (0, Vec::new());
        for name in self
            .names
            .iter()
            .filter(|name| self.fits(name.term, family) && name.key.len() >= 4)
        {
            if !phrase.ends_with(&name.key)
                || !is_qualifying(&phrase[..phrase.len() - name.key.len()])
            {
                continue;
            }
            if name.key.len() > best.0 {
                best = (name.key.len(), vec![name.term]);
            } else if name.key.len() == best.0 && !best.1.contains(&name.term) {
                best.1.push(name.term);
            }
        }
        best.1
    }

    fn by_likeness(&self, phrase: &[char], family: Family) -> Binding {
        let (pairs, asked) = (bigrams(phrase), subject(phrase));
        let mut scores: HashMap<usize, f64> = HashMap::new();
        let alike = |name: &&Name| {
            name.subject == asked
                && name.key.last() == phrase.last()
                && self.fits(name.term, family)
        };
        for name in self.names.iter().filter(alike) {
            let shared = pairs.intersection(&name.bigrams).count();
            let likeness = 2.0 * shared as f64 / (pairs.len() + name.bigrams.len()).max(1) as f64;
            let best = scores.entry(name.term).or_insert(0.0);
            *best = best.max(likeness);
        }
        let top = scores.values().copied().fold(0.0, f64::max);
        if top < LIKENESS_MIN {
            return Binding::Unknown;
        }
        let mut near: Vec<usize> = scores
            .into_iter()
            .filter(|(_, score)| *score > top - TIE)
            .map(|(term, _)| term)
            .collect();
        near.sort_unstable();
        decide(near, false).unwrap_or(Binding::Unknown)
    }

    fn fits(&self, term: usize, family: Family) -> bool {
        let rate = matches!(self.terms[term].unit.as_str(), "%" | "‰" | "/10万" | "/万");
        match family {
            Family::Any => true,
            Family::Rate => rate,
            Family::Amount => !rate,
        }
    }
}

fn decide(mut owners: Vec<usize>, exact: bool) -> Option<Binding> {
    match owners.len() {
        0 => None,
        1 => owners.pop().map(|term| Binding::Bound { term, exact }),
        _ => Some(Binding::Ambiguous(owners)),
    }
}

/// Words that portals put in place of others, and spellings that mean the same.
const SAME: &[(&str, &str)] = &[
    ("方案生育", "计划生育"),
    ("根本公共", "基本公共"),
    ("根本医疗", "基本医疗"),
    ("根本药物", "基本药物"),
    ("效劳", "服务"),
    ("创立", "创建"),
    ("艾、梅、乙", "艾梅乙"),
    ("hiv", "艾滋病"),
    ("七岁", "7岁"),
    ("五岁", "5岁"),
    ("三岁", "3岁"),
    ("六岁", "6岁"),
    ("6周岁", "6岁"),
    ("7周岁", "7岁"),
    ("5周岁", "5岁"),
    ("3周岁", "3岁"),
    ("6月龄", "6个月"),
    ("六个月", "6个月"),
    ("二癌", "两癌"),
    ("建卡(册)", "建册"),
    ("建册(卡)", "建册"),
    ("建册卡", "建册"),
    ("建(卡)册", "建册"),
    ("建(册)卡", "建册"),
    ("妇保", "妇女保健"),
];

fn strip_qualifier(phrase: &[char]) -> Option<&[char]> {
    let word = glyphs::word_at(phrase, 0, QUALIFIERS)?;
    Some(&phrase[glyphs::length(word)..])
}

fn is_qualifying(prefix: &[char]) -> bool {
    let mut rest = prefix;
    while !rest.is_empty() {
        let word =
            glyphs::word_at(rest, 0, QUALIFIERS).or_else(|| glyphs::word_at(rest, 0, POPULATIONS));
        let Some(word) = word else { return false };
        rest = &rest[glyphs::length(word)..];
    }
    true
}

const _: () = assert!(DECISIVE.len() <= 64);

/// One bit for each decisive word that stands in a name.
fn subject(key: &[char]) -> u64 {
    DECISIVE
        .iter()
        .enumerate()
        .filter(|(_, word)| glyphs::find(key, word).is_some())
        .fold(0, |bits, (at, _)| bits | 1 << at)
}

/// The part of a name that counts: no spaces, brackets, quotation marks or 的, spellings made one.
fn key(name: &str) -> Vec<char> {
    let mut text: String = glyphs::uniform(name)
        .into_iter()
        .map(|c| c.to_ascii_lowercase())
        .collect();
    for (from, to) in SAME {
        if text.contains(from) {
            text = text.replace(from, to);
        }
    }
    text.chars()
        .filter(|c| {
            !matches!(
                c,
                ' ' | '\t'
                    | '“'
                    | '”'
                    | '〞'
                    | '"'
                    | '《'
                    | '》'
                    | '('
                    | ')'
                    | '、'
                    | ','
                    | '的'
                    | '-'
                    | '~'
                    | '.'
                    | '*'
                    | '和'
                    | '及'
                    | '与'
                    | '‘'
                    | '’'
            )
        })
        .collect()
}

fn bigrams(key: &[char]) -> HashSet<(char, char)> {
    key.windows(2).map(|pair| (pair[0], pair[1])).collect()
}
