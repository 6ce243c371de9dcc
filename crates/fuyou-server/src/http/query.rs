//! What stands behind the question mark of an address, read into a typed struct.

use std::future::ready;

use axum::extract::FromRequestParts;
use axum::http::Uri;
use axum::http::request::Parts;
use fuyou_kernel::Localized;
use serde::de::DeserializeOwned;

use super::Error;

/// A typed question. One that does not fit is answered in our words.
pub(crate) struct Query<T>(pub(crate) T);

impl<S, T: DeserializeOwned + Send> FromRequestParts<S> for Query<T> {
    type Rejection = Error;

    fn from_request_parts(
        parts: &mut Parts,
        _: &S,
    ) -> impl Future<Output = Result<Self, Error>> + Send {
        ready(Query::of(&parts.uri))
    }
}

impl<T: DeserializeOwned> Query<T> {
    /// What an address asks for.
    pub(crate) fn of(address: &Uri) -> Result<Self, Error> {
        match serde_urlencoded::from_str(address.query().unwrap_or_default()) {
            Ok(value) => Ok(Query(value)),
            // What is wrong is not told: it may be about somebody.
            Err(_) => Err(Error::Rejected(Localized::new(
                "这个网址的参数无法识别，请从页面上的链接重新打开。",
                "What this address asks for is not understood; please come here again by a link.",
            ))),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    struct Page {
        #[serde(default)]
        words: String,
        number: Option<u32>,
    }

    #[test]
    fn what_an_address_asks_for() {
        let check = |query: &str, wanted: Option<(&str, Option<u32>)>| {
            let address = Uri::try_from(format!("/persons?{query}")).unwrap();
            let read = Query::<Page>::of(&address).ok().map(|Query(page)| page);
            let read = read.map(|page| (page.words, page.number));
            let wanted = wanted.map(|(words, number)| (words.to_owned(), number));
            assert_eq!(read, wanted, "{query}");
        };
        check("", Some(("", None)));
        check(
            "words=%E5%AD%95+%E4%BA%A7&number=7&other=1",
            Some(("孕 产", Some(7))),
        );
        check("number=seven", None);
        check("words=1&words=2", None);
    }
}
