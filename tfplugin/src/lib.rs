#![doc = include_str!("../docs/overview.md")]

/// The code in the guide compiles.
#[cfg(doctest)]
#[doc = include_str!("../docs/publishing.md")]
mod guide {}

// The code that `#[derive(Model)]` generates refers to this crate as `tfplugin`, also in here.
extern crate self as tfplugin;

mod action;
mod consistency;
mod context;
mod data_source;
mod deferral;
mod diag;
mod dispatch;
mod dynamic;
mod ephemeral;
mod function;
mod grpc;
#[cfg(feature = "testing")]
#[doc(hidden)]
pub mod internals;
pub mod model;
mod number;
mod path;
mod plan;
#[cfg_attr(
    not(feature = "testing"),
    allow(
        unreachable_pub,
        reason = "`internals` exports it with the feature `testing`"
    )
)]
mod plugin;
mod private;
mod proto;
mod provider;
mod registry;
mod resource;
pub mod schema;
mod serve;
mod server;
#[cfg(feature = "testing")]
pub mod testing;
mod timeouts;
mod types;
pub mod validators;
mod value;
#[cfg_attr(
    not(feature = "testing"),
    allow(
        unreachable_pub,
        reason = "`internals` exports it with the feature `testing`"
    )
)]
mod wire;

// A provider uses these crates in the versions of the SDK, without dependencies of its own.
#[doc(no_inline)]
pub use {serde, serde_json, tokio, tokio_util, tracing};

pub use action::{Action, InvokeContext, ProgressSender};
pub use context::{ApplyContext, Context};
pub use data_source::DataSource;
pub use deferral::DeferralReason;
pub use diag::{Diagnostic, Failure, Result, Severity};
pub use dynamic::{Dynamic, Refinements};
pub use ephemeral::{EphemeralContext, EphemeralResource};
pub use function::Function;
pub use model::{Element, Model, Secret, Text, UnorderedSet};
pub use number::{Number, NumberError};
pub use path::{Path, Step};
pub use plugin::Ending;
pub use provider::{NoConfig, Provider};
pub use registry::{Registration, Registry};
pub use resource::{
    Identify, Import, ListContext, ListResource, MoveFrom, MoveSource, Plan, Plannable,
    PlannedAction, Resource, StoredState, Upgrade, UpgradeIdentity,
};
pub use serve::serve;
pub use server::Server;
pub use tfplugin_macros::Model;
pub use timeouts::{TimeLimit, Timeout, Timeouts};
pub use types::{Type, TypeError};
pub use value::Value;
pub use wire::{WireError, WireErrorKind};
