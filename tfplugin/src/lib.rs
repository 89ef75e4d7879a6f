//! An SDK for Terraform plugin protocol 6.

mod diag;
mod dynamic;
mod model;
mod number;
mod path;
pub mod schema;
mod types;
mod value;

pub use diag::{Diagnostic, Failure, Result, Severity};
pub use dynamic::{Dynamic, Refinements};
pub use model::{Element, Model};
pub use number::Number;
pub use path::{Path, Step};
pub use types::Type;
pub use value::Value;
