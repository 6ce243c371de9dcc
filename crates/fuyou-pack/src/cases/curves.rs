//! Published examples of reference curves.

use fuyou_kernel::Localized;

use super::CaseReport;
use super::coverage::diagnostic;
use crate::model::{CurveExample, ItemKind, Pack, ReferenceCurve};

/// Runs the examples of all curves; a curve without any is listed as uncovered.
pub(super) fn run_examples(pack: &Pack, report: &mut CaseReport) {
    for curve in &pack.curves {
        let id = curve.curve.id();
        let mut fitting = 0;
        for example in &curve.examples {
            report.ran += 1;
            let failures = report.failures.len();
            run(curve, example, report);
            fitting += usize::from(report.failures.len() == failures);
        }
        let all = curve.examples.len();
        report.examples.push((id.to_string(), fitting, all));
        if let (true, Some(place)) = (
            curve.examples.is_empty(),
            pack.place(ItemKind::Curve, "", id),
        ) {
            let message = Localized::new(
                format!("curve {id}:没有例子"),
                format!("curve `{id}`: no example"),
            );
            report.uncovered.push(diagnostic(place, message));
        }
    }
}

fn run(curve: &ReferenceCurve, example: &CurveExample, report: &mut CaseReport) {
    let CurveExample { stratum, x, y, .. } = *example;
    let answers = [
        ("z", example.z, curve.curve.z(stratum, x, y)),
        ("band", example.band, curve.curve.band(stratum, x, y)),
    ];
    for (name, wanted, found) in answers {
        let Some(wanted) = wanted.filter(|wanted| *wanted != found) else {
            continue;
        };
        let text = |number: Option<i64>| match (number, name) {
            (None, _) => "null".to_owned(),
            (Some(number), "z") => format!("{:.2}", number as f64 / 100.0),
            (Some(number), _) => number.to_string(),
        };
        let (id, wanted, found) = (&example.id, text(wanted), text(found));
        let message = Localized::new(
            format!("曲线例子 {id}:{name} 应为 {wanted},实为 {found}"),
            format!("example {id}: {name} should be {wanted}, is {found}"),
        );
        report.failures.push(diagnostic(&example.place, message));
    }
}
