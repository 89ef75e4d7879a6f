//! `jiti ledger init ADDRESS`

use clap::Args;
use serde::Serialize;
use stack::LedgerId;
use stack::config::LedgerAddress;

use super::address;
use crate::cli::context::Context;
use crate::cli::options::OutputOptions;
use crate::cli::output::json;
use crate::cli::ui::Ui;
use crate::error::CommandError;
use crate::ledger_store::{self, SharedLedgerSettings};

/// Create a shared ledger: a DynamoDB table
///
/// The table has on-demand capacity, deletion protection, point-in-time recovery, encryption with
/// the account's key, and tags. jiti also prints the same table as a Terraform resource. To let
/// Terraform own the table, apply that resource first (--terraform prints only that) and then run
/// this command once: it adds the ledger's own item. A table that is a ledger already stays as it
/// is.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The address, `dynamodb://TABLE?region=REGION`
    address: String,

    /// Only print the Terraform resource
    #[arg(long)]
    terraform: bool,

    /// Do not protect the table from deletion
    #[arg(long)]
    no_deletion_protection: bool,

    /// Do not keep the changes of the last 35 days
    #[arg(long)]
    no_point_in_time_recovery: bool,

    /// Encrypt with a key that AWS owns, not with the account's key
    #[arg(long)]
    aws_owned_key: bool,

    /// A tag of the table; may be repeated
    #[arg(long = "tag", value_name = "KEY=VALUE", value_parser = tag)]
    tags: Vec<(String, String)>,

    #[command(flatten)]
    output: OutputOptions,
}

fn tag(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("use KEY=VALUE".to_owned()),
    }
}

#[derive(Serialize)]
struct Created<'a> {
    address: &'a str,
    id: LedgerId,
    created: bool,
    terraform: &'a str,
}

pub(super) async fn run(
    arguments: &Arguments,
    context: &Context,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    let LedgerAddress::Shared { address, .. } = address(context, &arguments.address)? else {
        return Err(CommandError::usage(format!("{} is a file", arguments.address)).hint(
            "a file needs no creation: the first apply creates it. A shared ledger is dynamodb://TABLE?region=REGION",
        ));
    };
    let settings = SharedLedgerSettings {
        deletion_protection: !arguments.no_deletion_protection,
        point_in_time_recovery: !arguments.no_point_in_time_recovery,
        account_key: !arguments.aws_owned_key,
        tags: arguments.tags.clone(),
    };
    let terraform = ledger_store::terraform(&address, &settings)?;
    if arguments.terraform {
        return ui.raw(terraform.as_bytes());
    }
    if context.is_read_only_flag_set() {
        return Err(CommandError::refused("no changes: --read-only is set"));
    }
    let (id, created) = ledger_store::create(&address, &settings).await?;
    let created = Created {
        address: &address,
        id,
        created,
        terraform: &terraform,
    };
    write(&created, arguments.output, ui)
}

fn write(created: &Created<'_>, output: OutputOptions, ui: &mut Ui) -> Result<(), CommandError> {
    if output.json {
        return json::write(ui, created);
    }
    let Created { address, id, .. } = created;
    if !created.created {
        let sentence = format!("{address} is a ledger already (id {id}). Nothing was changed.");
        return ui.text(&sentence);
    }
    ui.text(&format!("Created the ledger {address} (id {id})."))?;
    ui.line("")?;
    ui.text("The same table in Terraform:")?;
    ui.line("")?;
    ui.raw(created.terraform.as_bytes())?;
    ui.line("")?;
    ui.text(&format!(
        "To use it, set `ledger = \"{address}\"` in the provider block, or JITI_LEDGER. \
         `jiti iam apply` and `jiti iam operate` print the permissions that CI and people need."
    ))
}
