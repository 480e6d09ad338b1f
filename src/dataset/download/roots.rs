//! The certificates that servers are verified with: Mozilla's list, or the certificates in
//! the file that `SSL_CERT_FILE` names, as other tools read it. Networks that
//! look into TLS, as some institutes' do, have certificates of their own.
//!
//! Knows nothing of requests.

use std::{env, ffi::OsStr};

use ureq::tls::{PemItem, RootCerts, parse_pem};

use acai_common::files;

/// The certificates to start from.
pub(super) fn roots() -> RootCerts {
    roots_in(env::var_os("SSL_CERT_FILE").as_deref())
}

/// A file without certificates is as good as none: connections then fail with a
/// message that names the variable.
fn roots_in(file: Option<&OsStr>) -> RootCerts {
    let pem = file.and_then(|file| files::read_named(file.as_ref(), files::LONGEST_TEXT).ok());
    let pem = pem.unwrap_or_default();
    let certificates: Vec<_> = parse_pem(&pem)
        .filter_map(|item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(certificate),
            _ => None,
        })
        .collect();
    if certificates.is_empty() {
        RootCerts::WebPki
    } else {
        RootCerts::new_with_certs(&certificates)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn certificates_of_the_file_take_the_place_of_the_list() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("certificates.pem");
        let certificate = "-----BEGIN CERTIFICATE-----\nYWJj\n-----END CERTIFICATE-----\n";
        fs::write(&path, format!("ours\n{certificate}{certificate}")).unwrap();
        let roots = roots_in(Some(path.as_os_str()));
        assert!(matches!(roots, RootCerts::Specific(certificates) if certificates.len() == 2));
        fs::write(&path, "-----BEGIN CERTIFICATE-----\nnothing").unwrap();
        assert!(matches!(roots_in(Some(path.as_os_str())), RootCerts::WebPki));
        assert!(matches!(roots_in(None), RootCerts::WebPki));
    }
}
