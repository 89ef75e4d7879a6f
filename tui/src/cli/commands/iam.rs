//! `jiti iam look|apply|operate [--types]`, `jiti iam self NAME`

use clap::{Args, ValueEnum};
use stack::StackName;

use crate::cli::context::Context;
use crate::cli::options::OutputOptions;
use crate::cli::output::json;
use crate::cli::ui::{self, Ui};
use crate::cloud_provider::{self, PolicyRole};
use crate::error::CommandError;
use crate::format::text::clean;

/// Print the IAM policy of a role, or of a stack that changes its own lease
///
/// The policy is a JSON document for the ledger of this command and the configured accounts. It
/// names the ledger's table, the accounts and the regions where they are known, and `*` only where
/// they are not, or where AWS supports no resource-level permissions. What the policy is for goes
/// to standard error. Makes no call and reads no ledger, except `self`: it reads from a shared
/// ledger which of its partitions the stack uses. The stack may not exist yet.
#[derive(Args, Debug)]
#[command(
    override_usage = "jiti iam [OPTIONS] <look|apply|operate> [--types]\n       jiti iam [OPTIONS] self <NAME>"
)]
pub(crate) struct Arguments {
    /// What the holder of the policy does
    role: Holder,

    /// The name of the stack; only for `self`
    name: Option<StackName>,

    /// Print what the Cloud Control API needs for its types, besides the policy of the role
    #[arg(long)]
    types: bool,

    #[command(flatten)]
    output: OutputOptions,
}

/// Who has the policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Holder {
    /// Read: the ledger, tags, prices, metrics and descriptions
    Look,
    /// Run the provider, for example in CI: read and write the ledger, nothing else
    Apply,
    /// Look, write the ledger, sweep, sleep and wake: for the reaper and for people who act
    Operate,
    /// Mark, touch, extend and tear down one stack: for the programs inside of it
    #[value(name = "self")]
    Stack,
}

/// Prints the policy, which is JSON with and without `--json`.
pub(crate) async fn run(
    arguments: &Arguments,
    context: &Context,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    let Arguments {
        role,
        name,
        types,
        output: OutputOptions { json: _ },
    } = arguments;
    let role = match (role, name) {
        (Holder::Stack, Some(name)) => return of_stack(name, *types, context, ui).await,
        (Holder::Stack, None) => {
            return Err(CommandError::usage("the name of the stack is missing")
                .hint("write it like `jiti iam self checkout-pr-412`"));
        }
        (_, Some(_)) => {
            return Err(CommandError::usage(
                "only `jiti iam self` takes the name of a stack",
            ));
        }
        (Holder::Look, None) => PolicyRole::Look,
        (Holder::Apply, None) => PolicyRole::Apply,
        (Holder::Operate, None) => PolicyRole::Operate,
    };
    let (address, config) = (context.ledger_address()?, context.config()?);
    let (document, notes) = cloud_provider::role_policy(role, *types, &address, &config)?;
    print_notes(&notes);
    json::write(ui, &document)
}

/// Prints the policy of a stack that changes its own lease.
async fn of_stack(
    name: &StackName,
    types: bool,
    context: &Context,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    if types {
        return Err(CommandError::usage(
            "--types is for roles that look for resources, and `self` does not",
        )
        .hint("leave out --types"));
    }
    let (address, config) = (context.ledger_address()?, context.config()?);
    let (document, notes) = cloud_provider::stack_policy(name, &address, &config).await?;
    print_notes(&notes);
    json::write(ui, &document)
}

fn print_notes(notes: &[String]) {
    for note in notes {
        ui::print_error(&clean(note));
    }
}
