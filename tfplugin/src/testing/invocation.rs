//! Invocations of actions in a test.

use serde_json::Value as Json;

use super::config::configuration;
use super::harness::{Harness, warnings};
use crate::deferral::DeferralReason;
use crate::diag::{Diagnostic, Result};
use crate::provider::Provider;
use crate::server::Encoded;

/// What an invocation of an action reported.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// The progress messages, in order.
    pub progress: Vec<String>,
    /// The warnings of the action, or why it failed.
    pub outcome: Result<Vec<Diagnostic>>,
}

/// The plan of an action.
#[derive(Clone, Debug)]
pub struct ActionPlan {
    /// Why the provider deferred the action; `None` if it did not.
    pub deferral: Option<DeferralReason>,
    /// The warnings of the plan.
    pub warnings: Vec<Diagnostic>,
}

impl<P: Provider> Harness<P> {
    /// Validates the configuration of an action.
    ///
    /// # Errors
    /// If the configuration is invalid.
    pub async fn validate_action(&self, type_name: &str, config: Json) -> Result<Vec<Diagnostic>> {
        let config = self.encode_action(type_name, config)?;
        warnings(self.client.validate_action(type_name, config).await?)
    }

    /// Plans an action.
    ///
    /// # Errors
    /// If the action cannot be invoked.
    pub async fn plan_action(&self, type_name: &str, config: Json) -> Result<ActionPlan> {
        let config = self.encode_action(type_name, config)?;
        let response = self.client.plan_action(type_name, config).await?;
        Ok(ActionPlan {
            deferral: response.deferral,
            warnings: warnings(response.diagnostics)?,
        })
    }

    /// Validates, plans and invokes an action, as `terraform apply -invoke` does.
    pub async fn invoke(&self, type_name: &str, config: Json) -> Invocation {
        match self.try_invoke(type_name, config).await {
            Ok((progress, diagnostics)) => Invocation {
                progress,
                outcome: warnings(diagnostics),
            },
            Err(failure) => Invocation {
                progress: Vec::new(),
                outcome: Err(failure),
            },
        }
    }

    async fn try_invoke(
        &self,
        type_name: &str,
        config: Json,
    ) -> Result<(Vec<String>, Vec<Diagnostic>)> {
        self.validate_action(type_name, config.clone()).await?;
        self.plan_action(type_name, config.clone()).await?;
        let config = self.encode_action(type_name, config)?;
        self.client.invoke_action(type_name, config).await
    }

    fn encode_action(&self, type_name: &str, config: Json) -> Result<Encoded> {
        let schema = self.server.action_schema(type_name)?;
        Encoded::from_value(schema, &configuration(schema, config)?)
    }
}
