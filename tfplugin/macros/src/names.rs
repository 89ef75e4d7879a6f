//! Names that Terraform can take, and those it keeps for itself.

use syn::{Error, Ident, LitStr, Result, ext::IdentExt};

/// Where a model's fields stand, which decides what is reserved there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Top {
    Resource,
    Provider,
    Nested,
}

impl Top {
    fn reserved(self) -> &'static [&'static str] {
        match self {
            Self::Resource => &[
                "connection",
                "count",
                "depends_on",
                "for_each",
                "lifecycle",
                "provider",
                "provisioner",
            ],
            Self::Provider => &["alias", "version"],
            Self::Nested => &[],
        }
    }
}

/// The name of a field: its own, or the one it is given.
pub(crate) fn name(field: &Ident, given: Option<&LitStr>, top: Top) -> Result<String> {
    let name = given.map_or_else(|| field.unraw().to_string(), LitStr::value);
    let refuse = |problem: String| {
        let span = given.map_or_else(|| field.span(), LitStr::span);
        Err(Error::new(span, problem))
    };
    let letters = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let begins = |c: char| c.is_ascii_lowercase() || c == '_';
    if !name.starts_with(begins) || !name.chars().all(letters) {
        return refuse(format!(
            "`{name}` is no name for Terraform: it is made of a-z, 0-9 and _, and does not begin \
             with a digit"
        ));
    }
    if top.reserved().contains(&name.as_str()) {
        let hint = match top {
            Top::Provider => "in a provider's configuration",
            Top::Resource | Top::Nested => {
                "at the top of a resource or a data source (elsewhere it is free: \
                 say `#[model(nested)]` of the struct)"
            }
        };
        return refuse(format!("`{name}` is Terraform's own word {hint}"));
    }
    Ok(name)
}
