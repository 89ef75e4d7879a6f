//! The rules of `jiti check`: what is wrong with a stack, seen in a Terraform plan before it is
//! applied, and in the resources that exist afterwards.
//!
//! This package reads no file, no environment and no clock, and it calls no cloud: callers pass in
//! the plan, the resources, the policy and the prices. Each built-in rule has its own file under
//! `rules/`. Users write more rules in Rego.

mod attribute;
mod finding;
mod ignore;
mod plan;
mod prices;
mod rego;
mod rules;
mod sarif;

pub use finding::{CheckReport, Finding, PlannedCost, Severity, Undecided};
pub use ignore::{IgnoreList, InvalidIgnore};
pub use plan::{Plan, PlanError};
pub use prices::{ListPrice, NoPrices, Prices};
pub use rego::{LiveFiles, RegoError, RegoFile, RegoInput, RegoRules};
pub use rules::{LiveContext, PlanContext, RULES, Rule, check_live, check_plan};
