//! An attribute: its shape, who sets it, and its validators and plan modifiers.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::Nesting;
use crate::diag::Diagnostic;
use crate::dynamic::Dynamic;
use crate::path::Path;
use crate::types::Type;

/// An attribute of a block.
#[derive(Clone, Debug)]
pub struct Attribute {
    /// The name: `[a-z0-9_]+`, and not reserved by Terraform.
    pub name: String,
    /// A type, or nested attributes.
    pub shape: Shape,
    /// Who sets the attribute.
    pub mode: Mode,
    /// Terraform hides the value in its output.
    pub sensitive: bool,
    /// Terraform passes the value to the provider and never stores it in a plan or state.
    pub write_only: bool,
    /// The attribute beside it whose change says that a write-only value is a new one.
    pub versioned_by: Option<String>,
    /// The description, in Markdown.
    pub description: String,
    /// If the attribute is deprecated, what to use instead.
    pub deprecated: Option<String>,
    /// The value without a configured one. An attribute with a default is optional and computed.
    /// Terraform does not see this in a provider's configuration, where nothing is computed.
    pub default: Option<Dynamic>,
    /// Plan modifiers, in the order in which they run.
    pub modifiers: Vec<Modifier>,
    /// Validators of known configured values.
    pub validators: Vec<Validator>,
    /// Whether it is a collection whose elements can be null, for a variadic function.
    pub(crate) null_elements: bool,
    /// Replaces a value with an earlier one that means the same. Nested attributes have their own.
    pub(crate) keep_equivalent: Option<fn(&Dynamic, &mut Dynamic)>,
}

impl Attribute {
    /// Creates an attribute. All other fields are off or empty.
    pub fn new(name: impl Into<String>, shape: impl Into<Shape>, mode: Mode) -> Self {
        Self {
            name: name.into(),
            shape: shape.into(),
            mode,
            sensitive: false,
            write_only: false,
            versioned_by: None,
            description: String::new(),
            deprecated: None,
            default: None,
            modifiers: Vec::new(),
            validators: Vec::new(),
            null_elements: false,
            keep_equivalent: None,
        }
    }

    /// The type of the attribute's values.
    #[must_use]
    pub fn value_type(&self) -> Type {
        self.shape.value_type()
    }

    /// The nesting and the nested attributes; `None` for a plain attribute.
    #[must_use]
    pub fn nested(&self) -> Option<(Nesting, &[Attribute])> {
        match &self.shape {
            Shape::Nested {
                nesting,
                attributes,
            } => Some((*nesting, attributes)),
            Shape::Type(_) => None,
        }
    }
}

/// The shape of an attribute's value.
#[derive(Clone, Debug)]
pub enum Shape {
    /// A value of a type.
    Type(Type),
    /// An object with nested attributes, or a collection of such objects.
    Nested {
        /// A single object, or a list, set or map of objects.
        nesting: Nesting,
        /// The attributes of each object.
        attributes: Vec<Attribute>,
    },
}

impl Shape {
    /// The type of values of this shape.
    #[must_use]
    pub fn value_type(&self) -> Type {
        match self {
            Self::Type(ty) => ty.clone(),
            Self::Nested {
                nesting,
                attributes,
            } => {
                let object = attributes
                    .iter()
                    .map(|a| (a.name.clone(), a.value_type()))
                    .collect::<BTreeMap<_, _>>();
                nesting.wrap(Type::Object(object))
            }
        }
    }
}

impl From<Type> for Shape {
    fn from(ty: Type) -> Self {
        Self::Type(ty)
    }
}

/// Who sets an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The configuration must set it.
    Required,
    /// The configuration may set it; otherwise it is null.
    Optional,
    /// The configuration may set it; otherwise the provider does.
    OptionalComputed,
    /// Only the provider sets it.
    Computed,
}

impl Mode {
    /// Whether the provider may set the attribute.
    #[must_use]
    pub fn is_computed(self) -> bool {
        matches!(self, Self::OptionalComputed | Self::Computed)
    }

    /// Whether the configuration may set the attribute.
    #[must_use]
    pub fn is_configurable(self) -> bool {
        !matches!(self, Self::Computed)
    }
}

/// What the SDK does with an attribute in a plan.
#[derive(Clone)]
pub enum Modifier {
    /// A computed attribute keeps its prior value. On create there is none, and it stays unknown.
    KeepPrior,
    /// A change of the attribute replaces the resource.
    RequiresReplace,
    /// A change of the attribute replaces the resource if the configuration sets the attribute.
    RequiresReplaceIfConfigured,
    /// A change of the attribute replaces the resource if the condition holds.
    RequiresReplaceIf(ReplaceCondition),
}

/// Whether the change from the prior value (first) to the planned value (second) replaces the
/// resource.
pub type ReplaceCondition = Arc<dyn Fn(&Dynamic, &Dynamic) -> bool + Send + Sync>;

impl fmt::Debug for Modifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::KeepPrior => "KeepPrior",
            Self::RequiresReplace => "RequiresReplace",
            Self::RequiresReplaceIfConfigured => "RequiresReplaceIfConfigured",
            Self::RequiresReplaceIf(_) => "RequiresReplaceIf",
        })
    }
}

/// A validator of a configured value. The SDK calls it for known values only.
#[derive(Clone)]
pub struct Validator(Check);

type Check = Arc<dyn Fn(&Dynamic, &Path) -> Vec<Diagnostic> + Send + Sync>;

impl Validator {
    /// Creates a validator from a function of the value and its path.
    pub fn new(check: impl Fn(&Dynamic, &Path) -> Vec<Diagnostic> + Send + Sync + 'static) -> Self {
        Self(Arc::new(check))
    }

    /// Validates the value; returns no diagnostics when it is valid.
    #[must_use]
    pub fn check(&self, value: &Dynamic, path: &Path) -> Vec<Diagnostic> {
        (self.0)(value, path)
    }
}

impl fmt::Debug for Validator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Validator")
    }
}
