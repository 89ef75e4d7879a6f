//! `#[attribute(…)]`: who sets it, and what is done with it.

use syn::{Error, Expr, Ident, LitStr, Result};

use crate::options::words;

/// An attribute that makes sense.
pub(crate) struct Attribute {
    pub(crate) mode: Mode,
    pub(crate) sensitive: bool,
    pub(crate) write_only: bool,
    pub(crate) keep: bool,
    pub(crate) requires_replace: bool,
    pub(crate) requires_replace_if: Option<Expr>,
    pub(crate) default: Option<Expr>,
    pub(crate) deprecated: Option<LitStr>,
    pub(crate) validators: Vec<Expr>,
}

/// Who sets it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Required,
    Optional,
    OptionalComputed,
    Computed,
}

/// The words as they were written.
#[derive(Default)]
struct Words {
    required: Option<Ident>,
    optional: Option<Ident>,
    computed: Option<Ident>,
    sensitive: Option<Ident>,
    write_only: Option<Ident>,
    keep: Option<Ident>,
    requires_replace: Option<Ident>,
    requires_replace_if: Option<Expr>,
    default: Option<Expr>,
    deprecated: Option<LitStr>,
    name: Option<LitStr>,
    validators: Vec<Expr>,
}

/// The attribute, and the name it is given.
pub(crate) fn read(
    field: &Ident,
    attributes: &[syn::Attribute],
) -> Result<(Attribute, Option<LitStr>)> {
    let mut read = Words::default();
    for word in words(attributes, "attribute")? {
        match word.name.to_string().as_str() {
            "required" => word.flag(&mut read.required)?,
            "optional" => word.flag(&mut read.optional)?,
            "computed" => word.flag(&mut read.computed)?,
            "sensitive" => word.flag(&mut read.sensitive)?,
            "write_only" => word.flag(&mut read.write_only)?,
            "keep" => word.flag(&mut read.keep)?,
            "requires_replace" => word.flag(&mut read.requires_replace)?,
            "requires_replace_if" => word.one_expression(&mut read.requires_replace_if)?,
            "default" => word.one_expression(&mut read.default)?,
            "deprecated" => word.text(&mut read.deprecated)?,
            "name" => word.text(&mut read.name)?,
            "validate" => read.validators.push(word.expression()?),
            _ => {
                let known = "`required`, `optional`, `computed`, `default`, `sensitive`, \
                             `write_only`, `deprecated`, `keep`, `requires_replace`, \
                             `requires_replace_if`, `validate`, `name`";
                return word.unknown(known);
            }
        }
    }
    let mode = mode(field, &read)?;
    check(mode, &read)?;
    let attribute = Attribute {
        mode,
        sensitive: read.sensitive.is_some(),
        write_only: read.write_only.is_some(),
        keep: read.keep.is_some(),
        requires_replace: read.requires_replace.is_some(),
        requires_replace_if: read.requires_replace_if,
        default: read.default,
        deprecated: read.deprecated,
        validators: read.validators,
    };
    Ok((attribute, read.name))
}

fn mode(field: &Ident, words: &Words) -> Result<Mode> {
    match (&words.required, &words.optional, &words.computed) {
        (Some(_), Some(word), _) => refuse(
            word,
            "an attribute is required or optional: the configuration must set it, or may",
        ),
        (Some(_), None, Some(word)) => refuse(
            word,
            "a required attribute is always set by the configuration, so it cannot be computed; \
             `optional computed` is what either may set",
        ),
        (Some(_), None, None) => Ok(Mode::Required),
        (None, Some(_), None) if words.default.is_some() => Ok(Mode::OptionalComputed),
        (None, Some(_), None) => Ok(Mode::Optional),
        (None, Some(_), Some(_)) => Ok(Mode::OptionalComputed),
        (None, None, Some(_)) => Ok(Mode::Computed),
        (None, None, None) => Err(Error::new(
            field.span(),
            format!(
                "say who sets `{field}`: `required`, `optional`, `computed` or `optional computed`"
            ),
        )),
    }
}

fn check(mode: Mode, words: &Words) -> Result<()> {
    if let Some(default) = &words.default {
        let problem = match mode {
            Mode::Required => "a required attribute is never left out, so it has no default",
            Mode::Computed => {
                "what only the provider sets has no default; with one it is `optional`"
            }
            _ if words.write_only.is_some() => {
                "a write-only attribute has no default: nothing of it may be in a plan"
            }
            _ if words.keep.is_some() => {
                "with a default there is never a prior value to keep; drop `keep` or `default`"
            }
            _ => return check_words(mode, words),
        };
        return Err(Error::new_spanned(default, problem));
    }
    check_words(mode, words)
}

fn check_words(mode: Mode, words: &Words) -> Result<()> {
    let computed = matches!(mode, Mode::Computed | Mode::OptionalComputed);
    if let Some(word) = &words.write_only
        && computed
    {
        let problem = "a write-only attribute cannot be computed: nothing of it is stored";
        return refuse(word, problem);
    }
    if let Some(word) = &words.keep
        && !computed
    {
        let problem = "only a computed attribute can keep its value: the configuration decides \
                       the others";
        return refuse(word, problem);
    }
    if let Some(word) = &words.requires_replace {
        if mode == Mode::Computed {
            return refuse(word, NOT_THE_PROVIDERS_WISH);
        }
        if words.requires_replace_if.is_some() {
            let problem = "`requires_replace_if` already says when to replace; keep one of the two";
            return refuse(word, problem);
        }
    }
    if let Some(decides) = &words.requires_replace_if
        && mode == Mode::Computed
    {
        return Err(Error::new_spanned(decides, NOT_THE_PROVIDERS_WISH));
    }
    if mode == Mode::Computed
        && let Some(check) = words.validators.first()
    {
        let problem = "a validator checks what the configuration says, and it says nothing about \
                       a computed attribute";
        return Err(Error::new_spanned(check, problem));
    }
    Ok(())
}

const NOT_THE_PROVIDERS_WISH: &str = "what only the provider sets cannot ask for a replacement; \
                                      decide it in the resource's `plan`";

fn refuse<T>(word: &Ident, problem: &str) -> Result<T> {
    Err(Error::new(word.span(), problem))
}
