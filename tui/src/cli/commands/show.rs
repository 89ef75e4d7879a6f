//! `jiti show NAME`

use clap::Args;
use serde::Serialize;
use stack::listing::ListedResource;
use stack::service::StackDetails;
use stack::{Event, Listing, StackName};

use crate::cli::context::{Context, explain};
use crate::cli::options::{OutputOptions, SelectorOptions};
use crate::cli::output::{coverage, json, stack_page};
use crate::cli::ui::Ui;
use crate::error::CommandError;

/// Show everything about one stack
///
/// Its lease, where it was applied from, its start-up phases, its cost, whether it is in use, its
/// tagged resources, and its last events.
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
}

impl<'a> From<&'a StackDetails> for Answer<'a> {
    fn from(shown: &'a StackDetails) -> Self {
        Self {
            listing: &shown.listing,
            events: &shown.events,
            resources: &shown.resources,
        }
    }
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
        Err(error) => return Err(explain(error, &service, name).await),
    };
    if output.json {
        return json::write(ui, &Answer::from(&shown));
    }
    stack_page::write(
        ui,
        &stack_page::StackPage {
            shown: &shown,
            view: &service.leases().view().await?,
        },
    )
}
