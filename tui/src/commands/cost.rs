//! `jiti cost NAME`

use clap::Args;
use stack::service::bill::{Billed, StackCost};
use stack::service::{BillMode, Service};
use stack::{CloudError, Elapsed, StackName};

use crate::cli::Form;
use crate::context::{Context, explained};
use crate::error::CommandError;
use crate::output::table::{Align, Cell, Column, Table};
use crate::output::text::clean;
use crate::output::{format, json};
use crate::ui::{self, Ui};

/// Tell what a stack costs: the estimate now, and what was billed
///
/// The estimate is list price × time, with the day of the price; what no list price covers is named. The bill comes from
/// Cost Explorer, a day or more late. Asking for it costs $0.01, for all stacks together: it is done only with --billed,
/// and then at most once in 12 hours.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The stack's name
    name: StackName,

    /// Ask for the bill where what is known is old: $0.01 a request
    #[arg(long)]
    billed: bool,

    #[command(flatten)]
    form: Form,
}

pub(crate) async fn run(
    arguments: &Arguments,
    context: &Context,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    let Arguments { name, billed, form } = arguments;
    // Without a place to count it, a request that costs is not made.
    let service = if *billed {
        context.writer()?
    } else {
        context.existing_observer()?
    };
    if *billed && service.sky().is_none() {
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
    let (cost, failed) = match service.cost(name, mode).await {
        Ok(answer) => answer,
        Err(error) => return Err(explained(error, &service, name).await),
    };
    if form.json {
        json::write(ui, &cost)?;
    } else {
        tell(&cost, &service, ui)?;
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

fn tell(cost: &StackCost, service: &Service, ui: &mut Ui) -> Result<(), CommandError> {
    let now = service.now();
    let estimate = &cost.estimate;
    let usd = |usd: Option<_>| usd.map_or_else(|| format::UNKNOWN.to_owned(), format::usd);
    let rate = match (estimate.hourly_usd, &estimate.hourly_source) {
        (Some(rate), Some(source)) => format!("{} an hour ({source})", format::rate(rate)),
        (Some(rate), None) => format!("{} an hour", format::rate(rate)),
        (None, _) => format::UNKNOWN.to_owned(),
    };
    let mut line = |label: &str, text: &str| ui.labelled(&format!("{label:<LABEL$}"), LABEL, text);
    line("now", &rate)?;
    line("spent", &usd(estimate.spent_usd))?;
    let until = match estimate.until_expiry_usd.zip(cost.expires_at) {
        Some((more, expires_at)) => {
            let left = format::duration(Elapsed::between(now, expires_at));
            format!("{} more, in {left}", format::usd(more))
        }
        None => format::UNKNOWN.to_owned(),
    };
    line("until expiry", &until)?;
    if !estimate.unpriced.is_empty() {
        line("not covered", &estimate.unpriced.join(", "))?;
    }
    match &cost.billed {
        None => line(
            "billed",
            &format!("{}, the bill was not asked for yet", format::UNKNOWN),
        )?,
        Some(billed) => {
            line("billed", &as_of(billed, now))?;
            if billed.estimated_usd.amount().is_zero() {
                line("", "none of it is estimated any more")?;
            } else {
                let open = format::usd(billed.estimated_usd);
                line("", &format!("{open} of it may still change"))?;
            }
        }
    }
    if cost.requests.made > 0 {
        let (made, price) = (cost.requests.made, format::usd(cost.requests.usd));
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
        ui::tell(&format!("Note: {}", clean(remark)));
    }
    Ok(())
}

/// What was billed, until when, and when that was asked.
pub(crate) fn as_of(billed: &Billed, now: jiff::Timestamp) -> String {
    format!(
        "{} until the end of {} (asked {})",
        format::usd(billed.usd),
        billed.until,
        format::distance(billed.asked_at, now)
    )
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
            Cell::new(format::usd(service.usd)),
            Cell::new(format::usd(service.estimated_usd)),
        ]);
    }
    table
}
