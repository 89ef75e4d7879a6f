//! The plans of an instance, as Terraform makes and shows them.

use serde_json::Value as Json;

use super::identity::expect_known_identity;
use super::{Instance, fail_on_errors};
use crate::consistency::check_plan;
use crate::diag::Result;
use crate::dynamic::Dynamic;
use crate::provider::Provider;
use crate::resource::PlannedAction;
use crate::server::Encoded;
use crate::server::plan_resource::PlanRequest;
use crate::testing::config::configuration;
use crate::testing::core::proposed_state;
use crate::testing::harness::warnings;
use crate::testing::planned_change::{PlannedChange, Replaced};

impl<P: Provider> Instance<'_, P> {
    /// Plans this configuration without applying it.
    ///
    /// Like Terraform, it plans a replacement twice: the first plan says that the instance must be
    /// replaced, and the second plans the new one, without the values of the old one.
    ///
    /// # Errors
    /// If the provider or Core would reject the plan.
    pub async fn plan(&self, config: Json) -> Result<PlannedChange> {
        let config = configuration(self.schema()?, config)?;
        if self.tainted {
            let replaced = Replaced {
                private: self.private.clone(),
                identity: self.identity.clone(),
            };
            let identity = self.encoded_identity(&self.identity)?;
            return self.plan_new(config, replaced, identity).await;
        }
        let first = self.plan_config(config).await?;
        if first.action() != PlannedAction::Replace {
            return Ok(first);
        }
        let identity = self.encoded_identity(&first.identity)?;
        let replaced = Replaced {
            private: first.private,
            identity: first.identity,
        };
        let mut second = self.plan_new(first.config, replaced, identity).await?;
        second.requires_replace = first.requires_replace;
        second.warnings.splice(..0, first.warnings);
        second.deferral = first.deferral.or(second.deferral);
        Ok(second)
    }

    /// Plans to destroy the instance without applying the plan.
    ///
    /// # Errors
    /// If the provider or Core would reject the plan.
    pub async fn plan_destroy(&self) -> Result<PlannedChange> {
        let identity = self.encoded_identity(&self.identity)?;
        self.request_plan(&self.state, Dynamic::Null, &self.private, identity)
            .await
    }

    /// Plans the instance that replaces this one.
    async fn plan_new(
        &self,
        config: Dynamic,
        replaced: Replaced,
        identity: Encoded,
    ) -> Result<PlannedChange> {
        let mut plan = self
            .request_plan(&Dynamic::Null, config, &[], identity)
            .await?;
        plan.prior = self.state.clone();
        plan.replaced = Some(replaced);
        Ok(plan)
    }

    pub(super) async fn plan_config(&self, config: Dynamic) -> Result<PlannedChange> {
        let identity = self.encoded_identity(&self.identity)?;
        self.request_plan(&self.state, config, &self.private, identity)
            .await
    }

    async fn request_plan(
        &self,
        prior: &Dynamic,
        config: Dynamic,
        private: &[u8],
        identity: Encoded,
    ) -> Result<PlannedChange> {
        let schema = self.schema()?;
        let proposed = proposed_state(schema, &config, prior);
        let response = self
            .harness
            .client
            .plan(PlanRequest {
                type_name: self.type_name.clone(),
                prior: Encoded::from_value(schema, prior)?,
                proposed: Encoded::from_value(schema, &proposed)?,
                config: Encoded::from_value(schema, &config)?,
                private: private.to_vec(),
                identity,
            })
            .await?;
        let warnings = warnings(response.diagnostics)?;
        let planned = response
            .planned
            .unwrap_or_default()
            .decode(&schema.value_type)?;
        fail_on_errors(check_plan(schema, &config, prior, &planned))?;
        let identity = self.decode_identity(response.identity)?;
        if !prior.is_null() && response.requires_replace.is_empty() {
            expect_known_identity(&identity)?;
        }
        Ok(PlannedChange {
            schema: schema.clone(),
            identity,
            config,
            prior: prior.clone(),
            planned,
            requires_replace: response.requires_replace,
            private: response.private,
            warnings,
            deferral: response.deferral,
            replaced: None,
        })
    }
}
