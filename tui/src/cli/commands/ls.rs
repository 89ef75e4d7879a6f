//! `jiti ls`

use clap::Args;
use stack::Listing;
use stack::Phase;
use stack::ledger::Scope;
use stack::service::Service;
use stack::view::View;

use crate::cli::context::Context;
use crate::cli::options::OutputOptions;
use crate::cli::output::{coverage, csv, json};
use crate::cli::ui::{self, Ui};
use crate::error::CommandError;
use crate::format::table::{Align, Cell, Column, Table};
use crate::format::{describe, fields, values};

/// List the stacks that are not gone
///
/// Those among them that only tags tell of are unleased: nothing ends them. Where accounts are configured, the cloud is
/// asked again when what is known of it is older than `refresh`. Unknown is shown as –, never as 0. In a narrow terminal columns give way in this order: INIT, DIES AT, AGE,
/// SPENT, APP@VERSION, $/H, OWNER; then names are shortened. Into a pipe everything is written in full.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// List those that are gone as well
    #[arg(long)]
    all: bool,

    /// Use only what is known already: never ask the cloud
    #[arg(long)]
    cached: bool,

    /// Answer with CSV
    #[arg(long, conflicts_with = "json")]
    csv: bool,

    #[command(flatten)]
    output: OutputOptions,
}

pub(crate) async fn run(
    arguments: &Arguments,
    context: &Context,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    let Arguments {
        all,
        cached,
        csv,
        output,
    } = *arguments;
    let scope = if all { Scope::All } else { Scope::Live };
    let Some(service) = context.observer()? else {
        return no_ledger(arguments, context, ui);
    };
    coverage::refresh(&service, cached).await?;
    let (stacks, view) = service.listing_with_view(scope).await?;
    if output.json || csv {
        coverage::gaps_beside(&view);
    }
    if output.json {
        json::write(ui, &stacks)
    } else if csv {
        csv::write(ui, &stacks)
    } else if stacks.is_empty() {
        nothing_in(&service, all, ui)?;
        coverage::age(ui, &view)
    } else {
        table(&stacks, &view, ui)?;
        coverage::age(ui, &view)
    }
}

fn no_ledger(arguments: &Arguments, context: &Context, ui: &mut Ui) -> Result<(), CommandError> {
    let path = context.ledger_path()?;
    let there_is_none = format!("there is no ledger at {} yet", path.display());
    if arguments.output.json || arguments.csv {
        // The answer stays what a program expects; a person learns why it is empty.
        ui::print_error(&format!(
            "Note: {}",
            crate::format::text::clean(&there_is_none)
        ));
        return if arguments.csv {
            csv::write(ui, &[])
        } else {
            json::write(ui, &[(); 0])
        };
    }
    ui.text(&format!("No stacks: {there_is_none}."))?;
    ui.text(BEGIN)
}

const BEGIN: &str = "To begin, put a `jiti_stack` into a Terraform configuration and apply it. To look at another ledger, use --ledger or JITI_LEDGER.";

fn nothing_in(service: &Service, all: bool, ui: &mut Ui) -> Result<(), CommandError> {
    let none = if all { "is in" } else { "lives in" };
    ui.text(&format!(
        "No stacks: none {none} the ledger {}.",
        service.ledger().location()
    ))?;
    ui.text(if all {
        BEGIN
    } else {
        "`jiti ls --all` shows those that are gone."
    })
}

fn table(stacks: &[Listing], view: &View, ui: &mut Ui) -> Result<(), CommandError> {
    let mut table = Table::new([
        Column::new("NAME", Align::Left).between(12, 32),
        Column::new("APP@VERSION", Align::Left)
            .between(12, 28)
            .droppable(5),
        Column::new("OWNER", Align::Left)
            .between(8, 24)
            .droppable(7),
        Column::new("STATE", Align::Left).between(12, 36),
        Column::new("AGE", Align::Right).droppable(3),
        Column::new("LEFT", Align::Right),
        Column::new("DIES AT (UTC)", Align::Left).droppable(2),
        Column::new("$/H", Align::Right).droppable(6),
        Column::new("SPENT", Align::Right).droppable(4),
        Column::new("INIT", Align::Right).droppable(1),
    ]);
    for stack in stacks {
        let tone = fields::state_tone(stack);
        table.row([
            Cell::new(&stack.name),
            Cell::new(fields::app_version(stack)),
            Cell::new(&stack.owner),
            Cell::new(fields::state(stack)).tone(tone),
            Cell::new(fields::age(stack, view.now)),
            Cell::new(fields::left(stack, view.now)).tone(fields::left_tone(stack)),
            Cell::new(fields::ends_at(stack)),
            Cell::new(fields::hourly(stack)),
            Cell::new(fields::spent(stack)),
            Cell::new(fields::init(stack, view.now)),
        ]);
    }
    ui.table(&table)?;
    ui.line("")?;
    ui.line(&summary(stacks))?;
    match view.reaper.inactivity(view.now) {
        Some(why) => ui.text(&describe::inactivity(&why)),
        None => Ok(()),
    }
}

/// How many live, and what they cost together, as far as that is known.
fn summary(stacks: &[Listing]) -> String {
    let live: Vec<&Listing> = stacks
        .iter()
        .filter(|stack| stack.phase != Phase::Gone)
        .collect();
    let noun = if live.len() == 1 { "stack" } else { "stacks" };
    let rates: Vec<_> = live
        .iter()
        .filter_map(|stack| stack.cost.hourly_usd)
        .collect();
    let priced = match (live.len(), rates.len()) {
        (0, _) => return "0 stacks".to_owned(),
        (_, 0) => "what they cost is not known".to_owned(),
        (all, known) => {
            let sum = rates
                .into_iter()
                .fold(stack::HourlyRate::ZERO, |sum, rate| sum + rate);
            let of = if all == known {
                String::new()
            } else {
                format!(" for {known} of them")
            };
            format!("{}/h{of}", values::rate(sum))
        }
    };
    format!("{} {noun}, {priced}", live.len())
}
