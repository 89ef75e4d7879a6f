//! Init overhead: its parts, and a chart of its phases.
//!
//! ```text
//!   PHASE              CLASS       TOOK      FROM REQUEST TO READY
//!   migrate database   database    6.0 s     ████
//!   warm caches        cache       2.0 s         ██
//! ```

use stack::Phase;
use stack::listing::ListedInit;

use super::super::page::Page;
use crate::dashboard::model::Model;
use crate::dashboard::model::row::StackRow;
use crate::dashboard::theme::Ink;
use crate::format::fields;
use crate::format::gantt::{self, PhaseBar};
use crate::format::style::Tone;
use crate::format::text::Clean;
use crate::format::values::{self, UNKNOWN};

/// The maximum width of the chart.
const WIDEST: u32 = 80;

pub(super) fn fill(page: &mut Page, stack: &StackRow, model: &Model) {
    let now = model.now();
    let listing = stack.listing(model.store.view());
    let init = &listing.init;
    if stack.lease().is_none() {
        let text = "Start-up time unknown";
        return page.text(text, Tone::Plain);
    }
    let Some(requested) = init.requested_at else {
        page.text(
            "This stack declares no readiness check: it is ready when it is created.",
            Tone::Plain,
        );
        page.blank();
        page.text(
            "To measure the init overhead by phase, set `ready_timeout` on the jiti_stack, and report readiness with a jiti_readiness or `jiti mark NAME ready`.",
            Tone::Quiet,
        );
        return;
    };
    let cost = fields::init_usd(&listing)
        .map(|usd| format!(", {usd}"))
        .unwrap_or_default();
    let tone = if listing.phase == Phase::Purgatory {
        Tone::Alarm
    } else {
        Tone::Heading
    };
    page.field(
        "total",
        &format!("{}{cost}", fields::init(&listing, now)),
        tone,
    );
    let time = |time: Option<_>| time.map_or_else(|| "not yet".to_owned(), values::seconds);
    page.field("requested", &values::moment(requested, now), Tone::Plain);
    page.field("provisioning", &time(init.provision_seconds), Tone::Plain);
    page.field("ready after", &time(init.ready_seconds), Tone::Plain);
    if let Some(slowest) = &init.slowest_phase {
        page.field("slowest phase", slowest, Tone::Notice);
    }
    if let Some(cause) = fields::cause(&listing, now) {
        page.field("because", &cause, Tone::Alarm);
        if let Some(cost) = fields::cause_cost(&listing) {
            page.field("meanwhile", &cost, Tone::Notice);
        }
    }
    if let Some(deadline) = stack.lease().and_then(|lease| lease.at(now).ready_deadline) {
        page.field("purgatory", &values::moment(deadline, now), Tone::Notice);
    }
    page.blank();
    if init.phases.is_empty() {
        page.text(
            "No phases reported. `jiti mark NAME PHASE start|done` reports one.",
            Tone::Quiet,
        );
    } else {
        chart(page, init, init.ready_at.unwrap_or(now), requested);
    }
}

fn chart(page: &mut Page, init: &ListedInit, end: jiff::Timestamp, requested: jiff::Timestamp) {
    let width = |texts: &mut dyn Iterator<Item = &str>, most: usize| {
        texts
            .map(|text| Clean::new(text).width())
            .max()
            .unwrap_or(0)
            .clamp(6, most)
    };
    let names = width(&mut init.phases.iter().map(|phase| phase.name.as_str()), 30);
    let classes = width(
        &mut init
            .phases
            .iter()
            .filter_map(|phase| phase.class.as_deref()),
        14,
    );
    let before = 2 + names + 2 + classes + 2 + 12 + 2;
    let room = u32::try_from(page.columns().saturating_sub(before))
        .unwrap_or(0)
        .clamp(8, WIDEST);
    let head = format!(
        "  {:<names$}  {:<classes$}  {:<12}  FROM REQUEST TO READY",
        "PHASE", "CLASS", "TOOK"
    );
    page.line([(head, Ink::Title)]);
    let bars: Vec<PhaseBar> = init
        .phases
        .iter()
        .map(|phase| PhaseBar {
            start: phase.started_at,
            took: phase.seconds,
        })
        .collect();
    let drawn = gantt::bars(requested, end, &bars, room);
    for (phase, bar) in init.phases.iter().zip(drawn) {
        let slowest = init.slowest_phase.as_deref() == Some(phase.name.as_str());
        let ink: Ink = match (slowest, phase.seconds) {
            (true, _) => Tone::Notice.into(),
            (false, None) => Ink::Accent,
            (false, Some(_)) => Tone::Good.into(),
        };
        let took = phase
            .seconds
            .map_or_else(|| "running".to_owned(), values::seconds);
        let class = phase.class.as_deref().unwrap_or(UNKNOWN);
        page.line([
            (
                format!("  {}  ", cell(&phase.name, names)),
                Tone::Plain.into(),
            ),
            (format!("{}  ", cell(class, classes)), Tone::Quiet.into()),
            (format!("{took:<12}  "), Tone::Plain.into()),
            (bar, ink),
        ]);
    }
}

/// Fits a text into exactly this many columns.
fn cell(text: &str, columns: usize) -> String {
    let text = Clean::new(text).shortened(columns);
    let rest = columns.saturating_sub(text.width());
    format!("{text}{}", " ".repeat(rest))
}
