//! Requests a file or the rest of one from a web server, and checks the head of
//! the response.
//!
//! Redirections are followed here and not by ureq, which would follow them
//! from https to http.
//!
//! Knows nothing of files on the disk.

use std::{io::ErrorKind, time::Duration};

use ureq::{
    Agent, Body, Error, Proxy,
    http::{HeaderMap, Response, header, header::HeaderName},
    tls::TlsConfig,
};

use acai_common::address::public;

use super::{
    super::error::Reason, access, attempt_error::AttemptError, download_limits::DownloadLimits,
    mirror_stream::ResponseHead, roots,
};

/// Characters of a server's words that are told.
const LONGEST_TEXT: usize = 200;

const USER_AGENT: &str = concat!("acai-pipe/", env!("CARGO_PKG_VERSION"));

/// An HTTP client. Each serves one request, so that shutting it down ends that
/// request and no other.
pub(super) fn agent(limits: &DownloadLimits) -> Agent {
    let config = Agent::config_builder()
        .user_agent(USER_AGENT)
        .accept_encoding("identity")
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .timeout_resolve(Some(limits.connect))
        .timeout_connect(Some(limits.connect))
        .timeout_send_request(Some(limits.answer))
        .timeout_recv_response(Some(limits.answer))
        .tls_config(TlsConfig::builder().root_certs(roots::roots()).build())
        .proxy(if limits.uses_proxies { Proxy::try_from_env() } else { None });
    config.build().into()
}

/// Asks for the file at `url` from the byte `from` on.
pub(super) fn ask(
    agent: &Agent,
    url: &str,
    from: u64,
    limits: &DownloadLimits,
) -> Result<(ResponseHead, Body), AttemptError> {
    let mut url = url.to_owned();
    for _ in 0..=limits.redirects {
        let mut request = agent.get(&url);
        if from > 0 {
            request = request.header(header::RANGE, format!("bytes={from}-"));
        }
        if let Some(who) = access::authorization(&url) {
            request = request.header(header::AUTHORIZATION, who);
        }
        let response = request.call().map_err(|error| attempt_error(&error))?;
        let status = response.status().as_u16();
        if !matches!(status, 301 | 302 | 303 | 307 | 308) {
            return Ok((head(&response, from, limits)?, response.into_body()));
        }
        url = redirected(&url, response.headers()).map_err(AttemptError::Next)?;
    }
    Err(AttemptError::Next(Reason::Redirects(limits.redirects)))
}

/// What to do about ureq's error.
fn attempt_error(error: &Error) -> AttemptError {
    let later = |why: String| AttemptError::again(Reason::Unreachable(cut(&why)));
    match error {
        // What rustls refuses comes as such data, and will be refused again.
        Error::Io(error) if error.kind() == ErrorKind::InvalidData => {
            AttemptError::Next(Reason::Untrusted(cut(&error.to_string())))
        }
        Error::Io(error) => later(error.to_string()),
        Error::Timeout(phase) => later(format!("timed out ({phase})")),
        Error::HostNotFound | Error::ConnectionFailed | Error::ConnectProxyFailed(_) => {
            later(error.to_string())
        }
        Error::Protocol(_) | Error::LargeResponseHeader(..) => {
            AttemptError::Next(Reason::Nonsense(cut(&error.to_string())))
        }
        Error::Http(_) | Error::BadUri(_) => AttemptError::Next(Reason::Address),
        error => AttemptError::Next(Reason::Unreachable(cut(&error.to_string()))),
    }
}

/// What the answer says will come; an error if it is not what was asked for.
fn head(
    response: &Response<Body>,
    from: u64,
    limits: &DownloadLimits,
) -> Result<ResponseHead, AttemptError> {
    let status = response.status().as_u16();
    let headers = response.headers();
    let length = response.body().content_length();
    match status {
        200 => Ok(ResponseHead { start: 0, length, whole: length }),
        206 if from > 0 => {
            let range = text(headers, &header::CONTENT_RANGE);
            match content_range(range) {
                Some((start, whole)) if start == from => Ok(ResponseHead { start, length, whole }),
                _ => {
                    let answered = cut(range);
                    Err(AttemptError::Restart(Reason::Range { asked: from, answered }))
                }
            }
        }
        416 if from > 0 => Err(AttemptError::Restart(Reason::Status(status))),
        408 | 425 | 429 | 500..=599 => {
            let asked = text(headers, &header::RETRY_AFTER).trim().parse().ok();
            let after = asked.map(|secs| Duration::from_secs(secs).min(limits.longest_delay));
            let after = after.filter(|_| matches!(status, 429 | 503));
            Err(AttemptError::Again { reason: Reason::Status(status), after })
        }
        status => Err(AttemptError::Next(Reason::Status(status))),
    }
}

