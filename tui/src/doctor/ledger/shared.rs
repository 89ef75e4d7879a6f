//! What the requests to a shared ledger cost.

use stack::Ledger;

use crate::doctor::Finding;
use crate::format::values;

/// The requests of this check, with their cost.
pub(super) fn usage(ledger: &dyn Ledger) -> Option<Finding> {
    let used = ledger.usage()?;
    let requests = values::count(
        usize::try_from(used.requests).unwrap_or(usize::MAX),
        "request",
    );
    let units = format!(
        "{} read and {} write units",
        used.read_units.normalize(),
        used.write_units.normalize()
    );
    let cost = match used.unmetered {
        0 => format!("${}", used.usd.amount().normalize()),
        unmetered => format!(
            "at least ${}; {unmetered} answers name no units",
            used.usd.amount().normalize()
        ),
    };
    let source = used.price_source;
    let found = format!("this check made {requests} ({units}, {cost}, {source})");
    Some(Finding::ok("ledger cost", found))
}
