//! Pages about access: log in, log out, password, users, emergency access.

use askama::Template;
use axum::extract::State;
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use fuyou_kernel::Localized;
use serde::Deserialize;

use super::{PasswordError, UserError, authenticate, change_password, log_in, log_out};
use crate::http::{Access, App, Cx, Error, Form, Route, SESSION_COOKIE, language, language_cookie};
use crate::ui::{Frame, html};

/// Routes of this capability.
pub(crate) fn routes() -> Vec<Route> {
    let mut routes = vec![
        Route::get("/login", Access::Public, show_login),
        Route::post("/login", Access::Public, submit_login),
        Route::post("/logout", Access::LoggedIn, submit_logout),
        Route::get("/password", Access::LoggedIn, show_password),
        Route::post("/password", Access::LoggedIn, submit_password),
    ];
    routes.extend(super::users_web::routes());
    routes.extend(super::user_web::routes());
    routes.extend(super::glass_web::routes());
    routes
}

impl From<UserError> for Error {
    fn from(err: UserError) -> Self {
        let words = match err {
            UserError::Denied(denied) => return Error::Forbidden(denied),
            UserError::NotFound => return Error::NotFound,
            UserError::Store(cause) => return cause.into(),
            UserError::Password(PasswordError::Hashing(cause)) => {
                return Error::Internal(cause.into());
            }
            UserError::Taken(login) => {
                return Error::Conflict(Localized::new(
                    format!("登录名 {login} 已被使用"),
                    format!("The login {login} is taken"),
                ));
            }
            UserError::Login => Localized::new(
                "登录名为 3 至 40 位字母、数字、点、横线或下划线",
                "A login has 3 to 40 letters, digits, dots, dashes or underscores",
            ),
            UserError::Name => Localized::new("请填写姓名", "Please fill in the name"),
            UserError::Wrong => Localized::new("原密码不正确", "The present password is not right"),
            UserError::Password(PasswordError::TooShort) => Localized::new(
                "密码至少 10 个字符",
                "A password has at least 10 characters",
            ),
            UserError::Password(PasswordError::TooLong) => {
                Localized::new("密码过长", "The password is too long")
            }
            UserError::Password(PasswordError::TooEasy) => {
                Localized::new("密码过于简单", "The password is too easy to guess")
            }
        };
        Error::Rejected(words)
    }
}

#[derive(Template)]
#[template(path = "access/login.html")]
struct LoginPage {
    frame: Frame,
    login: String,
    failed: bool,
}

async fn show_login(State(app): State<App>, headers: HeaderMap) -> Result<Response, Error> {
    let frame = Frame::for_visitor(&app, language(&headers), "login-title");
    Ok(html(&LoginPage {
        frame,
        login: String::new(),
        failed: false,
    })?
    .into_response())
}

#[derive(Deserialize)]
struct LoginForm {
    login: String,
    password: String,
}

async fn submit_login(
    State(app): State<App>,
    headers: HeaderMap,
    Form(form): Form<LoginForm>,
) -> Result<Response, Error> {
    let login = form.login.trim();
    if let Some(token) = log_in(&app, login, &form.password).await? {
        let secure = if app.options().secure_cookies {
            "; Secure"
        } else {
            ""
        };
        let cookie = format!("{SESSION_COOKIE}={token}; Path=/; HttpOnly; SameSite=Lax{secure}");
        let session = authenticate(&app, &token).await?;
        // The pages of nobody, such as that of a wrong address, speak the user's language, too.
        let language = session.and_then(|session| session.language);
        let mut cookies = vec![(SET_COOKIE, cookie)];
        cookies.extend(language.map(|language| (SET_COOKIE, language_cookie(&app, language))));
        return Ok((AppendHeaders(cookies), Redirect::to("/")).into_response());
    }
    let frame = Frame::for_visitor(&app, language(&headers), "login-title");
    let page = html(&LoginPage {
        frame,
        login: login.to_owned(),
        failed: true,
    })?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

async fn submit_logout(cx: Cx) -> Result<Response, Error> {
    log_out(&cx.app, &cx.session).await?;
    let cookie = format!("{SESSION_COOKIE}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax");
    Ok(([(SET_COOKIE, cookie)], Redirect::to("/login")).into_response())
}

#[derive(Template)]
#[template(path = "access/password.html")]
struct PasswordPage {
    frame: Frame,
    must_change: bool,
    problem: String,
}

async fn show_password(cx: Cx) -> Result<Response, Error> {
    let must_change = cx.session.must_change_password;
    let frame = Frame::new(&cx, "menu-password");
    Ok(html(&PasswordPage {
        frame,
        must_change,
        problem: String::new(),
    })?
    .into_response())
}

#[derive(Deserialize)]
struct PasswordForm {
    present: String,
    new: String,
    again: String,
}

async fn submit_password(cx: Cx, Form(form): Form<PasswordForm>) -> Result<Response, Error> {
    let problem = if form.new == form.again {
        match change_password(&cx, &cx.session, &form.present, &form.new)
            .await
            .map_err(Error::from)
        {
            Ok(()) => return Ok(Redirect::to("/").into_response()),
            Err(Error::Rejected(words)) => words.get(cx.language).to_owned(),
            Err(err) => return Err(err),
        }
    } else {
        cx.t("password-differs")
    };
    let must_change = cx.session.must_change_password;
    let page = html(&PasswordPage {
        frame: Frame::new(&cx, "menu-password"),
        must_change,
        problem,
    })?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}
