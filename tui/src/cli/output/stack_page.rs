//! One stack as a page for people, in sections.
//!
//! ```text
//! checkout-1.4.0  ready, held
//!
//!   app       checkout            fields
//!
//! Init                            sections,
//!   provisioned after  3 s        with the phases as a chart,
//!   migrate database  ████
//!
//! Resources                       the resources that were found, as a table
//!
//! Events                          the last events
//! ```

use jiff::Timestamp;
use stack::init::FailedCheck;
use stack::listing::{Flag, ListedOrigin, ListedPurgatory};
use stack::view::View;
use stack::{Listing, Phase, RenewOn, service};

use super::event_table::{self, EventScope};
use super::{broken_rules, coverage, resource_table};
use crate::cli::ui::Ui;
use crate::error::CommandError;
use crate::format::gantt::{self, PhaseBar};
use crate::format::style::Tone;
use crate::format::table::{Align, Cell, Column, Table};
use crate::format::text::clean;
use crate::format::{describe, fields, values};

/// How many of the last events are shown.
const MAX_EVENTS: usize = 10;

/// The width of the chart of phases, in columns.
const CHART_WIDTH: u32 = 40;

/// The data of a page.
pub(crate) struct StackPage<'a> {
    pub(crate) shown: &'a service::StackDetails,
    pub(crate) view: &'a View,
}

/// Writes the page.
pub(crate) fn write(ui: &mut Ui, page: &StackPage<'_>) -> Result<(), CommandError> {
    let StackPage {
        shown: service::StackDetails { listing, .. },
        view,
    } = page;
    let name = ui.paint(Tone::Heading, &clean(listing.name.as_str()));
    let state = ui.paint(fields::state_tone(listing), &clean(&fields::state(listing)));
    ui.line(&format!("{name}  {state}"))?;
    ui.line("")?;
    identity(ui, listing)?;
    section(ui, "Lease")?;
    lease(ui, page)?;
    if !listing.residue.is_empty() {
        section(ui, "Residue")?;
        residue(ui, listing)?;
    }
    if let Some(found) = &listing.noncompliance {
        section(ui, "Broken rules")?;
        broken_rules::write(ui, found, view.now)?;
    }
    section(ui, "Init")?;
    init(ui, listing, view.now)?;
    section(ui, "Cost")?;
    cost(ui, listing, view)?;
    section(ui, "Use")?;
    usage(ui, page)?;
    if view.cloud.is_some() {
        section(ui, "Resources")?;
        resource_table::write(ui, page.shown, view)?;
        coverage::write_age(ui, view)?;
    }
    if page.shown.lease.is_some() {
        section(ui, "Events")?;
        events(ui, page)?;
    }
    match view.reaper.inactivity(view.now) {
        Some(why) if listing.phase != Phase::Gone => {
            ui.line("")?;
            ui.text(&describe::inactivity(&why))
        }
        _ => Ok(()),
    }
}

fn identity(ui: &mut Ui, stack: &Listing) -> Result<(), CommandError> {
    field(ui, "app", stack.app.as_str())?;
    field(ui, "version", stack.version.as_str())?;
    field(ui, "owner", stack.owner.as_str())?;
    if !stack.labels.is_empty() {
        let labels = stack
            .labels
            .iter()
            .map(|(key, value)| format!("{key}={value}"));
        field(ui, "labels", &labels.collect::<Vec<_>>().join(", "))?;
    }
    let Some(origin) = &stack.origin else {
        return field(ui, "applied from", "unknown");
    };
    field(ui, "applied from", &origin.directory)?;
    field(
        ui,
        "",
        &format!("workspace {}, {}", origin.workspace, origin.command),
    )?;
    for line in origin_source(origin) {
        field(ui, "", &line)?;
    }
    Ok(())
}

/// The machine, the backend and the commit, as far as they are known.
fn origin_source(origin: &ListedOrigin) -> Vec<String> {
    let host = origin.host.as_ref().map(|host| format!("on {host}"));
    let backend = origin.backend.as_ref().map(|backend| {
        let keys = backend.keys.iter();
        let keys: Vec<_> = keys.map(|(key, value)| format!("{key}={value}")).collect();
        match keys.is_empty() {
            true => format!("state in backend {}", backend.kind),
            false => format!("state in backend {}: {}", backend.kind, keys.join(", ")),
        }
    });
    let commit = origin.commit.as_ref().zip(origin.repository.as_ref());
    let commit = commit.map(|(commit, repository)| format!("commit {commit} of {repository}"));
    [host, backend, commit].into_iter().flatten().collect()
}

