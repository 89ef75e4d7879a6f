//! The cloud that this build knows: AWS, unless it was built without its clients.

use std::sync::Arc;

use stack::{Cloud, Config};

use crate::error::CommandError;

/// That this build can look into the accounts of a configuration: one that cannot must not say of a stack that nothing is
/// left of it.
pub(crate) fn known(config: &Config) -> Result<(), CommandError> {
    if cfg!(feature = "aws") || config.accounts.is_empty() {
        return Ok(());
    }
    Err(CommandError::failed(
        "the configuration names accounts, and this jiti was built without AWS",
    )
    .hint("build one with it: make install"))
}

/// The cloud of the configured accounts; `None` where none is configured. Nothing is read, asked or connected before the
/// first question.
#[cfg(feature = "aws")]
pub(crate) fn cloud(config: &Config, own_endpoint: bool) -> Option<Arc<dyn Cloud>> {
    if config.accounts.is_empty() {
        return None;
    }
    Some(Arc::new(aws::AwsCloud::new(config, own_endpoint)))
}

/// None in this build; [`known`] has refused configurations with accounts.
#[cfg(not(feature = "aws"))]
pub(crate) fn cloud(_config: &Config, _own_endpoint: bool) -> Option<Arc<dyn Cloud>> {
    None
}
