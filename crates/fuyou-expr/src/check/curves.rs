//! Functions that read reference curves.

use std::ops::Range;

use super::suggest::nearest;
use super::{Checker, numbers};
use crate::curve::{BAND_MAX, BAND_MIN, CURVE_SCALE, CurveRef, Tables, Z_MAX, Z_SCALE};
use crate::syntax::{Form, Part};
use crate::tree::{CurveAnswer, Kind, Node};
use crate::types::Type;

impl Checker<'_> {
    /// `curve_z('id', stratum, x, y)` and `curve_band('id', stratum, x, y)`.
    pub(super) fn curve(
        &mut self,
        answer: CurveAnswer,
        args: &[&Part<'_>],
        span: Range<usize>,
    ) -> Option<Node> {
        let Some(curves) = self.scope.curves().cloned() else {
            let (zh, en) = (
                "此处不能用曲线函数:请用事实保存结果,再引用该事实",
                "curve functions cannot stand here: keep the result in a fact and read that",
            );
            self.error(span, zh, en);
            return None;
        };
        let id_span = args[0].span.clone();
        let Form::Text(id) = &args[0].bare().kind else {
            let (zh, en) = (
                "曲线须写作文本常量,如 'weight_by_age'",
                "the curve must be a literal text, as 'weight_by_age'",
            );
            self.error(id_span, zh, en);
            return None;
        };
        let Some(curve) = curves.get(id).cloned() else {
            let suggestion = nearest(id, curves.ids()).map(|id| format!("'{id}'"));
            let (zh, en) = (format!("没有曲线 {id}"), format!("there is no curve {id}"));
            self.suggest(id_span, zh, en, suggestion);
            return None;
        };
        if answer == CurveAnswer::Band && matches!(curve.tables(), Tables::Lms(..)) {
            let (zh, en) = (
                format!("曲线 {id} 是 LMS 表,没有标准差列;请比较 curve_z"),
                format!("curve {id} holds L, M and S and no SD columns: compare curve_z"),
            );
            self.error(id_span, zh, en);
            return None;
        }
        let stratum = self.wanted(args[1], &Type::Code(curve.strata().clone()));
        let x = self.coordinate(args[2]);
        let y = self.coordinate(args[3]);
        let kind = Kind::Curve {
            curve: CurveRef(curve),
            answer,
            stratum: Box::new(stratum?),
            x: Box::new(x?),
            y: Box::new(y?),
        };
        let (scale, min, max) = match answer {
            CurveAnswer::Z => (Z_SCALE, -Z_MAX, Z_MAX),
            CurveAnswer::Band => (0, BAND_MIN, BAND_MAX),
        };
        Some(Node {
            kind,
            ty: Type::number(scale),
            bounds: Some(numbers::bounds(min, max)),
            span,
        })
    }

    /// A number in the decimals that curves are held in.
    fn coordinate(&mut self, part: &Part<'_>) -> Option<Node> {
        let node = self.numeric(part)?;
        if node.ty.scale().is_some_and(|scale| scale > CURVE_SCALE) {
            let zh = format!("曲线的坐标最多 {CURVE_SCALE} 位小数,请先用 round");
            let en = format!("a curve is read with at most {CURVE_SCALE} decimals; use round");
            self.error(node.span, zh, en);
            return None;
        }
        self.rescale(node, CURVE_SCALE)
    }
}
