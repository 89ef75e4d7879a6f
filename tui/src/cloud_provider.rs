//! The cloud that this build supports: AWS, unless it was built without the AWS clients.

use std::sync::Arc;

use stack::cloud::RecoveryCommands;
use stack::config::LedgerAddress;
use stack::{Cloud, Config, StackName};

use crate::error::CommandError;

/// Checks that this build can query the configured accounts. One that cannot must not report that a
/// stack is gone.
pub(crate) fn check(config: &Config) -> Result<(), CommandError> {
    if cfg!(feature = "aws") || config.accounts.is_empty() {
        return Ok(());
    }
    Err(CommandError::failed(
        "the configuration has accounts, but this jiti was built without AWS support",
    )
    .hint("build jiti with AWS support: make install"))
}

/// The cloud of the configured accounts; `None` if no account is configured. Opens no connection
/// before the first query.
#[cfg(feature = "aws")]
pub(crate) fn cloud(config: &Config, custom_endpoint: bool) -> Option<Arc<dyn Cloud>> {
    if config.accounts.is_empty() {
        return None;
    }
    Some(Arc::new(aws::AwsCloud::new(config, custom_endpoint)))
}

/// Always `None` in this build. [`check`] refuses a configuration with accounts.
#[cfg(not(feature = "aws"))]
pub(crate) fn cloud(_config: &Config, _custom_endpoint: bool) -> Option<Arc<dyn Cloud>> {
    None
}

/// The list prices that this build knows.
#[derive(Default)]
pub(crate) struct KnownPrices {
    #[cfg(feature = "aws")]
    list: aws::ListPrices,
}

impl ::check::Prices for KnownPrices {
    #[cfg(feature = "aws")]
    fn price(
        &self,
        meter: &str,
        quantity: rust_decimal::Decimal,
        region: &str,
    ) -> Option<::check::ListPrice> {
        let (hourly_usd, listed_on) = self.list.hourly(meter, quantity, region)?;
        Some(::check::ListPrice {
            hourly_usd,
            listed_on,
        })
    }

    #[cfg(not(feature = "aws"))]
    fn price(
        &self,
        _meter: &str,
        _quantity: rust_decimal::Decimal,
        _region: &str,
    ) -> Option<::check::ListPrice> {
        None
    }
}

/// The commands of the cloud's own command line for a resource, by its id.
type RecoveryCommandsOf = fn(&str) -> Option<RecoveryCommands>;

/// How to recover a resource that keeps its name after its deletion, or to free the name.
#[cfg(feature = "aws")]
pub(crate) const RECOVERY_COMMANDS: Option<RecoveryCommandsOf> = Some(aws::recovery_commands);

/// Unknown in this build.
#[cfg(not(feature = "aws"))]
pub(crate) const RECOVERY_COMMANDS: Option<RecoveryCommandsOf> = None;

/// What the holder of an IAM policy does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PolicyRole {
    /// Reads.
    Look,
    /// Runs the provider.
    Apply,
    /// Reads, writes the ledger, and changes what stacks own.
    Operate,
}

/// The IAM policy of a role for a ledger and the configured accounts, and sentences for its reader.
#[cfg(feature = "aws")]
pub(crate) fn role_policy(
    role: PolicyRole,
    for_types: bool,
    address: &LedgerAddress,
    config: &Config,
) -> Result<(aws::PolicyDocument, Vec<String>), CommandError> {
    let table = match address {
        LedgerAddress::Shared { address, .. } => Some(aws::DynamoAddress::parse(address)?),
        LedgerAddress::File(_) => None,
    };
    let scope = aws::PolicyScope {
        ledger: table.as_ref(),
        accounts: &config.accounts,
    };
    let wanted = match role {
        PolicyRole::Look => aws::PolicyRole::Look,
        PolicyRole::Apply => aws::PolicyRole::Apply,
        PolicyRole::Operate => aws::PolicyRole::Operate,
    };
    let document = match for_types {
        true => aws::PolicyDocument::of_types(wanted, &scope),
        false => aws::PolicyDocument::of_role(wanted, &scope),
    };
    let purpose = if for_types {
        TYPES_PURPOSE
    } else {
        purpose(role)
    };
    let mut notes = vec![purpose.to_owned()];
    if table.is_none() && !for_types {
        notes.push(file_note(address));
    }
    notes.extend(empty_note(&document));
    if role != PolicyRole::Apply && config.accounts.is_empty() {
        notes.push(
            "No account is configured, so the policy has * in the place of accounts and regions: add \
             [[account]] to the configuration."
                .to_owned(),
        );
    }
    notes.extend(size_note(document.size()));
    Ok((document, notes))
}

