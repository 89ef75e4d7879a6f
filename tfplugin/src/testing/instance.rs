//! One resource instance: its state, as Terraform would keep it, and everything done to it.

use serde_json::Value as Json;

use super::config::{configuration, json_of};
use super::core::proposed;
use super::harness::{Harness, warnings};
use super::planned::PlannedChange;
use crate::consistency::{check_applied, check_final_plan, check_plan};
use crate::diag::{Diagnostic, Failure, Result};
use crate::dynamic::Dynamic;
use crate::path::Path;
use crate::provider::Provider;
use crate::registry::Shapes;
use crate::resource::Action;
use crate::server::Encoded;
use crate::server::apply_resource::ApplyRequest;
use crate::server::plan_resource::PlanRequest;
use crate::server::read_resource::ReadRequest;

/// A resource instance and what Terraform would know of it.
pub struct Instance<'h, P: Provider> {
    harness: &'h Harness<P>,
    type_name: String,
    state: Dynamic,
    private: Vec<u8>,
    tainted: bool,
}

impl<'h, P: Provider> Instance<'h, P> {
    pub(super) fn new(harness: &'h Harness<P>, type_name: &str) -> Self {
        Self {
            harness,
            type_name: type_name.to_owned(),
            state: Dynamic::Null,
            private: Vec::new(),
            tainted: false,
        }
    }

    pub(super) fn adopt(&mut self, state: &Encoded, private: Vec<u8>) -> Result<()> {
        self.state = state.decode(&self.shapes()?.ty)?;
        self.private = private;
        Ok(())
    }

    /// Whether it is in the state.
    #[must_use]
    pub fn exists(&self) -> bool {
        !self.state.is_null()
    }

    /// Whether its creation failed halfway, so that the next apply replaces it.
    #[must_use]
    pub fn is_tainted(&self) -> bool {
        self.tainted
    }

    /// Its state; null when it is not there.
    #[must_use]
    pub fn state(&self) -> Json {
        json_of(&self.state)
    }

    /// One value of its state; null where there is none.
    #[must_use]
    pub fn get(&self, path: impl Into<Path>) -> Json {
        self.state.get(&path.into()).map_or(Json::Null, json_of)
    }

    /// Its private data, as bytes of the state.
    #[must_use]
    pub fn private(&self) -> &[u8] {
        &self.private
    }

    /// Plans towards this configuration and changes nothing.
    ///
    /// # Errors
    /// What the provider or Core would refuse.
    pub async fn plan(&self, config: Json) -> Result<PlannedChange> {
        let config = configuration(self.shapes()?, config)?;
        self.plan_towards(config).await
    }

    /// Plans its destruction and changes nothing.
    ///
    /// # Errors
    /// What the provider or Core would refuse.
    pub async fn plan_destroy(&self) -> Result<PlannedChange> {
        self.ask_for_plan(&self.state, Dynamic::Null, &self.private)
            .await
    }

    /// Brings it to this configuration: validates, plans, plans again, applies, reads, and makes
    /// sure that a plan after that is empty.
    ///
    /// # Errors
    /// What the provider or Core would refuse. The state is then what Terraform would keep.
    pub async fn apply(&mut self, config: Json) -> Result<Vec<Diagnostic>> {
        let said = self.apply_once(config.clone()).await?;
        self.settled(config).await?;
        Ok(said)
    }

    /// As [`apply`](Self::apply), for what rightly has something to do again afterwards.
    ///
    /// # Errors
    /// What the provider or Core would refuse. The state is then what Terraform would keep.
    pub async fn apply_once(&mut self, config: Json) -> Result<Vec<Diagnostic>> {
        self.apply_planned(config.clone(), config).await
    }

    /// Plans towards a configuration with unknown values, and applies it when they are known.
    ///
    /// # Errors
    /// What the provider or Core would refuse. The state is then what Terraform would keep.
    pub async fn apply_planned(
        &mut self,
        planned_with: Json,
        config: Json,
    ) -> Result<Vec<Diagnostic>> {
        let mut said = self
            .harness
            .validate(&self.type_name, planned_with.clone())
            .await?;
        let first = self.plan(planned_with).await?;
        let config = configuration(self.shapes()?, config)?;
        said.extend(first.warnings.clone());
        let replaces = self.tainted || first.action() == Action::Replace;
        let first = if replaces && self.exists() {
            self.remove(first.private).await?;
            self.ask_for_plan(&Dynamic::Null, first.config, &[]).await?
        } else {
            first
        };
        let last = self.plan_towards(config).await?;
        let shapes = self.shapes()?;
        refuse(check_final_plan(shapes, &first.planned, &last.planned))?;
        if last.action() != Action::Unchanged {
            let prior = self.state.clone();
            let request = self.request(&prior, &last.planned, &last.config, last.private)?;
            said.extend(self.change(request, &last.planned).await?);
        }
        Ok(said)
    }

