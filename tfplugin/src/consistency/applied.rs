//! Checks that a result matches its plan, and that the final plan matches the first one.

use std::collections::BTreeMap;

use crate::diag::Diagnostic;
use crate::dynamic::Dynamic;
use crate::path::Path;
use crate::schema::PreparedSchema;
use crate::types::Type;

static NULL: Dynamic = Dynamic::Null;

/// Checks the state that apply returned against the plan.
pub(crate) fn check_applied(
    schema: &PreparedSchema,
    planned: &Dynamic,
    actual: &Dynamic,
) -> Vec<Diagnostic> {
    let summary = "The provider returned a result that differs from its plan";
    check(schema, planned, actual, summary)
}

/// Checks the plan that is made during apply against the plan that the user approved.
#[cfg(feature = "testing")]
pub(crate) fn check_final_plan(
    schema: &PreparedSchema,
    first: &Dynamic,
    last: &Dynamic,
) -> Vec<Diagnostic> {
    let summary = "The provider's final plan differs from its first plan";
    check(schema, first, last, summary)
}

fn check(
    schema: &PreparedSchema,
    planned: &Dynamic,
    actual: &Dynamic,
    summary: &str,
) -> Vec<Diagnostic> {
    let mut differences = Vec::new();
    compare(
        &schema.value_type,
        planned,
        actual,
        &Path::root(),
        &mut differences,
    );
    let block = schema.block();
    differences
        .into_iter()
        .map(|(path, difference)| {
            let difference = if block.is_sensitive_at(&path) {
                "the planned value was different (sensitive)".to_owned()
            } else {
                difference
            };
            Diagnostic::error(
                summary,
                format!(
                    "At `{path}`: {difference}. Terraform rejects this. Return the planned value, \
                     or plan an unknown value when it is not certain. This is a bug in the \
                     provider."
                ),
            )
            .at(path)
        })
        .collect()
}

type Differences = Vec<(Path, String)>;

/// An unknown value may become anything. A known or null value must stay the same.
fn compare(
    ty: &Type,
    planned: &Dynamic,
    actual: &Dynamic,
    path: &Path,
    differences: &mut Differences,
) {
    let mut report = |difference: String| differences.push((path.clone(), difference));
    match (planned, actual) {
        (Dynamic::Unknown(_), _) => {}
        (Dynamic::Typed(a, planned), Dynamic::Typed(b, actual)) if a == b => {
            compare(a, planned, actual, path, differences);
        }
        (planned, actual) if planned.is_null() && actual.is_null() => {}
        (planned, actual) if planned.is_null() => {
            report(format!(
                "null was planned, but the value is {}",
                describe(actual)
            ));
        }
        (planned, actual) if actual.is_null() => {
            report(format!(
                "{} was planned, but the value is null",
                describe(planned)
            ));
        }
        (planned, actual) if actual.is_unknown() => {
            report(format!(
                "{} was planned, but the value is unknown",
                describe(planned)
            ));
        }
        (Dynamic::List(planned), Dynamic::List(actual)) if planned.len() != actual.len() => {
            let (planned, actual) = (planned.len(), actual.len());
            report(format!(
                "{planned} elements were planned, but there are {actual}"
            ));
        }
        (Dynamic::List(planned), Dynamic::List(actual)) => match ty {
            Type::Set(element) => compare_sets(element, planned, actual, path, differences),
            _ => {
                for (index, (planned, actual)) in planned.iter().zip(actual).enumerate() {
                    let element = match ty {
                        Type::List(element) => element,
                        Type::Tuple(types) => types.get(index).unwrap_or(&Type::Dynamic),
                        _ => &Type::Dynamic,
                    };
                    compare(element, planned, actual, &path.index(index), differences);
                }
            }
        },
        (Dynamic::Map(planned), Dynamic::Map(actual)) => match ty {
            Type::Object(types) => {
                for (name, ty) in types {
                    let planned = planned.get(name).unwrap_or(&NULL);
                    let actual = actual.get(name).unwrap_or(&NULL);
                    compare(ty, planned, actual, &path.attribute(name), differences);
                }
            }
            _ => compare_maps(ty, planned, actual, path, differences),
        },
        (planned, actual) if planned == actual => {}
        (planned, actual) => {
            report(format!(
                "{} was planned, but the value is {}",
                describe(planned),
                describe(actual)
            ));
        }
    }
}

fn compare_maps(
    ty: &Type,
    planned: &BTreeMap<String, Dynamic>,
    actual: &BTreeMap<String, Dynamic>,
    path: &Path,
    differences: &mut Differences,
) {
    let element = match ty {
        Type::Map(element) => element,
        _ => &Type::Dynamic,
    };
    for (key, planned) in planned {
        match actual.get(key) {
            Some(actual) => compare(element, planned, actual, &path.key(key), differences),
            None => differences.push((
                path.key(key),
                "it was planned, but does not exist".to_owned(),
            )),
        }
    }
    for key in actual.keys().filter(|key| !planned.contains_key(*key)) {
        differences.push((path.key(key), "it exists, but was not planned".to_owned()));
    }
}

/// Each planned element must have an actual element of its own.
fn compare_sets(
    element: &Type,
    planned: &[Dynamic],
    actual: &[Dynamic],
    path: &Path,
    differences: &mut Differences,
) {
    let mut unmatched: Vec<&Dynamic> = actual.iter().collect();
    // A wholly known element matches one actual element at most, so it goes first.
    let (known, partly_known): (Vec<_>, Vec<_>) = planned.iter().partition(|p| p.is_wholly_known());
    for planned in known.into_iter().chain(partly_known) {
        let found = unmatched.iter().position(|actual| {
            let mut element_differences = Vec::new();
            compare(element, planned, actual, path, &mut element_differences);
            element_differences.is_empty()
        });
        match found {
            Some(index) => {
                unmatched.swap_remove(index);
            }
            None => differences.push((
                path.clone(),
                format!("the planned element {} does not exist", describe(planned)),
            )),
        }
    }
}

/// Describes a value for a message. Collections are described by their size.
fn describe(value: &Dynamic) -> String {
    match value.untyped() {
        Dynamic::Null => "null".to_owned(),
        Dynamic::Unknown(_) => "unknown".to_owned(),
        Dynamic::Bool(value) => value.to_string(),
        Dynamic::Number(value) => value.to_string(),
        Dynamic::String(value) => format!("{value:?}"),
        Dynamic::List(elements) => format!("a collection of size {}", elements.len()),
        Dynamic::Map(entries) => format!("an object or map of size {}", entries.len()),
        Dynamic::Typed(..) => "a dynamic value".to_owned(),
    }
}
