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
use crate::format::{describe, values};

/// Tell what a stack costs: the estimate now, and what was billed
///
/// The estimate is list price × time, with the day of the price; what no list price covers is named. The bill comes from
/// Cost Explorer, a day or more late. Asking for it costs $0.01, for all stacks together: it is done only with --billed,
/// and then at most once in 12 hours.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The stack's name
    name: StackName,

    #[command(flatten)]
    selector: SelectorOptions,

    /// Use only what is known already: never ask the cloud what stands
    #[arg(long)]
    cached: bool,

    /// Ask for the bill where what is known is old: $0.01 a request
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
    // Without a place to count it, a request that costs is not made.
    let service = if *billed {
        context.writer()?
    } else {
        context.existing_observer()?
    };
    if *billed && service.cloud_access().is_none() {
        return Err(CommandError::failed(
            "there is nobody to ask for the bill: no account is configured",
        )
        .hint("add an [[account]] to the configuration"));
    }
    let mode = if *billed {
        BillMode::WhenOld
    } else {
        BillMode::Cached
    };
    coverage::refresh(&service, *cached).await?;
    let (cost, failed) = match service.cost(name, &selector.selector(), mode).await {
        Ok(answer) => answer,
        Err(error) => return Err(explain(error, &service, name).await),
    };
    if output.json {
        json::write(ui, &cost)?;
    } else {
        tell(&cost, *billed, &service, ui)?;
    }
    match failed {
        Some(error) => Err(not_answered(&error)),
        None => Ok(()),
    }
}

fn not_answered(error: &CloudError) -> CommandError {
    CommandError::failed(format!("the bill could not be asked for: {error}"))
}

/// Columns of what stands before a figure.
const LABEL: usize = 14;

fn tell(cost: &StackCost, asked: bool, service: &Service, ui: &mut Ui) -> Result<(), CommandError> {
    let now = service.now();
    let estimate = &cost.estimate;
    let usd = |usd: Option<_>| usd.map_or_else(|| values::UNKNOWN.to_owned(), values::usd);
    let rate = match (estimate.hourly_usd, &estimate.hourly_source) {
        (Some(rate), Some(source)) => format!("{} an hour ({source})", values::rate(rate)),
        (Some(rate), None) => format!("{} an hour", values::rate(rate)),
        (None, _) => values::UNKNOWN.to_owned(),
    };
    let mut line = |label: &str, text: &str| ui.labelled(&format!("{label:<LABEL$}"), LABEL, text);
    line("now", &rate)?;
    line("spent", &usd(estimate.spent_usd))?;
    let until = match estimate.until_expiry_usd.zip(cost.expires_at) {
        Some((more, expires_at)) => {
            let left = values::duration(Elapsed::between(now, expires_at));
            format!("{} more, in {left}", values::usd(more))
        }
        None => values::UNKNOWN.to_owned(),
    };
    line("until expiry", &until)?;
    if !estimate.unpriced.is_empty() {
        line("not covered", &estimate.unpriced.join(", "))?;
    }
    let (billed, may_change) = bill(cost, asked, now);
    line("billed", &billed)?;
    if let Some(may_change) = may_change {
        line("", &may_change)?;
    }
    if cost.requests.made > 0 {
        let (made, price) = (cost.requests.made, values::usd(cost.requests.usd));
        let noun = if made == 1 { "request" } else { "requests" };
        line(
            "asking",
            &format!("{made} {noun} for the bill so far, {price} in all"),
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

/// What was billed, and what of it may still change. `asked`: this command may ask.
fn bill(cost: &StackCost, asked: bool, now: Timestamp) -> (String, Option<String>) {
    let unknown = |why: &str| (format!("{}, {why}", values::UNKNOWN), None);
    let tag = format!("the tag jiti:stack = {}", cost.name);
    let Some(billed) = &cost.billed else {
        let Some(at) = cost.bill_asked_at else {
            return unknown(match asked {
                true => "of its first day there is no bill yet: nothing was asked",
                false => "the bill was not asked for yet",
            });
        };
        let ago = values::distance(at, now);
        let began = cost.created_at.map(day_of);
        return match cost.bill_until {
            Some(until) if began <= Some(until) => unknown(&format!(
                "AWS was asked {ago} and bills nothing under {tag} until the end of {until}"
            )),
            _ => unknown(&format!(
                "AWS was asked {ago}, and no day of this stack was over by then"
            )),
        };
    };
    let until = billed.until;
    if billed.services.is_empty() {
        let asked = values::distance(billed.asked_at, now);
        let nothing = format!("nothing under {tag} until the end of {until} (asked {asked})");
        return (nothing, None);
    }
    let open = values::usd(billed.estimated_usd);
    let may_change = match billed.settled_until {
        Some(settled) if settled == until => "none of it is estimated any more".to_owned(),
        Some(settled) => {
            format!("{open} of it may still change: what comes after {settled} is estimated")
        }
        None => format!("{open} of it may still change: all of its days are estimated"),
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

    fn said(fields: &[(&str, serde_json::Value)], asked: bool) -> String {
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
        let (billed, may_change) = bill(&cost, asked, now);
        [Some(billed), may_change]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join("; ")
    }

    /// That nothing is billed is told as what AWS said, with when it was asked, and never as if it had not been.
    #[test]
    fn an_answer_without_a_line_is_an_answer() {
        assert_eq!(said(&[], false), "–, the bill was not asked for yet");
        let first_day = "–, of its first day there is no bill yet: nothing was asked";
        assert_eq!(said(&[], true), first_day);
        let asked = ("bill_asked_at", json!("2026-03-06T10:00:00Z"));
        let empty = [asked.clone(), ("bill_until", json!("2026-03-05"))];
        assert_eq!(
            said(&empty, true),
            "–, AWS was asked 2 h ago and bills nothing under the tag jiti:stack = shop until the end of 2026-03-05"
        );
        let before = [asked.clone(), ("bill_until", json!("2026-03-01"))];
        assert_eq!(
            said(&before, true),
            "–, AWS was asked 2 h ago, and no day of this stack was over by then"
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
            said(&nothing, true),
            "nothing under the tag jiti:stack = shop until the end of 2026-03-05 (asked 2 h ago)"
        );
        let ec2 = json!([{"service": "EC2", "usd": "3.00", "estimated_usd": "1.00"}]);
        for (settled, may_change) in [
            (
                json!(null),
                "$1.00 of it may still change: all of its days are estimated",
            ),
            (
                json!("2026-03-03"),
                "$1.00 of it may still change: what comes after 2026-03-03 is estimated",
            ),
            (json!("2026-03-05"), "none of it is estimated any more"),
        ] {
            let some = [asked.clone(), billed("3.00", settled, ec2.clone())];
            let expected =
                format!("$3.00 until the end of 2026-03-05 (asked 2 h ago); {may_change}");
            assert_eq!(said(&some, false), expected);
        }
    }
}
