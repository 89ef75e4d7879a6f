//! `#[derive(Model)]`: generates a schema and its conversions from a struct.
//!
//! [`parse`] reads the struct and reports all errors in it. [`expand`] generates the code and
//! reports none.

mod doc;
mod expand;
mod names;
mod options;
mod parse;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Implements `tfplugin::Model`: the schema of a block, and the conversions to and from its values.
///
/// Every field is an attribute (`#[attribute(…)]`) or a nested block (`#[block(…)]`). The field's
/// name is its name, and the doc comment its description in Markdown.
///
/// On the struct, all optional:
///
/// * `#[model(version = 1)]`: the schema version of a resource or an identity. Raise it when the
///   shape of what Terraform stores changes.
/// * `#[model(validate = path::to::check)]`: a function that validates the whole model and returns
///   a `tfplugin::Failure` or an error. It may be given several times.
/// * `#[model(conflicts = ["a", "b"])]`, `exactly_one_of`, `at_least_one_of`, `required_together`:
///   rules about which attributes and blocks the configuration sets. Each may be given several
///   times.
/// * `#[model(description = "…")]` replaces the doc comment. `#[model(deprecated = "…")]` says what
///   to use instead.
/// * `#[model(nested)]`: the model is used only inside other models or as the arguments of a
///   function. It may use the names that Terraform reserves in resources.
/// * `#[model(provider)]`: the model is a provider's configuration, where Terraform reserves other
///   names.
///
/// On an attribute, whose type is a `tfplugin::Value<_>`:
///
/// * `required`, `optional`, `computed` or `optional computed`: who sets the attribute.
/// * `default = EXPR`: the value without a configured one; only with `optional`.
/// * `sensitive`, `write_only` (both on a `Value<Secret<_>>`), `deprecated = "what to use
///   instead"`.
/// * `versioned_by = "…"`: the attribute whose change says that a write-only value is a new one,
///   because Terraform stores no write-only value to compare it with. A configuration sets both or
///   none, and `ApplyContext::changed_write_only` returns a new value.
/// * `keep`: a computed attribute keeps its prior value when another attribute changes.
/// * `requires_replace`; `requires_replace_if_configured`, when the configuration sets the
///   attribute; or `requires_replace_if = path::to::condition`, a `fn(prior: &Value<T>, planned:
///   &Value<T>) -> bool`.
/// * `validate = path::to::check`, a `fn(&T) -> Result<(), impl Display>` for known values, or a
///   call of a function in `tfplugin::validators`. It may be given several times.
/// * `name = "…"`: the attribute's name, if it differs from the field's.
///
/// On a block: `list`, `set`, `single`, `group` or `map`, and `min = N`, `max = N`,
/// `deprecated = "…"`, `name = "…"`. A list or a set is a `Vec<M>`, a single block an `Option<M>`
/// (required with `min = 1`), a group an `M`, a map a `BTreeMap<String, M>`.
#[proc_macro_derive(Model, attributes(model, attribute, block))]
pub fn derive_model(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    parse::model(&input)
        .map_or_else(
            |error| error.to_compile_error(),
            |model| expand::model(&model),
        )
        .into()
}
