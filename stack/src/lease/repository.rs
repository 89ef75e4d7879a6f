//! The git repository of a root module, and addresses without credentials.

use serde::{Deserialize, Serialize};

/// The commit that a root module was applied from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repository {
    /// The address of the remote `origin`, without credentials.
    pub url: String,
    /// The commit's full id, in hexadecimal.
    pub commit: String,
    /// The directory of the root module inside the repository; empty for its top.
    #[serde(default)]
    pub directory: String,
    /// Whether the checkout had no uncommitted or untracked change that Terraform reads.
    #[serde(default)]
    pub clean: bool,
}

impl Repository {
    /// Whether a text is the full id of a commit: 40 or 64 hexadecimal digits.
    #[must_use]
    pub fn is_commit(text: &str) -> bool {
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        matches!(text.len(), 40 | 64) && text.bytes().all(is_digit)
    }
}

/// An address without credentials: no user information, no query and no fragment. The path of a
/// local repository stays as it is, and so does the user name of an SSH address, which is no
/// credential and without which the address is another one. `None` if the form is not understood,
/// so that a part of it could be a credential.
#[must_use]
pub fn without_credentials(address: &str) -> Option<String> {
    if address.is_empty() || address.chars().any(char::is_control) {
        return None;
    }
    if let Some((scheme, rest)) = address.split_once("://") {
        let is_scheme = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
        if scheme.is_empty() || !scheme.bytes().all(is_scheme) {
            return None;
        }
        if scheme == "file" {
            return Some(address.to_owned());
        }
        let keeps_user = matches!(scheme, "ssh" | "git+ssh" | "ssh+git");
        return Some(format!("{scheme}://{}", at_host(rest, keeps_user)?));
    }
    let (start, _) = address.split_once('/').unwrap_or((address, ""));
    if start.contains("::") {
        // A remote helper, whose address may be anything.
        return None;
    }
    if start.is_empty() || !start.contains(':') {
        return Some(address.to_owned());
    }
    at_host(address, true)
}

/// The address of a service without user information, query and fragment.
pub(super) fn without_user(address: &str) -> Option<String> {
    if address.chars().any(char::is_control) {
        return None;
    }
    match address.split_once("://") {
        Some((scheme, rest)) => Some(format!("{scheme}://{}", at_host(rest, false)?)),
        None => at_host(address, false),
    }
}

/// `USER:PASSWORD@HOST/PATH?QUERY#FRAGMENT` without credentials.
fn at_host(text: &str, keeps_user: bool) -> Option<String> {
    let text = text.split(['?', '#']).next().unwrap_or_default();
    let (authority, path) = match text.find('/') {
        Some(at) => text.split_at(at),
        None => (text, ""),
    };
    // A password that contains a slash would end here.
    if path.contains('@') {
        return None;
    }
    let (user, host) = match authority.rsplit_once('@') {
        Some((user, host)) => (Some(user), host),
        None => (None, authority),
    };
    let user = user.filter(|_| keeps_user).unwrap_or_default();
    let user = user.split(':').next().unwrap_or_default();
    if host.is_empty() || user.contains('@') {
        return None;
    }
    Some(match user {
        "" => format!("{host}{path}"),
        user => format!("{user}@{host}{path}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// No form of an address keeps a credential. What is not understood is left out.
    #[test]
    fn addresses_lose_their_credentials() {
        for (address, expected) in [
            (
                "https://github.com/acme/shop.git",
                Some("https://github.com/acme/shop.git"),
            ),
            (
                "https://token@github.com/acme/shop",
                Some("https://github.com/acme/shop"),
            ),
            (
                "https://u:p@ss@git.test:8443/shop?token=t#f",
                Some("https://git.test:8443/shop"),
            ),
            ("https://u:pa/ss@git.test/shop", None),
            ("http://git.test?token=t", Some("http://git.test")),
            ("https://u:p@/shop", None),
            (
                "ssh://git:secret@git.test:22/shop",
                Some("ssh://git@git.test:22/shop"),
            ),
            (
                "git@github.com:acme/shop.git",
                Some("git@github.com:acme/shop.git"),
            ),
            (
                "git:secret@github.com:acme/shop",
                Some("git@github.com:acme/shop"),
            ),
            ("github.com:acme/shop", Some("github.com:acme/shop")),
            ("git@github.com:a@b/shop", None),
            ("/srv/git/shop.git", Some("/srv/git/shop.git")),
            ("../shop", Some("../shop")),
            ("file:///srv/git/shop", Some("file:///srv/git/shop")),
            ("ext::sh -c token=%S", None),
            ("codecommit::eu-west-1://profile@shop", None),
            ("https://git.test/a\nb", None),
            ("", None),
        ] {
            assert_eq!(
                without_credentials(address).as_deref(),
                expected,
                "{address}"
            );
        }
    }

    /// Only full ids name a commit: an abbreviation or a branch could become another one.
    #[test]
    fn a_commit_is_a_full_id() {
        assert!(Repository::is_commit(&"0a".repeat(20)) && Repository::is_commit(&"f".repeat(64)));
        for text in ["main", "0a1b2c3", &"A".repeat(40), &"-".repeat(40)] {
            assert!(!Repository::is_commit(text), "{text}");
        }
    }
}
