//! A warning in words: one sentence each for what, why and what to do, with the facts beside them as fields.

use std::fmt::Write as _;

use jiff::Timestamp;
use serde::Serialize;
use stack::service::notify::{Alarm, Notification};
use stack::warning::{OwnerWarning, WarningKind};
use stack::{AppName, AppVersion, Elapsed, HourlyRate, Owner, StackName};

use crate::format::values;

/// How many of the things that are left a message names.
const NAMED: usize = 5;

/// What a webhook gets. Slack shows `text`; the other fields are for programs, and are only ever added to.
#[derive(Debug, Serialize)]
pub(crate) struct WebhookMessage {
    /// All of it for people. Escaped as Slack wants it, so that a name cannot call a whole channel.
    text: String,
    /// The same for the same fact, however often it is sent.
    id: String,
    /// What it is about: `expiry:2h`, `purgatory`, `idle`, `residue`, `gone`, `too_many`, …
    kind: String,
    stack: Option<StackName>,
    app: Option<AppName>,
    version: Option<AppVersion>,
    owner: Option<Owner>,
    /// Why.
    reason: String,
    /// What can be done about it.
    what_to_do: String,
    /// The moment that it is about.
    at: Option<Timestamp>,
    /// When the stack will be torn down.
    dies_at: Option<Timestamp>,
    hourly_usd: Option<HourlyRate>,
    /// What is left of it.
    residue: Vec<ResidualResource>,
    /// The stacks that are due, where there are more than may be.
    stacks: Vec<StackName>,
}

#[derive(Debug, Serialize)]
struct ResidualResource {
    id: String,
    reason: String,
    blocked_by: Option<String>,
}

impl WebhookMessage {
    pub(crate) fn new(letter: &Notification, now: Timestamp) -> Self {
        match letter {
            Notification::Stack(warning) => Self::about_stack(warning, now),
            Notification::Reaper(alarm) => Self::about_reaper(alarm, now),
        }
    }

    /// The message as one line, for people who read a terminal.
    pub(crate) fn summary(&self) -> String {
        let stack = self.stack.as_ref().map(|stack| format!("{stack} "));
        format!("{}{}", stack.unwrap_or_default(), self.reason)
    }

    fn about_stack(warning: &OwnerWarning, now: Timestamp) -> Self {
        let reason = reason(warning, now);
        let what_to_do = what_to_do(warning);
        let OwnerWarning {
            stack,
            app,
            version,
            owner,
            ..
        } = warning;
        let rate = warning
            .hourly_usd
            .map(|rate| format!(", {}/h", values::rate(rate)));
        let text = format!(
            "{stack} ({app}@{version}, {owner}{}) {reason}. {what_to_do}",
            rate.unwrap_or_default()
        );
        let residue = match &warning.kind {
            WarningKind::Residue { left, .. } => left
                .iter()
                .map(|(id, left)| ResidualResource {
                    id: id.clone(),
                    reason: left.reason.clone(),
                    blocked_by: left.blocked_by.clone(),
                })
                .collect(),
            _ => Vec::new(),
        };
        Self {
            text: escaped(&text),
            id: warning.id(),
            kind: warning.kind.key(),
            stack: Some(stack.clone()),
            app: Some(app.clone()),
            version: Some(version.clone()),
            owner: Some(owner.clone()),
            reason,
            what_to_do,
            at: Some(warning.about),
            dies_at: warning.dies_at.or(warning.due_at),
            hourly_usd: warning.hourly_usd,
            residue,
            stacks: Vec::new(),
        }
    }

