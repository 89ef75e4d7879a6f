//! The three-state value: known, null, or unknown until apply.

/// A value as Terraform has it: given, left out, or not known before apply.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum Value<T> {
    /// A value that is known now.
    Known(T),
    /// No value.
    #[default]
    Null,
    /// A value that apply will decide.
    Unknown,
}
