//! One line of the log: its fields, its time, and the one write that puts it on stderr.

use std::fmt::Debug;
use std::io::Write;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value};
use tracing::Metadata;
use tracing::field::{Field, Visit};

/// Terraform reads lines up to 64 KiB as one; no single text gets more than a part of that.
const LONGEST_TEXT: usize = 8 << 10;

/// The fields of an event or a span, as JSON.
#[derive(Default)]
pub(super) struct Fields(Map<String, Value>);

impl Fields {
    /// Adds the fields of another; what it says last is what counts.
    pub(super) fn extend(&mut self, other: &Self) {
        self.0.extend(
            other
                .0
                .iter()
                .map(|(name, value)| (name.clone(), value.clone())),
        );
    }

    fn put(&mut self, field: &Field, value: Value) {
        // Names that begin with @ are the log's own, and one of a wrong type upsets the reader of
        // the whole line.
        let name = field
            .name()
            .trim_start_matches("r#")
            .trim_start_matches('@');
        self.0.insert(name.to_owned(), value);
    }
}

impl Visit for Fields {
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value.into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, shortened(value).into());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.put(field, shortened(&format!("{value:?}")).into());
    }
}

/// Writes an event as one line. Whether anybody reads it is not our concern.
#[expect(
    clippy::disallowed_methods,
    reason = "a log line says when it was written"
)]
pub(super) fn write(metadata: &Metadata<'_>, fields: Fields) {
    let mut line = word(metadata, fields, SystemTime::now());
    line.push('\n');
    let _ = std::io::stderr().lock().write_all(line.as_bytes());
}

fn word(metadata: &Metadata<'_>, Fields(mut fields): Fields, now: SystemTime) -> String {
    let message = match fields.remove("message") {
        Some(Value::String(message)) => message,
        Some(other) => other.to_string(),
        None => metadata.name().to_owned(),
    };
    let mut line = Map::new();
    line.insert("@level".to_owned(), super::name(*metadata.level()).into());
    line.insert("@message".to_owned(), message.into());
    line.insert("@timestamp".to_owned(), timestamp(now).into());
    line.insert("@module".to_owned(), module(metadata.target()).into());
    line.append(&mut fields);
    Value::Object(line).to_string()
}

/// `sdk` and `provider` are the roots that Terraform's own SDKs use.
fn module(target: &str) -> String {
    let path = target.replace("::", ".");
    match path.strip_prefix("tfplugin") {
        Some(rest) if rest.is_empty() || rest.starts_with('.') => format!("sdk{rest}"),
        _ => format!("provider.{path}"),
    }
}

/// RFC 3339 with exactly six digits of the second: with any other number of them Terraform does not
/// take the line for one of the log.
fn timestamp(now: SystemTime) -> String {
    let since = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    let whole = prost_types::Timestamp {
        seconds: i64::try_from(since.as_secs()).unwrap_or_default(),
        nanos: 0,
    };
    format!(
        "{}.{:06}Z",
        whole.to_string().trim_end_matches('Z'),
        since.subsec_micros()
    )
}

fn shortened(text: &str) -> String {
    if text.len() <= LONGEST_TEXT {
        return text.to_owned();
    }
    let end = text.floor_char_boundary(LONGEST_TEXT);
    format!("{}… ({} bytes more)", &text[..end], text.len() - end)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_timestamp_always_has_six_digits() {
        let at = |nanos| timestamp(UNIX_EPOCH + Duration::new(1_700_000_000, nanos));
        assert_eq!(at(0), "2023-11-14T22:13:20.000000Z");
        assert_eq!(at(500_000_000), "2023-11-14T22:13:20.500000Z");
        assert_eq!(at(123_456_789), "2023-11-14T22:13:20.123456Z");
    }

    #[test]
    fn modules_have_the_roots_of_terraforms_own_sdks() {
        assert_eq!(module("tfplugin"), "sdk");
        assert_eq!(module("tfplugin::plugin::tls"), "sdk.plugin.tls");
        assert_eq!(module("tfplugin_example"), "provider.tfplugin_example");
        assert_eq!(module("acme::thing"), "provider.acme.thing");
    }

    #[test]
    fn long_texts_are_cut_at_a_character() {
        let long = "é".repeat(LONGEST_TEXT);
        let cut = shortened(&long);
        assert!(cut.len() < LONGEST_TEXT + 40);
        assert!(
            cut.ends_with("… (8192 bytes more)"),
            "{}",
            &cut[LONGEST_TEXT..]
        );
    }
}
