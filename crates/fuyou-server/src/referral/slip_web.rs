//! The slip of a referral, on screen and on paper: the out part, and the feedback part to be filled in and returned.

use askama::Template;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use fuyou_kernel::Id;

use super::{ReferralShown, Slip, slip_of};
use crate::care::{Acting, SubjectId};
use crate::http::{Cx, Error};
use crate::registry::listed;
use crate::texts::Told;
use crate::ui::{Frame, html, picture};

#[derive(Template)]
#[template(path = "referral/slip.html")]
struct SlipPage {
    frame: Frame,
    cx: Cx,
    person: String,
    /// The code by which she is found again: its side, and its dark parts.
    code: (usize, String),
    name: String,
    residence: String,
    kind: String,
    state: String,
    referral: ReferralShown,
    from: String,
    to: String,
    sent: Told,
    arrive_by: Option<Told>,
    reason: String,
    /// Label and text, in the order of the paper; none when it was sent without a slip.
    out: Vec<(String, String)>,
    back: Vec<(String, String)>,
}

pub(super) async fn show(
    cx: Cx,
    Path((id, referral)): Path<(String, String)>,
) -> Result<Response, Error> {
    let care = cx.app.care().ok_or(Error::NotFound)?;
    let subject: SubjectId = id.parse().map_err(|_| Error::NotFound)?;
    let referral = referral.parse().map_err(|_| Error::NotFound)?;
    let (row, slip) = slip_of(care, &Acting::from(&cx), subject, referral).await?;
    let person = Id::from_uuid(subject.uuid());
    let found = listed(&cx, &[person]).await??.remove(&person);
    let kind = &care.pack().program(row.program).referrals[row.kind.get()];
    let page = SlipPage {
        frame: Frame::new(&cx, "slip-title"),
        person: subject.to_string(),
        code: picture(subject.uuid()),
        name: found
            .as_ref()
            .map_or_else(|| "–".to_owned(), |found| found.name.clone()),
        residence: found.map_or_else(String::new, |found| found.residence),
        kind: kind.title.get(cx.language).to_owned(),
        state: cx.t(&format!("referral-{}", row.state.word())),
        from: cx.actor.tree.name(row.from).to_owned(),
        to: cx.actor.tree.name(row.to).to_owned(),
        sent: cx.told_at(row.sent_at),
        arrive_by: row.arrive_by.map(|by| cx.calendar().plain(by)),
        reason: row.reason.clone(),
        out: slip.map_or_else(Vec::new, |slip| out(&cx, slip)),
        back: back(&cx, &row),
        referral: row,
        cx: cx.clone(),
    };
    Ok(html(&page)?.into_response())
}

fn out(cx: &Cx, slip: Slip) -> Vec<(String, String)> {
    let urgency = cx.t(&format!("slip-urgency-{}", slip.urgency.word()));
    let parts = [
        ("urgency", urgency),
        ("department", slip.department),
        ("findings", slip.findings),
        ("treatment", slip.treatment),
        ("asked", slip.asked),
        ("transport", slip.transport),
        ("escort", slip.escort),
        ("called-ahead", slip.called_ahead),
        ("doctor", slip.doctor),
        ("phone", slip.phone),
    ];
    parts
        .into_iter()
        .filter(|(_, text)| !text.is_empty())
        .map(|(part, text)| (cx.t(&format!("slip-{part}")), text))
        .collect()
}

/// The feedback part; what is not known yet stays a line to write on.
fn back(cx: &Cx, row: &ReferralShown) -> Vec<(String, String)> {
    let day = |day: Option<fuyou_kernel::Date>| {
        day.map_or_else(String::new, |day| cx.calendar().whole(day))
    };
    [
        ("slip-arrived-on", day(row.arrived_on)),
        ("slip-feedback", row.feedback.clone().unwrap_or_default()),
        ("slip-feedback-on", day(row.feedback_on)),
        ("slip-follow-up", row.follow_up.clone().unwrap_or_default()),
    ]
    .map(|(key, text)| (cx.t(key), text))
    .into()
}
