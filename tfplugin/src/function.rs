//! Functions: `provider::name::function(…)` in a configuration.

mod signature;

pub(crate) use signature::{FunctionCalls, Parameter, Signature};

use crate::diag::Result;
use crate::model::{Element, Model};

/// A provider function. It must be pure: no network, and the same result every time.
///
/// It has no client, because Terraform calls functions without configuring the provider.
///
/// The fields of `Args` are the parameters, in order; the doc comments are their descriptions. A
/// parameter accepts `null` when its field is optional. A variadic parameter accepts it when the
/// elements of its list are values: `Value<Vec<Value<String>>>`. Defaults and validators of the
/// fields run before `call`.
///
/// An error at a field (`Failure::at("ttl")`) marks that argument in the configuration. In the last
/// parameter of a variadic function, `Path::new("names").index(2)` marks its third value.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a provider function",
    label = "needs an implementation of `tfplugin::Function`",
    note = "implement `NAME`, `SUMMARY`, `type Args`, `type Output` and `call`"
)]
pub trait Function: 'static {
    /// The name, without the provider's name.
    const NAME: &'static str;

    /// A one-line summary.
    const SUMMARY: &'static str;

    /// A description in Markdown.
    const DESCRIPTION: &'static str = "";

    /// Whether the last field of `Args`, which must be a list, takes all remaining arguments.
    const VARIADIC: bool = false;

    /// The names of parameters that may be unknown. Terraform does not wait until they are known.
    const UNKNOWN: &'static [&'static str] = &[];

    /// Set when the function is deprecated: what to use instead.
    const DEPRECATED: Option<&'static str> = None;

    /// The parameters.
    type Args: Model;

    /// The type of the result.
    type Output: Element;

    /// Computes the result.
    ///
    /// # Errors
    /// If an argument is invalid.
    fn call(args: Self::Args) -> Result<Self::Output>;
}
