//! `jiti cost NAME`

use clap::Args;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use stack::service::billing::{Billed, StackCost};
use stack::service::{BillMode, Service};
use stack::{CloudError, Elapsed, StackName};

use crate::cli::context::{Context, explain};
use crate::cli::options::{OutputOptions, SelectorOptions};
use crate::cli::output::{coverage, json};
use crate::cli::ui::{self, Ui};
use crate::error::CommandError;
use crate::format::table::{Align, Cell, Column, Table};
use crate::format::text::clean;
use crate::format::{describe, fields, values};

/// Show what a stack costs: the estimate and the bill
///
/// The estimate is list price × time, with the date of the price. It names what a list price does
/// not cover. The bill comes from Cost Explorer, a day or more late. A request costs $0.01 and
/// covers all stacks. jiti makes one only with --billed, and at most one every 12 hours.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The stack's name
    name: StackName,

    #[command(flatten)]
    selector: SelectorOptions,

    /// Use only cached data: never query the cloud for resources
    #[arg(long)]
    cached: bool,

    /// Request the bill if the cached one is old; a request costs $0.01
    #[arg(long)]
    billed: bool,

    #[command(flatten)]
    output: OutputOptions,
}

pub(crate) async fn run(
    arguments: &Arguments,
    context: &Context,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    let Arguments {
        name,
        selector,
        cached,
        billed,
        output,
    } = arguments;
    // A request costs money, so jiti makes none that it cannot count in the ledger.
    let service = if *billed {
        context.writer()?
    } else {
        context.existing_observer()?
    };
    if *billed && service.cloud_access().is_none() {
        return Err(
            CommandError::failed("cannot request the bill: no account is configured")
                .hint("add an [[account]] to the configuration file"),
        );
    }
    let mode = if *billed {
        BillMode::WhenOld
    } else {
        BillMode::Cached
    };
    coverage::refresh(&service, *cached).await?;
    let (cost, failed) = match service
        .reports()
        .cost(name, &selector.selector(), mode)
        .await
    {
        Ok(answer) => answer,
        Err(error) => return Err(explain(error, &service, name).await),
    };
    if output.json {
        json::write(ui, &cost)?;
    } else {
        write_page(&cost, *billed, &service, ui)?;
    }
    match failed {
        Some(error) => Err(bill_failed(&error)),
        None => Ok(()),
    }
}

fn bill_failed(error: &CloudError) -> CommandError {
    CommandError::failed(format!("cannot get the bill: {error}"))
}

/// The width of the labels, in columns.
const LABEL_WIDTH: usize = 14;

fn write_page(
    cost: &StackCost,
    may_request: bool,
    service: &Service,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    let now = service.now();
    let estimate = &cost.estimate;
    let unknown = || values::UNKNOWN.to_owned();
    let rate = estimate.hourly_usd.map_or_else(unknown, |rate| {
        let rate = values::per_hour(rate, estimate.hourly_is_minimum);
        fields::with_source(rate, estimate.hourly_source.as_deref())
    });
    let spent = estimate.spent_usd.map_or_else(unknown, |spent| {
        values::at_least(values::usd(spent), !estimate.unpriced.is_empty())
    });
    let mut line =
        |label: &str, text: &str| ui.labelled(&format!("{label:<LABEL_WIDTH$}"), LABEL_WIDTH, text);
    line("rate", &rate)?;
    line("estimate", &spent)?;
    let until = match estimate.until_expiry_usd.zip(cost.expires_at) {
        Some((more, expires_at)) => {
            let left = values::duration(Elapsed::between(now, expires_at));
            let more = values::at_least(values::usd(more), estimate.hourly_is_minimum);
            format!("{more} more, in {left}")
        }
        None => values::UNKNOWN.to_owned(),
    };
    line("until expiry", &until)?;
    if !estimate.unpriced.is_empty() {
        line("not priced", &estimate.unpriced.join(", "))?;
    }
    let (billed, may_change) = bill(cost, may_request, now);
    line("billed", &billed)?;
    if let Some(may_change) = may_change {
        line("", &may_change)?;
    }
    if cost.requests.made > 0 {
        let requests = values::count(cost.requests.made, "request");
        let price = values::usd(cost.requests.usd);
        line(
            "bill requests",
            &format!("{requests} so far, {price} total"),
        )?;
    }
    if let Some(billed) = cost
        .billed
        .as_ref()
        .filter(|billed| !billed.services.is_empty())
    {
        ui.line("")?;
        ui.table(&services(billed))?;
    }
    if let Some(remark) = &cost.remark {
        ui::print_error(&format!("Note: {}", clean(remark)));
    }
    Ok(())
}