    fn about_reaper(alarm: &Alarm, now: Timestamp) -> Self {
        let (stacks, what_to_do) = match alarm {
            Alarm::TooMany(too_many) => (
                too_many.stacks.clone(),
                "Look at them with `jiti reap`, end them with `jiti teardown`, or raise max_stacks under [reaper].",
            ),
            Alarm::ClockBehind(_) | Alarm::ClockSkew(_) => {
                (Vec::new(), "Set the clock of the reaper's machine.")
            }
        };
        let reason = match alarm {
            Alarm::TooMany(too_many) => format!(
                "{} stacks are due, more than the {} that [reaper] max_stacks allows in one run, so none was touched: {}",
                too_many.stacks.len(),
                too_many.max,
                listed(too_many.stacks.iter().map(ToString::to_string))
            ),
            Alarm::ClockBehind(behind) => format!(
                "the clock of the reaper's machine says {} UTC and the ledger's last event is of {} UTC, so nothing was touched",
                values::second(behind.now),
                values::second(behind.latest)
            ),
            Alarm::ClockSkew(skew) => format!(
                "the clock of the reaper's machine says {} UTC and the cloud's {} UTC, so nothing was touched",
                values::second(skew.here),
                values::second(skew.cloud)
            ),
        };
        Self {
            text: escaped(&format!("The reaper stands still: {reason}. {what_to_do}")),
            id: format!("{}/{now}", alarm.key()),
            kind: alarm.key().to_owned(),
            stack: None,
            app: None,
            version: None,
            owner: None,
            reason,
            what_to_do: what_to_do.to_owned(),
            at: Some(now),
            dies_at: None,
            hourly_usd: None,
            residue: Vec::new(),
            stacks,
        }
    }
}

/// What happened or will happen, as the rest of a sentence that begins with the stack's name.
fn reason(warning: &OwnerWarning, now: Timestamp) -> String {
    let at = format!("{} UTC", values::minute(warning.about));
    let mut said = match &warning.kind {
        WarningKind::Expiry { .. } => {
            let left = values::duration(Elapsed::between(now, warning.about));
            format!("expires in {left}, at {at}")
        }
        WarningKind::Expired => format!("expired at {at}"),
        WarningKind::Purgatory => {
            format!("is in purgatory: it is billed and was not ready by {at}")
        }
        WarningKind::Idle => {
            format!("is idle: nobody has used it, and its time for that ended at {at}")
        }
        WarningKind::Failed { reason } => {
            format!("is due and could not be torn down: {}", ended(reason))
        }
        WarningKind::Residue { reason, left } if left.is_empty() => format!(
            "was not torn down to the end: {}",
            ended(
                reason
                    .as_deref()
                    .unwrap_or("its last teardown did not say why")
            )
        ),
        WarningKind::Residue { left, .. } => {
            let each = left.iter().map(|(id, left)| match &left.blocked_by {
                Some(by) => format!("{id} ({}, blocked by {by})", left.reason),
                None => format!("{id} ({})", left.reason),
            });
            format!(
                "was torn down but for {} of its parts: {}",
                left.len(),
                listed(each)
            )
        }
        WarningKind::Gone { by, why, deleted } => {
            format!("was torn down at {at} for {by} ({why}); {deleted} resources are gone")
        }
    };
    if matches!(
        warning.kind,
        WarningKind::Expiry { .. }
            | WarningKind::Expired
            | WarningKind::Purgatory
            | WarningKind::Idle
    ) {
        match (warning.due_at, warning.dies_at) {
            (Some(due), _) if due <= now => said.push_str(", and is due now"),
            (Some(due), dies) => {
                let dies = values::minute(dies.unwrap_or(due));
                let _ = write!(said, ", and will be torn down at {dies} UTC");
            }
            (None, _) => {}
        }
    }
    said
}

fn what_to_do(warning: &OwnerWarning) -> String {
    let stack = shell(warning.stack.as_str());
    match &warning.kind {
        WarningKind::Expiry { .. } | WarningKind::Expired => format!(
            "Extend it with `jiti extend {stack} 4h`, or end it now with `jiti teardown {stack}`."
        ),
        WarningKind::Purgatory => format!(
            "See how far it came with `jiti show {stack}`; put its checks right, or end it with `jiti teardown {stack}`."
        ),
        WarningKind::Idle => format!(
            "Say that it is used with `jiti touch {stack}`, or end it now with `jiti teardown {stack}`."
        ),
        WarningKind::Failed { .. } => format!(
            "The reaper tries again with growing pauses. Put the reason right, or end it by hand with `jiti teardown {stack}`."
        ),
        WarningKind::Residue { .. } => format!(
            "The reaper tries again with growing pauses. `jiti show {stack}` lists what is left; `jiti teardown {stack}` tries at once."
        ),
        WarningKind::Gone { .. } => {
            format!("Nothing is left to do; `jiti events {stack}` tells what happened.")
        }
    }
}

