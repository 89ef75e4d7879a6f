//! Puts back what Terraform sent where the provider returns an equivalent value: Terraform compares
//! every digit and every character.

use super::catch_panic::catch_panic_sync;
use crate::diag::Result;
use crate::dynamic::Dynamic;
use crate::number::Number;
use crate::schema::PreparedSchema;
use crate::types::Type;

/// Replaces each value of a new state with the one in the plan or the prior state that means the
/// same.
///
/// # Errors
/// If a type of the provider panics while it compares. The state is then as the provider returned
/// it, or partly replaced.
pub(super) fn restore_equivalents(
    schema: &PreparedSchema,
    received: &Dynamic,
    value: &mut Dynamic,
) -> Result<()> {
    catch_panic_sync(|| {
        restore_digits(&schema.value_type, received, value);
        schema.block().keep_equivalents(received, value);
        Ok(())
    })
}

/// Puts back the digits that a float cannot hold. A number that is the nearest float of the number
/// that the provider received becomes that number, because Terraform compares all digits.
fn restore_digits(ty: &Type, received: &Dynamic, value: &mut Dynamic) {
    match (ty, received, value) {
        (_, Dynamic::Number(received), Dynamic::Number(number))
            if received != number && nearest_float(received).as_ref() == Some(&*number) =>
        {
            *number = received.clone();
        }
        (_, Dynamic::Typed(ty, received), Dynamic::Typed(_, value)) => {
            restore_digits(ty, received, value);
        }
        (Type::Set(ty), Dynamic::List(received), Dynamic::List(elements)) => {
            // Few sets have such numbers, and only their elements need a search.
            let candidates = received.iter();
            let candidates: Vec<_> = candidates
                .filter(|received| received.is_wholly_known() && has_more_digits(received))
                .collect();
            for element in elements {
                let found = candidates.iter().find_map(|received| {
                    let mut restored = element.clone();
                    restore_digits(ty, received, &mut restored);
                    (**received == restored).then_some(restored)
                });
                if let Some(restored) = found {
                    *element = restored;
                }
            }
        }
        (_, Dynamic::List(received), Dynamic::List(elements)) => {
            for (index, (received, element)) in received.iter().zip(elements).enumerate() {
                let ty = match ty {
                    Type::List(ty) => ty,
                    Type::Tuple(types) => types.get(index).unwrap_or(&Type::Dynamic),
                    _ => &Type::Dynamic,
                };
                restore_digits(ty, received, element);
            }
        }
        (_, Dynamic::Map(received), Dynamic::Map(entries)) => {
            for (name, value) in entries {
                let ty = match ty {
                    Type::Map(ty) => ty,
                    Type::Object(types) => types.get(name).unwrap_or(&Type::Dynamic),
                    _ => &Type::Dynamic,
                };
                if let Some(received) = received.get(name) {
                    restore_digits(ty, received, value);
                }
            }
        }
        _ => {}
    }
}

/// Whether a number in the value has digits that a float cannot hold.
fn has_more_digits(value: &Dynamic) -> bool {
    match value {
        Dynamic::Number(number) => nearest_float(number).is_some_and(|float| float != *number),
        Dynamic::Typed(_, value) => has_more_digits(value),
        Dynamic::List(elements) => elements.iter().any(has_more_digits),
        Dynamic::Map(entries) => entries.values().any(has_more_digits),
        Dynamic::Null | Dynamic::Unknown(_) | Dynamic::Bool(_) | Dynamic::String(_) => false,
    }
}

/// The float that a provider receives for the number; `None` if that is infinite.
fn nearest_float(number: &Number) -> Option<Number> {
    Number::try_from(number.to_f64()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An element of a set has no address, and gets back the digits of the element that it equals.
    #[test]
    fn elements_of_a_set_keep_their_digits() {
        let third: Number = "0.333333333333333333333333333333".parse().unwrap();
        let float = nearest_float(&third).unwrap();
        assert_ne!(float, third);
        let half: Number = "0.5".parse().unwrap();
        let element = |name: &str, ratio: &Number| {
            Dynamic::object([
                ("name", Dynamic::from(name)),
                ("ratio", Dynamic::Number(ratio.clone())),
            ])
        };
        let ty = Type::object([("name", Type::String), ("ratio", Type::Number)]);
        let received = Dynamic::list([element("a", &third), element("b", &half)]);
        let mut value = Dynamic::list([
            element("b", &half),
            element("a", &float),
            element("c", &float),
        ]);
        restore_digits(&Type::set(ty), &received, &mut value);
        let restored = [
            element("b", &half),
            element("a", &third),
            element("c", &float),
        ];
        assert_eq!(value, Dynamic::list(restored));
    }
}
