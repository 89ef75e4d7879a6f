//! A resource instance in a test: its state as Terraform would store it, and its operations.

mod identity;
mod plan;

use serde_json::Value as Json;

use super::config::{configuration, to_json};
use super::harness::{Harness, warnings};
use super::planned_change::{PlannedChange, Replaced};
use crate::consistency::{check_applied, check_final_plan};
use crate::diag::{Diagnostic, Failure, Result};
use crate::dynamic::Dynamic;
use crate::path::Path;
use crate::provider::Provider;
use crate::resource::PlannedAction;
use crate::schema::PreparedSchema;
use crate::server::Encoded;
use crate::server::apply_resource::ApplyRequest;
use crate::server::read_resource::ReadRequest;
use identity::expect_known_identity;

/// A resource instance, with the state that Terraform would store.
pub struct Instance<'h, P: Provider> {
    harness: &'h Harness<P>,
    type_name: String,
    state: Dynamic,
    /// Null if the resource has no identity.
    identity: Dynamic,
    private: Vec<u8>,
    tainted: bool,
}

impl<'h, P: Provider> Instance<'h, P> {
    pub(super) fn new(harness: &'h Harness<P>, type_name: &str) -> Self {
        Self {
            harness,
            type_name: type_name.to_owned(),
            state: Dynamic::Null,
            identity: Dynamic::Null,
            private: Vec::new(),
            tainted: false,
        }
    }

    pub(super) fn set_state(&mut self, state: &Encoded, private: Vec<u8>) -> Result<()> {
        self.state = state.decode(&self.schema()?.value_type)?;
        self.private = private;
        Ok(())
    }

