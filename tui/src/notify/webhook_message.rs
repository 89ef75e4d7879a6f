//! The body that the webhook receives: a text for people, and the same facts as fields.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use jiff::Timestamp;
use serde::Serialize;
use stack::listing::ListedCause;
use stack::service::notify::{Alarm, Notification};
use stack::values::shell::quoted;
use stack::warning::{OwnerWarning, WarningKind};
use stack::{AppName, AppVersion, Elapsed, HourlyRate, Owner, StackName};

use crate::format::{describe, values};

/// How many items of a list the text names.
const MAX_LISTED: usize = 5;

/// How many warnings the text of a digest names. Slack cuts longer texts.
const MAX_DIGEST_LINES: usize = 50;

/// The body that the webhook receives. Slack shows `text`; the other fields are for programs.
/// Fields are only ever added.
#[derive(Debug, Serialize)]
pub(crate) struct WebhookMessage {
    /// The whole message for people. Escaped for Slack, so that a name cannot mention a channel.
    text: String,
    /// Identifies the fact, so that a receiver can drop a repeated message.
    id: String,
    /// The kind of fact: `expiry:2h`, `purgatory`, `idle`, `residue`, `gone`, `too_many`, …
    kind: String,
    stack: Option<StackName>,
    app: Option<AppName>,
    version: Option<AppVersion>,
    owner: Option<Owner>,
    /// What happened or will happen.
    reason: String,
    /// What the reader can do.
    what_to_do: String,
    /// When it happened or will happen.
    at: Option<Timestamp>,
    /// When the stack will be torn down.
    dies_at: Option<Timestamp>,
    hourly_usd: Option<HourlyRate>,
    /// Why the stack is not ready yet, and what it costs meanwhile.
    cause: Option<ListedCause>,
    /// The resources that the teardown left.
    residue: Vec<ResidualResource>,
    /// The stacks that are due, if there are more than `max_stacks`, or those of a digest.
    stacks: Vec<StackName>,
    /// The messages that a digest stands for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    messages: Vec<WebhookMessage>,
}

#[derive(Debug, Serialize)]
struct ResidualResource {
    id: String,
    reason: String,
    blocked_by: Option<String>,
}

impl WebhookMessage {
    pub(crate) fn new(notification: &Notification, now: Timestamp) -> Self {
        match notification {
            Notification::Stack(warning) => Self::about_stack(warning, now),
            Notification::Digest(warnings) => Self::digest(warnings, now),
            Notification::Reaper(alarm) => Self::about_reaper(alarm, now),
        }
    }

