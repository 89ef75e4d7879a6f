//! `jiti forget NAME`

use clap::Args;
use stack::StackName;
use stack::service::ServiceError;

use crate::cli::context::{Context, explain};
use crate::cli::options::OutputOptions;
use crate::cli::output::change;
use crate::cli::ui::Ui;
use crate::error::CommandError;

/// End the lease of a stack whose Terraform state is lost, and delete nothing
///
/// Whatever exists of the stack still exists and costs money: jiti only stops to manage it. To
/// delete it, use `jiti teardown` instead; `--strategy sweep` needs no Terraform state. If the
/// stack is already gone, the exit code is 0.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The stack's name
    name: StackName,

    /// Confirm with the stack's name
    #[arg(long, value_name = "NAME")]
    confirm: Option<StackName>,

    #[command(flatten)]
    output: OutputOptions,
}

pub(crate) async fn run(
    arguments: &Arguments,
    context: &Context,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    let Arguments {
        name,
        confirm,
        output,
    } = arguments;
    let service = context.writer()?;
    let Some(lease) = service.leases().lease(name).await? else {
        let ledger = service.ledger().location();
        let stack = name.clone();
        return Err(explain(ServiceError::Unknown { stack, ledger }, &service, name).await);
    };
    if !lease.is_live() {
        let sentence = format!("{name} is already gone");
        return change::write(ui, *output, &service, name, Some(sentence)).await;
    }
    match confirm {
        Some(typed) if typed == name => {}
        Some(typed) => {
            return Err(CommandError::refused(format!(
                "--confirm has the name {typed}, but the stack is {name}"
            )));
        }
        None => {
            return Err(CommandError::refused(format!(
                "forgetting {name} ends its lease and deletes nothing"
            ))
            .hint(format!("confirm its name: --confirm '{name}'")));
        }
    }
    let settings = context.teardown_settings()?;
    service
        .teardowns()
        .forget(name, "requested by a user", &settings.runs)
        .await?;
    let sentence = format!(
        "forgot {name}: its lease has ended. jiti deleted nothing: whatever exists of it still exists and \
         costs money"
    );
    change::write(ui, *output, &service, name, Some(sentence)).await
}
