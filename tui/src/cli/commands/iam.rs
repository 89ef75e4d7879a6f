//! `jiti iam look|apply|operate [--types]`

use clap::Args;

use crate::cli::context::Context;
use crate::cli::options::OutputOptions;
use crate::cli::output::json;
use crate::cli::ui::{self, Ui};
use crate::cloud_provider::{self, PolicyRole};
use crate::error::CommandError;
use crate::format::text::clean;

/// Print the IAM policy of a role
///
/// The policy is a JSON document for the ledger of this command and the configured accounts. It
/// names the ledger's table, the accounts and the regions where they are known, and `*` only where
/// they are not, or where AWS supports no resource-level permissions. What the policy is for goes
/// to standard error. Makes no call and reads no ledger.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// What the holder of the policy does
    role: PolicyRole,

    /// Print what the Cloud Control API needs for its types, besides the policy of the role
    #[arg(long)]
    types: bool,

    #[command(flatten)]
    output: OutputOptions,
}

/// Prints the policy, which is JSON with and without `--json`.
pub(crate) fn run(
    arguments: &Arguments,
    context: &Context,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    let Arguments {
        role,
        types,
        output: OutputOptions { json: _ },
    } = *arguments;
    let (address, config) = (context.ledger_address()?, context.config()?);
    let (document, notes) = cloud_provider::role_policy(role, types, &address, &config)?;
    for note in &notes {
        ui::print_error(&clean(note));
    }
    json::write(ui, &document)
}
