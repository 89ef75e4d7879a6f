//! `#[derive(Model)]`: makes a struct the one place where a schema is written down.
//!
//! The struct is read in two steps: [`read`] understands attributes and refuses what cannot be, so
//! that [`write`] has nothing left to refuse.

mod doc;
mod names;
mod options;
mod read;
mod write;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Makes a struct the model of a block: its schema, and the way into and out of it.
///
/// Every field is an attribute (`#[attribute(…)]`) or a nested block (`#[block(…)]`), under its own
/// name, described by its doc comment in Markdown.
///
/// On the struct, all optional:
///
/// * `#[model(version = 1)]` counts up when stored state changes its shape.
/// * `#[model(validate = path::to::check)]` is called with the whole model, and says what is wrong
///   with a `tfplugin::Failure` or an error. It may be given several times.
/// * `#[model(description = "…")]` stands in for the doc comment, `#[model(deprecated = "…")]` says
///   what to use instead.
/// * `#[model(nested)]` is for what is only used inside other models or as the arguments of a
///   function, and may then use the names that Terraform reserves at the top of a resource;
///   `#[model(provider)]` is for a provider's configuration, where other names are reserved.
///
/// On an attribute, which is a `tfplugin::Value<_>`:
///
/// * `required`, `optional`, `computed` or `optional computed`: who sets it.
/// * `default = EXPR`: what it is when the configuration leaves it out; with `optional`.
/// * `sensitive`, `write_only`, `deprecated = "what to use instead"`.
/// * `keep`: a computed value stays what it was when something else changes.
/// * `requires_replace`, or `requires_replace_if = path::to::decides`, a
///   `fn(prior: &Value<T>, planned: &Value<T>) -> bool`.
/// * `validate = path::to::check`, a `fn(&T) -> Result<(), impl Display>` for known values. It may
///   be given several times.
/// * `name = "…"`: the name, where the field has another.
///
/// On a block: `list`, `set`, `single`, `group` or `map`, and `min = N`, `max = N`,
/// `deprecated = "…"`, `name = "…"`. A list or a set is a `Vec<M>`, a single block an `Option<M>`
/// (required with `min = 1`), a group an `M`, a map a `BTreeMap<String, M>`.
#[proc_macro_derive(Model, attributes(model, attribute, block))]
pub fn derive_model(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    read::model(&input)
        .map_or_else(
            |error| error.to_compile_error(),
            |model| write::model(&model),
        )
        .into()
}
