//! Why a use case was refused or failed.

use jiff::Timestamp;

use crate::init_queue::TurnWait;
use crate::lease::{Origin, Phase, ProcessId};
use crate::ledger::LedgerError;
use crate::policy::Refusal;
use crate::service::policy::InvalidPolicy;
use crate::values::id::{Owner, StackName};
use crate::values::ttl::Elapsed;

/// Why a use case was refused or failed. Nothing that it started is left behind.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServiceError {
    /// The ledger refused: a transition that makes no sense, a disk that is full.
    #[error(transparent)]
    Ledger(#[from] LedgerError),

    /// The policy in the ledger is invalid.
    #[error(transparent)]
    Policy(Box<InvalidPolicy>),

    /// The name belongs to a stack that lives.
    #[error(transparent)]
    Taken(Box<NameTaken>),

    /// There is no such stack, or none any more.
    #[error(
        "no stack \"{stack}\" is in the ledger {ledger}; `jiti ls --all` shows every stack that it knows"
    )]
    Unknown {
        /// The name that was asked for.
        stack: StackName,
        /// The ledger that was searched.
        ledger: String,
    },

    /// Several stacks without a lease have the name.
    #[error(
        "no lease is about \"{stack}\", and the tags of several stacks have that name: {}; choose one with --app or --owner",
        stacks.join("; ")
    )]
    Several {
        /// The name that was asked for.
        stack: StackName,
        /// Each with its app, its owner and its account.
        stacks: Vec<String>,
    },

    /// The policy does not allow it. There is at least one refusal, each about one attribute.
    #[error("stack \"{stack}\": {}", joined(refusals))]
    Refused {
        /// The stack that is or would be concerned.
        stack: StackName,
        /// Each with its attribute and its remedy.
        refusals: Vec<Refusal>,
    },

    /// The owner has as many stacks as the policy allows.
    #[error(
        "{owner} already has {} of at most {limit} live stacks (max_live_per_owner): {}; end one of them first",
        stacks.len(), names(stacks)
    )]
    OwnerFull {
        /// The owner.
        owner: Owner,
        /// How many are allowed.
        limit: u32,
        /// Those there are, by name.
        stacks: Vec<StackName>,
    },

    /// The apply has waited for its turn for as long as the policy allows.
    #[error(transparent)]
    NoTurn(Box<NoTurn>),

    /// Others changed it each time between reading and writing.
    #[error(
        "\"{what}\" was changed by others {attempts} times in a row between reading and writing; run the command again"
    )]
    TooManyConflicts {
        /// The stack or the pool.
        what: String,
        /// How often it was decided again.
        attempts: u32,
    },
}

impl ServiceError {
    /// The policy's refusals, if that is the reason.
    pub fn refusals(&self) -> &[Refusal] {
        match self {
            Self::Refused { refusals, .. } => refusals,
            _ => &[],
        }
    }

    pub(super) fn refused(stack: &StackName, refusals: impl IntoIterator<Item = Refusal>) -> Self {
        Self::Refused {
            stack: stack.clone(),
            refusals: refusals.into_iter().collect(),
        }
    }
}

fn joined(refusals: &[Refusal]) -> String {
    let texts: Vec<_> = refusals.iter().map(ToString::to_string).collect();
    texts.join("; ")
}

fn names(stacks: &[StackName]) -> String {
    let names: Vec<_> = stacks.iter().map(StackName::as_str).collect();
    names.join(", ")
}

/// An apply that has waited for its turn for too long.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "stack \"{}\" waited {} for its turn, which is as long as max_wait allows: {wait}; apply again later, end a stack that does not become ready, or raise max_concurrent_inits or max_wait in the policy",
    wait.stack, waited.rounded()
)]
pub struct NoTurn {
    /// Its place in the queue, and the stacks that have the turns.
    pub wait: TurnWait,
    /// How long it waited.
    pub waited: Elapsed,
}

/// The holder of a name, so that the user knows whom to ask.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "stack \"{stack}\" is already registered: owner {owner}, {phase}, {} old, from {} (workspace {}) on {}; {}",
    age.rounded(), origin.directory, origin.workspace, origin.process.host, by.remedy(stack)
)]
pub struct NameTaken {
    /// The name.
    pub stack: StackName,
    /// Its owner.
    pub owner: Owner,
    /// Its phase.
    pub phase: Phase,
    /// When its lease began.
    pub created_at: Timestamp,
    /// How long ago that was.
    pub age: Elapsed,
    /// The place that registered it.
    pub origin: Origin,
    /// In what way it is taken.
    pub by: NameHolder,
}

/// In what way a name is taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NameHolder {
    /// The state of another root module holds it.
    Finished,
    /// The same root module applied it, for this app or for another.
    SameRoot {
        /// Whether the registered app differs. Terraform then replaces the stack.
        other_app: bool,
    },
    /// An apply in the same place registered it, and its process lives or may live.
    Running(ProcessId),
    /// An apply in another place registered it and its state is not known to hold it yet.
    Unfinished,
    /// It is being torn down, or a teardown left something.
    Ending,
}

impl NameHolder {
    const CREATE_BEFORE_DESTROY: &str = "remove create_before_destroy from the jiti_stack and from every resource that depends on it, or give the new stack another name, or run `terraform destroy` first";

    fn remedy(&self, stack: &StackName) -> String {
        match self {
            Self::Finished => format!(
                "if it is this one, `terraform import jiti_stack.this {stack}`, else choose another name"
            ),
            Self::SameRoot { other_app: true } => format!(
                "Terraform replaces it and creates the new stack before it destroys the old one, and both cannot have this name; {}; an import does not help",
                Self::CREATE_BEFORE_DESTROY
            ),
            Self::SameRoot { other_app: false } => format!(
                "if it is this one, `terraform import jiti_stack.this {stack}`, else choose another name. If the plan replaces it, Terraform creates the new stack before it destroys the old one, and both cannot have this name: {}",
                Self::CREATE_BEFORE_DESTROY
            ),
            Self::Running(process) => format!(
                "the apply that registers it runs as process {}: wait for it, or end it and apply again",
                process.pid
            ),
            Self::Unfinished => format!(
                "its apply has not finished: apply again there, or `jiti teardown {stack}`, or choose another name"
            ),
            Self::Ending => {
                format!(
                    "`jiti show {stack}` tells how far its teardown is; apply again when it is gone"
                )
            }
        }
    }
}
