//! Pages, styles and scripts go compressed to browsers that take it.
//!
//! What makes compressed pages dangerous is somebody elsewhere who makes a browser ask for them again and again with
//! guesses in the address, and watches their length. So what another site asks for is not compressed, secrets stand
//! masked in pages, and every compressed page is longer by a random length.

use std::io::Write;

use axum::body::{Body, HttpBody, to_bytes};
use axum::extract::Request;
use axum::http::header::{
    ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderValue, VARY,
};
use axum::middleware::Next;
use axum::response::Response;
use flate2::{Compression, GzBuilder};

/// Below this a page fits into one packet anyhow.
const BYTES_MIN: u64 = 1024;
/// Above this it is a file.
const BYTES_MAX: u64 = 4 << 20;
/// A good part of what the best level saves, at a fraction of its time.
const LEVEL: u32 = 4;
/// Most bytes by which a page is longer than it need be.
const PADDING_BYTES_MAX: usize = 32;

const KINDS: &[&str] = &[
    "text/html",
    "text/css",
    "text/javascript",
    "text/plain",
    "application/json",
    "image/svg+xml",
];

/// Compresses what is worth it.
pub(super) async fn compress(request: Request, next: Next) -> Response {
    let is_wanted = takes_gzip(request.headers()) && !is_asked_elsewhere(request.headers());
    let mut response = next.run(request).await;
    if !is_text(response.headers()) {
        return response;
    }
    response
        .headers_mut()
        .append(VARY, HeaderValue::from_static("accept-encoding"));
    let bytes = response.body().size_hint().exact();
    let fits = bytes.is_some_and(|bytes| (BYTES_MIN..=BYTES_MAX).contains(&bytes));
    if !is_wanted || !fits || response.headers().contains_key(CONTENT_ENCODING) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    // A body of a known length is in memory already.
    let Ok(plain) = to_bytes(body, usize::MAX).await else {
        return Response::from_parts(parts, Body::empty());
    };
    match gzip(&plain) {
        Ok(small) => {
            parts.headers.remove(CONTENT_LENGTH);
            parts
                .headers
                .insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            Response::from_parts(parts, Body::from(small))
        }
        // Writing into memory does not fail; if it did, the page is still the page.
        Err(_) => Response::from_parts(parts, Body::from(plain)),
    }
}

fn gzip(plain: &[u8]) -> std::io::Result<Vec<u8>> {
    let padding = vec![b' '; usize::from(rand::random::<u8>()) % (PADDING_BYTES_MAX + 1)];
    let mut encoder = GzBuilder::new()
        .comment(padding)
        .write(Vec::with_capacity(plain.len() / 4), Compression::new(LEVEL));
    encoder.write_all(plain)?;
    encoder.finish()
}

fn takes_gzip(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(ACCEPT_ENCODING).iter();
    lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .any(|one| {
            let mut parts = one.split(';').map(str::trim);
            parts.next() == Some("gzip") && !parts.any(|weight| matches!(weight, "q=0" | "q=0.0"))
        })
}

fn is_asked_elsewhere(headers: &HeaderMap) -> bool {
    headers
        .get("sec-fetch-site")
        .is_some_and(|site| site == "cross-site")
}

fn is_text(headers: &HeaderMap) -> bool {
    let kind = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    KINDS.contains(&kind.split(';').next().unwrap_or_default().trim())
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use axum::Router;
    use axum::middleware::from_fn;
    use axum::response::IntoResponse;
    use axum::routing::get;
    use flate2::read::GzDecoder;
    use tower::ServiceExt;

    use super::*;

    fn page() -> String {
        "妇幼健康 ".repeat(1000)
    }

    /// Kind and bytes of an answer.
    async fn answer(path: &str, headers: &[(&'static str, &str)]) -> (&'static str, Vec<u8>) {
        const HTML: (axum::http::HeaderName, &str) = (CONTENT_TYPE, "text/html; charset=utf-8");
        let router: Router = Router::new()
            .route("/page", get(async || ([HTML], page()).into_response()))
            .route("/small", get(async || ([HTML], "small").into_response()))
            .route(
                "/file",
                get(async || ([(CONTENT_TYPE, "application/zip")], page()).into_response()),
            )
            .layer(from_fn(compress));
        let mut request = Request::builder().uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = router.oneshot(request.body(Body::empty()).unwrap());
        let response = response.await.unwrap();
        let is_gzip = response
            .headers()
            .get(CONTENT_ENCODING)
            .is_some_and(|kind| kind == "gzip");
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (if is_gzip { "gzip" } else { "plain" }, bytes.to_vec())
    }

    #[tokio::test]
    async fn what_goes_compressed() {
        let check = async |path: &str, headers: &[(&'static str, &str)], expected: &str| {
            assert_eq!(
                answer(path, headers).await.0,
                expected,
                "{path} {headers:?}"
            );
        };
        check("/page", &[("accept-encoding", "gzip, deflate, br")], "gzip").await;
        check("/page", &[("accept-encoding", "br, gzip;q=0.5")], "gzip").await;
        check("/page", &[("accept-encoding", "br, gzip;q=0")], "plain").await;
        check("/page", &[], "plain").await;
        check("/small", &[("accept-encoding", "gzip")], "plain").await;
        check("/file", &[("accept-encoding", "gzip")], "plain").await;
        let own = [
            ("accept-encoding", "gzip"),
            ("sec-fetch-site", "same-origin"),
        ];
        check("/page", &own, "gzip").await;
        // Another site that guesses learns nothing from the length.
        let other = [
            ("accept-encoding", "gzip"),
            ("sec-fetch-site", "cross-site"),
        ];
        check("/page", &other, "plain").await;
    }

    #[tokio::test]
    async fn a_compressed_page_is_the_page_and_its_length_varies() {
        let mut lengths = std::collections::BTreeSet::new();
        for _ in 0..40 {
            let (_, bytes) = answer("/page", &[("accept-encoding", "gzip")]).await;
            let mut plain = String::new();
            GzDecoder::new(bytes.as_slice())
                .read_to_string(&mut plain)
                .unwrap();
            assert_eq!(plain, page());
            lengths.insert(bytes.len());
        }
        assert!(lengths.len() > 5, "{lengths:?}");
    }
}
