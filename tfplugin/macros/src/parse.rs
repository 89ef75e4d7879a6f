//! Parses a struct into a model, and reports every error at its place in the source.

mod attribute;
mod block;
mod rule;

use std::collections::BTreeMap;

use quote::quote;
use syn::{
    Data, DeriveInput, Error, Expr, Field, Fields, GenericArgument, Ident, LitStr, PathArguments,
    Result, Type, Visibility,
};

use crate::doc;
use crate::names::{self, Usage};
use crate::options;

pub(crate) use attribute::{Attribute, Mode};
pub(crate) use block::{Block, Nesting};
pub(crate) use rule::Rule;

/// A parsed model.
pub(crate) struct Model {
    pub(crate) name: Ident,
    pub(crate) description: String,
    pub(crate) deprecated: Option<LitStr>,
    pub(crate) version: i64,
    pub(crate) validators: Vec<Expr>,
    pub(crate) rules: Vec<Rule>,
    pub(crate) members: Vec<Member>,
}

/// A parsed field of a model.
pub(crate) struct Member {
    pub(crate) field: Ident,
    pub(crate) visibility: Visibility,
    pub(crate) ty: Type,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) kind: MemberKind,
}

/// Whether a field is an attribute or a block.
pub(crate) enum MemberKind {
    Attribute(Box<Attribute>),
    Block(Block),
}

pub(crate) fn model(input: &DeriveInput) -> Result<Model> {
    let Data::Struct(data) = &input.data else {
        let problem = "a model must be a struct, because its fields are the attributes of a block";
        return Err(Error::new(input.ident.span(), problem));
    };
    let fields = match &data.fields {
        Fields::Named(fields) => fields.named.iter().collect::<Vec<_>>(),
        Fields::Unit => Vec::new(),
        Fields::Unnamed(_) => {
            let problem = "a model must have named fields, because they name the attributes";
            return Err(Error::new(input.ident.span(), problem));
        }
    };
    if !input.generics.params.is_empty() {
        let problem = "a model cannot have generic parameters, because it has a single schema";
        return Err(Error::new_spanned(&input.generics.params, problem));
    }

    let options = model_options(input)?;
    let members = members(&fields, options.usage)?;
    for rule in &options.rules {
        rule.check(&members)?;
    }
    let mut rules = options.rules;
    rules.append(&mut Rule::of_versions(&members)?);
    Ok(Model {
        name: input.ident.clone(),
        description: options.description,
        deprecated: options.deprecated,
        version: options.version,
        validators: options.validators,
        rules,
        members,
    })
}

/// The options of the struct.
struct ModelOptions {
    usage: Usage,
    description: String,
    deprecated: Option<LitStr>,
    version: i64,
    validators: Vec<Expr>,
    rules: Vec<Rule>,
}

fn model_options(input: &DeriveInput) -> Result<ModelOptions> {
    let (mut nested, mut provider, mut version_option) = (None, None, None);
    let (mut description, mut deprecated, mut version) = (None, None, None);
    let (mut validators, mut rules) = (Vec::new(), Vec::new());
    for option in options::options(&input.attrs, "model")? {
        match option.name.to_string().as_str() {
            "nested" => option.flag(&mut nested)?,
            "provider" => option.flag(&mut provider)?,
            "description" => option.text(&mut description)?,
            "deprecated" => option.text(&mut deprecated)?,
            "version" => {
                version_option = Some(option.name.clone());
                option.count(&mut version)?;
            }
            "validate" => validators.push(option.expression()?),
            "conflicts" | "exactly_one_of" | "at_least_one_of" | "required_together" => {
                rules.push(Rule::parse(&option)?);
            }
            _ => {
                let known = "`version`, `validate`, `conflicts`, `exactly_one_of`, \
                             `at_least_one_of`, `required_together`, `description`, `deprecated`, \
                             `nested`, `provider`";
                return option.unknown(known);
            }
        }
    }
    let usage = match (nested, provider) {
        (Some(_), Some(provider)) => {
            let problem = "a provider's configuration cannot be nested";
            return Err(Error::new(provider.span(), problem));
        }
        (Some(_), None) => Usage::Nested,
        (None, Some(_)) => Usage::Provider,
        (None, None) => Usage::Resource,
    };
    if let Some(option) = version_option
        && usage != Usage::Resource
    {
        let problem = "only the state of a resource has a version; remove `version`";
        return Err(Error::new(option.span(), problem));
    }
    Ok(ModelOptions {
        usage,
        description: description.map_or_else(|| doc::text(&input.attrs), |text| text.value()),
        deprecated,
        version: version.unwrap_or(0),
        validators,
        rules,
    })
}

