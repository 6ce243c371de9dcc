use std::cell::RefCell;

use fuyou_kernel::{Localized, Span};

use super::{At, Key, Node, NodeKind, Report, Table, nearest};

/// A text with its place, such as an expression before it is parsed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Text<'a> {
    pub text: &'a str,
    pub at: At,
}

/// Asks a table for its keys; what nobody asked for is an unknown key.
pub(crate) struct Reader<'a> {
    pub table: &'a Table,
    pub report: &'a Report,
    /// Where to point when something is missing.
    pub at: At,
    asked: RefCell<Vec<&'static str>>,
}

impl<'a> Reader<'a> {
    pub fn new(table: &'a Table, report: &'a Report) -> Self {
        // A table header spans little or much; pointing at the first key is what a reader looks for.
        let at = table.entries.first().map_or(table.at, |(key, _)| key.at);
        Self {
            table,
            report,
            at,
            asked: RefCell::new(vec!["change"]),
        }
    }

    pub fn node(&self, key: &'static str) -> Option<&'a Node> {
        self.asked.borrow_mut().push(key);
        self.table.get(key)
    }

    pub fn wrong(&self, node: &Node, zh: &str, en: &str) {
        let (found_zh, found_en) = node.kind.name();
        self.report.error(
            node.at,
            format!("这里应为{zh},却是{found_zh}"),
            format!("expected {en}, found {found_en}"),
        );
    }

    fn missing(&self, key: &str) {
        self.report.error(
            self.at,
            format!("缺少 {key}"),
            format!("`{key}` is missing"),
        );
    }

    pub fn text(&self, key: &'static str) -> Option<Text<'a>> {
        let node = self.node(key)?;
        match &node.kind {
            NodeKind::Text(text) => Some(Text { text, at: node.at }),
            _ => {
                self.wrong(node, "文本", "a text");
                None
            }
        }
    }

    pub fn need_text(&self, key: &'static str) -> Option<Text<'a>> {
        if self.table.get(key).is_none() {
            self.asked.borrow_mut().push(key);
            self.missing(key);
            return None;
        }
        self.text(key)
    }

    pub fn boolean(&self, key: &'static str) -> Option<bool> {
        let node = self.node(key)?;
        match node.kind {
            NodeKind::Boolean(truth) => Some(truth),
            _ => {
                self.wrong(node, "true 或 false", "true or false");
                None
            }
        }
    }

    pub fn count(&self, key: &'static str) -> Option<u16> {
        let node = self.node(key)?;
        match node.kind {
            NodeKind::Integer(number) => match u16::try_from(number) {
                Ok(number) => Some(number),
                Err(_) => {
                    self.report
                        .error(node.at, "应在 0 到 65535 之间", "expected 0 to 65535");
                    None
                }
            },
            _ => {
                self.wrong(node, "整数", "a whole number");
                None
            }
        }
    }

    pub fn span(&self, key: &'static str) -> Option<Span> {
        let text = self.text(key)?;
        read_span(self.report, text)
    }

    /// A title in both languages.
    pub fn localized(&self, key: &'static str) -> Option<Localized> {
        let node = self.node(key)?;
        read_localized(self.report, node)
    }

    pub fn need_localized(&self, key: &'static str) -> Localized {
        if self.table.get(key).is_none() {
            self.asked.borrow_mut().push(key);
            self.missing(key);
        }
        self.localized(key).unwrap_or_default()
    }

    pub fn array(&self, key: &'static str) -> &'a [Node] {
        match self.node(key) {
            None => &[],
            Some(Node {
                kind: NodeKind::Array(list),
                ..
            }) => list,
            Some(node) => {
                self.wrong(node, "列表", "a list");
                &[]
            }
        }
    }

    pub fn texts(&self, key: &'static str) -> Vec<Text<'a>> {
        self.array(key)
            .iter()
            .filter_map(|node| self.as_text(node))
            .collect()
    }

    pub fn as_text(&self, node: &'a Node) -> Option<Text<'a>> {
        match &node.kind {
            NodeKind::Text(text) => Some(Text { text, at: node.at }),
            _ => {
                self.wrong(node, "文本", "a text");
                None
            }
        }
    }

    pub fn tables(&self, key: &'static str) -> Vec<&'a Table> {
        self.array(key)
            .iter()
            .filter_map(|node| self.as_table(node))
            .collect()
    }

    pub fn as_table(&self, node: &'a Node) -> Option<&'a Table> {
        match &node.kind {
            NodeKind::Table(table) => Some(table),
            _ => {
                self.wrong(node, "表", "a table");
                None
            }
        }
    }

    pub fn table(&self, key: &'static str) -> Option<&'a Table> {
        let node = self.node(key)?;
        self.as_table(node)
    }

    /// One of a few words.
    pub fn word<T: Copy>(&self, key: &'static str, words: &[(&'static str, T)]) -> Option<T> {
        let text = self.text(key)?;
        read_word(self.report, text, words)
    }

    /// The keys that nobody asked for.
    pub fn rest(&self) -> Vec<&'a (Key, Node)> {
        let asked = self.asked.borrow();
        self.table
            .entries
            .iter()
            .filter(|(key, _)| !asked.contains(&key.name.as_str()))
            .collect()
    }

    /// Reports the keys that nobody asked for.
    pub fn finish(self) {
        let asked = self.asked.borrow();
        for (key, _) in self.rest() {
            let suggestion = nearest(&key.name, asked.iter().copied()).map(str::to_owned);
            let message = Localized::new(
                format!("不认识的键 {}", key.name),
                format!("unknown key `{}`", key.name),
            );
            self.report.error_with(key.at, message, suggestion);
        }
    }
}

pub(crate) fn read_span(report: &Report, text: Text<'_>) -> Option<Span> {
    text.text
        .parse()
        .map_err(|_| {
            report.error(
                text.at,
                format!(
                    "「{}」不是时间间隔,应如 7d、16w、20w6d、1mo、3y、48h",
                    text.text
                ),
                format!(
                    "`{}` is not a span such as 7d, 16w, 20w6d, 1mo, 3y or 48h",
                    text.text
                ),
            );
        })
        .ok()
}

pub(crate) fn read_word<T: Copy>(
    report: &Report,
    text: Text<'_>,
    words: &[(&'static str, T)],
) -> Option<T> {
    let found = words
        .iter()
        .find(|(word, _)| *word == text.text)
        .map(|(_, value)| *value);
    if found.is_none() {
        let list = words
            .iter()
            .map(|(word, _)| *word)
            .collect::<Vec<_>>()
            .join(" | ");
        let message = Localized::new(
            format!("「{}」不在可用的词里:{list}", text.text),
            format!("`{}` is none of: {list}", text.text),
        );
        let suggestion = nearest(text.text, words.iter().map(|(word, _)| *word)).map(str::to_owned);
        report.error_with(text.at, message, suggestion);
    }
    found
}

pub(crate) fn read_localized(report: &Report, node: &Node) -> Option<Localized> {
    let NodeKind::Table(table) = &node.kind else {
        let (zh, en) = node.kind.name();
        report.error(
            node.at,
            format!("这里应为 {{ zh = \"…\", en = \"…\" }},却是{zh}"),
            format!("expected {{ zh = \"…\", en = \"…\" }}, found {en}"),
        );
        return None;
    };
    let reader = Reader::new(table, report);
    let zh = reader.need_text("zh");
    let en = reader.need_text("en");
    for text in [zh, en].into_iter().flatten() {
        if text.text.trim().is_empty() {
            report.error(text.at, "文本是空的", "the text is empty");
        }
    }
    reader.finish();
    Some(Localized::new(zh?.text, en?.text))
}
