//! Which rules and indicators have a case that is in and one that is out, and which strata cases in two layers.

use std::collections::BTreeSet;

use fuyou_kernel::Localized;

use crate::diagnostic::Diagnostic;
use crate::model::{IndicatorEntry, ItemKind, Pack, RuleIx};

/// What some case expected and found, by program and id.
#[derive(Default)]
pub(super) struct Covered {
    pub rules: BTreeSet<(usize, RuleIx, bool)>,
    pub indicators: BTreeSet<(String, bool)>,
    /// Layers of strata; `None` where the layer is not known.
    pub layers: BTreeSet<(usize, String, Option<usize>)>,
}

impl Covered {
    /// The rules and indicators that no case shows on one side.
    pub fn missing(&self, pack: &Pack) -> Vec<Diagnostic> {
        let mut missing = Vec::new();
        let mut lack = |kind: ItemKind, program: &str, id: &str, zh: &str, en: &str| {
            let Some(place) = pack.place(kind, program, id) else {
                return;
            };
            let message = Localized::new(
                format!("{} {id}:{zh}", kind.word()),
                format!("{} `{id}`: {en}", kind.word()),
            );
            missing.push(diagnostic(place, message));
        };
        for (position, program) in pack.programs.iter().enumerate() {
            for (rule_position, rule) in program.rules.iter().enumerate() {
                let ix = RuleIx::new(rule_position);
                if !self.rules.contains(&(position, ix, true)) {
                    lack(
                        ItemKind::Rule,
                        &program.id,
                        &rule.id,
                        "缺少成立的用例",
                        "no case in which it is true",
                    );
                }
                if !self.rules.contains(&(position, ix, false)) {
                    lack(
                        ItemKind::Rule,
                        &program.id,
                        &rule.id,
                        "缺少不成立的用例",
                        "no case in which it is not true",
                    );
                }
            }
        }
        for indicator in &pack.indicators {
            if indicator.entry == IndicatorEntry::Manual {
                continue;
            }
            let program = &pack.program(indicator.program).id;
            if !self.indicators.contains(&(indicator.id.to_string(), true)) {
                lack(
                    ItemKind::Indicator,
                    program,
                    &indicator.id,
                    "缺少计入的用例",
                    "no case that is counted",
                );
            }
            if !self.indicators.contains(&(indicator.id.to_string(), false)) {
                lack(
                    ItemKind::Indicator,
                    program,
                    &indicator.id,
                    "缺少不计入的用例",
                    "no case that is not counted or outside",
                );
            }
        }
        for stratum in &pack.strata {
            let (at, id) = (stratum.program.get(), &stratum.id);
            let shown = self.layers.iter().filter(|(program, shown, layer)| {
                *program == at && **shown == **id && layer.is_some()
            });
            if shown.count() < stratum.layers.len().min(2) {
                lack(
                    ItemKind::Stratum,
                    &pack.program(stratum.program).id,
                    id,
                    "缺少落在两个不同层的用例",
                    "no cases in two different layers",
                );
            }
        }
        missing
    }
}

/// A message at an item's place.
pub(super) fn diagnostic(place: &crate::model::Place, message: Localized) -> Diagnostic {
    Diagnostic {
        file: place.file.clone(),
        line: place.line,
        column: place.column,
        message,
        suggestion: None,
    }
}
