//! The extend popup: durations that the policy allows, and a text field for any other.

use jiff::Timestamp;
use stack::{Elapsed, Lease, Policy, Refusal, Span, StackName};
use tui_input::Input;

/// The durations to offer, in minutes, if the policy allows them.
const OFFERED: [u32; 5] = [60, 4 * 60, 8 * 60, 24 * 60, 3 * 24 * 60];

/// The popup.
#[derive(Debug)]
pub(crate) struct ExtendDialog {
    pub(crate) stack: StackName,
    /// When the lease expires now.
    pub(crate) expires_at: Timestamp,
    /// The options; the last one is the text field.
    pub(crate) choices: Vec<ExtendOption>,
    /// The index of the selected option.
    pub(crate) chosen: usize,
    /// The latest expiry that the policy allows, with its `max_ttl`; `None`: no limit.
    pub(crate) latest: Option<(Timestamp, Span)>,
    /// The text field of the last option.
    pub(crate) input: Input,
    /// Why the text was rejected.
    pub(crate) problem: Option<String>,
}

/// One option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ExtendOption {
    /// Extend by a duration, until a time.
    By { by: Span, until: Timestamp },
    /// Extend to the latest time that the policy allows.
    Latest { by: Span, until: Timestamp },
    /// Extend by the duration in the text field.
    Written,
}

impl ExtendDialog {
    pub(crate) fn new(lease: &Lease, policy: &Policy, now: Timestamp) -> Self {
        let from = now.max(lease.expires_at);
        let latest = policy.max_ttl.map(|max| (max.after(lease.created_at), max));
        let mut choices: Vec<ExtendOption> = OFFERED
            .into_iter()
            .map(Span::minutes)
            .filter_map(|by| {
                let until = policy.extend(lease, by, now).ok()?;
                Some(ExtendOption::By { by, until })
            })
            .collect();
        let rest = latest.and_then(|(at, _)| {
            let by = Span::from_seconds(Elapsed::between(from, at).seconds())?;
            let until = policy.extend(lease, by, now).ok()?;
            Some(ExtendOption::Latest { by, until })
        });
        choices.extend(rest);
        if !choices.is_empty() {
            choices.push(ExtendOption::Written);
        }
        Self {
            stack: lease.name.clone(),
            expires_at: lease.expires_at,
            choices,
            chosen: 0,
            latest,
            input: Input::default(),
            problem: None,
        }
    }

    /// Whether keys write text.
    pub(crate) fn is_text_focused(&self) -> bool {
        self.choices.get(self.chosen) == Some(&ExtendOption::Written)
    }

    /// Returns the chosen duration, or why it is not allowed.
    pub(crate) fn by(
        &self,
        lease: &Lease,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<Span, String> {
        match self.choices.get(self.chosen) {
            Some(ExtendOption::By { by, .. } | ExtendOption::Latest { by, .. }) => Ok(*by),
            Some(ExtendOption::Written) => {
                let text = self.input.value().trim();
                let text = text.strip_prefix('+').unwrap_or(text);
                let by: Span = text
                    .parse()
                    .map_err(|error: stack::values::ttl::SpanError| error.to_string())?;
                let refused = |refusal: Refusal| refusal.to_string();
                policy.extend(lease, by, now).map(|_| by).map_err(refused)
            }
            None => Err("the lease is at the policy's max_ttl".to_owned()),
        }
    }
}
