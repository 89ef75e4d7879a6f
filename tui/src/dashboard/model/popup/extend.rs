//! The extend popup: one text field, and presets that fill it.

use jiff::Timestamp;
use stack::{Elapsed, Lease, Policy, Refusal, Span, StackName};
use tui_input::{Input, InputRequest};

/// The presets, in minutes, if the policy allows them.
const PRESETS: [u32; 5] = [60, 4 * 60, 8 * 60, 24 * 60, 3 * 24 * 60];

/// The popup.
#[derive(Debug)]
pub(crate) struct ExtendDialog {
    pub(crate) stack: StackName,
    /// When the lease expires now.
    pub(crate) expires_at: Timestamp,
    /// The presets that the policy allows. Empty: the lease cannot be extended.
    pub(crate) presets: Vec<Preset>,
    /// The index of the preset in the text field; `None` once the user has edited it.
    pub(crate) chosen: Option<usize>,
    /// The latest expiry that the policy allows, with its `max_ttl`; `None`: no limit.
    pub(crate) latest: Option<(Timestamp, Span)>,
    /// The text field. Only Enter confirms it.
    pub(crate) input: Input,
    /// Why the text was rejected.
    pub(crate) problem: Option<String>,
}

/// A preset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Preset {
    /// The duration.
    pub(crate) by: Span,
    /// When the lease then expires.
    pub(crate) until: Timestamp,
    /// Whether this is the latest time that the policy allows.
    pub(crate) is_latest: bool,
}

impl ExtendDialog {
    pub(crate) fn new(lease: &Lease, policy: &Policy, now: Timestamp) -> Self {
        let from = now.max(lease.expires_at);
        let latest = policy.max_ttl.map(|max| (max.after(lease.created_at), max));
        let preset = |by: Span, is_latest| {
            let until = policy.extend(lease, by, now).ok()?;
            Some(Preset {
                by,
                until,
                is_latest,
            })
        };
        let usual = PRESETS.into_iter().map(Span::minutes);
        let mut presets: Vec<Preset> = usual.filter_map(|by| preset(by, false)).collect();
        presets.extend(latest.and_then(|(at, _)| {
            let by = Span::from_seconds(Elapsed::between(from, at).seconds())?;
            preset(by, true)
        }));
        let mut dialog = Self {
            stack: lease.name.clone(),
            expires_at: lease.expires_at,
            presets,
            chosen: None,
            latest,
            input: Input::default(),
            problem: None,
        };
        dialog.choose(0);
        dialog
    }

    /// Whether keys write text: always, unless the lease cannot be extended.
    pub(crate) fn is_text_focused(&self) -> bool {
        !self.presets.is_empty()
    }

    /// Fills the text field with a preset.
    pub(crate) fn choose(&mut self, index: usize) {
        let index = index.min(self.presets.len().saturating_sub(1));
        if let Some(preset) = self.presets.get(index) {
            self.input = Input::new(preset.by.to_string());
            (self.chosen, self.problem) = (Some(index), None);
        }
    }

    /// Fills the text field with the next preset.
    pub(crate) fn choose_next(&mut self) {
        self.choose(self.chosen.map_or(0, |index| index + 1));
    }

    /// Fills the text field with the previous preset.
    pub(crate) fn choose_previous(&mut self) {
        self.choose(
            self.chosen
                .map_or(usize::MAX, |index| index.saturating_sub(1)),
        );
    }

    /// Fills the text field with a duration.
    pub(crate) fn fill(&mut self, by: String) {
        self.input = Input::new(by);
        (self.chosen, self.problem) = (None, None);
    }

    /// Edits the text field. A character replaces a preset.
    pub(crate) fn edit(&mut self, request: InputRequest) {
        let moves = matches!(request, InputRequest::GoToStart | InputRequest::GoToEnd);
        if self.chosen.is_some() && matches!(request, InputRequest::InsertChar(_)) {
            self.input.reset();
        }
        self.input.handle(request);
        if !moves {
            self.chosen = None;
        }
        self.problem = None;
    }

    /// Returns the duration in the text field and when the lease then expires, or why it is not
    /// allowed.
    pub(crate) fn read(
        &self,
        lease: &Lease,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<(Span, Timestamp), String> {
        let text = self.input.value().trim();
        let text = text.strip_prefix('+').unwrap_or(text);
        let by: Span = text
            .parse()
            .map_err(|error: stack::values::ttl::SpanError| error.to_string())?;
        let refused = |refusal: Refusal| refusal.to_string();
        let until = policy.extend(lease, by, now).map_err(refused)?;
        Ok((by, until))
    }
}
