//! Names: which column is meant, and which set an aggregate ranges over.

use std::borrow::Cow;
use std::ops::Range;

use super::suggest::nearest;
use super::{Checker, numbers};
use crate::limits::DEFAULT_RANGE;
use crate::scope::{SetId, Slot};
use crate::syntax::{Form, Name, Part};
use crate::tree::{ColumnRef, Kind, Node};
use crate::types::Type;

/// The qualifier that always means the outer row.
const OUTER: &str = "this";

impl Checker<'_> {
    pub(super) fn column(&mut self, parts: &[Name<'_>], span: Range<usize>) -> Option<Node> {
        let names: Vec<Cow<'_, str>> = parts.iter().map(Name::folded).collect();
        match names.as_slice() {
            [name] => self.bare(name, span),
            [set, name] if set == OUTER => match self.scope.outer_named(name) {
                Some((slot, _)) => Some(self.reference(None, slot, span)),
                None => self.unknown(&format!("{OUTER}.{name}"), span),
            },
            [set, name] => match self.scope.outer_named(&format!("{set}.{name}")) {
                Some((slot, _)) => Some(self.reference(None, slot, span)),
                None => self.qualified(set, name, span),
            },
            _ => self.unknown(&names.join("."), span),
        }
    }

    fn bare(&mut self, name: &str, span: Range<usize>) -> Option<Node> {
        if let Some(set) = self.within
            && let Some((slot, _)) = self.scope.member_named(set, name)
        {
            return Some(self.reference(Some(set), slot, span));
        }
        if let Some((slot, _)) = self.scope.outer_named(name) {
            return Some(self.reference(None, slot, span));
        }
        let default = self
            .scope
            .default_set()
            .filter(|set| self.scope.member_named(*set, name).is_some());
        match (default, self.within) {
            (Some(set), None) => self.many_rows(set, name, span),
            (Some(set), Some(within)) => self.other_set(within, set, span),
            (None, _) => self.unknown(name, span),
        }
    }

    fn qualified(&mut self, set_name: &str, name: &str, span: Range<usize>) -> Option<Node> {
        let Some(set) = self.scope.set_named(set_name) else {
            return self.unknown(&format!("{set_name}.{name}"), span);
        };
        let Some((slot, _)) = self.scope.member_named(set, name) else {
            return self.unknown(&format!("{set_name}.{name}"), span);
        };
        match self.within {
            Some(within) if within == set => Some(self.reference(Some(set), slot, span)),
            Some(within) => self.other_set(within, set, span),
            None => self.many_rows(set, &format!("{set_name}.{name}"), span),
        }
    }

    fn reference(&self, set: Option<SetId>, slot: Slot, span: Range<usize>) -> Node {
        let (_, column) = self.scope.column(set, slot);
        let (min, max) = column.range.unwrap_or(DEFAULT_RANGE);
        let bounds = column.ty.scale().map(|_| numbers::bounds(min, max));
        Node {
            kind: Kind::Column(ColumnRef { set, slot }),
            ty: column.ty.clone(),
            bounds,
            span,
        }
    }

    fn many_rows(&mut self, set: SetId, written: &str, span: Range<usize>) -> Option<Node> {
        let set = self.scope.set_name(set);
        let zh = format!("{written} 每条 {set} 都有一个值，需要说明取哪一个");
        let en = format!("{written} has a value in every row of {set}; say which one is meant");
        self.suggest(span, zh, en, Some(format!("last({written})")));
        None
    }

    fn other_set(&mut self, within: SetId, set: SetId, span: Range<usize>) -> Option<Node> {
        let (within, set) = (self.scope.set_name(within), self.scope.set_name(set));
        let zh = format!("一个聚合只能涉及一个集合：这里是 {within}，不能再用 {set} 的列");
        let en = format!(
            "an aggregate ranges over one set: this one over {within}, so it cannot read a column of {set}"
        );
        self.error(span, zh, en);
        None
    }

    fn unknown(&mut self, name: &str, span: Range<usize>) -> Option<Node> {
        let mut known: Vec<String> = self
            .scope
            .columns(None)
            .map(|(name, _)| name.to_owned())
            .collect();
        for set in self.scope.sets() {
            let set_name = self.scope.set_name(set);
            for (member, _) in self.scope.columns(Some(set)) {
                if self.within == Some(set) || self.scope.default_set() == Some(set) {
                    known.push(member.to_owned());
                }
                // The bare name of another set's column is as near as can be.
                if member == name {
                    let suggestion = format!("{set_name}.{member}");
                    let (zh, en) = unknown_column(name);
                    self.suggest(span, zh, en, Some(suggestion));
                    return None;
                }
                known.push(format!("{set_name}.{member}"));
            }
        }
        let suggestion = nearest(name, known.iter().map(String::as_str)).map(str::to_owned);
        let (zh, en) = unknown_column(name);
        self.suggest(span, zh, en, suggestion);
        None
    }

    /// The set that an aggregate with this argument and filter ranges over: the one its qualified names name, else
    /// the default set, else the only set there is.
    pub(super) fn set_of(&mut self, parts: &[&Part<'_>], span: Range<usize>) -> Option<SetId> {
        let mut found: Option<SetId> = None;
        let mut pending = parts.to_vec();
        while let Some(part) = pending.pop() {
            if let Form::Name(names) = &part.kind
                && let [set, _] = names.as_slice()
                && let Some(set) = self.scope.set_named(&set.folded())
            {
                match found {
                    Some(other) if other != set => {
                        self.other_set(set, other, part.span.clone());
                        return None;
                    }
                    _ => found = Some(set),
                }
            }
            pending.extend(part.children());
        }
        let mut sets = self.scope.sets();
        let only = sets.next().filter(|_| sets.next().is_none());
        let set = found.or(self.scope.default_set()).or(only);
        if set.is_none() {
            let (zh, en) = (
                "无法确定对哪个集合聚合，请写成 集合.列",
                "it is open which set this ranges over; write set.column",
            );
            self.error(span, zh, en);
        }
        set
    }

    /// Says that a text literal is no value of a type, with the nearest code.
    pub(super) fn bad_literal(&mut self, text: &str, span: Range<usize>, want: &Type) {
        match want {
            Type::Code(set) => {
                let codes = set.codes().iter().map(|code| &**code);
                let suggestion = nearest(text, codes).map(|code| format!("'{code}'"));
                let zh = format!("'{text}' 不在值域 {} 中", set.name());
                let en = format!("'{text}' is not a code of value set {}", set.name());
                self.suggest(span, zh, en, suggestion);
            }
            _ => {
                let (zh, en) = (
                    format!("'{text}' 不是 {want} 的值"),
                    format!("'{text}' is not a value of type {want}"),
                );
                self.error(span, zh, en);
            }
        }
    }
}

fn unknown_column(name: &str) -> (String, String) {
    (
        format!("没有名为 {name} 的列"),
        format!("there is no column {name}"),
    )
}