/// The beginning of what a server said, for messages.
fn cut(text: &str) -> String {
    match text.char_indices().nth(LONGEST_TEXT) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// A header's value; empty if there is none or it is no text.
fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// First byte and length of the whole file, where it is known, of
/// `bytes 5-9/10`.
fn content_range(text: &str) -> Option<(u64, Option<u64>)> {
    let (range, whole) = text.trim().strip_prefix("bytes ")?.split_once('/')?;
    let (first, _) = range.split_once('-')?;
    Some((first.trim().parse().ok()?, whole.trim().parse().ok()))
}

/// Where an answer from `url` redirects to.
fn redirected(url: &str, headers: &HeaderMap) -> Result<String, Reason> {
    let location = text(headers, &header::LOCATION).trim();
    let location = location.split('#').next().unwrap_or_default();
    let refused = || Reason::Redirect(cut(&public(location)));
    let target = join(url, location).ok_or_else(refused)?;
    let is_worse = is_https(url) && !is_https(&target);
    if is_worse { Err(refused()) } else { Ok(target) }
}

/// The address that `location` means on the page `base`; only http and https.
fn join(base: &str, location: &str) -> Option<String> {
    let (scheme, rest) = base.split_once("://")?;
    let path = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (host, path) = rest.split_at(path);
    let path = path.split(['?', '#']).next().unwrap_or_default();
    if location.is_empty() {
        return None;
    }
    if location.starts_with("//") {
        return Some(format!("{scheme}:{location}"));
    }
    if location.starts_with('/') {
        return Some(format!("{scheme}://{host}{location}"));
    }
    if location.starts_with('?') {
        return Some(format!("{scheme}://{host}{path}{location}"));
    }
    if location.split(['/', '?']).next().is_some_and(|first| first.contains(':')) {
        return is_web(location).then(|| location.to_owned());
    }
    let folder = path.rfind('/').map_or("/", |end| &path[..=end]);
    Some(format!("{scheme}://{host}{folder}{location}"))
}

/// Whether `url` is one that [`ask`] can ask.
pub(super) fn is_web(url: &str) -> bool {
    is_https(url) || starts_with(url, "http://")
}

fn is_https(url: &str) -> bool {
    starts_with(url, "https://")
}

/// Schemes are written in either case.
fn starts_with(url: &str, scheme: &str) -> bool {
    url.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirections_are_joined_as_a_browser_joins_them() {
        for (base, location, target) in [
            ("http://a/b/c?d", "https://e/f", Some("https://e/f")),
            ("http://a/b/c?d", "//e/f", Some("http://e/f")),
            ("http://a/b/c?d", "/e", Some("http://a/e")),
            ("http://a/b/c?d", "e/f", Some("http://a/b/e/f")),
            ("http://a/b/c?d", "?e", Some("http://a/b/c?e")),
            ("http://a:80", "e", Some("http://a:80/e")),
            ("http://a/", "", None),
            ("http://a/", "file:///etc/passwd", None),
            ("http://a/", "ftp://b/c", None),
        ] {
            assert_eq!(join(base, location).as_deref(), target, "{base} → {location}");
        }
    }

    #[test]
    fn redirections_never_lead_from_https_to_http() {
        let to = |url, location: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::LOCATION, location.parse().unwrap());
            redirected(url, &headers)
        };
        assert_eq!(to("http://a/b", "https://a/b"), Ok("https://a/b".to_owned()));
        assert_eq!(to("https://a/b", "c#d"), Ok("https://a/c".to_owned()));
        for location in ["http://a/b", "HTTP://a/b", ""] {
            let refused = Reason::Redirect(location.to_owned());
            assert_eq!(to("https://a/b", location), Err(refused));
        }
    }

    #[test]
    fn content_ranges_are_read() {
        assert_eq!(content_range("bytes 5-9/10"), Some((5, Some(10))));
        assert_eq!(content_range("bytes 5-9/*"), Some((5, None)));
        for text in ["", "bytes */10", "5-9/10", "bytes -5/10", "bytes 99999999999999999999-/1"] {
            assert_eq!(content_range(text), None, "{text}");
        }
    }
}
