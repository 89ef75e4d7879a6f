//! `CallFunction`: the function's result, or an error that points at an argument.

use std::collections::BTreeMap;

use super::catch_panic::catch_panic_sync;
use super::{Encoded, Server, not_registered};
use crate::diag::{Failure, Result};
use crate::dynamic::Dynamic;
use crate::function::Signature;
use crate::path::{Path, Step};
use crate::provider::Provider;

/// The error of a function call.
#[derive(Debug)]
pub(crate) struct FunctionError {
    pub(crate) text: String,
    /// The position of the wrong argument, from 0. The values of a variadic parameter are counted
    /// one by one.
    pub(crate) argument: Option<usize>,
}

impl<P: Provider> Server<P> {
    pub(crate) fn call_function(
        &self,
        name: &str,
        arguments: &[Encoded],
    ) -> Result<Encoded, FunctionError> {
        let Some(function) = self.registry.functions.get(name) else {
            return Err(error(&not_registered("function", name), None));
        };
        let signature = catch_panic_sync(|| function.signature()).map_err(|f| error(&f, None))?;
        let arguments =
            by_parameter_name(&signature, arguments).map_err(|f| error(&f, Some(&signature)))?;
        let result = catch_panic_sync(|| function.call(arguments));
        result
            .and_then(|value| Encoded::encode(&value, &signature.returns))
            .map_err(|failure| error(&failure, Some(&signature)))
    }
}

/// Decodes the arguments and keys them by the names of their parameters.
fn by_parameter_name(
    signature: &Signature,
    arguments: &[Encoded],
) -> Result<BTreeMap<String, Dynamic>> {
    let fixed = signature.parameters.len();
    if arguments.len() < fixed || (arguments.len() > fixed && signature.variadic.is_none()) {
        return Err(Failure::new(
            "Wrong number of arguments",
            format!(
                "The function takes {fixed}, and the call passes {}.",
                arguments.len()
            ),
        ));
    }
    let mut named = BTreeMap::new();
    for (parameter, argument) in signature.parameters.iter().zip(arguments) {
        let value = argument
            .decode(&parameter.ty)
            .map_err(|failure| failure.under(&Path::new(parameter.name.as_str())))?;
        named.insert(parameter.name.clone(), value);
    }
    if let Some(variadic) = &signature.variadic {
        let path = Path::new(variadic.name.as_str());
        let rest = arguments.iter().skip(fixed).enumerate();
        let values: Result<Vec<_>> = rest
            .map(|(index, argument)| {
                let decoded = argument.decode(&variadic.ty);
                decoded.map_err(|failure| failure.under(&path.index(index)))
            })
            .collect();
        named.insert(variadic.name.clone(), Dynamic::List(values?));
    }
    Ok(named)
}

fn error(failure: &Failure, signature: Option<&Signature>) -> FunctionError {
    let argument = signature.and_then(|signature| {
        failure
            .diagnostics()
            .iter()
            .find_map(|diagnostic| position(signature, diagnostic.path.steps()))
    });
    let text: Vec<String> = failure
        .diagnostics()
        .iter()
        .map(|diagnostic| match diagnostic.located_detail() {
            detail if detail.is_empty() => diagnostic.summary.clone(),
            detail => format!("{}: {detail}", diagnostic.summary),
        })
        .collect();
    // Terraform appends a full stop.
    let text = text.join("\n");
    FunctionError {
        text: text.strip_suffix('.').unwrap_or(&text).to_owned(),
        argument,
    }
}

/// The position of the argument that a path leads to.
fn position(signature: &Signature, steps: &[Step]) -> Option<usize> {
    let Some((Step::Attribute(name), rest)) = steps.split_first() else {
        return None;
    };
    let fixed = signature.parameters.iter().position(|p| p.name == *name);
    fixed.or_else(|| {
        let variadic = signature.variadic.as_ref()?;
        let offset = match rest.first() {
            Some(Step::Index(index)) => usize::try_from(*index).ok()?,
            _ => 0,
        };
        (variadic.name == *name).then_some(signature.parameters.len() + offset)
    })
}