    /// The same instance in another process of the provider, as the next Terraform command has it:
    /// with the same state and private data.
    pub fn continue_in<'o, Q: Provider>(&self, harness: &'o Harness<Q>) -> Instance<'o, Q> {
        Instance {
            harness,
            type_name: self.type_name.clone(),
            state: self.state.clone(),
            identity: self.identity.clone(),
            private: self.private.clone(),
            tainted: self.tainted,
        }
    }

    /// Whether the instance has a state.
    #[must_use]
    pub fn exists(&self) -> bool {
        !self.state.is_null()
    }

    /// Whether a create failed after it saved state, so that the next apply replaces the instance.
    #[must_use]
    pub fn is_tainted(&self) -> bool {
        self.tainted
    }

    /// The state; null when there is none.
    #[must_use]
    pub fn state(&self) -> Json {
        to_json(&self.state)
    }

    /// The value at a path in the state; null when there is none.
    #[must_use]
    pub fn get(&self, path: impl Into<Path>) -> Json {
        self.state.get(&path.into()).map_or(Json::Null, to_json)
    }

    /// The private data, as it is stored in the state.
    #[must_use]
    pub fn private(&self) -> &[u8] {
        &self.private
    }

    /// Applies this configuration: validates, plans, plans again, applies, reads, and requires an
    /// empty plan afterwards.
    ///
    /// # Errors
    /// If the provider fails or Core would reject a response. The instance then has the state that
    /// Terraform would store.
    pub async fn apply(&mut self, config: Json) -> Result<Vec<Diagnostic>> {
        let warnings = self.apply_once(config.clone()).await?;
        self.expect_empty_plan(config).await?;
        Ok(warnings)
    }

    /// Like [`apply`](Self::apply), without requiring an empty plan afterwards.
    ///
    /// # Errors
    /// Like [`apply`](Self::apply).
    pub async fn apply_once(&mut self, config: Json) -> Result<Vec<Diagnostic>> {
        self.apply_planned(config.clone(), config).await
    }

    /// Plans a configuration with unknown values, and applies it when they are known.
    ///
    /// # Errors
    /// Like [`apply`](Self::apply).
    pub async fn apply_planned(
        &mut self,
        planned_with: Json,
        config: Json,
    ) -> Result<Vec<Diagnostic>> {
        let mut warnings = self
            .harness
            .validate(&self.type_name, planned_with.clone())
            .await?;
        let mut plan = self.plan(planned_with).await?;
        let config = configuration(self.schema()?, config)?;
        warnings.append(&mut plan.warnings);
        if let Some(Replaced { private, identity }) = plan.replaced.take() {
            self.remove(private, identity).await?;
        }
        warnings.extend(self.apply_final(&plan, config).await?);
        Ok(warnings)
    }

    /// Applies this configuration after another process of the provider planned it, as Terraform
    /// does when the provider block has values that are known only during apply. The plan must not
    /// replace the instance.
    ///
    /// # Errors
    /// Like [`apply`](Self::apply), or if the plan of this process contradicts the other one.
    pub async fn apply_plan(
        &mut self,
        plan: &PlannedChange,
        config: Json,
    ) -> Result<Vec<Diagnostic>> {
        let config = configuration(self.schema()?, config)?;
        self.apply_final(plan, config).await
    }

    /// Plans the known configuration again, compares the plan with the first one, and applies it.
    async fn apply_final(
        &mut self,
        first: &PlannedChange,
        config: Dynamic,
    ) -> Result<Vec<Diagnostic>> {
        let last = self.plan_config(config).await?;
        let schema = self.schema()?;
        fail_on_errors(check_final_plan(schema, &first.planned, &last.planned))?;
        if last.action() == PlannedAction::Unchanged {
            return Ok(Vec::new());
        }
        let prior = self.state.clone();
        let identity = self.encoded_identity(&last.identity)?;
        let request =
            self.apply_request(&prior, &last.planned, &last.config, last.private, identity)?;
        self.apply_change(request, &last.planned).await
    }

    /// Requires that a plan of this configuration is empty, both before and after a refresh.
    ///
    /// # Errors
    /// If a plan is not empty; the failure names the attributes that would change.
    pub async fn expect_empty_plan(&mut self, config: Json) -> Result<()> {
        for after in ["the apply", "a refresh"] {
            let plan = self.plan(config.clone()).await?;
            if plan.action() != PlannedAction::Unchanged {
                return Err(Failure::new(
                    format!("The plan after {after} is not empty"),
                    format!(
                        "It would {:?} {} because of {}.",
                        plan.action(),
                        self.type_name,
                        plan.changes().join(", ")
                    ),
                ));
            }
            self.read().await?;
        }
        Ok(())
    }

    /// Refreshes the state. It becomes null when the object no longer exists.
    ///
    /// # Errors
    /// If the object cannot be read. The state does not change.
    pub async fn read(&mut self) -> Result<Vec<Diagnostic>> {
        let response = self
            .harness
            .client
            .read(ReadRequest {
                type_name: self.type_name.clone(),
                state: Encoded::from_value(self.schema()?, &self.state)?,
                private: self.private.clone(),
                identity: self.encoded_identity(&self.identity)?,
            })
            .await?;
        let found = warnings(response.diagnostics)?;
        self.set_state(&response.state, response.private)?;
        self.identity = self.decode_identity(response.identity)?;
        Ok(found)
    }

    /// Plans and applies a destroy.
    ///
    /// # Errors
    /// If the destroy fails. The instance then has the state that Terraform would store.
    pub async fn destroy(&mut self) -> Result<Vec<Diagnostic>> {
        let plan = self.plan_destroy().await?;
        let mut warnings = plan.warnings;
        warnings.extend(self.remove(plan.private, plan.identity).await?);
        Ok(warnings)
    }

    /// Requires that the other instance has the same state, except for the ignored attributes, such
    /// as those that an import cannot know.
    ///
    /// # Errors
    /// If the states differ; the failure lists the differences.
    pub fn expect_same_state(&self, other: &Self, ignoring: &[&str]) -> Result<()> {
        let (Json::Object(ours), Json::Object(theirs)) = (self.state(), other.state()) else {
            return Err(Failure::new("One of the instances has no state", ""));
        };
        let differ: Vec<_> = ours
            .iter()
            .filter(|(name, value)| {
                !ignoring.contains(&name.as_str()) && theirs.get(*name) != Some(*value)
            })
            .map(|(name, value)| {
                let other = theirs.get(name).unwrap_or(&Json::Null);
                format!("{name}: {value} and {other}")
            })
            .collect();
        if differ.is_empty() {
            return Ok(());
        }
        Err(Failure::new("The states differ", differ.join("\n")))
    }

    fn schema(&self) -> Result<&'h PreparedSchema> {
        self.harness.schema_of(&self.type_name)
    }

    async fn remove(&mut self, private: Vec<u8>, identity: Dynamic) -> Result<Vec<Diagnostic>> {
        let prior = self.state.clone();
        let identity = self.encoded_identity(&identity)?;
        let none = &Dynamic::Null;
        let request = self.apply_request(&prior, none, none, private, identity)?;
        self.apply_change(request, &Dynamic::Null).await
    }

    fn apply_request(
        &self,
        prior: &Dynamic,
        planned: &Dynamic,
        config: &Dynamic,
        private: Vec<u8>,
        identity: Encoded,
    ) -> Result<ApplyRequest> {
        let schema = self.schema()?;
        Ok(ApplyRequest {
            type_name: self.type_name.clone(),
            prior: Encoded::from_value(schema, prior)?,
            planned: Encoded::from_value(schema, planned)?,
            config: Encoded::from_value(schema, config)?,
            private,
            identity,
        })
    }

    /// Applies a change, and stores the part of the response that Core would store.
    async fn apply_change(
        &mut self,
        request: ApplyRequest,
        planned: &Dynamic,
    ) -> Result<Vec<Diagnostic>> {
        let schema = self.schema()?;
        let creates = self.state.is_null();
        let response = self.harness.client.apply(request).await?;
        let outcome = warnings(response.diagnostics);
        let state = response
            .state
            .unwrap_or_default()
            .decode(&schema.value_type)?;
        if outcome.is_ok() || !state.is_null() {
            self.identity = self.decode_identity(response.identity)?;
            self.state = state;
            self.private = response.private;
            self.tainted = creates && outcome.is_err() && self.exists();
        }
        let warnings = outcome?;
        expect_known_identity(&self.identity)?;
        fail_on_errors(check_applied(schema, planned, &self.state))?;
        Ok(warnings)
    }
}

impl<P: Provider> std::fmt::Debug for Instance<'_, P> {
    /// Masks sensitive and write-only values.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let state = self
            .schema()
            .map(|schema| schema.block().masked(&self.state));
        f.debug_struct("Instance")
            .field("type_name", &self.type_name)
            .field("state", &state.ok())
            .field("tainted", &self.tainted)
            .finish_non_exhaustive()
    }
}

fn fail_on_errors(problems: Vec<Diagnostic>) -> Result<()> {
    Failure::from_diagnostics(problems).map_or(Ok(()), Err)
}
