//! `jiti sync`

use clap::Args;
use stack::service::{Service, SyncMode, SyncReport};

use crate::cli::context::Context;
use crate::cli::options::OutputOptions;
use crate::cli::output::{coverage, json};
use crate::cli::ui::Ui;
use crate::error::CommandError;
use crate::format::table::{Align, Cell, Column, Table};
use crate::format::values;

/// Query the cloud now, however recent the cached data is
///
/// Finds tagged resources in every configured account and region, confirms each with its own
/// service, checks whether it is in use, and records rates and use in the ledger. The exit code is
/// 1 if no account answered.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// Also download the current list prices, which is free of charge
    #[arg(long)]
    prices: bool,

    #[command(flatten)]
    output: OutputOptions,
}

pub(crate) async fn run(
    arguments: &Arguments,
    context: &Context,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    let service = context.observer()?;
    let report = match service {
        Some(service) if arguments.prices => with_prices(&service).await?,
        Some(service) => service.cloud().sync(SyncMode::Always).await?,
        None => None,
    };
    let Some(report) = report else {
        return Err(
            CommandError::failed("cannot query the cloud: no account is configured")
                .hint("add an [[account]] with its id and regions to the configuration file"),
        );
    };
    if arguments.output.json {
        json::write(ui, &report)?;
    } else {
        for_people(&report, ui)?;
    }
    coverage::print_problems(&report);
    if report.looked.is_empty() {
        return Err(CommandError::failed("no account or region answered")
            .hint("`jiti doctor` shows which credentials do not work, and why"));
    }
    Ok(())
}

/// Downloads the prices of the known resources, then queries the cloud. If no resource is known
/// yet, it queries the cloud before that too, so that what it finds gets a price.
async fn with_prices(service: &Service) -> Result<Option<SyncReport>, CommandError> {
    if service.cloud().known_resources().await? == 0 {
        service.cloud().sync(SyncMode::Always).await?;
    }
    if let Some(error) = service.cloud().refresh_prices().await? {
        return Err(
            CommandError::failed(format!("cannot download the list prices: {error}"))
                .hint("the credentials of the first account need pricing:GetProducts"),
        );
    }
    Ok(service.cloud().sync(SyncMode::Always).await?)
}

/// Prints the stacks that were found, and a summary:
///
/// ```text
/// NAME        APP       OWNER            ACCOUNT       LEASE  RESOURCES   $/H
/// checkout-1  checkout  ana@example.com  123456789012  yes           12  0.42
///
/// 12 resources of 1 stack found in 3 regions, with 37 requests in 1.2 s
/// ```
fn for_people(report: &SyncReport, ui: &mut Ui) -> Result<(), CommandError> {
    if !report.stacks.is_empty() {
        let mut table = Table::new([
            Column::new("NAME", Align::Left).between(12, 40),
            Column::new("APP", Align::Left).between(8, 30).droppable(2),
            Column::new("OWNER", Align::Left)
                .between(8, 40)
                .droppable(3),
            Column::new("ACCOUNT", Align::Left).droppable(1),
            Column::new("LEASE", Align::Left),
            Column::new("RESOURCES", Align::Right),
            Column::new("$/H", Align::Right),
        ]);
        for stack in &report.stacks {
            let or_unknown =
                |text: &Option<String>| text.clone().unwrap_or_else(|| values::UNKNOWN.to_owned());
            let rate = stack.hourly_usd.map(values::rate);
            table.row([
                Cell::new(&stack.name),
                Cell::new(or_unknown(&stack.app)),
                Cell::new(or_unknown(&stack.owner)),
                Cell::new(&stack.account),
                Cell::new(if stack.leased { "yes" } else { "none" }),
                Cell::new(values::thousands(stack.resources)),
                Cell::new(or_unknown(&rate)),
            ]);
        }
        ui.table(&table)?;
        ui.line("")?;
    }
    ui.text(&format!(
        "{} of {} found in {}, with {} in {}",
        values::count(report.resources, "resource"),
        values::count(report.stacks.len(), "stack"),
        values::count(report.looked.len(), "region"),
        values::count(report.requests, "request"),
        values::seconds(report.seconds),
    ))?;
    for name in &report.reopened {
        ui.text(&format!(
            "{name} was gone, but some of its resources were found, so it is residue now. \
             `jiti show {name}` lists what is left."
        ))?;
    }
    coverage::write_gaps(ui, &report.not_looked)
}
