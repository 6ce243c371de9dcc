//! The frame around every page.

use askama::Template;
use axum::response::Html;
use fuyou_kernel::{Date, Language, hex};

use super::{assets::script_path, stylesheet_path};
use crate::access::Action;
use crate::http::{App, Cx, Error, Refused, Sheet, masked};
use crate::texts::{self, Calendar, Told};

/// One entry of the menu.
pub struct MenuItem {
    /// Where it leads.
    pub href: &'static str,
    /// Its icon, by the name in the set.
    pub icon: &'static str,
    /// Its words.
    pub label: String,
    /// Whether the page belongs to it.
    pub is_current: bool,
}

/// The user as shown in the top bar.
pub struct Badge {
    /// Name of the user.
    pub name: String,
    /// Role in words.
    pub role: String,
    /// Name of the organization.
    pub organization: String,
    /// Whether persons can be searched.
    pub can_search: bool,
}

/// What the frame needs. Every page's template has one.
pub struct Frame {
    /// Title of the page.
    pub title: String,
    /// Name of the installation.
    pub county_name: String,
    /// Path of the stylesheet.
    pub stylesheet: String,
    /// Path of the script that improves the form of a record.
    pub script: String,
    /// Path of the script of every page of those who record.
    pub frame_script: String,
    /// Path of the script of the search in the bar.
    pub find_script: String,
    /// The drafts that the browser keeps for the user, if the user records.
    pub drafts: Option<DraftKeys>,
    /// The words around drafts, as JSON, where drafts are kept or shown.
    pub draft_words: Option<String>,
    /// Token of the session, for every form.
    pub csrf: String,
    /// The user, if one is logged in.
    pub user: Option<Badge>,
    /// The menu of the user's role.
    pub menu: Vec<MenuItem>,
    /// Address of the page with its question, to come back to after switching the language.
    pub address: String,
    sheet: Sheet,
    language: Language,
    today: Option<Date>,
}

/// All of the frame that stands before a page's own content. A template of its own: what is written in `frame.html` itself
/// is compiled once for every page.
#[derive(Template)]
#[template(path = "ui/above.html")]
pub(crate) struct Above<'a> {
    frame: &'a Frame,
}

/// All of the frame that stands after a page's own content.
#[derive(Template)]
#[template(path = "ui/below.html")]
pub(crate) struct Below<'a> {
    frame: &'a Frame,
}

/// What names and seals the drafts that a browser keeps for a user.
pub struct DraftKeys {
    /// Tells the user's drafts from those of others, without saying who the user is.
    pub owner: String,
    /// Seals them; only the user's own pages have it.
    pub key: String,
    /// Whether the user's organization lets nobody take work along: what the browser has is dropped.
    pub is_ahead_off: bool,
}

impl DraftKeys {
    /// The key as pages carry it.
    pub fn masked(&self) -> String {
        masked(&self.key)
    }
}

impl DraftKeys {
    pub(super) fn of(cx: &Cx) -> Option<Self> {
        if !cx.actor.may(Action::RecordCare) {
            return None;
        }
        let user = cx.actor.id.to_string();
        let secret = |purpose| hex(cx.app.keys().lookup(purpose, &user));
        let owner = secret("draft_owner");
        Some(DraftKeys {
            owner: owner.chars().take(16).collect(),
            key: secret("draft_key"),
            is_ahead_off: cx.actor.tree.ahead_off_by(cx.actor.organization).is_some(),
        })
    }
}

/// The words that scripts say about drafts, as JSON.
fn draft_words(language: Language) -> String {
    let word = |key: &str| texts::text(language, key);
    let with =
        |key: &str, name: &str| texts::text_with(language, key, &[(name, &format!("{{{name}}}"))]);
    serde_json::json!({
        "kept": with("draft-kept", "time"),
        "queue": with("draft-queue", "count"),
        "goOn": word("draft-go-on"),
        "drop": word("draft-drop"),
        "waits": word("draft-waits"),
        "waitingShort": word("draft-waiting"),
        "typed": word("draft-typed"),
        "stay": word("draft-stay"),
        "failed": word("draft-failed"),
        "sent": word("draft-sent"),
        "look": word("draft-look"),
        "logIn": word("draft-log-in"),
        "toLogIn": word("draft-to-log-in"),
        "open": word("offline-open"),
        "due": word("offline-due"),
        "fill": word("offline-fill"),
        "toList": word("offline-to-list"),
        "away": word("offline-away"),
        "nothing": word("offline-nothing"),
        "wrong": word("offline-wrong"),
        "back": word("offline-back"),
        "reload": word("offline-reload"),
    })
    .to_string()
}

/// The menu: path, key of its text, the rights of which it needs one; none is for everybody.
pub(super) const MENU: &[(&str, &str, &[Action])] = &[
    ("/", "menu-home", &[]),
    ("/persons", "menu-persons", &[Action::ReadPerson]),
    ("/lists", "menu-lists", &[Action::ReadPerson]),
    ("/referrals", "menu-referrals", &[Action::ManageReferral]),
    ("/board", "menu-board", &[Action::ReadIndicators]),
    ("/indicators", "menu-indicators", &[Action::ReadIndicators]),
    ("/plans", "menu-plans", &[Action::ManagePlan]),
    ("/summary", "summary-menu", &[Action::ReadIndicators]),
    ("/figures", "menu-figures", &[Action::ManagePlan]),
    ("/imports", "menu-imports", &[Action::ImportData]),
    ("/organizations", "menu-organizations", &[]),
    ("/staff", "menu-staff", &[Action::ManageStaff]),
    ("/users", "menu-users", &[Action::ManageUsers]),
    ("/packs", "menu-packs", &[Action::ReadPacks]),
    ("/audit", "menu-audit", &[Action::ReadAudit]),
    ("/system", "menu-system", &[Action::ManageSystem]),
    (
        "/jobs",
        "menu-jobs",
        // Whoever has long work done.
        &[
            Action::ImportData,
            Action::ExportData,
            Action::ReadIndicators,
            Action::ReadAudit,
            Action::ManageSystem,
        ],
    ),
];

