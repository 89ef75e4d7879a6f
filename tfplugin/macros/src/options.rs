//! Parses the options in `#[model(…)]`, `#[attribute(…)]` and `#[block(…)]`.

use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Error, Expr, ExprLit, Ident, Lit, LitStr, Result, Token};

/// An option, such as `sensitive` or `name = "…"`.
pub(crate) struct AttributeOption {
    pub(crate) name: Ident,
    pub(crate) value: Option<Expr>,
}

/// Options, separated by commas or, as in `optional computed`, by spaces.
struct OptionList(Vec<AttributeOption>);

impl Parse for OptionList {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut options = Vec::new();
        while !input.is_empty() {
            let name = Ident::parse_any(input)?;
            let value = if input.peek(Token![=]) {
                input.parse::<Token![=]>()?;
                Some(input.parse()?)
            } else {
                None
            };
            options.push(AttributeOption { name, value });
            if input.peek(Token![,]) {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(Self(options))
    }
}

/// Parses the options of all Rust attributes with this name.
pub(crate) fn options(attributes: &[Attribute], name: &str) -> Result<Vec<AttributeOption>> {
    let mut all = Vec::new();
    for attribute in attributes.iter().filter(|a| a.path().is_ident(name)) {
        all.append(&mut attribute.parse_args::<OptionList>()?.0);
    }
    Ok(all)
}

impl AttributeOption {
    /// Stores an option without a value.
    pub(crate) fn flag(self, target: &mut Option<Ident>) -> Result<()> {
        if self.value.is_some() {
            return Err(self.error("takes no value"));
        }
        set(target, self.name.clone(), &self)
    }

    /// Stores an option with a string.
    pub(crate) fn text(self, target: &mut Option<LitStr>) -> Result<()> {
        let Some(Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        })) = &self.value
        else {
            return Err(self.error("needs a string: `= \"…\"`"));
        };
        set(target, text.clone(), &self)
    }

    /// Stores an option with a non-negative integer.
    pub(crate) fn count(self, target: &mut Option<i64>) -> Result<()> {
        let Some(Expr::Lit(ExprLit {
            lit: Lit::Int(number),
            ..
        })) = &self.value
        else {
            return Err(self.error("needs a number: `= 1`"));
        };
        set(target, number.base10_parse()?, &self)
    }

    /// The expression of the option.
    pub(crate) fn expression(&self) -> Result<Expr> {
        self.value
            .clone()
            .ok_or_else(|| self.error("needs a value: `= …`"))
    }

    /// Stores an option with an expression.
    pub(crate) fn single_expression(self, target: &mut Option<Expr>) -> Result<()> {
        set(target, self.expression()?, &self)
    }

    pub(crate) fn unknown<T>(self, known: &str) -> Result<T> {
        Err(self.error(&format!("is unknown; expected one of {known}")))
    }

    pub(crate) fn error(&self, problem: &str) -> Error {
        Error::new(self.name.span(), format!("`{}` {problem}", self.name))
    }
}

fn set<T>(target: &mut Option<T>, value: T, option: &AttributeOption) -> Result<()> {
    if target.replace(value).is_some() {
        return Err(option.error("is given twice"));
    }
    Ok(())
}
