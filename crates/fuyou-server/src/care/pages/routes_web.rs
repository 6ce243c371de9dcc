//! Which page answers where. What belongs to a subject stands below its page: a person's, or an organization's.

use super::{
    ahead_web, enrollment_web, form_web, hints_web, list_web, paper_web, record_web, refer_web,
    work_file_web, work_web,
};
use crate::access::Action;
use crate::care::opening;
use crate::http::{Access, Route};

/// Where the pages about one kind of subject are.
struct Paths {
    form: &'static str,
    preview: &'static str,
    standing: &'static str,
    record: &'static str,
    correct: &'static str,
    void: &'static str,
    deed: &'static str,
    done: &'static str,
    attempts: &'static str,
    paper: &'static str,
    notice: &'static str,
}

const PERSONS: Paths = Paths {
    form: "/persons/{id}/forms/{program}/{form}",
    preview: "/persons/{id}/forms/{program}/{form}/preview",
    standing: "/persons/{id}/forms/{program}/{form}/standing",
    record: "/persons/{id}/records/{record}",
    correct: "/persons/{id}/records/{record}/correct",
    void: "/persons/{id}/records/{record}/void",
    deed: "/persons/{id}/enrollments/{enrollment}/{deed}",
    done: "/persons/{id}/tasks/{task}/done",
    attempts: "/persons/{id}/tasks/{task}/attempts",
    paper: "/persons/{id}/records/{record}/paper",
    notice: "/persons/{id}/tasks/{task}/notice",
};

const ORGANIZATIONS: Paths = Paths {
    form: "/organizations/{organization}/forms/{program}/{form}",
    preview: "/organizations/{organization}/forms/{program}/{form}/preview",
    standing: "/organizations/{organization}/forms/{program}/{form}/standing",
    record: "/organizations/{organization}/records/{record}",
    correct: "/organizations/{organization}/records/{record}/correct",
    void: "/organizations/{organization}/records/{record}/void",
    deed: "/organizations/{organization}/enrollments/{enrollment}/{deed}",
    done: "/organizations/{organization}/tasks/{task}/done",
    attempts: "/organizations/{organization}/tasks/{task}/attempts",
    paper: "/organizations/{organization}/records/{record}/paper",
    notice: "/organizations/{organization}/tasks/{task}/notice",
};

/// Routes of this capability.
pub(crate) fn routes() -> Vec<Route> {
    let write = Access::Needs(Action::RecordCare);
    let refer = Access::Needs(Action::ManageReferral);
    let mut routes = of_subjects(&PERSONS);
    routes.extend(of_subjects(&ORGANIZATIONS));
    routes.extend([
        Route::get("/forms/{program}/{form}/{name}", write, hints_web::sheet),
        Route::get("/ahead", write, ahead_web::ahead),
        Route::get("/persons/{id}/refer", refer, refer_web::show),
        Route::post("/persons/{id}/refer", refer, refer_web::submit),
    ]);
    routes.extend(list_web::routes());
    routes.extend(opening::routes());
    let export = Access::Needs(Action::ExportData);
    routes.extend([
        Route::get("/work/file", export, work_file_web::download),
        Route::post("/work/file", export, work_file_web::begin),
    ]);
    routes
}

fn of_subjects(at: &Paths) -> Vec<Route> {
    let read = Access::Needs(Action::ReadPerson);
    let write = Access::Needs(Action::RecordCare);
    vec![
        Route::get(at.form, write, form_web::show),
        Route::post(at.form, write, form_web::submit),
        Route::post(at.preview, write, form_web::preview),
        Route::post(at.standing, write, hints_web::standing),
        Route::get(at.record, read, record_web::show),
        Route::get(at.correct, write, record_web::show_correction),
        Route::post(at.correct, write, record_web::submit_correction),
        Route::get(at.void, write, record_web::show_void),
        Route::post(at.void, write, record_web::submit_void),
        Route::get(at.deed, write, enrollment_web::show),
        Route::post(at.deed, write, enrollment_web::submit),
        Route::post(at.done, write, work_web::done),
        Route::post(at.attempts, write, work_web::attempt),
        Route::get(at.paper, read, paper_web::record),
        Route::get(at.notice, read, paper_web::notice),
    ]
}
