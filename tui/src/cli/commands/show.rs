//! `jiti show NAME`

use clap::Args;
use serde::Serialize;
use stack::init_queue::TurnWait;
use stack::listing::ListedResource;
use stack::service::StackDetails;
use stack::{Event, Listing, ServiceError, StackName};

use crate::cli::context::{Context, explain};
use crate::cli::options::{OutputOptions, SelectorOptions};
use crate::cli::output::{coverage, json, stack_page};
use crate::cli::ui::Ui;
use crate::error::CommandError;
use crate::format::values;

/// Show everything about one stack
///
/// Its lease, where it was applied from, its start-up phases, its cost, whether it is in use, its
/// tagged resources, and its last events. For a stack whose apply waits for its turn, the place in
/// the queue and the stacks that it waits for.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The stack's name
    name: StackName,

    #[command(flatten)]
    selector: SelectorOptions,

    /// Use only cached data: never query the cloud
    #[arg(long)]
    cached: bool,

    #[command(flatten)]
    output: OutputOptions,
}

/// The fields of `ls`, with the events and the resources of the stack.
#[derive(Serialize)]
struct Answer<'a> {
    #[serde(flatten)]
    listing: &'a Listing,
    events: &'a [Event],
    resources: &'a [ListedResource],
    /// The place of its apply in the queue of `max_concurrent_inits`; null if it does not wait.
    queue: Option<TurnWait>,
}

impl<'a> Answer<'a> {
    fn new(shown: &'a StackDetails, queue: Option<TurnWait>) -> Self {
        Self {
            listing: &shown.listing,
            events: &shown.events,
            resources: &shown.resources,
            queue,
        }
    }
}

/// What is known about a stack that has no lease yet, because its apply waits for its turn.
#[derive(Serialize)]
struct WaitingStack<'a> {
    name: &'a StackName,
    queue: &'a TurnWait,
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
        output,
    } = arguments;
    let service = context.existing_observer()?;
    coverage::refresh(&service, *cached).await?;
    let shown = match service
        .leases()
        .show_one_of(name, &selector.selector())
        .await
    {
        Ok(shown) => shown,
        Err(error) => {
            let queue = service.leases().view().await?.init_queue;
            let wait = queue.and_then(|queue| queue.wait(name, service.now()));
            let Some(wait) = wait.filter(|_| matches!(error, ServiceError::Unknown { .. })) else {
                return Err(explain(error, &service, name).await);
            };
            return waiting(name, &wait, *output, ui);
        }
    };
    let view = service.leases().view().await?;
    if output.json {
        let queue = view.init_queue.as_ref();
        let wait = queue.and_then(|queue| queue.wait(name, view.now));
        return json::write(ui, &Answer::new(&shown, wait));
    }
    stack_page::write(
        ui,
        &stack_page::StackPage {
            shown: &shown,
            view: &view,
        },
    )
}

fn waiting(
    name: &StackName,
    wait: &TurnWait,
    output: OutputOptions,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    if output.json {
        return json::write(ui, &WaitingStack { name, queue: wait });
    }
    ui.text(&format!(
        "{name} is not registered yet: its apply waits for its turn since {}.",
        values::moment(wait.since, wait.now)
    ))?;
    ui.text(&format!("It has {wait}."))
}