/// The IAM policy of a stack that changes its own lease, and sentences for its reader. Reads from a
/// shared ledger which partitions the stack uses.
#[cfg(feature = "aws")]
pub(crate) async fn stack_policy(
    name: &StackName,
    address: &LedgerAddress,
    config: &Config,
) -> Result<(aws::PolicyDocument, Vec<String>), CommandError> {
    let mut notes = vec![format!(
        "self: for the programs inside of {name}. It allows mark, touch, extend and teardown of this stack. \
         A teardown also needs the permissions to dispatch it, or to destroy the resources of the stack."
    )];
    let LedgerAddress::Shared {
        address: table_address,
        ..
    } = address
    else {
        let document = aws::PolicyDocument::empty();
        notes.push(file_note(address));
        notes.extend(empty_note(&document));
        return Ok((document, notes));
    };
    let table = aws::DynamoAddress::parse(table_address)?;
    let own = aws::DynamoLedger::read_only(table.clone())
        .own_partitions(name)
        .await?;
    let scope = aws::PolicyScope {
        ledger: Some(&table),
        accounts: &config.accounts,
    };
    notes.push(format!(
        "DynamoDB's conditions name partitions, and not items. So the policy also allows to replace and delete \
         the snapshots, and to add log entries, of about 1 in {} other stacks, and to read the policy, and the \
         states of the reaper, the pools and the breakers. See \"A stack that manages itself\" in the guides.",
        own.shards
    ));
    Ok((aws::PolicyDocument::of_stack(&own, &scope), notes))
}

/// This build knows no policies.
#[cfg(not(feature = "aws"))]
pub(crate) async fn stack_policy(
    _name: &StackName,
    _address: &LedgerAddress,
    _config: &Config,
) -> Result<((), Vec<String>), CommandError> {
    std::future::ready(Err(without_policies())).await
}

/// A ledger in a file has no table.
#[cfg(feature = "aws")]
fn file_note(address: &LedgerAddress) -> String {
    format!(
        "The ledger {address} is a file, so the policy names no table. A shared ledger has an address \
         like dynamodb://TABLE?region=REGION: set it with --ledger or JITI_LEDGER."
    )
}

/// What to do with a policy that allows nothing.
#[cfg(feature = "aws")]
fn empty_note(document: &aws::PolicyDocument) -> Option<String> {
    let note = "The policy allows nothing, and AWS refuses such a policy: attach none.";
    document.is_empty().then(|| note.to_owned())
}

/// What a policy for the types of Cloud Control is for.
#[cfg(feature = "aws")]
const TYPES_PURPOSE: &str = "For the types that jiti reads and deletes through the Cloud Control API, which calls their \
     services with the permissions of its caller. Attach it besides the policy of the role; operate needs that of look \
     as well.";

/// What a policy is for.
#[cfg(feature = "aws")]
fn purpose(role: PolicyRole) -> &'static str {
    match role {
        PolicyRole::Look => {
            "look: for people and programs that only read. It allows ls, show, cost, report, sync, the \
             dashboard, and the plan of a sweep."
        }
        PolicyRole::Apply => {
            "apply: for the provider, for example in CI. It allows reading and writing the ledger. \
             Terraform needs its own permissions for the resources of the stack."
        }
        PolicyRole::Operate => {
            "operate: for the reaper, and for people who act. It allows what look and apply allow, and to \
             sweep, sleep and wake. A teardown through Terraform also needs the permissions to destroy the \
             resources of the stack."
        }
    }
}

/// Where a policy of this many characters fits, unless it fits everywhere.
#[cfg(feature = "aws")]
fn size_note(size: usize) -> Option<String> {
    let (managed, inline) = (
        aws::PolicyDocument::MAX_MANAGED,
        aws::PolicyDocument::MAX_INLINE,
    );
    if size <= managed {
        return None;
    }
    let advice = if size <= inline {
        "use it as an inline policy of a role, which may have"
    } else {
        "split it by its statements; all inline policies of a role may have"
    };
    let [size, managed, inline] = [size, managed, inline].map(crate::format::values::thousands);
    Some(format!(
        "The policy has {size} characters without white space. A managed policy may have {managed}: \
         {advice} {inline}."
    ))
}

/// This build knows no policies.
#[cfg(not(feature = "aws"))]
pub(crate) fn role_policy(
    _role: PolicyRole,
    _for_types: bool,
    _address: &LedgerAddress,
    _config: &Config,
) -> Result<((), Vec<String>), CommandError> {
    Err(without_policies())
}

#[cfg(not(feature = "aws"))]
fn without_policies() -> CommandError {
    CommandError::failed("this jiti was built without AWS support, so it knows no IAM policy")
        .hint("build jiti with AWS support: make install")
}
