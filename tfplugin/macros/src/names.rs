//! Checks the names of attributes and blocks, including the names that Terraform reserves.

use syn::{Error, Ident, LitStr, Result, ext::IdentExt};

/// Where a model is used, which decides the names that Terraform reserves.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Usage {
    Resource,
    Provider,
    Nested,
}

impl Usage {
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

/// The name of an attribute or block: the field's name, or the one in `name = "…"`.
pub(crate) fn name(field: &Ident, given: Option<&LitStr>, usage: Usage) -> Result<String> {
    let name = given.map_or_else(|| field.unraw().to_string(), LitStr::value);
    let refuse = |problem: String| {
        let span = given.map_or_else(|| field.span(), LitStr::span);
        Err(Error::new(span, problem))
    };
    let is_allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let can_begin = |c: char| c.is_ascii_lowercase() || c == '_';
    if !name.starts_with(can_begin) || !name.chars().all(is_allowed) {
        return refuse(format!(
            "invalid name `{name}`: a name may contain only a-z, 0-9 and _, and cannot begin with a \
             digit"
        ));
    }
    if usage.reserved().contains(&name.as_str()) {
        let hint = match usage {
            Usage::Provider => "in provider blocks",
            Usage::Resource | Usage::Nested => {
                "in resources and data sources; if the struct is used only inside other models, \
                 add `#[model(nested)]`"
            }
        };
        return refuse(format!("Terraform reserves the name `{name}` {hint}"));
    }
    Ok(name)
}
