//! A registered function: its signature, made of its arguments' model, and its untyped call.

use std::collections::BTreeMap;

use crate::diag::{Failure, Result};
use crate::dynamic::Dynamic;
use crate::function::Function;
use crate::model::{Element, Model};
use crate::path::Path;
use crate::schema::Mode;
use crate::types::Type;

/// A function without its type.
pub(crate) struct FunctionCalls {
    signature: fn() -> Result<Signature>,
    call: fn(Dynamic) -> Result<Dynamic>,
}

/// What a function takes and returns.
#[derive(Clone, Debug)]
pub(crate) struct Signature {
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) variadic: Option<Parameter>,
    pub(crate) returns: Type,
    pub(crate) summary: &'static str,
    pub(crate) description: &'static str,
    pub(crate) deprecated: Option<&'static str>,
}

/// One parameter.
#[derive(Clone, Debug)]
pub(crate) struct Parameter {
    pub(crate) name: String,
    pub(crate) ty: Type,
    pub(crate) allow_null: bool,
    pub(crate) allow_unknown: bool,
    pub(crate) description: String,
}

impl FunctionCalls {
    pub(crate) fn of<F: Function>() -> Self {
        Self {
            signature: signature::<F>,
            call: |arguments| {
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
        return Err(mistake::<F>(
            "Its arguments have a block, and can only have attributes.",
        ));
    }
    let mut parameters: Vec<_> = block
        .attributes
        .into_iter()
        .map(|attribute| Parameter {
            ty: attribute.ty(),
            allow_null: attribute.mode != Mode::Required,
            allow_unknown: F::UNKNOWN.contains(&attribute.name.as_str()),
            name: attribute.name,
            description: attribute.description,
        })
        .collect();
    if let Some(stray) = F::UNKNOWN
        .iter()
        .find(|name| !parameters.iter().any(|p| p.name == **name))
    {
        return Err(mistake::<F>(&format!(
            "It has no parameter `{stray}` to be unknown."
        )));
    }
    let variadic = if F::VARIADIC { parameters.pop() } else { None }
        .map(|last| match last.ty {
            Type::List(element) => Ok(Parameter {
                ty: *element,
                // Nothing can be null in a list of plain values.
                allow_null: false,
                ..last
            }),
            _ => Err(mistake::<F>(
                "It is variadic, and its last argument is not a list.",
            )),
        })
        .transpose()?;
    Ok(Signature {
        parameters,
        variadic,
        returns: F::Output::shape().ty(),
        summary: F::SUMMARY,
        description: F::DESCRIPTION,
        deprecated: F::DEPRECATED,
    })
}

fn mistake<F: Function>(detail: &str) -> Failure {
    Failure::new(
        format!("The function {} is not valid", F::NAME),
        format!("{detail} This is a mistake in the provider."),
    )
}
