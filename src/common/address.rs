//! Addresses without what gives access: passwords before the host, and parameters that
//! may be tokens.
//!
//! Knows nothing of downloads.

use std::borrow::Cow;

/// Parameters that say which file is meant. Every other one may be a token, a signature
/// or a key, whose names are without end.
const HARMLESS: [&str; 15] = [
    "dl",
    "doi",
    "download",
    "export",
    "file",
    "filename",
    "format",
    "id",
    "name",
    "path",
    "persistentid",
    "raw",
    "ref",
    "v",
    "version",
];

/// The address as it may be shown and shared: without user and password, without
/// parameters but harmless ones, and without what stands behind `#`.
#[must_use]
pub fn public(address: &str) -> String {
    let (address, _) = address.split_once('#').unwrap_or((address, ""));
    let (place, query) = address.split_once('?').unwrap_or((address, ""));
    let mut public = match place.split_once("://") {
        Some((scheme, rest)) => format!("{scheme}://{}", without_user(rest)),
        None => place.to_owned(),
    };
    let parameters: Vec<&str> = query.split('&').filter(|one| is_harmless(one)).collect();
    if !parameters.is_empty() {
        public.push('?');
        public.push_str(&parameters.join("&"));
    }
    public
}

/// What follows `://`, without user and password.
fn without_user(rest: &str) -> &str {
    let (host, _) = rest.split_once('/').unwrap_or((rest, ""));
    // What follows a host's colon is a number: else it is a password, with a slash in it
    // that should have been escaped.
    let is_port = |text: &str| text.chars().all(|c| c.is_ascii_digit());
    let is_cut =
        host.split_once(':').is_some_and(|(_, port)| !host.starts_with('[') && !is_port(port));
    match host.rfind('@').or_else(|| rest.find('@').filter(|_| is_cut)) {
        Some(at) => &rest[at + 1..],
        None => rest,
    }
}

fn is_harmless(parameter: &str) -> bool {
    let name = parameter.split('=').next().unwrap_or_default();
    !name.is_empty() && HARMLESS.iter().any(|harmless| name.eq_ignore_ascii_case(harmless))
}

/// A text with as many bytes as before, in which such parts of addresses are stars: for
/// excerpts of files.
#[must_use]
pub fn veiled(text: &str) -> Cow<'_, str> {
    if !text.contains("://") {
        return Cow::Borrowed(text);
    }
    let mut veiled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + "://".len());
        let is_end = |c: char| c.is_whitespace() || c.is_control() || "\"'<>`".contains(c);
        let (address, others) = after.split_at(after.find(is_end).unwrap_or(after.len()));
        veiled.push_str(before);
        veil(address, &mut veiled);
        rest = others;
    }
    veiled.push_str(rest);
    Cow::Owned(veiled)
}

/// Appends an address that has lost its scheme.
fn veil(address: &str, to: &mut String) {
    let (place, query) = match address.find('?') {
        Some(at) => address.split_at(at),
        None => (address, ""),
    };
    let bare = without_user(place);
    let user = place.len() - bare.len();
    to.extend(std::iter::repeat_n('*', user.saturating_sub(1)));
    to.push_str(&place[user.saturating_sub(1)..]);
    let Some(query) = query.strip_prefix('?') else { return };
    for (number, parameter) in query.split('&').enumerate() {
        to.push(if number == 0 { '?' } else { '&' });
        let shown = match parameter.find('=') {
            _ if is_harmless(parameter) => parameter.len(),
            Some(sign) => sign + 1,
            None => 0,
        };
        to.push_str(&parameter[..shown]);
        to.extend(std::iter::repeat_n('*', parameter.len() - shown));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_gives_access_is_taken_out() {
        for (address, wanted) in [
            ("https://a.b/c.gz", "https://a.b/c.gz"),
            ("https://user:pw@a.b:8/c@d", "https://a.b:8/c@d"),
            ("https://a.b:8/c@d", "https://a.b:8/c@d"),
            ("http://[::1]:8/c@d", "http://[::1]:8/c@d"),
            ("https://token@a.b", "https://a.b"),
            ("https://u:p/w@a.b/c", "https://a.b/c"),
            ("https://a.b/c?download=1&token=x&X-Amz-Signature=y", "https://a.b/c?download=1"),
            ("https://a.b/c?sig=x#access_token=y", "https://a.b/c"),
            ("s3://key:secret@bucket/x", "s3://bucket/x"),
            ("file:///a/b@c", "file:///a/b@c"),
            ("no address", "no address"),
            ("", ""),
        ] {
            assert_eq!(public(address), wanted, "{address}");
            assert_eq!(public(wanted), wanted);
        }
    }

    #[test]
    fn a_veiled_text_is_as_long_as_before() {
        let text = "m: \"https://u:pä@a.b/c?id=1&key=ß\", \"http://x/y\" // z://";
        let wanted = "m: \"https://*****@a.b/c?id=1&key=**\", \"http://x/y\" // z://";
        assert_eq!(veiled(text), wanted);
        assert_eq!(veiled(text).len(), text.len());
        assert_eq!(veiled("plain"), "plain");
    }
}
