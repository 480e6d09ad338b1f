//! Who we are to a server: a password from `netrc`, or a token from the environment.
//!
//! Descriptors are given to others, so neither belongs there. Knows nothing of requests.

use std::{
    env,
    io::Read as _,
    path::{Path, PathBuf},
};

use fs_err as fs;

use acai_common::base64::base64;

/// No `netrc` is longer.
const LONGEST: u64 = 1 << 20;

/// The value of the header `Authorization` for the web address `url`; none if nothing is
/// known of its host, or if it would go over the network unencrypted.
pub(super) fn authorization(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        // The address has a password of its own.
        return None;
    }
    let host = host(authority);
    let is_here = ["localhost", "127.0.0.1", "[::1]"].contains(&host);
    if !scheme.eq_ignore_ascii_case("https") && !is_here {
        return None;
    }
    if let Ok(token) = env::var(token_variable(host)) {
        return (!token.is_empty()).then(|| format!("Bearer {}", token.trim()));
    }
    let (user, password) = entry(&netrc()?, host)?;
    Some(format!("Basic {}", base64(format!("{user}:{password}").as_bytes())))
}

/// `ACAI_TOKEN_DATA_EXAMPLE_ORG` for `data.example.org`.
fn token_variable(host: &str) -> String {
    let sign = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    format!("ACAI_TOKEN_{}", host.chars().map(sign).collect::<String>())
}

/// The host of `host:port`.
fn host(authority: &str) -> &str {
    match authority.find(']') {
        Some(end) => &authority[..=end],
        None => authority.split(':').next().unwrap_or_default(),
    }
}

/// The text of the file that `NETRC` names, else of `.netrc` in the user's folder.
fn netrc() -> Option<String> {
    let named = env::var_os("NETRC").map(PathBuf::from);
    let home = || Some(Path::new(&env::var_os("HOME")?).join(".netrc"));
    let path = named.or_else(home)?;
    if !fs::metadata(&path).ok()?.is_file() {
        return None;
    }
    let mut text = String::new();
    fs::File::open(path).ok()?.take(LONGEST).read_to_string(&mut text).ok()?;
    Some(text)
}

/// User and password for a host: of its `machine`, else of `default`.
fn entry(netrc: &str, host: &str) -> Option<(String, String)> {
    let mut words = without_macros(netrc);
    let mut found = None;
    let mut is_meant = false;
    while let Some(word) = words.next() {
        match word {
            "machine" | "default" if found.is_some() => break,
            "machine" => is_meant = words.next()?.eq_ignore_ascii_case(host),
            "default" => is_meant = true,
            "login" | "password" | "account" => {
                let value = words.next()?.to_owned();
                if is_meant {
                    let (user, password): &mut (String, String) = found.get_or_insert_default();
                    match word {
                        "login" => *user = value,
                        "password" => *password = value,
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
    found
}

/// The words, without macros, which end with an empty line, and comments.
fn without_macros(netrc: &str) -> impl Iterator<Item = &str> {
    let mut in_macro = false;
    let lines = netrc.lines().filter(move |line| {
        let line = line.trim_start();
        in_macro = (in_macro && !line.is_empty()) || line.starts_with("macdef");
        !in_macro && !line.starts_with('#')
    });
    lines.flat_map(str::split_whitespace)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_entry_of_a_host_is_found() {
        let netrc = "# mine\nmachine a.b login me password pw\nmacdef x\nmachine c.d login no\n\n\
                     machine C.D\n login you account z\n password p#2\ndefault login any password x\n";
        let of = |host| entry(netrc, host);
        let both = |user: &str, password: &str| Some((user.to_owned(), password.to_owned()));
        assert_eq!(of("a.b"), both("me", "pw"));
        assert_eq!(of("c.d"), both("you", "p#2"));
        assert_eq!(of("e.f"), both("any", "x"));
        assert_eq!(entry("machine a.b login me", "b"), None);
        assert_eq!(entry("machine", "b"), None);
        assert_eq!(entry("machine b login", "b"), None);
    }

    #[test]
    fn hosts_have_no_ports_and_variables_only_letters() {
        assert_eq!([host("a.b:80"), host("a.b"), host("[::1]:8")], ["a.b", "a.b", "[::1]"]);
        assert_eq!(token_variable("data.example-1.org"), "ACAI_TOKEN_DATA_EXAMPLE_1_ORG");
    }

    #[test]
    fn nothing_is_said_unencrypted_or_beside_a_password() {
        assert_eq!(authorization("http://a.b/c"), None);
        assert_eq!(authorization("https://u:p@a.b/c"), None);
        assert_eq!(authorization("a.b"), None);
    }
}
