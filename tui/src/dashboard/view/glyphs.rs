//! Signs for phases and bars for times: all of one column in every terminal.

use stack::Phase;

/// The sign of a phase. It says in one column what the word beside it says.
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

/// A bar of which so many thousandths are left: the full part and the rest, `━━━━━` and `┈┈┈`.
pub(crate) fn bar(thousandths: u64, columns: u16) -> (String, String) {
    let columns = u64::from(columns);
    let full = (thousandths.min(1_000) * columns).div_ceil(1_000);
    let times = |n: u64| usize::try_from(n).unwrap_or(0);
    ("━".repeat(times(full)), "┈".repeat(times(columns - full)))
}