/// Parses all fields, and reports the errors of all of them at once.
fn members(fields: &[&Field], usage: Usage) -> Result<Vec<Member>> {
    let mut members = Vec::new();
    let mut errors: Option<Error> = None;
    let mut names = BTreeMap::new();
    for field in fields {
        let parsed = member(field, usage).and_then(|member| {
            if names.insert(member.name.clone(), ()).is_some() {
                let problem = format!("another field has the name `{}`", member.name);
                return Err(Error::new(member.field.span(), problem));
            }
            Ok(member)
        });
        match (parsed, &mut errors) {
            (Ok(member), _) => members.push(member),
            (Err(error), Some(errors)) => errors.combine(error),
            (Err(error), None) => errors = Some(error),
        }
    }
    errors.map_or(Ok(members), Err)
}

fn member(field: &Field, usage: Usage) -> Result<Member> {
    let Some(ident) = &field.ident else {
        return Err(Error::new_spanned(
            field,
            "a field of a model must have a name",
        ));
    };
    let has = |name| field.attrs.iter().any(|a| a.path().is_ident(name));
    let (kind, given_name) = match (has("attribute"), has("block")) {
        (true, false) => {
            let (attribute, given_name) = attribute::parse(ident, &field.attrs)?;
            (MemberKind::Attribute(Box::new(attribute)), given_name)
        }
        (false, true) => {
            let (block, given_name) = block::parse(ident, &field.attrs)?;
            (MemberKind::Block(block), given_name)
        }
        (true, true) => {
            let problem = format!("`{ident}` cannot be both an attribute and a block");
            return Err(Error::new(ident.span(), problem));
        }
        (false, false) => {
            let problem = format!(
                "`{ident}` is neither an attribute nor a block: add `#[attribute(required)]`, `#[attribute(optional)]`, \
                 `#[attribute(computed)]`, `#[attribute(optional computed)]`, or a `#[block(…)]`"
            );
            return Err(Error::new(ident.span(), problem));
        }
    };
    if let MemberKind::Attribute(_) = kind {
        refuse_option(&field.ty)?;
    }
    let name = names::name(ident, given_name.as_ref(), usage)?;
    let description = doc::text(&field.attrs);
    if description.is_empty() && matches!(kind, MemberKind::Attribute(_)) {
        let problem = format!(
            "`{ident}` needs a doc comment, which is its description in the provider's documentation"
        );
        return Err(Error::new(ident.span(), problem));
    }
    Ok(Member {
        field: ident.clone(),
        visibility: field.vis.clone(),
        ty: field.ty.clone(),
        name,
        description,
        kind,
    })
}

/// Refuses an `Option` anywhere in the type of an attribute. The error says what to write.
fn refuse_option(ty: &Type) -> Result<()> {
    let Type::Path(path) = ty else {
        return Ok(());
    };
    let Some(last) = path.path.segments.last() else {
        return Ok(());
    };
    let PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return Ok(());
    };
    for argument in &arguments.args {
        let GenericArgument::Type(inner) = argument else {
            continue;
        };
        if last.ident == "Option" {
            let inner = element_of(inner);
            let problem = format!(
                "a `Value` is also null, so it needs no `Option`: write `Value<{}>`",
                quote!(#inner).to_string().replace(' ', "")
            );
            return Err(Error::new_spanned(ty, problem));
        }
        if last.ident == "Value"
            && let Type::Path(inner) = inner
            && let Some(inner) = inner.path.segments.last()
            && inner.ident == "Option"
        {
            // The error is about the whole type, because the advice replaces all of it.
            return refuse_option(&Type::Path(syn::TypePath {
                qself: None,
                path: inner.clone().into(),
            }))
            .map_err(|error| Error::new_spanned(ty, error));
        }
        refuse_option(inner)?;
    }
    Ok(())
}

/// The element type of a `Value`; other types are elements themselves.
fn element_of(ty: &Type) -> &Type {
    if let Type::Path(path) = ty
        && let Some(last) = path.path.segments.last()
        && last.ident == "Value"
        && let PathArguments::AngleBracketed(arguments) = &last.arguments
        && let Some(GenericArgument::Type(inner)) = arguments.args.first()
    {
        return inner;
    }
    ty
}
