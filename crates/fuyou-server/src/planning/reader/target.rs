//! What the reader returns: the text with its sections, tasks, targets and damage, all with positions.

use super::comparator::Comparator;
use super::numbers::Number;

/// A stretch of one line: `line` counts from 1, `start..end` are character (not byte) offsets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The line, from 1.
    pub line: usize,
    /// The first character.
    pub start: usize,
    /// One past the last character.
    pub end: usize,
}

/// A plan as read.
#[derive(Debug)]
pub struct PlanText {
    /// The lines as written; a paragraph or a table row of a Word file is one line.
    pub lines: Vec<String>,
    /// The headings, outermost first in reading order.
    pub sections: Vec<Section>,
    /// The numbered tasks.
    pub tasks: Vec<Task>,
    /// The targets, in reading order.
    pub targets: Vec<Target>,
    /// What happened to the text on its way here.
    pub damage: Vec<Damage>,
}

/// A heading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// Where its title stands.
    pub span: Span,
    /// 1 for 第一部分 and 一、, 2 for (一).
    pub level: u8,
    /// The title without its number.
    pub title: String,
}

/// A numbered task or list item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// From its label to the next label or the end of the line.
    pub span: Span,
    /// The label as written.
    pub label: String,
    /// The first sentence, at most 40 characters.
    pub title: String,
    /// The index of its section in [`PlanText::sections`].
    pub section: Option<usize>,
}

/// What a found number is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A value to be reached.
    Target,
    /// A change against last year.
    Growth,
    /// A comparison with a reference the plan does not give.
    Relative,
    /// A wish without a number.
    Qualitative,
    /// "All": 100 % without a number.
    ImpliedAll,
    /// "None": zero without a number.
    ImpliedZero,
    /// A rule of insurance or subsidy, not a performance target.
    PolicyParameter,
    /// The length of a list of programs or measures.
    ProgramCount,
}

impl Kind {
    /// The word used in JSON.
    pub fn id(self) -> &'static str {
        match self {
            Self::Target => "target",
            Self::Growth => "growth_target",
            Self::Relative => "relative_target",
            Self::Qualitative => "qualitative",
            Self::ImpliedAll => "implied_all",
            Self::ImpliedZero => "implied_zero",
            Self::PolicyParameter => "policy_parameter",
            Self::ProgramCount => "programme_count",
        }
    }
}

/// How sure the reader is; everything below `High` waits for a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Confidence {
    /// The value contradicts itself.
    Low,
    /// The value was repaired, implied or put together from several places.
    Medium,
    /// The value stands as written, beside its indicator.
    High,
}

impl Confidence {
    /// The word used in JSON.
    pub fn id(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// A remark for the person who checks a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// The portal replaced digits; what is written and what is read.
    Repaired {
        /// The value as it stands in the file.
        written: String,
        /// The value that is read instead.
        read: String,
    },
    /// The value cannot be right and no repair is known.
    Implausible,
    /// The digits look like a stamped year, but nothing else in the text proves it.
    Suspicious,
    /// One value is shared by several indicators.
    Shared,
    /// The value of a list joined by 分别, taken by order.
    ByOrder,
    /// The numbers of values and indicators differ.
    Unmatched,
    /// The indicator was named earlier in the sentence, or stands in the table's row.
    Inherited,
    /// The value stands before its indicator.
    ValueFirst,
    /// The value is a change, not a level: a rise.
    Rise,
    /// The value is a change, not a level: a fall.
    Fall,
    /// A number is present but masked ("xx%").
    Masked,
    /// The value holds for each unit named, not for the whole.
    PerUnit,
    /// The value holds for a part of the population or of the places only ("农村75%以上").
    Narrowed(String),
    /// Several indicators are equally near.
    Candidates(Vec<String>),
}

impl Note {
    /// The remark in Chinese.
    pub fn zh(&self) -> String {
        match self {
            Self::Repaired { written, read } => {
                format!("原文写作“{written}”,疑为下载网站替换数字所致,按“{read}”读取,请核对")
            }
            Self::Implausible => "数值不合理,请核对原文".into(),
            Self::Suspicious => "数字形似年份,可能被下载网站替换,请核对".into(),
            Self::Shared => "多个指标共用一个数值".into(),
            Self::ByOrder => "按“分别”的先后次序对应".into(),
            Self::Unmatched => "数值与指标的个数不一致,请人工对应".into(),
            Self::Inherited => "指标名称取自前文或本行其他单元格".into(),
            Self::ValueFirst => "数值写在指标之前".into(),
            Self::Rise => "为增量(在原有水平上提高)".into(),
            Self::Fall => "为降幅(在原有水平上下降)".into(),
            Self::Masked => "数值被遮盖".into(),
            Self::PerUnit => "按每个单位计".into(),
            Self::Narrowed(to) => format!("仅指:{to}"),
            Self::Candidates(ids) => format!("可能的指标:{}", ids.join("、")),
        }
    }

