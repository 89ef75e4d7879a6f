//! A line of the log: its fields, its timestamp, and the single write to stderr.

use std::fmt::Debug;
use std::io::Write;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value};
use tracing::Metadata;
use tracing::field::{Field, Visit};

/// The maximum length of a text field in bytes. Terraform splits lines over 64 KiB, so a field may
/// take only a part of that.
const MAX_TEXT_BYTES: usize = 8 << 10;

/// The fields of an event or a span, as JSON.
#[derive(Default)]
pub(super) struct LogFields(Map<String, Value>);

impl LogFields {
    /// Adds other fields, which override fields of the same name.
    pub(super) fn extend(&mut self, other: &Self) {
        self.0.extend(
            other
                .0
                .iter()
                .map(|(name, value)| (name.clone(), value.clone())),
        );
    }

    fn put(&mut self, field: &Field, value: Value) {
        // Names that begin with @ belong to the log format. Terraform cannot parse a line in which
        // one of them has the wrong type.
        let name = field
            .name()
            .trim_start_matches("r#")
            .trim_start_matches('@');
        self.0.insert(name.to_owned(), value);
    }
}

impl Visit for LogFields {
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
        self.put(field, truncate(value).into());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.put(field, truncate(&format!("{value:?}")).into());
    }
}

/// Writes an event as one line. Errors are ignored: a closed stderr must not stop the provider.
#[expect(clippy::disallowed_methods, reason = "a log line has a timestamp")]
pub(super) fn write(metadata: &Metadata<'_>, fields: LogFields) {
    let mut line = format_line(metadata, fields, SystemTime::now());
    line.push('\n');
    let _ = std::io::stderr().lock().write_all(line.as_bytes());
}

fn format_line(
    metadata: &Metadata<'_>,
    LogFields(mut fields): LogFields,
    now: SystemTime,
) -> String {
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

/// The module of a target, under the roots `sdk` and `provider` that Terraform's own SDKs use.
fn module(target: &str) -> String {
    let path = target.replace("::", ".");
    match path.strip_prefix("tfplugin") {
        Some(rest) if rest.is_empty() || rest.starts_with('.') => format!("sdk{rest}"),
        _ => format!("provider.{path}"),
    }
}

/// RFC 3339 with exactly six fractional digits. With any other number, Terraform does not recognize
/// the line as a log line.
fn timestamp(now: SystemTime) -> String {
    let since_epoch = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    let seconds = prost_types::Timestamp {
        seconds: i64::try_from(since_epoch.as_secs()).unwrap_or_default(),
        nanos: 0,
    };
    format!(
        "{}.{:06}Z",
        seconds.to_string().trim_end_matches('Z'),
        since_epoch.subsec_micros()
    )
}

fn truncate(text: &str) -> String {
    if text.len() <= MAX_TEXT_BYTES {
        return text.to_owned();
    }
    let end = text.floor_char_boundary(MAX_TEXT_BYTES);
    format!("{}… ({} more bytes)", &text[..end], text.len() - end)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// A timestamp always has six fractional digits.
    #[test]
    fn a_timestamp_has_six_fractional_digits() {
        let format = |nanos| timestamp(UNIX_EPOCH + Duration::new(1_700_000_000, nanos));
        assert_eq!(format(0), "2023-11-14T22:13:20.000000Z");
        assert_eq!(format(500_000_000), "2023-11-14T22:13:20.500000Z");
        assert_eq!(format(123_456_789), "2023-11-14T22:13:20.123456Z");
    }

    /// Modules have the same roots as in Terraform's own SDKs.
    #[test]
    fn modules_have_the_roots_of_terraforms_sdks() {
        assert_eq!(module("tfplugin"), "sdk");
        assert_eq!(module("tfplugin::plugin::tls"), "sdk.plugin.tls");
        assert_eq!(module("tfplugin_example"), "provider.tfplugin_example");
        assert_eq!(module("acme::thing"), "provider.acme.thing");
    }

    /// Long texts are cut at a character boundary.
    #[test]
    fn long_texts_are_cut_at_a_character_boundary() {
        let long = "é".repeat(MAX_TEXT_BYTES);
        let cut = truncate(&long);
        assert!(cut.len() < MAX_TEXT_BYTES + 40);
        assert!(
            cut.ends_with("… (8192 more bytes)"),
            "{}",
            &cut[MAX_TEXT_BYTES..]
        );
    }
}
