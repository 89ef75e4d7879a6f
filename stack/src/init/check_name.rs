//! Names of readiness checks, without secrets.
//!
//! The provider names a check by scheme, host, port and path, or by the program. Earlier versions
//! recorded whole URLs and commands, with the tokens in them, and a ledger keeps its events. So
//! every name is cleaned when it is read, too.

use serde::{Deserialize, Deserializer};

/// Reads the name of a check, without secrets.
pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    String::deserialize(from).map(|name| without_secrets(&name))
}

/// The name without a user, a query, a fragment and arguments.
pub(crate) fn without_secrets(name: &str) -> String {
    let (name, number) = split_number(name);
    let cleaned = match name.split_once(' ') {
        Some(("http", url)) => format!("http {}", clean_url(url)),
        Some(("tcp", address)) => {
            format!("tcp {}", address.rsplit('@').next().unwrap_or_default())
        }
        Some(("exec", command)) => {
            let program = command.split_whitespace().next();
            format!("exec {}", program.unwrap_or_default())
        }
        _ => return format!("{name}{number}"),
    };
    cleaned + number
}

/// The name, and the number that tells it from equal names: ` (2)`.
fn split_number(name: &str) -> (&str, &str) {
    let digits = name
        .strip_suffix(')')
        .and_then(|rest| rest.rsplit_once(" ("));
    match digits {
        Some((before, digits)) if digits.parse::<u32>().is_ok() => name.split_at(before.len()),
        _ => (name, ""),
    }
}

fn clean_url(url: &str) -> String {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    let Some((scheme, rest)) = url.split_once("://") else {
        return url.to_owned();
    };
    let authority = rest.split(['/', '\\']).next().unwrap_or_default();
    let user = authority.rfind('@').map_or(0, |position| position + 1);
    format!("{scheme}://{}", &rest[user..])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names from earlier versions lose their secrets. Other names stay the same.
    #[test]
    fn recorded_names_lose_their_secrets() {
        for (recorded, name) in [
            ("http http://u:p@h:80/a@b?t=1#f", "http http://h:80/a@b"),
            ("http https://h/healthz", "http https://h/healthz"),
            ("http http://h/healthz (2)", "http http://h/healthz (2)"),
            ("http http://h?t=a b (x)", "http http://h"),
            ("tcp u:p@db:5432", "tcp db:5432"),
            ("exec ./smoke.sh --token abc", "exec ./smoke.sh"),
            ("exec sh (3)", "exec sh (3)"),
            ("exec sh -c exit (3)", "exec sh (3)"),
            ("smoke test", "smoke test"),
            ("http", "http"),
        ] {
            assert_eq!(without_secrets(recorded), name);
        }
    }
}
