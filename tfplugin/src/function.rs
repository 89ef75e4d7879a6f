//! Functions: `provider::name::function(…)` in a configuration.

use crate::diag::Result;
use crate::model::{Element, Model};

/// A function: pure, offline, and the same answer every time.
///
/// It has no client, since Terraform calls it in processes that are not configured.
///
/// Its parameters are the fields of `Args`, in their order and by their names; the doc comments
/// are the parameters' descriptions. A parameter takes `null` when its field is optional.
///
/// An error that points at a field (`Failure::at("ttl")`) marks that argument in the configuration;
/// in the last parameter of a variadic function, `Path::new("names").index(2)` marks the third of
/// its values.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a provider function",
    label = "needs an implementation of `tfplugin::Function`",
    note = "give it `NAME`, `SUMMARY`, `type Args`, `type Output` and `call`"
)]
pub trait Function: 'static {
    /// The name, without the provider's.
    const NAME: &'static str;

    /// What it does, in a line.
    const SUMMARY: &'static str;

    /// What it does, in Markdown.
    const DESCRIPTION: &'static str = "";

    /// Whether the last field of `Args`, a list, takes all arguments that remain.
    const VARIADIC: bool = false;

    /// The parameters that may be unknown. Terraform calls the function without waiting for them.
    const UNKNOWN: &'static [&'static str] = &[];

    /// Set when the function is deprecated: what to use instead.
    const DEPRECATED: Option<&'static str> = None;

    /// The parameters.
    type Args: Model;

    /// What it returns.
    type Output: Element;

    /// The answer.
    ///
    /// # Errors
    /// What is wrong with the arguments.
    fn call(args: Self::Args) -> Result<Self::Output>;
}
