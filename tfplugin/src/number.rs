//! Terraform's numbers: integers, fractions and decimals of any length, never rounded on the way.

/// A number of any precision, kept as its canonical decimal text.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Number(String);

impl From<i64> for Number {
    fn from(value: i64) -> Self {
        Self(value.to_string())
    }
}
