//! Pages about users: who there is, new ones, locking, passwords.

use askama::Template;
use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::user_web::{RoleChoice, chosen, role_choices};
use super::{
    Action, NewUser, Standing, User, UserFilter, UserId, create_user, list, reset_password,
    set_state,
};
use crate::exchange::download_web::{Files, PageRead, Paged, Pages, Table};
use crate::exchange::sheet::SheetKind;
use crate::http::{Access, Cx, Error, Form, Query, Route, encoded};
use crate::registry::{OrganizationId, choices, open_choices};
use crate::ui::{Frame, html};

/// Routes about users.
pub(super) fn routes() -> Vec<Route> {
    let users = Access::Needs(Action::ManageUsers);
    vec![
        Route::get("/users", users, show_users),
        Route::get("/users/file", users, download),
        Route::post("/users", users, submit_user),
        Route::post("/users/{id}/lock", users, lock),
        Route::post("/users/{id}/unlock", users, unlock),
        Route::post("/users/{id}/password", users, reset),
    ]
}

struct UserLine {
    user: User,
    organization: String,
    role: String,
    is_active: bool,
    is_self: bool,
}

impl UserLine {
    fn new(cx: &Cx, user: User) -> UserLine {
        UserLine {
            organization: cx.actor.tree.name(user.organization).to_owned(),
            role: role_text(cx, &user.role),
            is_active: user.standing == Standing::Active,
            is_self: user.id == cx.actor.id,
            user,
        }
    }
}

pub(super) fn role_text(cx: &Cx, word: &str) -> String {
    cx.t(&format!("role-{}", word.replace('_', "-")))
}

#[derive(Template)]
#[template(path = "access/users.html")]
struct UsersPage {
    frame: Frame,
    users: Vec<UserLine>,
    first: String,
    next: Option<String>,
    files: Files,
    query: UsersQuery,
    roles: Vec<RoleChoice>,
    /// To look at, and to put a new user into.
    places: Vec<(String, String)>,
    organizations: Vec<(String, String)>,
    given_password: Option<(String, String)>,
}

/// Which users.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct UsersQuery {
    q: String,
    role: String,
    organization: String,
    standing: String,
    after: String,
}

impl UsersQuery {
    fn organization(&self) -> Result<Option<OrganizationId>, Error> {
        let asked = Some(&self.organization).filter(|text| !text.is_empty());
        let asked = asked.map(|text| text.parse()).transpose();
        asked.map_err(|_| Error::NotFound)
    }

    fn filter(&self) -> Result<UserFilter, Error> {
        Ok(UserFilter {
            q: self.q.trim().to_owned(),
            role: self.role.parse().ok(),
            organization: self.organization()?,
            standing: match self.standing.as_str() {
                "active" => Some(Standing::Active),
                "locked" => Some(Standing::Locked),
                _ => None,
            },
        })
    }

    /// The same question at an address, after a login when there is one.
    fn address(&self, path: &str, after: &str) -> String {
        let pairs = [
            ("q", self.q.as_str()),
            ("role", &self.role),
            ("organization", &self.organization),
            ("standing", &self.standing),
            ("after", after),
        ];
        let asked = pairs.iter().filter(|(_, value)| !value.is_empty());
        let pairs: Vec<String> = asked
            .map(|(name, value)| format!("{name}={}", encoded(value)))
            .collect();
        match pairs.is_empty() {
            true => path.to_owned(),
            false => format!("{path}?{}", pairs.join("&")),
        }
    }
}

async fn users_page(
    cx: &Cx,
    query: UsersQuery,
    given_password: Option<(String, String)>,
) -> Result<Response, Error> {
    let (users, next) = list(cx, &query.filter()?, &query.after).await?;
    let first = query.address("/users", "");
    let around = query.organization()?;
    let page = UsersPage {
        frame: Frame::new(cx, "menu-users"),
        next: next.map(|login| query.address("/users", &login)),
        files: match users.is_empty() {
            true => Files::none(),
            false => Files::of(&query.address("/users/file", ""), 1),
        },
        users: users
            .into_iter()
            .map(|user| UserLine::new(cx, user))
            .collect(),
        first,
        query,
        roles: role_choices(cx),
        places: choices(cx, around),
        organizations: open_choices(cx, around),
        given_password,
    };
    Ok(html(&page)?.into_response())
}

async fn show_users(cx: Cx, Query(query): Query<UsersQuery>) -> Result<Response, Error> {
    users_page(&cx, query, None).await
}

/// The list as a file. Taking it out is audited.
async fn download(
    cx: Cx,
    kind: SheetKind,
    Query(query): Query<UsersQuery>,
) -> Result<Response, Error> {
    let filter = query.filter()?;
    cx.actor
        .require(Action::ManageUsers, cx.actor.organization)?;
    let lines = Paged::begin(UserLines {
        cx: cx.clone(),
        filter,
    });
    let lines = lines.await?;
    cx.db.note(cx.entry("export", "app_user")).await?;
    let head = [
        "login-name",
        "users-name",
        "users-role",
        "users-organization",
        "users-state",
    ];
    let table = Table {
        name: format!("{}-{}", cx.t("menu-users"), cx.today),
        kind,
        head: head.map(|key| cx.t(key)).into(),
        // Users are few, and nobody counts them.
        total: 0,
        lines: Box::new(lines),
    };
    table.answer().await
}

struct UserLines {
    cx: Cx,
    filter: UserFilter,
}

impl Pages for UserLines {
    type Line = User;
    /// The login after which the next come.
    type Place = String;

    async fn read(&self, from: Option<String>) -> Result<PageRead<Self>, Error> {
        Ok(list(&self.cx, &self.filter, &from.unwrap_or_default()).await?)
    }

    fn cells(&self, user: User) -> Vec<String> {
        let line = UserLine::new(&self.cx, user);
        let state = self.cx.t(match line.is_active {
            true => "users-active",
            false => "users-locked",
        });
        let User { login, name, .. } = line.user;
        vec![login, name, line.role, line.organization, state]
    }
}

#[derive(Deserialize)]
struct UserForm {
    login: String,
    name: String,
    role: String,
    organization: String,
    password: String,
}

async fn submit_user(cx: Cx, Form(form): Form<UserForm>) -> Result<Response, Error> {
    let (role, organization) = chosen(&cx, &form.role, &form.organization)?;
    let new = NewUser {
        login: form.login.trim().to_owned(),
        name: form.name,
        role,
        organization,
        password: form.password,
        must_change_password: true,
    };
    create_user(&cx.app, cx.entry("create_user", "app_user"), &new).await?;
    Ok(Redirect::to("/users").into_response())
}

async fn lock(cx: Cx, Path(id): Path<String>) -> Result<Redirect, Error> {
    set_state(&cx, user_id(&id)?, Standing::Locked).await?;
    Ok(Redirect::to("/users"))
}

async fn unlock(cx: Cx, Path(id): Path<String>) -> Result<Redirect, Error> {
    set_state(&cx, user_id(&id)?, Standing::Active).await?;
    Ok(Redirect::to("/users"))
}

async fn reset(cx: Cx, Path(id): Path<String>) -> Result<Response, Error> {
    let (login, password) = reset_password(&cx, user_id(&id)?).await?;
    users_page(&cx, UsersQuery::default(), Some((login, password))).await
}

pub(super) fn user_id(text: &str) -> Result<UserId, Error> {
    text.parse().map_err(|_| Error::NotFound)
}
