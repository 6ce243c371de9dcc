//! Routes of planning, and how its errors are answered.

use fuyou_kernel::{Localized, Period};

use super::plans::Error as PlanningError;
use super::{board_web, figures_web, plans_web, shares_web, trends_web};
use crate::access::Action;
use crate::http::{Access, Error, Route};
use crate::insight::Progress;

/// A plan is a text of some pages; a Word file of it has at most so many bytes.
const FILE_BYTES_MAX: usize = 20 << 20;

/// Routes of this capability.
pub(crate) fn routes() -> Vec<Route> {
    let manage = Access::Needs(Action::ManagePlan);
    let mut routes = vec![
        Route::get(
            "/board",
            Access::Needs(Action::ReadIndicators),
            board_web::show,
        ),
        Route::get(
            "/board/below",
            Access::Needs(Action::ReadIndicators),
            trends_web::show,
        ),
        Route::get(
            "/board/export",
            Access::Needs(Action::ReadIndicators),
            board_web::download,
        ),
        Route::get("/plans", manage, plans_web::index),
        Route::get("/plans/file", manage, plans_web::download),
        Route::post("/plans", manage, plans_web::paste).with_body_bytes_max(FILE_BYTES_MAX),
        Route::post("/plans/file", manage, plans_web::upload).with_body_bytes_max(FILE_BYTES_MAX),
        Route::get("/plans/{id}", manage, plans_web::show),
        Route::post("/plans/{id}/adopted", manage, plans_web::adopted),
        Route::post("/plans/{id}/targets/{target}", manage, plans_web::decided),
        Route::get(
            "/plans/{id}/targets/{target}/shares",
            manage,
            shares_web::shares,
        ),
        Route::post(
            "/plans/{id}/targets/{target}/shares",
            manage,
            shares_web::shared,
        ),
        Route::get("/figures", manage, figures_web::show),
        Route::post("/figures", manage, figures_web::entered),
        Route::get("/figures/file", manage, figures_web::download),
    ];
    routes.extend(super::summary::routes());
    routes
}

/// The word, the shape and the colour of a progress: text key and class of its badge.
pub(super) fn progress_badge(progress: Progress) -> (&'static str, &'static str) {
    match progress {
        Progress::Met => ("planning-met", "met"),
        Progress::OnCourse => ("planning-on-course", "on-course"),
        Progress::Behind => ("planning-behind", "behind"),
        Progress::Unknown => ("planning-unknown", "unknown"),
    }
}

/// The year of a plan as typed; the present calendar year when nothing was typed.
pub(super) fn year_of(text: &str, today: fuyou_kernel::Date) -> Result<i16, Error> {
    match text.trim() {
        "" => Ok(today.year()),
        text => match text.parse::<Period>() {
            Ok(Period::CalendarYear(year) | Period::StatisticalYear(year)) => Ok(year),
            _ => Err(Error::Rejected(Localized::new(
                "年份无法识别",
                "not a year",
            ))),
        },
    }
}

impl From<PlanningError> for Error {
    fn from(err: PlanningError) -> Self {
        match err {
            PlanningError::Denied(denied) => Error::Forbidden(denied),
            PlanningError::NotFound => Error::NotFound,
            PlanningError::Unreadable(why) => {
                Error::Rejected(Localized::new(why.zh(), why.to_string()))
            }
            PlanningError::Stale => Error::Conflict(Localized::new(
                "计划刚被他人修改,请重新打开后再提交",
                "somebody else has just changed the plan: open it again and repeat your change",
            )),
            PlanningError::Refused(words) => Error::Rejected(words),
            PlanningError::Insight(err) => err.into(),
            PlanningError::Store(err) => err.into(),
        }
    }
}
