//! A registered function: its signature, derived from the model of its arguments, and its call on
//! untyped values.

use std::collections::BTreeMap;

use crate::diag::{Failure, Result};
use crate::dynamic::Dynamic;
use crate::function::Function;
use crate::model::{Element, Model};
use crate::path::Path;
use crate::schema::Mode;
use crate::types::Type;

/// The methods of a function, on untyped values.
pub(crate) struct FunctionCalls {
    signature: fn() -> Result<Signature>,
    call: fn(Dynamic) -> Result<Dynamic>,
}

/// The parameters and the result type of a function.
#[derive(Clone, Debug)]
pub(crate) struct Signature {
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) variadic: Option<Parameter>,
    pub(crate) returns: Type,
    pub(crate) summary: &'static str,
    pub(crate) description: &'static str,
    pub(crate) deprecated: Option<&'static str>,
}

/// A parameter of a function.
#[derive(Clone, Debug)]
pub(crate) struct Parameter {
    pub(crate) name: String,
    pub(crate) ty: Type,
    pub(crate) allow_null: bool,
    pub(crate) allow_unknown: bool,
    pub(crate) description: String,
}

impl FunctionCalls {
    pub(crate) fn new<F: Function>() -> Self {
        Self {
            signature: signature::<F>,
            call: |mut arguments| {
                let block = F::Args::block();
                block.fill_defaults(&mut arguments);
                if let Some(failure) = Failure::from_diagnostics(block.validate(&arguments)) {
                    return Err(failure);
                }
                let arguments = F::Args::decode(arguments, &Path::root())?;
                F::call(arguments).map(Element::encode)
            },
        }
    }

    pub(crate) fn signature(&self) -> Result<Signature> {
        (self.signature)()
    }

    pub(crate) fn call(&self, arguments: BTreeMap<String, Dynamic>) -> Result<Dynamic> {
        (self.call)(Dynamic::Map(arguments))
    }
}

fn signature<F: Function>() -> Result<Signature> {
    let block = F::Args::block();
    if !block.blocks.is_empty() {
        return Err(invalid::<F>(
            "Its arguments have a block. Only attributes can be parameters.",
        ));
    }
    let null_elements = block
        .attributes
        .last()
        .is_some_and(|last| last.null_elements);
    let mut parameters: Vec<_> = block
        .attributes
        .into_iter()
        .map(|attribute| Parameter {
            ty: attribute.value_type(),
            allow_null: attribute.mode != Mode::Required,
            allow_unknown: F::UNKNOWN.contains(&attribute.name.as_str()),
            name: attribute.name,
            description: attribute.description,
        })
        .collect();
    if let Some(unknown) = F::UNKNOWN
        .iter()
        .find(|name| !parameters.iter().any(|p| p.name == **name))
    {
        return Err(invalid::<F>(&format!(
            "`UNKNOWN` names the parameter `{unknown}`, which does not exist."
        )));
    }
    let variadic = if F::VARIADIC { parameters.pop() } else { None }
        .map(|last| match last.ty {
            Type::List(element) => Ok(Parameter {
                ty: *element,
                allow_null: null_elements,
                ..last
            }),
            _ => Err(invalid::<F>(
                "It is variadic, but its last argument is not a list.",
            )),
        })
        .transpose()?;
    Ok(Signature {
        parameters,
        variadic,
        returns: F::Output::shape().value_type(),
        summary: F::SUMMARY,
        description: F::DESCRIPTION,
        deprecated: F::DEPRECATED,
    })
}

fn invalid<F: Function>(detail: &str) -> Failure {
    Failure::new(
        format!("Invalid function {}", F::NAME),
        format!("{detail} This is a bug in the provider."),
    )
}
