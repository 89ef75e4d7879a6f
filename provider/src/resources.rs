//! The resources of this provider.

mod checks_model;
mod phase_reports;
mod readiness;
mod stack;
mod stack_identity;
mod stack_import;
mod stack_list;
mod stack_model;
mod stack_plan;
mod written_arguments;

pub(crate) use checks_model::checks as checks_of;
pub(crate) use readiness::ReadinessResource;
pub(crate) use stack::{StackResource, stack_name};
pub(crate) use stack_model::{StackModel, check_name, check_span};