    /// The message as one line for a terminal.
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
            .map(|rate| format!(", {}", values::per_hour(rate, warning.hourly_is_minimum)));
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
            text: slack_escaped(&text),
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
            cause: warning.cause.clone(),
            residue,
            stacks: Vec::new(),
            messages: Vec::new(),
        }
    }

    /// One message for many warnings: a line for each, and each as an object.
    fn digest(warnings: &[OwnerWarning], now: Timestamp) -> Self {
        let messages: Vec<Self> = warnings
            .iter()
            .map(|warning| Self::about_stack(warning, now))
            .collect();
        let reason = format!(
            "{} about {}",
            values::count(messages.len(), "warning"),
            values::count(stacks_of(warnings).len(), "stack")
        );
        let what_to_do = "`jiti ls` lists the stacks; `jiti extend`, `jiti touch` and `jiti teardown` act on one.";
        let mut text = format!("{reason}. {}", slack_escaped(what_to_do));
        for message in messages.iter().take(MAX_DIGEST_LINES) {
            let _ = write!(text, "\n• {}", slack_escaped(&message.summary()));
        }
        if let Some(more) = messages
            .len()
            .checked_sub(MAX_DIGEST_LINES)
            .filter(|more| *more > 0)
        {
            let _ = write!(text, "\n… and {more} more");
        }
        Self {
            text,
            id: format!("digest/{}", digest_of(&messages)),
            kind: "digest".to_owned(),
            stack: None,
            app: None,
            version: None,
            owner: None,
            reason,
            what_to_do: what_to_do.to_owned(),
            at: Some(now),
            dies_at: None,
            hourly_usd: None,
            cause: None,
            residue: Vec::new(),
            stacks: stacks_of(warnings),
            messages,
        }
    }

    fn about_reaper(alarm: &Alarm, now: Timestamp) -> Self {
        let (stacks, what_to_do) = match alarm {
            Alarm::TooMany(too_many) => (
                too_many.stacks.clone(),
                "List them with `jiti reap`, tear them down with `jiti teardown`, or raise max_stacks under [reaper].",
            ),
            Alarm::ClockBehind(_) | Alarm::ClockSkew(_) => {
                (Vec::new(), "Set the clock of the reaper's machine.")
            }
        };
        let reason = match alarm {
            Alarm::TooMany(too_many) => format!(
                "{} due, more than the {} that max_stacks under [reaper] allows per run: {}",
                stacks_are(too_many.stacks.len()),
                too_many.max,
                list(too_many.stacks.iter().map(ToString::to_string))
            ),
            Alarm::ClockBehind(behind) => format!(
                "the clock of the reaper's machine is behind: it shows {} UTC, but the ledger's last event is from {} UTC",
                values::second(behind.now),
                values::second(behind.latest)
            ),
            Alarm::ClockSkew(skew) => format!(
                "the clock of the reaper's machine shows {} UTC, but AWS's clock shows {} UTC",
                values::second(skew.here),
                values::second(skew.cloud)
            ),
        };
        Self {
            text: slack_escaped(&format!(
                "The reaper touched no stacks: {reason}. {what_to_do}"
            )),
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
            cause: None,
            residue: Vec::new(),
            stacks,
            messages: Vec::new(),
        }
    }
}

/// The stacks of some warnings, each once.
fn stacks_of(warnings: &[OwnerWarning]) -> Vec<StackName> {
    let names: BTreeSet<&StackName> = warnings.iter().map(|warning| &warning.stack).collect();
    names.into_iter().cloned().collect()
}

/// A hash of what a digest contains: the same facts have the same id, also in another process.
fn digest_of(messages: &[WebhookMessage]) -> String {
    // FNV-1a: the id only has to tell digests apart.
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in messages.iter().flat_map(|message| message.id.bytes()) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    format!("{hash:016x}")
}

/// What happened or will happen, as the end of a sentence that starts with the stack's name.
fn reason(warning: &OwnerWarning, now: Timestamp) -> String {
    let at = format!("{} UTC", values::minute(warning.about));
    let mut text = match &warning.kind {
        WarningKind::Expiry { .. } => {
            let left = values::duration(Elapsed::between(now, warning.about));
            format!("expires in {left}, at {at}")
        }
        WarningKind::Expired => format!("expired at {at}"),
        WarningKind::Purgatory => {
            let cause = warning.cause.as_ref().map(|cause| {
                let since = values::minute(cause.since);
                format!(": {} ({}, since {since} UTC)", cause.text, cause.kind)
            });
            format!(
                "is in purgatory: it costs money but was not ready by {at}{}",
                cause.unwrap_or_default()
            )
        }
        WarningKind::Idle => {
            format!("is idle: its idle time ran out at {at}")
        }
        WarningKind::Noncompliant { findings, more } => {
            let broken = describe::broken_rules(findings, *more);
            format!("has broken rules since {at}: {broken}")
        }
        WarningKind::Failed { reason } => {
            format!(
                "is due, but the teardown failed: {}",
                without_period(reason)
            )
        }
        WarningKind::Residue { reason, left } if left.is_empty() => format!(
            "teardown incomplete: {}",
            without_period(
                reason
                    .as_deref()
                    .unwrap_or("the last teardown gave no reason")
            )
        ),
        WarningKind::Residue { left, .. } => {
            let each = left.iter().map(|(id, left)| match &left.blocked_by {
                Some(by) => format!("{id} ({}, blocked by {by})", left.reason),
                None => format!("{id} ({})", left.reason),
            });
            format!(
                "teardown incomplete: {} left: {}",
                values::count(left.len(), "resource"),
                list(each)
            )
        }
        WarningKind::Gone { by, why, deleted } => {
            format!(
                "was torn down at {at} by {by} ({why}), {} deleted",
                values::count(*deleted, "resource")
            )
        }
    };
    if matches!(
        warning.kind,
        WarningKind::Expiry { .. }
            | WarningKind::Expired
            | WarningKind::Purgatory
            | WarningKind::Idle
            | WarningKind::Noncompliant { .. }
    ) {
        match (warning.due_at, warning.dies_at) {
            (Some(due), _) if due <= now && warning.budget.is_some() => {
                let deferral = warning.budget.as_ref();
                let deferral = deferral.map(|deferral| describe::deferral(deferral, now));
                let _ = write!(text, ", and is due; {}", deferral.unwrap_or_default());
            }
            (Some(due), _) if due <= now => text.push_str(", and is due now"),
            (Some(due), dies) => {
                let dies = values::minute(dies.unwrap_or(due));
                let _ = write!(text, ", and will be torn down at {dies} UTC");
            }
            (None, _) => {}
        }
    }
    text
}

