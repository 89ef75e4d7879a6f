//! `jiti events [NAME]`

use clap::Args;
use stack::ledger::Cursor;
use stack::{Event, StackName};

use crate::cli::context::{Context, explain};
use crate::cli::options::OutputOptions;
use crate::cli::output::event_table::{self, EventScope};
use crate::cli::output::json;
use crate::cli::ui::{self, Ui};
use crate::error::CommandError;

/// How many events are read from the ledger at a time.
const PAGE_SIZE: usize = 5_000;

/// List the events of one stack, or of all stacks in the order of the ledger
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The stack's name; without it, the events of all stacks
    name: Option<StackName>,

    #[command(flatten)]
    output: OutputOptions,
}

pub(crate) async fn run(
    arguments: &Arguments,
    context: &Context,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    let Arguments { name, output } = arguments;
    match name {
        Some(name) => events_of_one(name, *output, context, ui).await,
        None => events_of_all(*output, context, ui).await,
    }
}

async fn events_of_one(
    name: &StackName,
    output: OutputOptions,
    context: &Context,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    let service = context.existing_reader()?;
    let events = match service.leases().show(name).await {
        Ok(shown) => shown.events,
        Err(error) => return Err(explain(error, &service, name).await),
    };
    if output.json {
        json::write(ui, &events)
    } else {
        ui.table(&event_table::build(&events, EventScope::OneStack))
    }
}

/// Reads page by page, because a ledger may have more events than fit into memory.
async fn events_of_all(
    output: OutputOptions,
    context: &Context,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    let service = context.reader()?;
    let mut array = json::ArrayWriter::default();
    let (mut cursor, mut any) = (Cursor::start(), false);
    while let Some(service) = &service {
        let page = service.ledger().log(&cursor, PAGE_SIZE).await?;
        if page.is_empty() {
            break;
        }
        for stack in &page.damaged {
            let text = format!("Warning: left out: {}: {}", stack.name, stack.problem);
            ui::print_error(&crate::format::text::clean(&text));
        }
        if output.json {
            page.events
                .iter()
                .try_for_each(|event: &Event| array.item(ui, event))?;
        } else {
            let table = event_table::build(&page.events, EventScope::AllStacks);
            ui.table(&if any { table.untitled() } else { table })?;
        }
        (cursor, any) = (page.next, true);
    }
    if output.json {
        array.end(ui)
    } else if any {
        Ok(())
    } else {
        ui.text(&format!("No events in {} yet.", context.ledger_address()?))
    }
}
