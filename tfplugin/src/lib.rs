#![doc = include_str!("../docs/overview.md")]

// `#[derive(Model)]` names this crate as others know it.
extern crate self as tfplugin;

mod consistency;
mod context;
mod data_source;
mod diag;
mod dynamic;
mod erased;
mod function;
pub mod model;
mod number;
mod path;
mod plan;
pub mod plugin;
mod private;
pub mod proto;
mod provider;
pub mod registry;
mod resource;
pub mod schema;
mod server;
#[cfg(feature = "testing")]
pub mod testing;
mod types;
mod value;
pub mod wire;

pub use context::Cx;
pub use data_source::DataSource;
pub use diag::{Diagnostic, Failure, Result, Severity};
pub use dynamic::{Dynamic, Refinements};
pub use function::Function;
pub use model::{Element, Model, Text};
pub use number::{Number, NumberError};
pub use path::{Path, Step};
pub use plugin::Ending;
pub use provider::{NoConfig, Provider};
pub use registry::Registry;
pub use resource::{
    Action, Import, MoveFrom, MoveSource, Plan, Plannable, Prior, Resource, Upgrade,
};
pub use server::{Server, serve};
pub use tfplugin_macros::Model;
pub use types::{Type, TypeError};
pub use value::Value;