fn what_to_do(warning: &OwnerWarning) -> String {
    let stack = quoted(warning.stack.as_str());
    match &warning.kind {
        WarningKind::Expiry { .. } | WarningKind::Expired => format!(
            "Extend it with `jiti extend {stack} 4h`, or end it now with `jiti teardown {stack}`."
        ),
        WarningKind::Purgatory => format!(
            "See its phases with `jiti show {stack}`. Fix its checks, or end it with `jiti teardown {stack}`."
        ),
        WarningKind::Idle => format!(
            "If it is in use, run `jiti touch {stack}`. Otherwise end it now with `jiti teardown {stack}`."
        ),
        WarningKind::Noncompliant { .. } => format!(
            "`jiti check --live {stack}` says how to fix each. Then run `jiti sync`, or end it now with `jiti teardown {stack}`."
        ),
        WarningKind::Failed { .. } => format!(
            "The reaper retries with back-off. Fix the cause, or retry now with `jiti teardown {stack}`."
        ),
        WarningKind::Residue { .. } => format!(
            "The reaper retries with back-off. `jiti show {stack}` lists what is left; `jiti teardown {stack}` retries now."
        ),
        WarningKind::Gone { .. } => {
            format!("There is nothing left to do. `jiti events {stack}` shows what happened.")
        }
    }
}

/// `1 stack is` or `3 stacks are`.
fn stacks_are(number: usize) -> String {
    let verb = if number == 1 { "is" } else { "are" };
    format!("{} {verb}", values::count(number, "stack"))
}

/// The first few items, and the number of the others.
fn list(items: impl ExactSizeIterator<Item = String>) -> String {
    let more = items.len().saturating_sub(MAX_LISTED);
    let mut text = items.take(MAX_LISTED).collect::<Vec<_>>().join(", ");
    if more > 0 {
        let _ = write!(text, " and {more} more");
    }
    text
}

/// A sentence without its period, because more text follows.
fn without_period(sentence: &str) -> &str {
    sentence.trim_end().trim_end_matches('.')
}

