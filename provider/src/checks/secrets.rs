//! Keeps the secrets of a check out of every text that leaves the provider.
//!
//! A URL often contains a token, and so does the argument of a command. Both may be in the
//! Terraform state and nowhere else: not in the ledger, in messages, or in the log. A name of a
//! check has only the parts that are no secret, and a text from outside (a response, the output of
//! a command) is masked.

use std::collections::BTreeMap;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use percent_encoding::percent_decode_str;
use reqwest::Url;
use stack::terraform::Mask;

use super::Check;

/// The minimum length of a word to hide, if it is only part of an argument. Shorter words are in
/// almost every text.
const MIN_WORD_LENGTH: usize = 8;

/// The name of an HTTP check: scheme, host, port and path.
pub(super) fn http_name(url: &str) -> String {
    format!("http {}", url_without_secrets(url))
}

/// The name of a TCP check: host and port.
pub(super) fn tcp_name(address: &str) -> String {
    format!("tcp {}", address_without_secrets(address))
}

/// The name of a command: the program.
pub(super) fn exec_name(command: &[String]) -> String {
    format!("exec {}", program(command))
}

/// The scheme, host, port and path of a URL. A URL without a secret part stays as it is written.
pub(crate) fn url_without_secrets(url: &str) -> String {
    let Ok(parsed) = Url::parse(url) else {
        return String::new();
    };
    let has_secrets = !parsed.username().is_empty()
        || parsed.password().is_some()
        || parsed.query().is_some()
        || parsed.fragment().is_some();
    if !has_secrets {
        return url.to_owned();
    }
    let port = parsed.port().map(|port| format!(":{port}"));
    // The parser adds the path `/`.
    let written = url.split(['?', '#']).next().unwrap_or_default();
    let path = match parsed.path() {
        "/" if !written.ends_with('/') => "",
        path => path,
    };
    format!(
        "{}://{}{}{path}",
        parsed.scheme(),
        parsed.host_str().unwrap_or_default(),
        port.unwrap_or_default()
    )
}

/// The host and port of an address.
pub(crate) fn address_without_secrets(address: &str) -> &str {
    address.rsplit('@').next().unwrap_or_default()
}

/// The program of a command. A whole command line in the program's place has arguments too, so the
/// program ends at the first space.
pub(crate) fn program(command: &[String]) -> &str {
    let first = command.first().map(String::as_str).unwrap_or_default();
    first.split_whitespace().next().unwrap_or_default()
}

/// Numbers the checks that have the same name, so that each has its own in the ledger.
pub(crate) fn number_equal_names(checks: &mut [Check]) {
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    for check in checks {
        let count = seen.entry(check.name.clone()).or_default();
        *count += 1;
        if *count > 1 {
            check.name = format!("{} ({count})", check.name);
        }
    }
}

/// Hides the secret parts of a URL: user, password, query and fragment.
pub(super) fn mask_of_url(url: &str) -> Mask {
    let mut mask = Mask::default();
    if let Ok(url) = Url::parse(url) {
        hide_url(&mut mask, &url);
    }
    mask
}

/// Hides the arguments of a command, and the words in them.
pub(super) fn mask_of_command(command: &[String]) -> Mask {
    let mut mask = Mask::default();
    let Some((program, arguments)) = command.split_first() else {
        return mask;
    };
    if let Some((_, rest)) = program.split_once(char::is_whitespace) {
        hide_argument(&mut mask, rest);
    }
    for argument in arguments {
        hide_argument(&mut mask, argument);
    }
    mask
}

fn hide_url(mask: &mut Mask, url: &Url) {
    // The client sends both as a header.
    let credentials = format!(
        "{}:{}",
        percent_decode_str(url.username()).decode_utf8_lossy(),
        percent_decode_str(url.password().unwrap_or_default()).decode_utf8_lossy()
    );
    mask.hide(&BASE64_STANDARD.encode(credentials));
    hide_encoded(mask, url.username());
    hide_encoded(mask, url.password().unwrap_or_default());
    hide_encoded(mask, url.fragment().unwrap_or_default());
    let Some(query) = url.query() else {
        return;
    };
    hide_encoded(mask, query);
    for pair in query.split('&') {
        // A parameter without a value may be the secret itself.
        hide_encoded(mask, pair.split_once('=').map_or(pair, |(_, value)| value));
    }
    for (key, value) in url.query_pairs() {
        mask.hide(if value.is_empty() { &key } else { &value });
    }
}