fn lease(ui: &mut Ui, page: &StackPage<'_>) -> Result<(), CommandError> {
    let StackPage {
        shown:
            service::StackDetails {
                lease,
                listing: stack,
                ..
            },
        view,
    } = page;
    let now = view.now;
    let moment = |at: Option<Timestamp>| {
        at.map_or_else(|| "unknown".to_owned(), |at| values::moment(at, now))
    };
    field(ui, "created", &moment(stack.created_at))?;
    let label = if stack.phase == Phase::Gone {
        "would have expired"
    } else {
        "expires"
    };
    field(ui, label, &moment(stack.expires_at))?;
    let Some(lease) = lease else {
        return field(
            ui,
            "lease",
            "found by tags only; no lease in this ledger, so the reaper leaves it alone",
        );
    };
    let renewed = match lease.terms.renew_on {
        RenewOn::Version => "renewed by a new version",
        RenewOn::Never => "never renewed",
    };
    field(ui, "ttl", &format!("{}, {renewed}", lease.terms.ttl))?;
    let cap = match view.policy.max_ttl {
        None => "unlimited: the policy sets no max_ttl".to_owned(),
        Some(max) => {
            let latest = max.after(lease.created_at);
            format!("{} (max_ttl {max})", values::moment(latest, now))
        }
    };
    field(ui, "latest expiry", &cap)?;
    match &lease.hold {
        Some(hold) if stack.hold_until.is_some() => {
            let held = format!(
                "{}: {} ({})",
                values::moment(hold.until, now),
                hold.why,
                hold.by
            );
            field(ui, "held until", &held)?;
        }
        _ => field(ui, "held", "no")?,
    }
    let (ends, _) = fields::end(stack, view);
    field(ui, "ends at", &ends)?;
    let queue = view.init_queue.as_ref();
    match queue.and_then(|queue| queue.wait(&stack.name, now)) {
        Some(wait) => field(ui, "waits for a turn", &wait.to_string()),
        None => Ok(()),
    }
}

/// What is left, why, and the command that finishes it.
fn residue(ui: &mut Ui, stack: &Listing) -> Result<(), CommandError> {
    for left in &stack.residue {
        let by = left.blocked_by.as_deref();
        let by = by.map(|by| format!(", blocked by {by}"));
        ui.text(&format!(
            "  {}: {}{}",
            left.id,
            left.reason,
            by.unwrap_or_default()
        ))?;
        let rate = left.hourly_usd.map_or_else(
            || "cost unknown".to_owned(),
            |rate| format!("{}/h", values::rate(rate)),
        );
        let known = [left.kind.clone(), left.region.clone(), Some(rate)];
        let known: Vec<String> = known.into_iter().flatten().collect();
        ui.text(&format!("    {}", known.join(", ")))?;
        if let Some(command) = &left.command {
            ui.text(&format!("    to finish: {command}"))?;
        }
    }
    Ok(())
}

fn init(ui: &mut Ui, stack: &Listing, now: Timestamp) -> Result<(), CommandError> {
    let init = &stack.init;
    let Some(requested) = init.requested_at else {
        if stack.flags.contains(&Flag::Unleased) {
            return field(ui, "start-up time", "unknown: no lease in this ledger");
        }
        return field(
            ui,
            "start-up time",
            "none: the stack declares no readiness, so it is ready when it is created",
        );
    };
    let time = |time: Option<_>| time.map_or_else(|| "not yet".to_owned(), values::seconds);
    let cost = fields::init_usd(stack)
        .map(|usd| format!(", {usd}"))
        .unwrap_or_default();
    field(ui, "total", &format!("{}{cost}", fields::init(stack, now)))?;
    field(ui, "requested", &values::moment(requested, now))?;
    field(ui, "provisioned after", &time(init.provision_seconds))?;
    field(ui, "ready after", &time(init.ready_seconds))?;
    if let Some(slowest) = &init.slowest_phase {
        field(ui, "slowest phase", slowest)?;
    }
    if let Some(cause) = fields::cause(stack, now) {
        field(ui, "not ready because", &cause)?;
        if let Some(cost) = fields::cause_cost(stack) {
            field(ui, "cost meanwhile", &cost)?;
        }
    }
    if let Some(purgatory) = &stack.purgatory {
        self::purgatory(ui, purgatory, now)?;
    }
    if init.phases.is_empty() {
        return Ok(());
    }
    ui.line("")?;
    let bars: Vec<PhaseBar> = init
        .phases
        .iter()
        .map(|phase| PhaseBar {
            start: phase.started_at,
            took: phase.seconds,
        })
        .collect();
    let end = init.ready_at.unwrap_or(now);
    let mut table = Table::new([
        Column::new("  PHASE", Align::Left).between(14, 30),
        Column::new("CLASS", Align::Left)
            .between(8, 16)
            .droppable(1),
        Column::new("TOOK", Align::Right),
        Column::new("FROM REQUEST TO READY", Align::Left).droppable(2),
    ]);
    let chart = gantt::bars(requested, end, &bars, CHART_WIDTH);
    for (phase, bar) in init.phases.iter().zip(chart) {
        table.row([
            Cell::new(format!("  {}", phase.name)),
            Cell::new(phase.class.as_deref().unwrap_or(values::UNKNOWN)),
            Cell::new(
                phase
                    .seconds
                    .map_or_else(|| "running".to_owned(), values::seconds),
            ),
            Cell::new(bar),
        ]);
    }
    ui.table(&table)
}

