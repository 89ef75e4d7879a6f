//! What stands in the parentheses of `#[model(…)]`, `#[attribute(…)]` and `#[block(…)]`.

use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Error, Expr, ExprLit, Ident, Lit, LitStr, Result, Token};

/// One word, with its value if it has one.
pub(crate) struct Word {
    pub(crate) name: Ident,
    pub(crate) value: Option<Expr>,
}

/// Words between commas; `optional computed` needs none.
struct Words(Vec<Word>);

impl Parse for Words {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut words = Vec::new();
        while !input.is_empty() {
            let name = Ident::parse_any(input)?;
            let value = if input.peek(Token![=]) {
                input.parse::<Token![=]>()?;
                Some(input.parse()?)
            } else {
                None
            };
            words.push(Word { name, value });
            if input.peek(Token![,]) {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(Self(words))
    }
}

/// All words of all attributes of this name.
pub(crate) fn words(attributes: &[Attribute], name: &str) -> Result<Vec<Word>> {
    let mut all = Vec::new();
    for attribute in attributes.iter().filter(|a| a.path().is_ident(name)) {
        all.append(&mut attribute.parse_args::<Words>()?.0);
    }
    Ok(all)
}

impl Word {
    /// The word alone.
    pub(crate) fn flag(self, into: &mut Option<Ident>) -> Result<()> {
        if self.value.is_some() {
            return Err(self.error("takes no value"));
        }
        set(into, self.name.clone(), &self)
    }

    /// The word with text.
    pub(crate) fn text(self, into: &mut Option<LitStr>) -> Result<()> {
        let Some(Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        })) = &self.value
        else {
            return Err(self.error("is followed by text: `= \"…\"`"));
        };
        set(into, text.clone(), &self)
    }

    /// The word with a whole number that is not negative.
    pub(crate) fn count(self, into: &mut Option<i64>) -> Result<()> {
        let Some(Expr::Lit(ExprLit {
            lit: Lit::Int(number),
            ..
        })) = &self.value
        else {
            return Err(self.error("is followed by a number: `= 1`"));
        };
        set(into, number.base10_parse()?, &self)
    }

    /// The word with an expression.
    pub(crate) fn expression(&self) -> Result<Expr> {
        self.value
            .clone()
            .ok_or_else(|| self.error("is followed by a value: `= …`"))
    }

    /// The word with an expression that is given once.
    pub(crate) fn one_expression(self, into: &mut Option<Expr>) -> Result<()> {
        set(into, self.expression()?, &self)
    }

    pub(crate) fn unknown<T>(self, known: &str) -> Result<T> {
        Err(self.error(&format!("is not one of {known}")))
    }

    pub(crate) fn error(&self, problem: &str) -> Error {
        Error::new(self.name.span(), format!("`{}` {problem}", self.name))
    }
}

fn set<T>(into: &mut Option<T>, value: T, word: &Word) -> Result<()> {
    if into.replace(value).is_some() {
        return Err(word.error("is said twice"));
    }
    Ok(())
}
