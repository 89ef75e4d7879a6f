//! `jiti ls`

use clap::Args;
use serde::Serialize;
use stack::Listing;
use stack::Phase;
use stack::ledger::{Scope, UnreadableStack};
use stack::service::{Service, StackListing};
use stack::view::View;

use crate::cli::context::Context;
use crate::cli::options::OutputOptions;
use crate::cli::output::{coverage, csv, json};
use crate::cli::ui::{self, Ui};
use crate::error::CommandError;
use crate::format::describe::UNREADABLE;
use crate::format::style::Tone;
use crate::format::table::{Align, Cell, Column, Table};
use crate::format::{describe, fields, titles, values};

/// List the stacks that are not gone
///
/// Where accounts are configured, jiti queries the cloud again if its data is older than `refresh`,
/// and also lists unleased stacks: found by tags only, with no lease in this ledger. The reaper
/// never tears those down. An unknown value is shown as –, never as 0. In a narrow terminal,
/// columns disappear in this order: ESTIMATE, OWNER, ENDS AT, APP@VERSION, AGE, INIT, IDLE $/H,
/// $/H. After that, jiti shortens names. In a pipe, jiti prints everything in full. A figure with ≥
/// leaves out something that costs money and has no price.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// Include the stacks that are gone
    #[arg(long)]
    all: bool,

    /// Use only cached data: never query the cloud
    #[arg(long)]
    cached: bool,

    /// Print CSV
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
    let StackListing {
        stacks,
        unreadable,
        view,
    } = service.leases().listing_with_view(scope).await?;
    if output.json || csv {
        coverage::print_gaps(&view);
    }
    if output.json {
        let readable = stacks.iter().map(ListedStack::Readable);
        let rows = readable.chain(unreadable.iter().map(ListedStack::unreadable));
        json::write(ui, &rows.collect::<Vec<_>>())
    } else if csv {
        csv::write(ui, &stacks, &unreadable)
    } else if stacks.is_empty() && unreadable.is_empty() {
        no_stacks(&service, all, ui)?;
        coverage::write_age(ui, &view)
    } else {
        table(&stacks, &unreadable, &view, ui)?;
        coverage::write_age(ui, &view)
    }
}

