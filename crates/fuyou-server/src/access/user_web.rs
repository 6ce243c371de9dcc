//! The page of one user: what the account is called, what it may do, and where.

use askama::Template;
use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use fuyou_kernel::Localized;
use serde::Deserialize;

use super::users_web::{role_text, user_id};
use super::{Action, Change, Role, User, change_user, managed};
use crate::http::{Access, Cx, Error, Form, Route};
use crate::registry::{OrganizationId, open_choices};
use crate::ui::{Frame, html};

/// Routes of one user.
pub(super) fn routes() -> Vec<Route> {
    let users = Access::Needs(Action::ManageUsers);
    vec![
        Route::get("/users/{id}", users, show),
        Route::post("/users/{id}", users, submit),
    ]
}

/// A role: its word, its name, and what it is for.
pub(super) struct RoleChoice {
    pub word: &'static str,
    pub name: String,
    pub what: String,
}

/// All roles that an account can have.
pub(super) fn role_choices(cx: &Cx) -> Vec<RoleChoice> {
    let choice = |role: Role| RoleChoice {
        word: role.word(),
        name: role_text(cx, role.word()),
        what: cx.t(&format!("role-what-{}", role.word().replace('_', "-"))),
    };
    Role::ALL.into_iter().map(choice).collect()
}

#[derive(Template)]
#[template(path = "access/user.html")]
struct UserPage {
    frame: Frame,
    user: User,
    roles: Vec<RoleChoice>,
    organizations: Vec<(String, String)>,
    organization: String,
}

async fn show(cx: Cx, Path(id): Path<String>) -> Result<Response, Error> {
    let user = managed(&cx, user_id(&id)?).await?;
    let page = UserPage {
        frame: Frame::new(&cx, "menu-users").titled(user.name.clone()),
        roles: role_choices(&cx),
        organizations: open_choices(&cx, Some(user.organization)),
        organization: user.organization.to_string(),
        user,
    };
    Ok(html(&page)?.into_response())
}

#[derive(Deserialize)]
struct ChangeForm {
    name: String,
    role: String,
    organization: String,
}

async fn submit(
    cx: Cx,
    Path(id): Path<String>,
    Form(form): Form<ChangeForm>,
) -> Result<Redirect, Error> {
    let (role, organization) = chosen(&cx, &form.role, &form.organization)?;
    let change = Change {
        name: form.name,
        role,
        organization,
    };
    change_user(&cx, user_id(&id)?, &change).await?;
    Ok(Redirect::to("/users"))
}

/// The role and the organization of a form, as far as the actor may give them.
pub(super) fn chosen(
    cx: &Cx,
    role: &str,
    organization: &str,
) -> Result<(Role, OrganizationId), Error> {
    let rejected = |zh: &str, en: &str| Error::Rejected(Localized::new(zh, en));
    let role: Role = role
        .parse()
        .map_err(|_| rejected("请选择角色", "Please choose a role"))?;
    let organization: OrganizationId = organization
        .parse()
        .map_err(|_| rejected("请选择机构", "Please choose an organization"))?;
    cx.actor.require(Action::ManageUsers, organization)?;
    let place = cx.actor.tree.get(organization);
    if place.is_some_and(|place| place.closed_on.is_some()) {
        return Err(rejected("该机构已停用", "This organization is closed"));
    }
    Ok((role, organization))
}