    /// Makes sure that a plan towards this configuration is empty, both before and after a read.
    ///
    /// # Errors
    /// What would change.
    pub async fn settled(&mut self, config: Json) -> Result<()> {
        for after in ["its apply", "a refresh"] {
            let plan = self.plan(config.clone()).await?;
            if plan.action() != Action::Unchanged {
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

    /// Reads it. It does not exist afterwards if the provider finds it gone.
    ///
    /// # Errors
    /// Why it cannot be read. The state stays as it was.
    pub async fn read(&mut self) -> Result<Vec<Diagnostic>> {
        let answer = self
            .harness
            .client
            .read(ReadRequest {
                type_name: self.type_name.clone(),
                state: Encoded::of(self.shapes()?, &self.state)?,
                private: self.private.clone(),
            })
            .await?;
        let said = warnings(answer.diagnostics)?;
        self.adopt(&answer.state, answer.private)?;
        Ok(said)
    }

    /// Destroys it, plan first.
    ///
    /// # Errors
    /// Why it cannot be destroyed. The state is then what Terraform would keep.
    pub async fn destroy(&mut self) -> Result<Vec<Diagnostic>> {
        let plan = self.plan_destroy().await?;
        let mut said = plan.warnings;
        said.extend(self.remove(plan.private).await?);
        Ok(said)
    }

    /// Makes sure that the other has the same state, but for these attributes: what an import
    /// cannot know.
    ///
    /// # Errors
    /// Which attributes differ.
    pub fn same_as(&self, other: &Self, ignoring: &[&str]) -> Result<()> {
        let (Json::Object(ours), Json::Object(theirs)) = (self.state(), other.state()) else {
            return Err(Failure::new("One of the two does not exist", ""));
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
        Err(Failure::new("The two differ", differ.join("\n")))
    }

    fn shapes(&self) -> Result<&'h Shapes> {
        self.harness.shapes_of(&self.type_name)
    }

    async fn plan_towards(&self, config: Dynamic) -> Result<PlannedChange> {
        self.ask_for_plan(&self.state, config, &self.private).await
    }

    async fn ask_for_plan(
        &self,
        prior: &Dynamic,
        config: Dynamic,
        private: &[u8],
    ) -> Result<PlannedChange> {
        let shapes = self.shapes()?;
        let proposed = proposed(shapes, &config, prior);
        let answer = self
            .harness
            .client
            .plan(PlanRequest {
                type_name: self.type_name.clone(),
                prior: Encoded::of(shapes, prior)?,
                proposed: Encoded::of(shapes, &proposed)?,
                config: Encoded::of(shapes, &config)?,
                private: private.to_vec(),
            })
            .await?;
        let warnings = warnings(answer.diagnostics)?;
        let planned = answer.planned.unwrap_or_default().decode(&shapes.ty)?;
        refuse(check_plan(shapes, &config, prior, &planned))?;
        Ok(PlannedChange {
            shapes: shapes.clone(),
            config,
            prior: prior.clone(),
            planned,
            requires_replace: answer.requires_replace,
            private: answer.private,
            warnings,
        })
    }

    async fn remove(&mut self, private: Vec<u8>) -> Result<Vec<Diagnostic>> {
        let prior = self.state.clone();
        let request = self.request(&prior, &Dynamic::Null, &Dynamic::Null, private)?;
        self.change(request, &Dynamic::Null).await
    }

    fn request(
        &self,
        prior: &Dynamic,
        planned: &Dynamic,
        config: &Dynamic,
        private: Vec<u8>,
    ) -> Result<ApplyRequest> {
        let shapes = self.shapes()?;
        Ok(ApplyRequest {
            type_name: self.type_name.clone(),
            prior: Encoded::of(shapes, prior)?,
            planned: Encoded::of(shapes, planned)?,
            config: Encoded::of(shapes, config)?,
            private,
        })
    }

    /// Applies, and keeps what Core would keep of the answer.
    async fn change(
        &mut self,
        request: ApplyRequest,
        planned: &Dynamic,
    ) -> Result<Vec<Diagnostic>> {
        let shapes = self.shapes()?;
        let creates = self.state.is_null();
        let answer = self.harness.client.apply(request).await?;
        let outcome = warnings(answer.diagnostics);
        let state = answer.state.unwrap_or_default().decode(&shapes.ty)?;
        if outcome.is_ok() || !state.is_null() {
            self.state = state;
            self.private = answer.private;
            self.tainted = creates && outcome.is_err() && self.exists();
        }
        let said = outcome?;
        refuse(check_applied(shapes, planned, &self.state))?;
        Ok(said)
    }
}

impl<P: Provider> std::fmt::Debug for Instance<'_, P> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Instance")
            .field("type_name", &self.type_name)
            .field("state", &self.state)
            .field("tainted", &self.tainted)
            .finish_non_exhaustive()
    }
}

fn refuse(problems: Vec<Diagnostic>) -> Result<()> {
    Failure::from_diagnostics(problems).map_or(Ok(()), Err)
}
