//! `jiti report --what-if`: what another policy would have cost, and whom it would have cut off.

use std::cmp::{Ordering, Reverse};
use std::collections::BTreeMap;

use stack::economics::{CutOff, WhatIf};

use crate::cli::output::json;
use crate::cli::ui::Ui;
use crate::error::CommandError;
use crate::format::table::{Align, Cell, Column, Table};
use crate::format::{describe, values};

/// The maximum number of stacks in the table, and of owners in the sentence above it.
const MAX_ROWS: usize = 20;
const MAX_OWNERS: usize = 8;

/// Prints the result as JSON, or as sentences and a table of the stacks that would have been cut
/// off.
pub(super) fn print(found: &WhatIf, as_json: bool, ui: &mut Ui) -> Result<(), CommandError> {
    if as_json {
        return json::write(ui, found);
    }
    if found.stacks == 0 {
        let since = values::minute(found.since);
        return ui.text(&format!("No stacks since {since} UTC."));
    }
    ui.text(&cost(found))?;
    for line in notes(found) {
        ui.text(&line)?;
    }
    if found.cut_off.is_empty() {
        return Ok(());
    }
    ui.line("")?;
    let mut table = Table::new(vec![
        Column::new("CUT OFF", Align::Left).between(12, 40),
        Column::new("OWNER", Align::Left).between(12, 40),
        Column::new("APP", Align::Left).between(8, 30).droppable(1),
        Column::new("WOULD END", Align::Left),
        Column::new("REALLY ENDED", Align::Left).droppable(2),
        Column::new("LAST USE", Align::Left),
    ]);
    for row in found.cut_off.iter().take(MAX_ROWS) {
        table.row(cells(row));
    }
    ui.table(&table)?;
    ui.line("")?;
    let more = found.cut_off.len().saturating_sub(MAX_ROWS);
    if more > 0 {
        let more = values::count(more, "more stack");
        ui.text(&format!("{more}: --json lists every one."))?;
    }
    ui.text("Times are UTC.")
}

/// `Cut off, by owner: ana@example.com 12, ben@example.com 3.`
fn owners(found: &WhatIf) -> Option<String> {
    let mut owners: BTreeMap<&str, usize> = BTreeMap::new();
    for row in &found.cut_off {
        *owners.entry(row.owner.as_str()).or_default() += 1;
    }
    if owners.len() < 2 {
        return None;
    }
    let mut owners: Vec<_> = owners.into_iter().collect();
    owners.sort_by_key(|(_, stacks)| Reverse(*stacks));
    let named = owners.iter().take(MAX_OWNERS);
    let mut named: Vec<String> = named
        .map(|(owner, stacks)| format!("{owner} {}", values::thousands(*stacks)))
        .collect();
    let more = owners.len().saturating_sub(MAX_OWNERS);
    if more > 0 {
        named.push(values::count(more, "more owner"));
    }
    Some(format!("Cut off, by owner: {}.", named.join(", ")))
}

fn cells(row: &CutOff) -> Vec<Cell> {
    let real_end = row
        .real_end
        .map_or_else(|| "still exists".to_owned(), values::minute);
    vec![
        Cell::new(row.stack.as_str()),
        Cell::new(row.owner.as_str()),
        Cell::new(row.app.as_str()),
        Cell::new(values::minute(row.end)),
        Cell::new(real_end),
        Cell::new(values::minute(row.last_use)),
    ]
}

/// What the stacks cost, what they would have cost, and the difference.
fn cost(found: &WhatIf) -> String {
    let stacks = values::count(found.stacks, "stack");
    let since = values::minute(found.since);
    let policy = found.policy;
    let (Some(spent), Some(replayed)) = (found.spent_usd, found.policy_usd) else {
        return format!(
            "With {policy}, what the {stacks} since {since} UTC would have cost is unknown: no \
             rate is known."
        );
    };
    let usd = |usd| values::at_least(values::usd(usd), found.is_minimum);
    let difference = match replayed.cmp(&spent) {
        Ordering::Less => found
            .saved_usd
            .map(|saved| format!("{} less", values::usd(saved))),
        Ordering::Greater => found
            .extra_usd
            .map(|extra| format!("{} more", values::usd(extra))),
        Ordering::Equal => None,
    };
    format!(
        "With {policy}, the {stacks} since {since} UTC would have cost {} instead of {}: {}.",
        usd(replayed),
        usd(spent),
        difference.unwrap_or_else(|| "the same".to_owned())
    )
}

fn notes(found: &WhatIf) -> Vec<String> {
    let (earlier, later) = (found.ended_earlier, found.ended_later);
    let mut notes = vec![match (earlier, later) {
        (0, 0) => "Each would have ended when it did.".to_owned(),
        (earlier, 0) => format!("{} would have ended earlier.", values::thousands(earlier)),
        (0, later) => format!("{} would have ended later.", values::thousands(later)),
        (earlier, later) => format!(
            "{} would have ended earlier, and {} later.",
            values::thousands(earlier),
            values::thousands(later)
        ),
    }];
    if earlier > 0 {
        notes.push(match found.cut_off.len() {
            0 => "None was used after that, as far as uses are recorded.".to_owned(),
            1 => "1 of them was used after that.".to_owned(),
            used => format!("{} of them were used after that.", values::thousands(used)),
        });
    }
    notes.extend(owners(found));
    if found.uses_unknown > 0 {
        notes.push(format!(
            "Of {}, no use is recorded, so idle_after ends none of them.",
            values::count(found.uses_unknown, "stack")
        ));
    }
    if found.protected > 0 {
        notes.push(match found.protected {
            1 => "1 stack is protected, so no policy ends it.".to_owned(),
            protected => format!(
                "{} are protected, so no policy ends them.",
                values::count(protected, "stack")
            ),
        });
    }
    notes.extend(found.unreadable.iter().map(describe::unreadable));
    notes
}
