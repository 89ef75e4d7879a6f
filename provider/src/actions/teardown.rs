//! The action `jiti_teardown`.

use stack::lease::{Backend, Origin};
use stack::{Lease, StackName};
use tfplugin::{Action, Context, Failure, InvokeContext, Model, Result, Value};

use super::jiti_command::{self, JitiCommand};
use super::{no_stack, stack_name};
use crate::client::Client;
use crate::diag;
use crate::resources::check_name;

/// Tears another stack down, as `jiti teardown --yes` does: it makes a destroy plan where the stack
/// was applied, and then carries out only that plan.
///
/// A stack that this configuration manages is refused: use `terraform destroy`, because Terraform
/// holds the lock of this state. A stack that is already gone is no error. Residue is an error.
///
/// The action runs the command line `jiti`, which has to be on `PATH` where Terraform runs. If this
/// run is interrupted, the teardown continues in its own process. An action needs Terraform 1.14 or
/// later.
#[derive(Clone, Debug, Model)]
pub(crate) struct TeardownActionModel {
    /// The name of the stack.
    #[attribute(required, validate = check_name)]
    name: Value<String>,
    /// How to tear the stack down: `terraform` (through its Terraform state) or `sweep` (by tag, in
    /// the accounts of jiti's config file).
    #[attribute(optional, default = "terraform", validate = check_strategy)]
    strategy: Value<String>,
    /// The name again, which confirms a stack that is protected or unleased.
    #[attribute(optional, validate = check_name)]
    confirm: Value<String>,
    /// Refuse to delete more resources than this. Default: no limit; for a sweep, `max_resources`
    /// under `[reaper]`.
    #[attribute(optional)]
    max_resources: Value<u32>,
}

fn check_strategy(text: &str) -> Result<(), String> {
    match text {
        "terraform" | "sweep" => Ok(()),
        other => Err(format!(
            "Invalid value {other:?}: use \"terraform\" or \"sweep\""
        )),
    }
}

/// The action.
pub(crate) struct TeardownAction {
    client: Client,
}

impl Action for TeardownAction {
    type Client = Client;
    type Model = TeardownActionModel;

    const NAME: &'static str = "jiti_teardown";

    fn new(client: Client) -> Self {
        Self { client }
    }

    fn validate(_: &mut Context, config: &TeardownActionModel) -> Result<()> {
        if let (Value::Known(name), Value::Known(confirmed)) = (&config.name, &config.confirm)
            && name != confirmed
        {
            let detail = format!("It is {confirmed:?}, but the stack is {name:?}.");
            return Err(Failure::new("`confirm` is not the stack's name", detail).at("confirm"));
        }
        Ok(())
    }

    async fn plan(&self, _: &mut Context, config: TeardownActionModel) -> Result<()> {
        jiti_command::check(&self.client)?;
        let name = stack_name(config.name)?;
        match self.lease(&name).await {
            Ok(Some(lease)) => self.refuse_own(&lease).await,
            // The apply may register it before it invokes the action, and reads the ledger then.
            Ok(None) | Err(_) => Ok(()),
        }
    }

    async fn invoke(
        &self,
        context: &mut InvokeContext<'_>,
        config: TeardownActionModel,
    ) -> Result<()> {
        let name = stack_name(config.name)?;
        let strategy = config.strategy.expect_known("strategy")?;
        match self.lease(&name).await? {
            Some(lease) => self.refuse_own(&lease).await?,
            // A sweep finds stacks that have no lease.
            None if strategy == "sweep" => {}
            None => {
                let ledger = self.client.ledger()?.address();
                return Err(no_stack(
                    &name,
                    &format!("The ledger {ledger} has no such stack."),
                ));
            }
        }
        let command = JitiCommand::of(&self.client)?.run("teardown", &name);
        let mut command = command.flag("--yes").option("--strategy", &strategy);
        if let Some(confirmed) = config.confirm.known() {
            command = command.option("--confirm", &confirmed);
        }
        if let Some(limit) = config.max_resources.known() {
            command = command.option("--max-resources", &limit.to_string());
        }
        command.follow(context).await
    }
}

impl TeardownAction {
    async fn lease(&self, name: &StackName) -> Result<Option<Lease>> {
        let lease = self.client.ledger()?.lease(name).await;
        lease.map_err(|error| diag::ledger(&error))
    }

