//! What the script of a form page is told while somebody types.

use askama::Template;
use serde::Serialize;

use super::form_view::{FieldView, Filling};
use super::form_web::{Consequence, Desk, Typing};
use crate::care::Preview;
use crate::http::Error;
use fuyou_pack::record::Finding;

/// The state of the form on the wire.
#[derive(Serialize)]
pub(super) struct Live {
    fields: Vec<LiveField>,
    /// Ids of groups that are not shown.
    hidden_groups: Vec<String>,
    /// Risk and its reasons, rendered.
    consequence: String,
}

#[derive(Serialize)]
struct LiveField {
    name: String,
    hidden: bool,
    required: bool,
    /// The value of a computed field.
    computed: Option<String>,
    wrong: Vec<String>,
    /// Key and message of what needs a reason.
    asks: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "care/pages/consequence.html")]
struct ConsequencePart<'a> {
    title: String,
    consequence: &'a Consequence,
}

/// The state of a form; what is merely still missing is not said while somebody types.
pub(super) fn live(
    desk: &Desk<'_>,
    typing: &Typing,
    preview: &Preview,
    findings: &[Finding],
) -> Result<Live, Error> {
    let words = desk.words();
    let quiet: Vec<Finding> = findings
        .iter()
        .filter(|finding| &*finding.kind != "required")
        .cloned()
        .collect();
    let filling = Filling {
        form: desk.pack_form(),
        occurred_on: typing.occurred_text.clone(),
        typed: &typing.typed,
        reasons: &typing.reasons,
        checked: Some(&preview.checked),
        findings: &quiet,
        last: &[],
        usual: &[],
        theirs: None,
    };
    let view = filling.view(words);
    let field = |field: &FieldView| LiveField {
        name: field.name.clone(),
        hidden: field.is_hidden,
        required: field.is_required,
        computed: (field.kind == "computed").then(|| field.value.clone()),
        wrong: field.wrong.clone(),
        asks: field
            .asks
            .iter()
            .map(|ask| (ask.key.clone(), ask.message.clone()))
            .collect(),
    };
    let mut fields = vec![field(&view.occurred)];
    let mut hidden_groups = Vec::new();
    for section in &view.sections {
        fields.extend(section.fields.iter().map(field));
        for group in &section.groups {
            fields.extend(group.rows.iter().flatten().map(field));
            if group.is_hidden {
                hidden_groups.push(group.id.clone());
            }
        }
    }
    let consequence = match &preview.outcome {
        Some(outcome) => {
            let consequence = desk.consequence(outcome);
            let part = ConsequencePart {
                title: words.t("care-would-be"),
                consequence: &consequence,
            };
            part.render().map_err(|err| Error::Internal(err.into()))?
        }
        None => String::new(),
    };
    Ok(Live {
        fields,
        hidden_groups,
        consequence,
    })
}
