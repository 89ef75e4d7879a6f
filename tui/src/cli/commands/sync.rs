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

/// Ask the cloud now, whatever the age of what is known
///
/// Looks for the tags of stacks in every account and region of the configuration, confirms each resource with its own
/// service, asks whether it is used, and writes rates and uses into the ledger. Ends with 1 when nothing could be
/// looked at.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// Ask for the present list prices of what was found, too; it is free of charge
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
        Some(service) => service.sync(SyncMode::Always).await?,
        None => None,
    };
    let Some(report) = report else {
        return Err(CommandError::failed(
            "there is nowhere to look: the configuration names no account",
        )
        .hint("write an [[account]] with its id and regions into the configuration file"));
    };
    if arguments.output.json {
        json::write(ui, &report)?;
    } else {
        for_people(&report, ui)?;
    }
    coverage::beside(&report);
    if report.looked.is_empty() {
        return Err(
            CommandError::failed("nothing could be looked at: no place answered")
                .hint("`jiti doctor` tells which credentials do not work, and why"),
        );
    }
    Ok(())
}

/// Asks for the prices of what is known to stand, and then what stands; where nothing was known, the other way round and
/// once more, so that what was found is priced.
async fn with_prices(service: &Service) -> Result<Option<SyncReport>, CommandError> {
    if service.known_resources().await? == 0 {
        service.sync(SyncMode::Always).await?;
    }
    if let Some(error) = service.refresh_prices().await? {
        return Err(
            CommandError::failed(format!("the price list was not answered: {error}"))
                .hint("the credentials of the first account need pricing:GetProducts"),
        );
    }
    Ok(service.sync(SyncMode::Always).await?)
}

/// ```text
/// NAME        APP       OWNER            ACCOUNT       LEASE  RESOURCES   $/H
/// checkout-1  checkout  ana@example.com  123456789012  yes           12  0.42
///
/// 12 resources of 1 stack, in 3 places, with 37 requests in 1.2 s
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
                Cell::new(stack.resources.to_string()),
                Cell::new(or_unknown(&rate)),
            ]);
        }
        ui.table(&table)?;
        ui.line("")?;
    }
    ui.text(&format!(
        "{} of {}, in {}, with {} in {}",
        counted(report.resources, "resource"),
        counted(report.stacks.len(), "stack"),
        counted(report.looked.len(), "place"),
        counted(report.requests, "request"),
        values::seconds(report.seconds),
    ))?;
    for name in &report.reopened {
        ui.text(&format!(
            "{name} was gone, and something of it was found: it is residue now. `jiti show {name}` tells what is left."
        ))?;
    }
    coverage::gaps(ui, &report.not_looked)
}

fn counted(count: impl TryInto<u64>, what: &str) -> String {
    match count.try_into().unwrap_or(u64::MAX) {
        1 => format!("1 {what}"),
        more => format!("{more} {what}s"),
    }
}