/// The first few, and how many more there are.
fn listed(each: impl ExactSizeIterator<Item = String>) -> String {
    let more = each.len().saturating_sub(NAMED);
    let mut text = each.take(NAMED).collect::<Vec<_>>().join(", ");
    if more > 0 {
        let _ = write!(text, " and {more} more");
    }
    text
}

/// Without the stop at the end: the sentence goes on.
fn ended(sentence: &str) -> &str {
    sentence.trim_end().trim_end_matches('.')
}

/// A name as a shell takes it.
fn shell(name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_.:/=+@-".contains(c);
    if name.chars().all(plain) {
        name.to_owned()
    } else {
        format!("'{}'", name.replace('\'', r"'\''"))
    }
}

/// The three characters that Slack gives a meaning to.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use stack::testing::{noon, stack_name};
    use std::collections::BTreeMap;

    fn warning(kind: WarningKind, minutes: u32) -> OwnerWarning {
        let span = stack::Span::minutes(minutes);
        OwnerWarning {
            kind,
            stack: stack_name("checkout-pr-412"),
            app: "checkout".parse().expect("an app"),
            version: "8f3c2ab".parse().expect("a version"),
            owner: "ana@example.com".parse().expect("an owner"),
            created_at: noon(),
            about: span.after(noon()),
            due_at: Some(stack::Span::minutes(minutes + 60).after(noon())),
            dies_at: Some(stack::Span::minutes(minutes + 75).after(noon())),
            hourly_usd: "0.42".parse().ok(),
        }
    }

    fn text(warning: OwnerWarning) -> String {
        WebhookMessage::new(&Notification::Stack(Box::new(warning)), noon()).text
    }

    /// A message says what, whose, until when, and what to do about it.
    #[test]
    fn a_message_says_what_to_do() {
        let before = stack::Span::minutes(120);
        assert_eq!(
            text(warning(WarningKind::Expiry { before }, 118)),
            "checkout-pr-412 (checkout@8f3c2ab, ana@example.com, $0.42/h) expires in 1 h 58 min, at 2026-03-02 13:58 UTC, \
             and will be torn down at 2026-03-02 15:13 UTC. Extend it with `jiti extend checkout-pr-412 4h`, or end it now \
             with `jiti teardown checkout-pr-412`."
        );
    }

    /// Of much that is left the first few are named, with what keeps them.
    #[test]
    fn residue_is_named() {
        let left: BTreeMap<String, stack::lease::ResidualResource> = (1..=7)
            .map(|n| {
                let blocked_by = (n == 1).then(|| "eni-1".to_owned());
                let reason = "in use".to_owned();
                (
                    format!("aws_vpc.v{n}"),
                    stack::lease::ResidualResource { reason, blocked_by },
                )
            })
            .collect();
        let message = warning(WarningKind::Residue { reason: None, left }, 5);
        let message = WebhookMessage::new(&Notification::Stack(Box::new(message)), noon());
        assert_eq!(
            message.reason,
            "was torn down but for 7 of its parts: aws_vpc.v1 (in use, blocked by eni-1), aws_vpc.v2 (in use), \
             aws_vpc.v3 (in use), aws_vpc.v4 (in use), aws_vpc.v5 (in use) and 2 more"
        );
        assert_eq!(message.residue.len(), 7);
    }

    /// Text from a plan cannot call a channel or fake a link.
    #[test]
    fn text_cannot_call_a_channel() {
        let reason = "<!channel> & <https://evil|click>".to_owned();
        let said = text(warning(WarningKind::Failed { reason }, 5));
        assert!(
            said.contains("&lt;!channel&gt; &amp; &lt;https://evil|click&gt;. The"),
            "{said}"
        );
    }

    /// A name with a space is one word of the command that is shown.
    #[test]
    fn names_are_quoted_for_a_shell() {
        let mut warning = warning(WarningKind::Idle, 5);
        warning.stack = stack_name("my stack");
        assert!(what_to_do(&warning).contains("`jiti touch 'my stack'`"));
    }
}
