//! Parses `#[attribute(…)]`.

use syn::{Error, Expr, Ident, LitStr, Result};

use crate::options::options;

/// A parsed and checked attribute.
pub(crate) struct Attribute {
    pub(crate) mode: Mode,
    /// Whether `computed` is written. A default alone makes an attribute computed, too.
    pub(crate) computed: bool,
    pub(crate) sensitive: bool,
    pub(crate) write_only: bool,
    pub(crate) versioned_by: Option<LitStr>,
    pub(crate) keep: bool,
    pub(crate) requires_replace: bool,
    pub(crate) requires_replace_if_configured: bool,
    pub(crate) requires_replace_if: Option<Expr>,
    pub(crate) default: Option<Expr>,
    pub(crate) deprecated: Option<LitStr>,
    pub(crate) validators: Vec<Expr>,
}

/// Who sets an attribute.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Required,
    Optional,
    OptionalComputed,
    Computed,
}

/// The options as written, before any check.
#[derive(Default)]
struct RawOptions {
    required: Option<Ident>,
    optional: Option<Ident>,
    computed: Option<Ident>,
    sensitive: Option<Ident>,
    write_only: Option<Ident>,
    versioned_by: Option<LitStr>,
    keep: Option<Ident>,
    requires_replace: Option<Ident>,
    requires_replace_if_configured: Option<Ident>,
    requires_replace_if: Option<Expr>,
    default: Option<Expr>,
    deprecated: Option<LitStr>,
    name: Option<LitStr>,
    validators: Vec<Expr>,
}

/// Parses an attribute, and the name in `name = "…"`.
pub(crate) fn parse(
    field: &Ident,
    attributes: &[syn::Attribute],
) -> Result<(Attribute, Option<LitStr>)> {
    let mut raw = RawOptions::default();
    for option in options(attributes, "attribute")? {
        match option.name.to_string().as_str() {
            "required" => option.flag(&mut raw.required)?,
            "optional" => option.flag(&mut raw.optional)?,
            "computed" => option.flag(&mut raw.computed)?,
            "sensitive" => option.flag(&mut raw.sensitive)?,
            "write_only" => option.flag(&mut raw.write_only)?,
            "versioned_by" => option.text(&mut raw.versioned_by)?,
            "keep" => option.flag(&mut raw.keep)?,
            "requires_replace" => option.flag(&mut raw.requires_replace)?,
            "requires_replace_if_configured" => {
                option.flag(&mut raw.requires_replace_if_configured)?;
            }
            "requires_replace_if" => option.single_expression(&mut raw.requires_replace_if)?,
            "default" => option.single_expression(&mut raw.default)?,
            "deprecated" => option.text(&mut raw.deprecated)?,
            "name" => option.text(&mut raw.name)?,
            "validate" => raw.validators.push(option.expression()?),
            _ => {
                let known = "`required`, `optional`, `computed`, `default`, `sensitive`, \
                             `write_only`, `versioned_by`, `deprecated`, `keep`, `requires_replace`, \
                             `requires_replace_if`, `requires_replace_if_configured`, `validate`, \
                             `name`";
                return option.unknown(known);
            }
        }
    }
    let mode = mode(field, &raw)?;
    check(mode, &raw)?;
    let attribute = Attribute {
        mode,
        computed: raw.computed.is_some(),
        sensitive: raw.sensitive.is_some(),
        write_only: raw.write_only.is_some(),
        versioned_by: raw.versioned_by,
        keep: raw.keep.is_some(),
        requires_replace: raw.requires_replace.is_some(),
        requires_replace_if_configured: raw.requires_replace_if_configured.is_some(),
        requires_replace_if: raw.requires_replace_if,
        default: raw.default,
        deprecated: raw.deprecated,
        validators: raw.validators,
    };
    Ok((attribute, raw.name))
}

fn mode(field: &Ident, options: &RawOptions) -> Result<Mode> {
    match (&options.required, &options.optional, &options.computed) {
        (Some(_), Some(word), _) => fail(word, "an attribute cannot be both required and optional"),
        (Some(_), None, Some(word)) => fail(
            word,
            "a required attribute cannot be computed, because the configuration always sets it; \
             use `optional computed` if both may set it",
        ),
        (Some(_), None, None) => Ok(Mode::Required),
        (None, Some(_), None) if options.default.is_some() => Ok(Mode::OptionalComputed),
        (None, Some(_), None) => Ok(Mode::Optional),
        (None, Some(_), Some(_)) => Ok(Mode::OptionalComputed),
        (None, None, Some(_)) => Ok(Mode::Computed),
        (None, None, None) => Err(Error::new(
            field.span(),
            format!(
                "`{field}` does not say who sets it: add `required`, `optional`, `computed` or \
                 `optional computed`"
            ),
        )),
    }
}

fn check(mode: Mode, options: &RawOptions) -> Result<()> {
    if let Some(default) = &options.default {
        let problem = match mode {
            Mode::Required => {
                "a required attribute cannot have a default, because it is always configured"
            }
            Mode::Computed => "a computed attribute cannot have a default; make it `optional`",
            _ if options.write_only.is_some() => {
                "a write-only attribute cannot have a default, because no plan may contain it"
            }
            _ if options.keep.is_some() => {
                "`keep` has no effect with a default; remove `keep` or `default`"
            }
            _ => return check_without_default(mode, options),
        };
        return Err(Error::new_spanned(default, problem));
    }
    check_without_default(mode, options)
}

fn check_without_default(mode: Mode, options: &RawOptions) -> Result<()> {
    let computed = matches!(mode, Mode::Computed | Mode::OptionalComputed);
    if let Some(word) = &options.write_only
        && computed
    {
        let problem = "a write-only attribute cannot be computed, because it is never stored";
        return fail(word, problem);
    }
    if let Some(version) = &options.versioned_by
        && options.write_only.is_none()
    {
        let problem = "only a write-only attribute needs a version, because Terraform compares all \
                       others";
        return Err(Error::new(version.span(), problem));
    }
    if let Some(word) = &options.keep
        && !computed
    {
        let problem = "only a computed attribute can keep its prior value";
        return fail(word, problem);
    }
    if let Some(word) = &options.requires_replace {
        if mode == Mode::Computed {
            return fail(word, NO_REPLACE_WHEN_COMPUTED);
        }
        if options.requires_replace_if.is_some() {
            let problem = "`requires_replace` and `requires_replace_if` exclude each other";
            return fail(word, problem);
        }
    }
    if let Some(word) = &options.requires_replace_if_configured {
        if mode == Mode::Computed {
            return fail(word, NO_REPLACE_WHEN_COMPUTED);
        }
        if options.requires_replace.is_some() || options.requires_replace_if.is_some() {
            let problem = "give only one of `requires_replace`, `requires_replace_if` and \
                           `requires_replace_if_configured`";
            return fail(word, problem);
        }
    }
    if let Some(condition) = &options.requires_replace_if
        && mode == Mode::Computed
    {
        return Err(Error::new_spanned(condition, NO_REPLACE_WHEN_COMPUTED));
    }
    if mode == Mode::Computed
        && let Some(check) = options.validators.first()
    {
        let problem = "a computed attribute cannot have a validator, because the configuration never \
                       sets it";
        return Err(Error::new_spanned(check, problem));
    }
    Ok(())
}

const NO_REPLACE_WHEN_COMPUTED: &str = "an attribute that only the provider sets cannot require \
                                        replacement; use the resource's `plan` instead";

fn fail<T>(word: &Ident, problem: &str) -> Result<T> {
    Err(Error::new(word.span(), problem))
}
