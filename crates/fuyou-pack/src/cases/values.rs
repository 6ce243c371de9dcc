//! Values as TOML writes them.

use fuyou_expr::{Type, Value};

use crate::raw::{Node, NodeKind, Report};

/// A value of a type as TOML writes it; the text `null` is NULL for everything but free text.
pub(super) fn read_value(report: &Report, ty: &Type, node: &Node) -> Option<Value> {
    let read = match (&node.kind, ty) {
        (NodeKind::Text(text), ty) if text == "null" && *ty != Type::Text => Some(Value::Null),
        (NodeKind::Boolean(truth), Type::Boolean) => Some(Value::Boolean(*truth)),
        (NodeKind::Date(day), Type::Date) => Some(Value::Date(*day)),
        (NodeKind::Integer(number), Type::Integer | Type::Decimal(_)) => {
            fuyou_expr::parse_value(ty, &number.to_string()).ok()
        }
        (NodeKind::Decimal(text), Type::Decimal(_)) => read_decimal(ty, text),
        (NodeKind::Text(text), Type::Text | Type::Code(_)) => {
            fuyou_expr::parse_value(ty, text).ok()
        }
        (NodeKind::Array(list), Type::Codes(set)) => {
            let codes = list.iter().map(|node| match &node.kind {
                NodeKind::Text(code) => set.index(code),
                _ => None,
            });
            codes
                .collect::<Option<fuyou_expr::CodeSet>>()
                .map(Value::Codes)
        }
        _ => None,
    };
    if read.is_none() {
        let (zh, en) = node.kind.name();
        report.error(
            node.at,
            format!("不是 {ty} 的值({zh})"),
            format!("not a value of type {ty} ({en})"),
        );
    }
    read
}

/// Decimals may be written with zeros beyond the type's places.
fn read_decimal(ty: &Type, text: &str) -> Option<Value> {
    let trimmed = text.trim_end_matches('0').trim_end_matches('.');
    fuyou_expr::parse_value(ty, text)
        .or_else(|_| fuyou_expr::parse_value(ty, trimmed))
        .ok()
}