    /// The remark in English.
    pub fn en(&self) -> String {
        match self {
            Self::Repaired { written, read } => format!(
                "written \"{written}\", digits probably replaced by a download portal, read as \"{read}\": please check"
            ),
            Self::Implausible => "the value cannot be right: please check the source".into(),
            Self::Suspicious => "the digits look like a stamped year: please check".into(),
            Self::Shared => "one value for several indicators".into(),
            Self::ByOrder => "matched by order".into(),
            Self::Unmatched => {
                "values and indicators differ in number: please match by hand".into()
            }
            Self::Inherited => "indicator taken from earlier in the sentence or row".into(),
            Self::ValueFirst => "the value stands before its indicator".into(),
            Self::Rise => "a rise over the present level".into(),
            Self::Fall => "a fall from the present level".into(),
            Self::Masked => "the number is masked".into(),
            Self::PerUnit => "for each unit".into(),
            Self::Narrowed(to) => format!("only for: {to}"),
            Self::Candidates(ids) => format!("candidates: {}", ids.join(", ")),
        }
    }
}

/// One target.
#[derive(Clone, Debug)]
pub struct Target {
    /// Where the value stands, closing words such as 以上 included.
    pub span: Span,
    /// The value as written.
    pub text: String,
    /// The phrase that names the indicator, as written.
    pub indicator_as_written: String,
    /// The id of the indicator it is bound to.
    pub indicator: Option<String>,
    /// How the actual is compared with the value.
    pub comparator: Comparator,
    /// The value; none when nothing is written or the number is masked.
    pub value: Option<Number>,
    /// The upper end of a range.
    pub value_high: Option<Number>,
    /// The unit as written; empty when none is written and the indicator has none.
    pub unit: String,
    /// What kind of aim it is.
    pub kind: Kind,
    /// How sure the reader is.
    pub confidence: Confidence,
    /// Remarks for the person who checks it.
    pub notes: Vec<Note>,
}

/// Something that happened to the text before it came here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Damage {
    /// Digits were replaced throughout: `from` became `to`.
    DigitsReplaced {
        /// The digits that stood in the original.
        from: String,
        /// The digits that stand there now.
        to: String,
        /// Where it shows.
        spans: Vec<Span>,
    },
    /// Words were replaced by synonyms to escape copy detection.
    WordsReplaced(Vec<Span>),
    /// Page numbers of a viewer stand at the start of lines and look like list numbers.
    PageNumbers(Vec<Span>),
    /// Digits or names are masked by x or underscores.
    Masked(Vec<Span>),
    /// The text stops where a preview ended.
    Truncated(Span),
    /// Some characters could not be decoded.
    Undecodable,
}

impl Damage {
    /// The finding in Chinese.
    pub fn zh(&self) -> String {
        match self {
            Self::DigitsReplaced { from, to, spans } => {
                format!("全文数字“{from}”疑被替换为“{to}”({}处)", spans.len())
            }
            Self::WordsReplaced(spans) => format!("文中有同义词替换({}处)", spans.len()),
            Self::PageNumbers(spans) => format!("行首混入阅读器页码({}处)", spans.len()),
            Self::Masked(spans) => format!("部分数字或名称被遮盖({}处)", spans.len()),
            Self::Truncated(span) => format!("第{}行显示原文只是预览,后文缺失", span.line),
            Self::Undecodable => "部分字符无法识别".into(),
        }
    }

    /// The finding in English.
    pub fn en(&self) -> String {
        match self {
            Self::DigitsReplaced { from, to, spans } => format!(
                "digits \"{from}\" were probably replaced by \"{to}\" ({} places)",
                spans.len()
            ),
            Self::WordsReplaced(spans) => {
                format!("words were replaced by synonyms ({} places)", spans.len())
            }
            Self::PageNumbers(spans) => format!(
                "page numbers of a viewer stand at line starts ({} places)",
                spans.len()
            ),
            Self::Masked(spans) => format!("numbers or names are masked ({} places)", spans.len()),
            Self::Truncated(span) => format!(
                "line {} says that this is a preview: the rest is missing",
                span.line
            ),
            Self::Undecodable => "some characters could not be decoded".into(),
        }
    }
}