    /// Refuses a stack that is in the state of this run.
    async fn refuse_own(&self, lease: &Lease) -> Result<()> {
        if !lease.is_live() || !is_same_state(&lease.origin, &self.client.origin().await) {
            return Ok(());
        }
        let name = &lease.name;
        let failure = Failure::new(
            format!("The stack {name} is in this state"),
            format!(
                "This configuration registered it, in {} (workspace {}). Terraform holds the lock of \
                 this state now, so a teardown cannot destroy what is in it. Run \
                 `terraform destroy -refresh=false` here instead, or name a stack of another \
                 configuration.",
                lease.origin.directory, lease.origin.workspace
            ),
        );
        Err(failure.at("name"))
    }
}

/// Whether two runs use one state. Several directories and hosts can share a backend, and one
/// directory can have a data directory for each of several backends.
fn is_same_state(one: &Origin, other: &Origin) -> bool {
    match (identified_backend(one), identified_backend(other)) {
        (Some(backend), Some(other_backend)) => {
            let is_same_folder = !backend.is_in_root() || one.is_same_place(other);
            backend == other_backend && one.workspace == other.workspace && is_same_folder
        }
        _ => one.is_same_place(other),
    }
}

/// The backend, if the keys that jiti records identify it.
fn identified_backend(origin: &Origin) -> Option<&Backend> {
    let backend = origin.backend.as_ref();
    backend.filter(|backend| !backend.keys.is_empty())
}

#[cfg(test)]
mod tests {
    use stack::ProcessId;

    use super::*;

    /// An origin in a folder, with a backend of this type and these keys.
    fn origin(directory: &str, kind: &str, keys: &[(&str, &str)]) -> Origin {
        let keys = keys.iter();
        let keys = keys.map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        Origin {
            directory: directory.to_owned(),
            workspace: "default".to_owned(),
            command: "terraform".to_owned(),
            data_dir: None,
            process: ProcessId {
                pid: 1,
                started: "1".to_owned(),
                host: "desk".to_owned(),
            },
            backend: (!kind.is_empty()).then(|| Backend {
                kind: kind.to_owned(),
                keys: keys.collect(),
            }),
            repository: None,
        }
    }

    fn on_another_host(origin: Origin) -> Origin {
        let process = ProcessId {
            host: "laptop".to_owned(),
            ..origin.process
        };
        Origin { process, ..origin }
    }

    #[test]
    fn states_differ_by_their_backend_or_by_their_folder() {
        let key = |key| [("bucket", "states"), ("key", key)];
        let shop = || origin("/shop", "s3", &key("shop"));
        let local = || origin("/shop", "", &[]);
        for (one, other, expected) in [
            (local(), local(), true),
            (local(), origin("/api", "", &[]), false),
            (local(), on_another_host(local()), false),
            (shop(), origin("/clone/shop", "s3", &key("shop")), true),
            (shop(), on_another_host(shop()), true),
            // The folder is initialised for one key after the other.
            (shop(), origin("/shop", "s3", &key("shop-pr-1")), false),
            // An older ledger has no backend.
            (shop(), local(), true),
            // The keys of this backend are secret.
            (origin("/shop", "pg", &[]), origin("/api", "pg", &[]), false),
            (
                origin("/shop", "local", &[("path", "a.tfstate")]),
                origin("/api", "local", &[("path", "a.tfstate")]),
                false,
            ),
            (
                origin("/shop", "local", &[("path", "a.tfstate")]),
                origin("/shop", "local", &[("path", "b.tfstate")]),
                false,
            ),
            (
                origin("/shop", "local", &[("path", "/srv/a.tfstate")]),
                origin("/api", "local", &[("path", "/srv/a.tfstate")]),
                true,
            ),
        ] {
            assert_eq!(is_same_state(&one, &other), expected, "{one:?} {other:?}");
        }
        let workspace = "pr-1".to_owned();
        for one in [shop(), local()] {
            let other = Origin {
                workspace: workspace.clone(),
                ..one.clone()
            };
            assert!(!is_same_state(&one, &other), "{one:?}");
        }
        let data_dir = Origin {
            data_dir: Some(".terraform-2".to_owned()),
            ..local()
        };
        assert!(is_same_state(&data_dir, &local()));
    }
}
