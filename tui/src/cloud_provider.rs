//! The cloud that this build supports: AWS, unless it was built without the AWS clients.

use std::sync::Arc;

use stack::cloud::RecoveryCommands;
use stack::{Cloud, Config};

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

/// The commands of the cloud's own command line for a resource, by its id.
type RecoveryCommandsOf = fn(&str) -> Option<RecoveryCommands>;

/// How to recover a resource that keeps its name after its deletion, or to free the name.
#[cfg(feature = "aws")]
pub(crate) const RECOVERY_COMMANDS: Option<RecoveryCommandsOf> = Some(aws::recovery_commands);

/// Unknown in this build.
#[cfg(not(feature = "aws"))]
pub(crate) const RECOVERY_COMMANDS: Option<RecoveryCommandsOf> = None;