/// The billed amount, and how much of it may still change. `may_request`: the user passed --billed.
fn bill(cost: &StackCost, may_request: bool, now: Timestamp) -> (String, Option<String>) {
    let unknown = |why: &str| (format!("{}, {why}", values::UNKNOWN), None);
    let tag = format!("the tag jiti:stack = {}", cost.name);
    let Some(billed) = &cost.billed else {
        let Some(at) = cost.bill_asked_at else {
            return unknown(match may_request {
                true => "its first day is not billed yet, so no request was made",
                false => "not requested yet (use --billed)",
            });
        };
        let ago = values::distance(at, now);
        let began = cost.created_at.map(day_of);
        return match cost.bill_until {
            Some(until) if began <= Some(until) => unknown(&format!(
                "AWS billed nothing under {tag} until the end of {until} (queried {ago})"
            )),
            _ => unknown(&format!(
                "no full day of this stack was billed yet (queried {ago})"
            )),
        };
    };
    let until = billed.until;
    if billed.services.is_empty() {
        let ago = values::distance(billed.asked_at, now);
        let nothing = format!("nothing under {tag} until the end of {until} (queried {ago})");
        return (nothing, None);
    }
    let estimated = values::usd(billed.estimated_usd);
    let may_change = match billed.settled_until {
        Some(settled) if settled == until => "final".to_owned(),
        Some(settled) => {
            format!("{estimated} may still change: AWS estimates the days after {settled}")
        }
        None => format!("{estimated} may still change: AWS estimates all days"),
    };
    (describe::billed(billed, now), Some(may_change))
}

fn day_of(at: Timestamp) -> Date {
    TimeZone::UTC.to_datetime(at).date()
}

fn services(billed: &Billed) -> Table {
    let mut table = Table::new([
        Column::new("SERVICE", Align::Left).between(12, 60),
        Column::new("BILLED", Align::Right),
        Column::new("MAY CHANGE", Align::Right),
    ]);
    for service in &billed.services {
        table.row([
            Cell::new(&service.service),
            Cell::new(values::usd(service.usd)),
            Cell::new(values::usd(service.estimated_usd)),
        ]);
    }
    table
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn shown(fields: &[(&str, serde_json::Value)], may_request: bool) -> String {
        let mut cost = json!({
            "name": "shop", "expires_at": null, "created_at": "2026-03-02T12:00:00Z",
            "estimate": {"hourly_usd": null, "hourly_source": null, "spent_usd": null,
                "until_expiry_usd": null, "unpriced": []},
            "billed": null, "bill_asked_at": null, "bill_until": null,
            "requests": {"made": 0, "usd": "0.00"}, "remark": null,
        });
        for (field, value) in fields {
            cost[*field] = value.clone();
        }
        let cost: StackCost = serde_json::from_value(cost).expect("a cost");
        let now = "2026-03-06T12:00:00Z".parse().expect("a time");
        let (billed, may_change) = bill(&cost, may_request, now);
        [Some(billed), may_change]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join("; ")
    }

    /// An empty bill is shown as an answer from AWS with its age, not as a missing answer.
    #[test]
    fn an_empty_bill_is_an_answer() {
        assert_eq!(shown(&[], false), "–, not requested yet (use --billed)");
        let first_day = "–, its first day is not billed yet, so no request was made";
        assert_eq!(shown(&[], true), first_day);
        let asked = ("bill_asked_at", json!("2026-03-06T10:00:00Z"));
        let empty = [asked.clone(), ("bill_until", json!("2026-03-05"))];
        assert_eq!(
            shown(&empty, true),
            "–, AWS billed nothing under the tag jiti:stack = shop until the end of 2026-03-05 \
             (queried 2 h ago)"
        );
        let before = [asked.clone(), ("bill_until", json!("2026-03-01"))];
        assert_eq!(
            shown(&before, true),
            "–, no full day of this stack was billed yet (queried 2 h ago)"
        );
        let billed = |usd: &str, settled: serde_json::Value, services: serde_json::Value| {
            (
                "billed",
                json!({"usd": usd, "estimated_usd": "1.00", "until": "2026-03-05",
                "settled_until": settled, "asked_at": "2026-03-06T10:00:00Z", "services": services}),
            )
        };
        let nothing = [asked.clone(), billed("0.00", json!(null), json!([]))];
        assert_eq!(
            shown(&nothing, true),
            "nothing under the tag jiti:stack = shop until the end of 2026-03-05 (queried 2 h ago)"
        );
        let ec2 = json!([{"service": "EC2", "usd": "3.00", "estimated_usd": "1.00"}]);
        for (settled, may_change) in [
            (
                json!(null),
                "$1.00 may still change: AWS estimates all days",
            ),
            (
                json!("2026-03-03"),
                "$1.00 may still change: AWS estimates the days after 2026-03-03",
            ),
            (json!("2026-03-05"), "final"),
        ] {
            let some = [asked.clone(), billed("3.00", settled, ec2.clone())];
            let expected =
                format!("$3.00 until the end of 2026-03-05 (queried 2 h ago); {may_change}");
            assert_eq!(shown(&some, false), expected);
        }
    }
}