/// Why the stack is billed and not ready.
fn purgatory(ui: &mut Ui, purgatory: &ListedPurgatory, now: Timestamp) -> Result<(), CommandError> {
    let since = values::moment(purgatory.since, now);
    field(ui, "in purgatory since", &since)?;
    if let Some(rate) = purgatory.hourly_usd {
        let usd = purgatory.usd.map(values::usd);
        let usd = usd.map(|usd| format!(", {usd} so far")).unwrap_or_default();
        field(
            ui,
            "purgatory cost",
            &format!("{}/h{usd}", values::rate(rate)),
        )?;
    }
    for FailedCheck { check, answer } in &purgatory.checks {
        field(ui, "failed check", &format!("{check}: {answer}"))?;
    }
    if let Some(phase) = &purgatory.open_phase {
        field(ui, "never ended", &format!("phase {phase}"))?;
    }
    Ok(())
}

fn cost(ui: &mut Ui, stack: &Listing, view: &View) -> Result<(), CommandError> {
    let cost = &stack.cost;
    let rate = match fields::rate_and_source(cost) {
        Some(rate) => rate,
        None if stack.phase == Phase::Gone => "none: the stack is gone".to_owned(),
        None if view.cloud.is_some() => {
            "unknown: no tagged resource has a price; set hourly_cost on the jiti_stack".to_owned()
        }
        None => "unknown: set hourly_cost on the jiti_stack".to_owned(),
    };
    field(ui, "rate", &rate)?;
    let usd = |usd: Option<_>| usd.map_or_else(|| "unknown".to_owned(), values::usd);
    let estimate = match fields::spent_usd(cost) {
        Some(spent) => {
            let accrued = cost.accrued_usd.map(|accrued| {
                let accrued = values::usd(accrued);
                format!(", {accrued} of it before the first look, by creation times")
            });
            let accrued = accrued.unwrap_or_default();
            format!("{spent} so far (rate × time{accrued})")
        }
        None => "unknown".to_owned(),
    };
    field(ui, "estimate", &estimate)?;
    if let Some(until) = fields::until_expiry_usd(cost) {
        field(ui, "until expiry", &format!("{until} more (estimate)"))?;
    }
    let until = cost.billed_until.map(|until| {
        let change = match cost.billed_settled_until {
            Some(settled) if settled == until => ", final".to_owned(),
            Some(settled) => format!(", estimated after {} UTC", values::minute(settled)),
            None => ", all days estimated".to_owned(),
        };
        format!(" until {} UTC{change}", values::minute(until))
    });
    let billed = format!("{}{}", usd(cost.billed_usd), until.unwrap_or_default());
    field(ui, "billed", &billed)?;
    if cost.unpriced.is_empty() {
        Ok(())
    } else {
        field(ui, "not priced", &cost.unpriced.join(", "))
    }
}

fn usage(ui: &mut Ui, page: &StackPage<'_>) -> Result<(), CommandError> {
    let StackPage {
        shown:
            service::StackDetails {
                lease,
                listing: stack,
                ..
            },
        view,
    } = page;
    let since = stack
        .idle
        .since
        .map(|at| format!(" since {}", values::moment(at, view.now)));
    let state = describe::idle(stack.idle.state);
    field(
        ui,
        "state",
        &format!("{state}{}", since.unwrap_or_default()),
    )?;
    if let Some(wasted) = fields::wasted_usd(stack) {
        field(ui, "wasted", &wasted)?;
    }
    for evidence in &stack.idle.evidence {
        field(ui, "evidence", &describe::evidence(evidence))?;
    }
    match lease
        .as_ref()
        .and_then(|lease| lease.last_activity.as_ref())
    {
        Some(last) => field(
            ui,
            "last use",
            &format!("{} ({})", values::moment(last.at, view.now), last.signal),
        ),
        None => field(ui, "last use", "unknown"),
    }
}

fn events(ui: &mut Ui, page: &StackPage<'_>) -> Result<(), CommandError> {
    let service::StackDetails {
        events, listing, ..
    } = page.shown;
    let earlier = events.len().saturating_sub(MAX_EVENTS);
    if earlier > 0 {
        ui.text(&format!(
            "  {}: `jiti events {}`",
            values::count(earlier, "earlier event"),
            listing.name
        ))?;
    }
    ui.table(&event_table::build(
        &events[earlier..],
        EventScope::OneStack,
    ))
}

fn section(ui: &mut Ui, title: &str) -> Result<(), CommandError> {
    let title = ui.paint(Tone::Heading, title);
    ui.line("")?;
    ui.line(&title)
}

pub(super) fn field(ui: &mut Ui, name: &str, value: &str) -> Result<(), CommandError> {
    ui.labelled(&format!("  {name:<18}  "), 22, value)
}
