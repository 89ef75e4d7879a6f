//! Symbols for phases, and bars. Each symbol is one column wide in every terminal.

use stack::Phase;

/// The symbol of a phase. The word for the phase is always next to it.
pub(crate) const fn phase(phase: Phase) -> &'static str {
    match phase {
        Phase::Provisioning => "◐",
        Phase::Ready => "●",
        Phase::Asleep => "◌",
        Phase::Purgatory => "▲",
        Phase::TearingDown => "▼",
        Phase::Residue => "✗",
        Phase::Gone => "○",
    }
}

/// The mark of a marked stack.
pub(crate) const MARK: &str = "✓";

/// A bar with a share in thousandths: its filled part `━━━━━` and its empty part `┈┈┈`.
pub(crate) fn bar(thousandths: u64, columns: u16) -> (String, String) {
    let columns = u64::from(columns);
    let full = (thousandths.min(1_000) * columns).div_ceil(1_000);
    let times = |n: u64| usize::try_from(n).unwrap_or(0);
    ("━".repeat(times(full)), "┈".repeat(times(columns - full)))
}
