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
        (_, Dynamic::Number(received), Dynamic::Number(number)) => {
            let nearest = || Number::try_from(received.to_f64());
            if received != number && nearest().is_ok_and(|nearest| nearest == *number) {
                *number = received.clone();
            }
        }
        (_, Dynamic::Typed(ty, received), Dynamic::Typed(_, value)) => {
            restore_digits(ty, received, value);
        }
        (Type::Set(ty), Dynamic::List(received), Dynamic::List(elements)) => {
            for element in elements {
                let restored = received.iter().map(|received| {
                    let mut restored = element.clone();
                    restore_digits(ty, received, &mut restored);
                    (received, restored)
                });
                let found = restored
                    .filter(|(received, restored)| {
                        received.is_wholly_known() && *received == restored
                    })
                    .map(|(_, restored)| restored)
                    .next();
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
