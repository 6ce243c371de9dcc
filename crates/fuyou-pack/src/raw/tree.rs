/// Bytes of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct At {
    /// Position in [`super::Report::files`].
    pub file: u32,
    pub start: u32,
    pub end: u32,
}

/// A value as written.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub at: At,
    pub kind: NodeKind,
}

#[derive(Clone, Debug)]
pub(crate) enum NodeKind {
    Text(String),
    Integer(i64),
    /// A number with a point, as written: decimals stay exact.
    Decimal(String),
    Boolean(bool),
    /// Days since 1970-01-01.
    Date(i32),
    /// Milliseconds since 1970-01-01, as if the clock stood at UTC.
    DateTime(i64),
    Array(Vec<Node>),
    Table(Table),
}

impl NodeKind {
    /// What it is, in both languages.
    pub fn name(&self) -> (&'static str, &'static str) {
        match self {
            NodeKind::Text(_) => ("文本", "a text"),
            NodeKind::Integer(_) => ("整数", "a whole number"),
            NodeKind::Decimal(_) => ("小数", "a decimal number"),
            NodeKind::Boolean(_) => ("true/false", "true or false"),
            NodeKind::Date(_) => ("日期", "a date"),
            NodeKind::DateTime(_) => ("时刻", "a date with time"),
            NodeKind::Array(_) => ("列表", "a list"),
            NodeKind::Table(_) => ("表", "a table"),
        }
    }
}

/// A table in the order written.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    pub at: At,
    pub entries: Vec<(Key, Node)>,
}

impl Table {
    pub fn get(&self, name: &str) -> Option<&Node> {
        self.entries
            .iter()
            .find(|(key, _)| key.name == name)
            .map(|(_, node)| node)
    }

    /// Takes an entry out.
    pub fn take(&mut self, name: &str) -> Option<(Key, Node)> {
        let position = self.entries.iter().position(|(key, _)| key.name == name)?;
        Some(self.entries.remove(position))
    }

    /// The text under a key, if it is one.
    pub fn text(&self, name: &str) -> Option<&str> {
        match &self.get(name)?.kind {
            NodeKind::Text(text) => Some(text),
            _ => None,
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Key {
    pub name: String,
    pub at: At,
}