/// A row of the JSON.
#[derive(Serialize)]
#[serde(untagged)]
enum ListedStack<'a> {
    Readable(&'a Listing),
    /// A stack with a damaged record: only its name is known.
    Unreadable {
        name: &'a str,
        phase: Option<Phase>,
        flags: [&'static str; 1],
        problem: &'a str,
    },
}

impl<'a> ListedStack<'a> {
    fn unreadable(stack: &'a UnreadableStack) -> Self {
        Self::Unreadable {
            name: &stack.name,
            phase: None,
            flags: [UNREADABLE],
            problem: &stack.problem,
        }
    }
}

fn no_ledger(arguments: &Arguments, context: &Context, ui: &mut Ui) -> Result<(), CommandError> {
    let address = context.ledger_address()?;
    let missing = format!("there is no ledger at {address} yet");
    if arguments.output.json || arguments.csv {
        // Programs get an empty list; people get the reason on standard error.
        ui::print_error(&format!("Note: {}", crate::format::text::clean(&missing)));
        return if arguments.csv {
            csv::write(ui, &[], &[])
        } else {
            json::write(ui, &[(); 0])
        };
    }
    ui.text(&format!("No stacks: {missing}."))?;
    ui.text(GETTING_STARTED)
}

/// How to get a first stack into the ledger.
const GETTING_STARTED: &str = "To start, add a `jiti_stack` to a Terraform configuration and apply it. \
     To use another ledger, set --ledger or JITI_LEDGER.";

fn no_stacks(service: &Service, all: bool, ui: &mut Ui) -> Result<(), CommandError> {
    let what = if all { "stacks" } else { "live stacks" };
    ui.text(&format!(
        "No {what} in the ledger {}.",
        service.ledger().location()
    ))?;
    ui.text(if all {
        GETTING_STARTED
    } else {
        "`jiti ls --all` includes the stacks that are gone."
    })
}

/// The columns of the table. Each row has this many cells.
const COLUMNS: usize = 11;

fn table(
    stacks: &[Listing],
    unreadable: &[UnreadableStack],
    view: &View,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    let columns: [Column; COLUMNS] = [
        Column::new(titles::NAME, Align::Left).between(12, 32),
        Column::new(titles::APP, Align::Left)
            .between(12, 28)
            .droppable(4),
        Column::new(titles::OWNER, Align::Left)
            .between(8, 24)
            .droppable(2),
        Column::new(titles::STATE, Align::Left).between(12, 36),
        Column::new(titles::AGE, Align::Right).droppable(5),
        Column::new(titles::TIME_LEFT, Align::Right),
        Column::new(titles::ENDS_AT, Align::Left).droppable(3),
        Column::new(titles::RATE, Align::Right).droppable(8),
        Column::new(titles::ESTIMATE, Align::Right).droppable(1),
        Column::new(titles::IDLE_RATE, Align::Right).droppable(7),
        Column::new(titles::INIT, Align::Right).droppable(6),
    ];
    let mut table = Table::new(columns);
    for stack in stacks {
        table.row(row(stack, view));
    }
    for stack in unreadable {
        table.row(unreadable_row(stack));
    }
    ui.table(&table)?;
    ui.line("")?;
    ui.line(&summary(stacks))?;
    for stack in unreadable {
        ui.text(&describe::unreadable(stack))?;
    }
    let queue = view.init_queue.as_ref();
    if let Some(waiting) = queue.and_then(|queue| describe::init_queue(queue, view.now)) {
        ui.text(&waiting)?;
    }
    match view.reaper.inactivity(view.now) {
        Some(why) => ui.text(&describe::inactivity(&why)),
        None => Ok(()),
    }
}

fn row(stack: &Listing, view: &View) -> [Cell; COLUMNS] {
    let tone = fields::state_tone(stack);
    [
        Cell::new(&stack.name),
        Cell::new(fields::app_version(stack)),
        Cell::new(&stack.owner),
        Cell::new(fields::state(stack)).tone(tone),
        Cell::new(fields::age(stack, view.now)),
        Cell::new(fields::left(stack, view.now)).tone(fields::left_tone(stack)),
        Cell::new(fields::ends_at(stack, view)),
        Cell::new(fields::hourly(stack)),
        Cell::new(fields::spent(stack)),
        Cell::new(fields::idle_hourly(stack)),
        Cell::new(fields::init(stack, view.now)),
    ]
}

/// A stack whose record is damaged: only its name and its state are known.
fn unreadable_row(stack: &UnreadableStack) -> [Cell; COLUMNS] {
    let mut cells = [(); COLUMNS].map(|()| Cell::new(values::UNKNOWN));
    cells[0] = Cell::new(&stack.name);
    cells[3] = Cell::new(UNREADABLE).tone(Tone::Alarm);
    cells
}

/// The number of live stacks and their total rate: `200 stacks, $12.34/h (21 of 200 unpriced)`.
fn summary(stacks: &[Listing]) -> String {
    let live: Vec<&Listing> = stacks
        .iter()
        .filter(|stack| stack.phase != Phase::Gone)
        .collect();
    let rates: Vec<_> = live
        .iter()
        .filter_map(|stack| stack.cost.hourly_usd)
        .collect();
    let priced = match (live.len(), rates.len()) {
        (0, _) => return values::count(0_u64, "stack"),
        (_, 0) => "cost unknown".to_owned(),
        (all, known) => {
            let sum = rates
                .into_iter()
                .fold(stack::HourlyRate::ZERO, |sum, rate| sum + rate);
            let unpriced = match all - known {
                0 => String::new(),
                unpriced => format!(
                    " ({} of {} unpriced)",
                    values::thousands(unpriced),
                    values::thousands(all)
                ),
            };
            let is_minimum = known < all || live.iter().any(|stack| stack.cost.hourly_is_minimum);
            format!("{}{unpriced}", values::per_hour(sum, is_minimum))
        }
    };
    format!("{}, {priced}", values::count(live.len(), "stack"))
}
