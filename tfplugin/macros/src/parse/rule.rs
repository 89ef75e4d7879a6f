//! Parses rules about several members of a model, such as `exactly_one_of = ["url", "host"]`.

use syn::{Error, Expr, ExprLit, Ident, Lit, LitStr, Result};

use super::Member;
use crate::options::AttributeOption;

/// A rule: its option and the names of its members.
pub(crate) struct Rule {
    pub(crate) option: Ident,
    pub(crate) names: Vec<LitStr>,
}

impl Rule {
    pub(super) fn parse(option: &AttributeOption) -> Result<Self> {
        let shape = "needs the names of at least two attributes or blocks: `= [\"a\", \"b\"]`";
        let Some(Expr::Array(array)) = &option.value else {
            return Err(option.error(shape));
        };
        let names: Option<Vec<_>> = array.elems.iter().map(text).collect();
        match names {
            Some(names) if names.len() > 1 => Ok(Self {
                option: option.name.clone(),
                names,
            }),
            _ => Err(option.error(shape)),
        }
    }

    /// Checks that the model has all members of the rule.
    pub(super) fn check(&self, members: &[Member]) -> Result<()> {
        for name in &self.names {
            if !members.iter().any(|member| member.name == name.value()) {
                let problem = format!("the model has no attribute or block `{}`", name.value());
                return Err(Error::new(name.span(), problem));
            }
        }
        Ok(())
    }
}

fn text(expression: &Expr) -> Option<LitStr> {
    match expression {
        Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        }) => Some(text.clone()),
        _ => None,
    }
}
