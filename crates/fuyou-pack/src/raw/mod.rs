//! Files as written: trees of values that know where they stand, and readers that ask them for what they should hold.

mod items;
mod nearest;
mod parse;
mod read;
mod report;
mod sheet;
mod tree;

pub(crate) use items::{Incoming, Item, Items, LayerHead, Operation, collect, take_operation};
pub(crate) use nearest::nearest;
pub(crate) use parse::{parse_all, parse_toml};
pub(crate) use read::{Reader, Text, read_span, read_word};
pub(crate) use report::{FileText, Report};
pub(crate) use sheet::{Sheet, SheetRow, read_sheet};
pub(crate) use tree::{At, Key, Node, NodeKind, Table};
