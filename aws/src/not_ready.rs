//! What the reasons of a service say about why a resource is not ready.

use jiff::Timestamp;
use stack::init::CauseKind;

/// A reason that a service gave, with the kind of cause that it shows.
pub(crate) struct StatedReason<'a> {
    pub(crate) kind: CauseKind,
    pub(crate) message: &'a str,
    pub(crate) at: Timestamp,
}

/// The kind of the first part that the message contains.
pub(crate) fn kind_of(parts: &[(&str, CauseKind)], message: &str) -> Option<CauseKind> {
    let known = parts.iter().find(|(part, _)| message.contains(part));
    known.map(|(_, kind)| *kind)
}

/// The newest reason, with the time of the oldest one of its kind in a row: since then it has been
/// so. The reasons are sorted by time, the newest first.
pub(crate) fn newest<'a>(
    reasons: impl IntoIterator<Item = StatedReason<'a>>,
) -> Option<StatedReason<'a>> {
    let mut reasons = reasons.into_iter();
    let newest = reasons.next()?;
    let same = reasons.take_while(|reason| reason.kind == newest.kind);
    let at = same.last().map_or(newest.at, |oldest| oldest.at);
    Some(StatedReason { at, ..newest })
}