/// Hides a part of a URL as it is written, and decoded.
fn hide_encoded(mask: &mut Mask, part: &str) {
    mask.hide(part);
    mask.hide(&percent_decode_str(part).decode_utf8_lossy());
}

fn hide_argument(mask: &mut Mask, argument: &str) {
    mask.hide(argument);
    if let Some((_, value)) = argument.split_once('=') {
        mask.hide(value);
    }
    for word in argument.split(|c: char| c.is_whitespace() || "'\"`".contains(c)) {
        if let Ok(url) = Url::parse(word)
            && url.has_host()
        {
            mask.hide(word);
            hide_url(mask, &url);
            continue;
        }
        hide_word(mask, word);
        for part in word.split(|c: char| "=:,;@&|()<>".contains(c)) {
            hide_word(mask, part);
        }
    }
}

fn hide_word(mask: &mut Mask, word: &str) {
    if word.chars().count() >= MIN_WORD_LENGTH {
        mask.hide(word);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The name of a check has no query, user, password, fragment or argument.
    #[test]
    fn names_have_no_secrets() {
        for (url, name) in [
            ("http://h/healthz", "http http://h/healthz"),
            (
                "https://u:pw@h:8443/a/b?token=t#f",
                "http https://h:8443/a/b",
            ),
            ("http://h:80", "http http://h:80"),
            ("http://h:80?t", "http http://h"),
            ("http://h:81/?t", "http http://h:81/"),
            ("http://h?t=1", "http http://h"),
            ("http://[::1]:9/x", "http http://[::1]:9/x"),
            ("http://u@h\\p?t", "http http://h/p"),
        ] {
            assert_eq!(http_name(url), name, "{url}");
        }
        assert_eq!(tcp_name("10.0.0.5:5432"), "tcp 10.0.0.5:5432");
        assert_eq!(tcp_name("u:pw@db:5432"), "tcp db:5432");
        let command = |words: &[&str]| {
            exec_name(
                &words
                    .iter()
                    .map(|word| (*word).to_owned())
                    .collect::<Vec<_>>(),
            )
        };
        assert_eq!(command(&["./smoke.sh", "--token", "t"]), "exec ./smoke.sh");
        assert_eq!(command(&["./smoke.sh --token t"]), "exec ./smoke.sh");
        assert_eq!(command(&[]), "exec ");
    }

    /// The secret parts of a URL are hidden in a response, as they are written and decoded. The
    /// host and the path are not.
    #[test]
    fn secrets_of_a_url_are_hidden() {
        let mask =
            mask_of_url("http://user%40x:p%20word@host.internal/path?key=a%2Fbcd&bare-secret");
        let text = "bare-secret a/bcd a%2Fbcd user@x user%40x p%20word, p word: host.internal /path \
                    dXNlckB4OnAgd29yZA==";
        assert_eq!(
            mask.reason(text),
            "(hidden) (hidden) (hidden) (hidden) (hidden) (hidden), (hidden): host.internal /path (hidden)"
        );
    }

    /// Arguments are hidden in the output of a command: as a whole, and each longer word of a
    /// script. Short words of a script stay readable.
    #[test]
    fn arguments_are_hidden() {
        let command = [
            "sh",
            "-c",
            "curl -H 'Authorization: Bearer abcdefgh12' http://u:hunter2@h/p?sig=s3cr3t || echo no licence",
            "--pin=4711",
        ];
        let command: Vec<String> = command.iter().map(|word| (*word).to_owned()).collect();
        let mask = mask_of_command(&command);
        let output = "+ curl abcdefgh12 hunter2 s3cr3t 4711 no licence";
        assert_eq!(
            mask.reason(output),
            "+ curl (hidden) (hidden) (hidden) (hidden) no licence"
        );
    }
}
