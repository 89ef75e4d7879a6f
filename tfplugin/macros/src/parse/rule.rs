//! Parses rules about several members of a model, such as `exactly_one_of = ["url", "host"]`.

use syn::{Error, Expr, ExprLit, Ident, Lit, LitStr, Result};

use super::{Attribute, Member, MemberKind, Mode};
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

    /// The rules of `versioned_by`: a configuration sets a write-only value and its version, or
    /// none of them.
    pub(super) fn of_versions(members: &[Member]) -> Result<Vec<Self>> {
        let mut rules = Vec::new();
        for member in members {
            let MemberKind::Attribute(attribute) = &member.kind else {
                continue;
            };
            let Some(version) = &attribute.versioned_by else {
                continue;
            };
            check_version(members, version)?;
            rules.push(Self {
                option: Ident::new("required_together", version.span()),
                names: vec![LitStr::new(&member.name, version.span()), version.clone()],
            });
        }
        Ok(rules)
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

/// Checks that the configuration always sets this attribute itself.
fn check_version(members: &[Member], version: &LitStr) -> Result<()> {
    let name = version.value();
    let kinds = members.iter().filter(|member| member.name == name);
    let mut attributes = kinds.filter_map(|member| match &member.kind {
        MemberKind::Attribute(attribute) => Some(attribute),
        MemberKind::Block(_) => None,
    });
    match attributes.next().map(|attribute| &**attribute) {
        None => Err(Error::new(
            version.span(),
            format!("the model has no attribute `{name}`"),
        )),
        Some(Attribute {
            mode: Mode::Required | Mode::Optional,
            write_only: false,
            ..
        }) => Ok(()),
        Some(_) => Err(Error::new(
            version.span(),
            format!(
                "`{name}` must be `required` or `optional`, without a default: its value in the \
                 configuration says that the write-only value is a new one"
            ),
        )),
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