impl Frame {
    pub(crate) fn above(&self) -> Above<'_> {
        Above { frame: self }
    }

    pub(crate) fn below(&self) -> Below<'_> {
        Below { frame: self }
    }

    /// The frame of a page for a logged-in user. `title` is the key of its text.
    pub fn new(cx: &Cx, title: &str) -> Self {
        let menu = MENU.iter().filter(|(_, _, rights)| {
            rights.is_empty() || rights.iter().any(|right| cx.actor.may(*right))
        });
        Frame {
            title: cx.t(title),
            user: Some(Badge {
                name: cx.actor.name.clone(),
                role: cx.t(&format!("role-{}", cx.actor.role.word().replace('_', "-"))),
                organization: cx.actor.tree.name(cx.actor.organization).to_owned(),
                can_search: cx.actor.may(Action::ReadPerson),
            }),
            menu: menu
                .map(|(href, key, _)| MenuItem {
                    href,
                    icon: icon_of(href),
                    label: cx.t(key),
                    is_current: is_under(&cx.path, href),
                })
                .collect(),
            csrf: masked(&cx.session.csrf),
            draft_words: cx
                .actor
                .may(Action::RecordCare)
                .then(|| draft_words(cx.language)),
            drafts: DraftKeys::of(cx),
            address: cx.address.clone(),
            sheet: cx.sheet,
            today: Some(cx.today),
            ..Frame::for_visitor(&cx.app, cx.language, title)
        }
    }

    /// The frame of a page for somebody who is not logged in.
    pub fn for_visitor(app: &App, language: Language, title: &str) -> Self {
        Frame {
            title: texts::text(language, title),
            county_name: app.options().county_name.clone(),
            stylesheet: stylesheet_path(),
            script: script_path("record.js"),
            frame_script: script_path("frame.js"),
            find_script: script_path("find.js"),
            draft_words: None,
            drafts: None,
            csrf: String::new(),
            user: None,
            menu: Vec::new(),
            address: "/".to_owned(),
            sheet: Sheet::First,
            language,
            today: None,
        }
    }

    /// A title that is not a text of ours, such as a name.
    #[must_use]
    pub fn titled(self, title: String) -> Self {
        Frame { title, ..self }
    }

    /// With the words that scripts say about drafts.
    pub(super) fn with_draft_words(self) -> Self {
        let words = draft_words(self.language);
        Frame {
            draft_words: Some(words),
            ..self
        }
    }

    /// Path of a script by its file name.
    pub fn script_of(&self, file: &str) -> String {
        script_path(file)
    }

    /// A text in the reader's language.
    pub fn t(&self, key: &str) -> String {
        texts::text(self.language, key)
    }

    /// Whether a list is shown from somewhere behind its beginning, so that there is a way back to it.
    pub fn is_later(&self) -> bool {
        self.sheet == Sheet::Later
    }

    /// A text with one value.
    pub fn t1(&self, key: &str, name: &str, value: impl ToString) -> String {
        texts::text_with(self.language, key, &[(name, &value.to_string())])
    }

    /// A day as people say it; its distance is left out.
    pub fn day(&self, on: &Date) -> Told {
        let today = self.today.unwrap_or(*on);
        let language = self.language;
        Calendar { language, today }.plain(*on)
    }

    /// When somebody was born, and the age today where the page has a day.
    pub fn born(&self, on: &Date) -> Told {
        let today = self.today.unwrap_or(*on);
        let language = self.language;
        Calendar { language, today }.born(*on)
    }

    /// The language tag of the page.
    pub fn lang(&self) -> &'static str {
        match self.language {
            Language::Zh => "zh-CN",
            Language::En => "en",
        }
    }
}

/// The icon of an entry of the menu: it has the name of the path, the work list that of home.
pub(super) fn icon_of(href: &'static str) -> &'static str {
    match href.trim_start_matches('/') {
        "" => "home",
        name => name,
    }
}

fn is_under(path: &str, href: &str) -> bool {
    path == href
        || (href != "/"
            && path
                .strip_prefix(href)
                .is_some_and(|rest| rest.starts_with('/')))
}

/// Renders a page.
pub fn html(page: &impl Template) -> Result<Html<String>, Error> {
    page.render()
        .map(Html)
        .map_err(|err| Error::Internal(err.into()))
}

#[derive(Template)]
#[template(path = "ui/error.html")]
struct ErrorPage {
    frame: Frame,
    what: String,
    words: Option<String>,
    number: u64,
}

/// The page of a refusal.
pub(crate) fn error_page(
    app: &App,
    language: Language,
    refused: &Refused,
    number: u64,
) -> Result<Html<String>, Error> {
    html(&ErrorPage {
        frame: Frame::for_visitor(app, language, "error-title"),
        what: texts::text(language, refused.key),
        words: refused
            .words
            .as_ref()
            .map(|words| words.get(language).to_owned()),
        number,
    })
}