/// The text with Slack's three special characters escaped.
fn slack_escaped(text: &str) -> String {
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
            budget: None,
            cause: None,
            hourly_usd: "0.42".parse().ok(),
            hourly_is_minimum: false,
        }
    }

    fn text(warning: OwnerWarning) -> String {
        WebhookMessage::new(&Notification::Stack(Box::new(warning)), noon()).text
    }

    /// A message says what happens to which stack, whose it is, when, and what to do.
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

    /// The warning of a stack in purgatory says why it is not ready, and has the cause as fields.
    #[test]
    fn purgatory_names_its_cause() {
        let mut purgatory = warning(WarningKind::Purgatory, 15);
        purgatory.cause = Some(ListedCause {
            kind: stack::init::CauseKind::ImagePull,
            text: "pod web-0: no such image".to_owned(),
            since: stack::Span::minutes(3).after(noon()),
            found_by: "kubernetes shop/app=web".to_owned(),
            found_at: stack::Span::minutes(4).after(noon()),
            hourly_usd: "0.42".parse().ok(),
            usd: None,
        });
        let message = WebhookMessage::new(&Notification::Stack(Box::new(purgatory)), noon());
        let expected = "$0.42/h) is in purgatory: it costs money but was not ready by 2026-03-02 12:15 UTC: \
                        pod web-0: no such image (image_pull, since 2026-03-02 12:03 UTC), and will";
        assert!(message.text.contains(expected), "{}", message.text);
        let fields = serde_json::to_value(&message).expect("writes");
        assert_eq!(fields["cause"]["kind"], "image_pull");
        assert_eq!(fields["cause"]["since"], "2026-03-02T12:03:00Z");
    }

    /// A stack that a budget of the reaper defers is due, and the message says until when it lives.
    #[test]
    fn a_deferred_stack_names_the_budget() {
        let mut idle = warning(WarningKind::Idle, 0);
        idle.due_at = Some(noon());
        idle.budget = Some(stack::budget::BudgetDeferral {
            budget: "no teardown for 8h from \"0 9 * * *\" (UTC)".to_owned(),
            max: 0,
            ending: 0,
            not_before: Some(stack::Span::minutes(300).after(noon())),
        });
        let text = text(idle);
        let expected = "is due; a budget defers the end: no teardown for 8h from \"0 9 * * *\" (UTC); \
                        the next possible end is at ";
        assert!(text.contains(expected), "{text}");
    }

    /// If many resources are left, the text names the first few and what blocks them.
    #[test]
    fn residue_is_named() {
        let left: BTreeMap<String, stack::lease::ResidualResource> = (1..=7)
            .map(|n| {
                let blocked_by = (n == 1).then(|| "eni-1".to_owned());
                let reason = "in use".to_owned();
                (
                    format!("aws_vpc.v{n}"),
                    stack::lease::ResidualResource {
                        reason,
                        blocked_by,
                        ..Default::default()
                    },
                )
            })
            .collect();
        let message = warning(WarningKind::Residue { reason: None, left }, 5);
        let message = WebhookMessage::new(&Notification::Stack(Box::new(message)), noon());
        assert_eq!(
            message.reason,
            "teardown incomplete: 7 resources left: aws_vpc.v1 (in use, blocked by eni-1), aws_vpc.v2 (in use), \
             aws_vpc.v3 (in use), aws_vpc.v4 (in use), aws_vpc.v5 (in use) and 2 more"
        );
        assert_eq!(message.residue.len(), 7);
    }

    /// Text from a plan cannot mention a channel or fake a link.
    #[test]
    fn text_cannot_mention_a_channel() {
        let reason = "<!channel> & <https://evil|click>".to_owned();
        let text = text(warning(WarningKind::Failed { reason }, 5));
        assert!(
            text.contains("&lt;!channel&gt; &amp; &lt;https://evil|click&gt;. The"),
            "{text}"
        );
    }

    /// A digest names each stack on a line, and holds each message for programs.
    #[test]
    fn a_digest_names_every_stack() {
        let mut warnings: Vec<OwnerWarning> = (0..60)
            .map(|n| OwnerWarning {
                stack: stack_name(&format!("stack-{n:02}")),
                ..warning(WarningKind::Idle, 5)
            })
            .collect();
        let message = |warnings: &[OwnerWarning]| {
            WebhookMessage::new(&Notification::Digest(warnings.to_vec()), noon())
        };
        let digest = message(&warnings);
        assert!(
            digest.text.starts_with("60 warnings about 60 stacks. "),
            "{}",
            digest.text
        );
        assert!(
            digest
                .text
                .contains("\n• stack-00 is idle: its idle time ran out at ")
        );
        assert!(digest.text.ends_with("\n… and 10 more"), "{}", digest.text);
        assert_eq!((digest.stacks.len(), digest.messages.len()), (60, 60));
        assert_eq!(digest.messages[7].id, warnings[7].id());
        assert_eq!(digest.id, message(&warnings).id);
        warnings.pop();
        assert_ne!(digest.id, message(&warnings).id);
    }

    /// A name with a space is quoted in the commands.
    #[test]
    fn names_are_quoted_for_a_shell() {
        let mut warning = warning(WarningKind::Idle, 5);
        warning.stack = stack_name("my stack");
        assert!(what_to_do(&warning).contains("`jiti touch 'my stack'`"));
    }
}
