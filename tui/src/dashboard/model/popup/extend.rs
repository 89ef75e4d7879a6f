//! More time for a stack: what the policy still allows, and a line for what it does not list.

use jiff::Timestamp;
use stack::{Elapsed, Lease, Policy, Refusal, Span, StackName};
use tui_input::Input;

/// What is offered, as far as it is allowed.
const OFFERED: [u32; 5] = [60, 4 * 60, 8 * 60, 24 * 60, 3 * 24 * 60];

/// The popup.
#[derive(Debug)]
pub(crate) struct Extend {
    pub(crate) stack: StackName,
    /// When it expires now.
    pub(crate) expires_at: Timestamp,
    /// What can be chosen; the last is a line to write.
    pub(crate) choices: Vec<Choice>,
    /// Which of them is chosen.
    pub(crate) chosen: usize,
    /// The latest end that the policy allows, and the limit behind it; `None`: there is no limit.
    pub(crate) latest: Option<(Timestamp, Span)>,
    /// What is written in the last choice.
    pub(crate) input: Input,
    /// What is wrong with it.
    pub(crate) problem: Option<String>,
}

/// One way to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Choice {
    /// So much longer, until then.
    By { by: Span, until: Timestamp },
    /// As long as is allowed.
    Latest { by: Span, until: Timestamp },
    /// As long as is written.
    Written,
}

impl Extend {
    pub(crate) fn new(lease: &Lease, policy: &Policy, now: Timestamp) -> Self {
        let from = now.max(lease.expires_at);
        let latest = policy.max_ttl.map(|max| (max.after(lease.created_at), max));
        let mut choices: Vec<Choice> = OFFERED
            .into_iter()
            .map(Span::minutes)
            .filter_map(|by| {
                let until = policy.extend(lease, by, now).ok()?;
                Some(Choice::By { by, until })
            })
            .collect();
        let rest = latest.and_then(|(at, _)| {
            let by = Span::from_seconds(Elapsed::between(from, at).seconds())?;
            let until = policy.extend(lease, by, now).ok()?;
            Some(Choice::Latest { by, until })
        });
        choices.extend(rest);
        if !choices.is_empty() {
            choices.push(Choice::Written);
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
    pub(crate) fn is_written(&self) -> bool {
        self.choices.get(self.chosen) == Some(&Choice::Written)
    }

    /// By how much, if that is known and allowed.
    pub(crate) fn by(
        &self,
        lease: &Lease,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<Span, String> {
        match self.choices.get(self.chosen) {
            Some(Choice::By { by, .. } | Choice::Latest { by, .. }) => Ok(*by),
            Some(Choice::Written) => {
                let text = self.input.value().trim();
                let text = text.strip_prefix('+').unwrap_or(text);
                let by: Span = text
                    .parse()
                    .map_err(|error: stack::values::ttl::SpanError| error.to_string())?;
                let refused = |refusal: Refusal| refusal.to_string();
                policy.extend(lease, by, now).map(|_| by).map_err(refused)
            }
            None => Err("the policy allows no more time".to_owned()),
        }
    }
}
