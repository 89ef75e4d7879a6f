//! Understanding a struct: every mistake that can be seen here is told here, where it was made.

mod attribute;
mod block;

use std::collections::BTreeMap;

use syn::{Data, DeriveInput, Error, Expr, Field, Fields, Ident, LitStr, Result, Type};

use crate::doc;
use crate::names::{self, Top};
use crate::options::words;

pub(crate) use attribute::{Attribute, Mode};
pub(crate) use block::{Block, Nesting};

/// A struct that can be a model.
pub(crate) struct Model {
    pub(crate) name: Ident,
    pub(crate) description: String,
    pub(crate) deprecated: Option<LitStr>,
    pub(crate) version: i64,
    pub(crate) validators: Vec<Expr>,
    pub(crate) members: Vec<Member>,
}

/// A field that can be part of one.
pub(crate) struct Member {
    pub(crate) field: Ident,
    pub(crate) ty: Type,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) kind: Kind,
}

/// What a field is in the schema.
pub(crate) enum Kind {
    Attribute(Box<Attribute>),
    Block(Block),
}

pub(crate) fn model(input: &DeriveInput) -> Result<Model> {
    let Data::Struct(data) = &input.data else {
        let problem = "a model is a struct: its fields are the attributes of a block";
        return Err(Error::new(input.ident.span(), problem));
    };
    let fields = match &data.fields {
        Fields::Named(fields) => fields.named.iter().collect::<Vec<_>>(),
        Fields::Unit => Vec::new(),
        Fields::Unnamed(_) => {
            let problem = "a model has named fields: their names are those of the attributes";
            return Err(Error::new(input.ident.span(), problem));
        }
    };
    if !input.generics.params.is_empty() {
        let problem = "a model has no parameters: a schema is one and the same for all its values";
        return Err(Error::new_spanned(&input.generics.params, problem));
    }

    let options = options(input)?;
    let members = members(&fields, options.top)?;
    Ok(Model {
        name: input.ident.clone(),
        description: options.description,
        deprecated: options.deprecated,
        version: options.version,
        validators: options.validators,
        members,
    })
}

struct Options {
    top: Top,
    description: String,
    deprecated: Option<LitStr>,
    version: i64,
    validators: Vec<Expr>,
}

fn options(input: &DeriveInput) -> Result<Options> {
    let (mut nested, mut provider) = (None, None);
    let (mut description, mut deprecated, mut version) = (None, None, None);
    let mut validators = Vec::new();
    for word in words(&input.attrs, "model")? {
        match word.name.to_string().as_str() {
            "nested" => word.flag(&mut nested)?,
            "provider" => word.flag(&mut provider)?,
            "description" => word.text(&mut description)?,
            "deprecated" => word.text(&mut deprecated)?,
            "version" => word.count(&mut version)?,
            "validate" => validators.push(word.expression()?),
            _ => {
                let known = "`version`, `validate`, `description`, `deprecated`, `nested`, \
                             `provider`";
                return word.unknown(known);
            }
        }
    }
    let top = match (nested, provider) {
        (Some(_), Some(provider)) => {
            let problem = "a provider's configuration is not nested in anything";
            return Err(Error::new(provider.span(), problem));
        }
        (Some(_), None) => Top::Nested,
        (None, Some(_)) => Top::Provider,
        (None, None) => Top::Resource,
    };
    Ok(Options {
        top,
        description: description.map_or_else(|| doc::text(&input.attrs), |text| text.value()),
        deprecated,
        version: version.unwrap_or(0),
        validators,
    })
}

/// All fields, or all that is wrong with them at once.
fn members(fields: &[&Field], top: Top) -> Result<Vec<Member>> {
    let mut members = Vec::new();
    let mut wrong: Option<Error> = None;
    let mut names = BTreeMap::new();
    for field in fields {
        let read = member(field, top).and_then(|member| {
            if names.insert(member.name.clone(), ()).is_some() {
                let problem = format!("there are two of the name `{}`", member.name);
                return Err(Error::new(member.field.span(), problem));
            }
            Ok(member)
        });
        match (read, &mut wrong) {
            (Ok(member), _) => members.push(member),
            (Err(error), Some(wrong)) => wrong.combine(error),
            (Err(error), None) => wrong = Some(error),
        }
    }
    wrong.map_or(Ok(members), Err)
}

fn member(field: &Field, top: Top) -> Result<Member> {
    let Some(ident) = &field.ident else {
        return Err(Error::new_spanned(field, "a field of a model has a name"));
    };
    let has = |name| field.attrs.iter().any(|a| a.path().is_ident(name));
    let (kind, given) = match (has("attribute"), has("block")) {
        (true, false) => {
            let (attribute, given) = attribute::read(ident, &field.attrs)?;
            (Kind::Attribute(Box::new(attribute)), given)
        }
        (false, true) => {
            let (block, given) = block::read(ident, &field.attrs)?;
            (Kind::Block(block), given)
        }
        (true, true) => {
            let problem = format!("`{ident}` is an attribute or a block, not both");
            return Err(Error::new(ident.span(), problem));
        }
        (false, false) => {
            let problem = format!(
                "say what `{ident}` is: `#[attribute(required)]`, `#[attribute(optional)]`, \
                 `#[attribute(computed)]`, `#[attribute(optional computed)]`, or a `#[block(…)]`"
            );
            return Err(Error::new(ident.span(), problem));
        }
    };
    let name = names::name(ident, given.as_ref(), top)?;
    let description = doc::text(&field.attrs);
    if description.is_empty() && matches!(kind, Kind::Attribute(_)) {
        let problem = format!(
            "`{ident}` needs a doc comment: it is the description that users read in the provider's \
             documentation"
        );
        return Err(Error::new(ident.span(), problem));
    }
    Ok(Member {
        field: ident.clone(),
        ty: field.ty.clone(),
        name,
        description,
        kind,
    })
}
