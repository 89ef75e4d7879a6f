//! A result against its plan, and a final plan against the first one: what was promised is kept.

use std::collections::BTreeMap;

use crate::diag::Diagnostic;
use crate::dynamic::Dynamic;
use crate::path::Path;
use crate::registry::Shapes;
use crate::types::Type;

static NULL: Dynamic = Dynamic::Null;

/// What Core would refuse in what apply returned; nothing when it keeps the plan's promises.
pub(crate) fn check_applied(
    shapes: &Shapes,
    planned: &Dynamic,
    actual: &Dynamic,
) -> Vec<Diagnostic> {
    let say = "The provider returned something else than it planned";
    check(shapes, planned, actual, say)
}

/// What Core would refuse in the plan that is made during apply, of the one the person saw.
#[cfg(feature = "testing")]
pub(crate) fn check_final_plan(
    shapes: &Shapes,
    first: &Dynamic,
    last: &Dynamic,
) -> Vec<Diagnostic> {
    let say = "The provider planned something else when everything was known";
    check(shapes, first, last, say)
}

fn check(shapes: &Shapes, promised: &Dynamic, kept: &Dynamic, say: &str) -> Vec<Diagnostic> {
    let mut breaches = Vec::new();
    compare(&shapes.ty, promised, kept, &Path::root(), &mut breaches);
    let block = &shapes.schema.block;
    breaches
        .into_iter()
        .map(|(path, breach)| {
            let hidden = block.at(&path).is_some_and(|attribute| attribute.sensitive);
            let breach = if hidden {
                "it was promised another value (sensitive)".to_owned()
            } else {
                breach
            };
            Diagnostic::error(
                say,
                format!(
                    "At `{path}`: {breach}. Terraform refuses this. Return what was planned, or \
                     plan the value unknown when it is not certain. This is a mistake in the \
                     provider."
                ),
            )
            .at(path)
        })
        .collect()
}

type Breaches = Vec<(Path, String)>;

/// Unknown may become anything; what is known, and what is null, stays as it is.
fn compare(ty: &Type, promised: &Dynamic, kept: &Dynamic, path: &Path, breaches: &mut Breaches) {
    let mut breach = |what: String| breaches.push((path.clone(), what));
    match (promised, kept) {
        (Dynamic::Unknown(_), _) => {}
        (Dynamic::Typed(a, promised), Dynamic::Typed(b, kept)) if a == b => {
            compare(a, promised, kept, path, breaches);
        }
        (promised, kept) if promised.is_null() && kept.is_null() => {}
        (promised, kept) if promised.is_null() => {
            breach(format!("it was planned null, and is {}", shown(kept)));
        }
        (promised, kept) if kept.is_null() => {
            breach(format!("it was planned {}, and is null", shown(promised)));
        }
        (promised, kept) if kept.is_unknown() => {
            breach(format!(
                "it was planned {}, and is unknown",
                shown(promised)
            ));
        }
        (Dynamic::List(promised), Dynamic::List(kept)) if promised.len() != kept.len() => {
            let (promised, kept) = (promised.len(), kept.len());
            breach(format!(
                "{promised} elements were planned, and there are {kept}"
            ));
        }
        (Dynamic::List(promised), Dynamic::List(kept)) => match ty {
            Type::Set(element) => compare_sets(element, promised, kept, path, breaches),
            _ => {
                for (index, (promised, kept)) in promised.iter().zip(kept).enumerate() {
                    let element = match ty {
                        Type::List(element) => element,
                        Type::Tuple(types) => types.get(index).unwrap_or(&Type::Dynamic),
                        _ => &Type::Dynamic,
                    };
                    compare(element, promised, kept, &path.index(index), breaches);
                }
            }
        },
        (Dynamic::Map(promised), Dynamic::Map(kept)) => match ty {
            Type::Object(types) => {
                for (name, ty) in types {
                    let promised = promised.get(name).unwrap_or(&NULL);
                    let kept = kept.get(name).unwrap_or(&NULL);
                    compare(ty, promised, kept, &path.attribute(name), breaches);
                }
            }
            _ => compare_maps(ty, promised, kept, path, breaches),
        },
        (promised, kept) if promised == kept => {}
        (promised, kept) => {
            breach(format!(
                "it was planned {}, and is {}",
                shown(promised),
                shown(kept)
            ));
        }
    }
}

fn compare_maps(
    ty: &Type,
    promised: &BTreeMap<String, Dynamic>,
    kept: &BTreeMap<String, Dynamic>,
    path: &Path,
    breaches: &mut Breaches,
) {
    let element = match ty {
        Type::Map(element) => element,
        _ => &Type::Dynamic,
    };
    for (key, promised) in promised {
        match kept.get(key) {
            Some(kept) => compare(element, promised, kept, &path.key(key), breaches),
            None => breaches.push((path.key(key), "it was planned, and is not there".to_owned())),
        }
    }
    for key in kept.keys().filter(|key| !promised.contains_key(*key)) {
        breaches.push((path.key(key), "it was not planned, and is there".to_owned()));
    }
}

/// Every planned element must be one of the actual ones, each of which counts once.
fn compare_sets(
    element: &Type,
    promised: &[Dynamic],
    kept: &[Dynamic],
    path: &Path,
    breaches: &mut Breaches,
) {
    let mut rest: Vec<&Dynamic> = kept.iter().collect();
    // What is wholly known has one counterpart at most, and takes it before a vaguer one can.
    let (known, vague): (Vec<_>, Vec<_>) = promised.iter().partition(|p| p.is_wholly_known());
    for promised in known.into_iter().chain(vague) {
        let found = rest.iter().position(|kept| {
            let mut differences = Vec::new();
            compare(element, promised, kept, path, &mut differences);
            differences.is_empty()
        });
        match found {
            Some(place) => {
                rest.swap_remove(place);
            }
            None => breaches.push((
                path.clone(),
                format!("the planned element {} is not there", shown(promised)),
            )),
        }
    }
}

/// A value for a message; what is large is only named.
fn shown(value: &Dynamic) -> String {
    match value.untyped() {
        Dynamic::Null => "null".to_owned(),
        Dynamic::Unknown(_) => "unknown".to_owned(),
        Dynamic::Bool(value) => value.to_string(),
        Dynamic::Number(value) => value.to_string(),
        Dynamic::String(value) => format!("{value:?}"),
        Dynamic::List(elements) => format!("a collection of {}", elements.len()),
        Dynamic::Map(entries) => format!("an object or map of {}", entries.len()),
        Dynamic::Typed(..) => "a value of its own type".to_owned(),
    }
}
