//! One attribute: what it holds, who sets it, and what is done with it on the way.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::Nesting;
use crate::diag::Diagnostic;
use crate::dynamic::Dynamic;
use crate::path::Path;
use crate::types::Type;

/// One attribute and everything that the SDK does for it.
#[derive(Clone, Debug)]
pub struct Attribute {
    /// `[a-z0-9_]+`, not one of Terraform's own words.
    pub name: String,
    /// A type, or attributes of its own.
    pub shape: Shape,
    /// Who sets it.
    pub mode: Mode,
    /// Hidden in Terraform's output.
    pub sensitive: bool,
    /// Given to the provider, never stored in plan or state.
    pub write_only: bool,
    /// Markdown.
    pub description: String,
    /// Set when the attribute is deprecated: what to use instead.
    pub deprecated: Option<String>,
    /// The value when the configuration leaves it out. The attribute is then optional and computed.
    pub default: Option<Dynamic>,
    /// Applied to the plan, in order.
    pub modifiers: Vec<Modifier>,
    /// Run on every known value of the configuration.
    pub validators: Vec<Validator>,
}

impl Attribute {
    /// An attribute with a name, a shape and a mode; everything else is off or empty.
    pub fn new(name: impl Into<String>, shape: impl Into<Shape>, mode: Mode) -> Self {
        Self {
            name: name.into(),
            shape: shape.into(),
            mode,
            sensitive: false,
            write_only: false,
            description: String::new(),
            deprecated: None,
            default: None,
            modifiers: Vec::new(),
            validators: Vec::new(),
        }
    }

    /// The type of the attribute's values.
    #[must_use]
    pub fn ty(&self) -> Type {
        self.shape.ty()
    }

    /// The attributes within this one, when it is a nested attribute.
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

/// What an attribute holds.
#[derive(Clone, Debug)]
pub enum Shape {
    /// A value of a type.
    Type(Type),
    /// An object with attributes of its own, or a collection of them.
    Nested {
        /// One, a list, a set or a map of them.
        nesting: Nesting,
        /// Their attributes.
        attributes: Vec<Attribute>,
    },
}

impl Shape {
    /// The type of values of this shape.
    #[must_use]
    pub fn ty(&self) -> Type {
        match self {
            Self::Type(ty) => ty.clone(),
            Self::Nested {
                nesting,
                attributes,
            } => {
                let object = attributes
                    .iter()
                    .map(|a| (a.name.clone(), a.ty()))
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
    /// The configuration must.
    Required,
    /// The configuration may; else it is null.
    Optional,
    /// The configuration may; else the provider does.
    OptionalComputed,
    /// Only the provider does.
    Computed,
}

impl Mode {
    /// Whether the provider may set it.
    #[must_use]
    pub fn is_computed(self) -> bool {
        matches!(self, Self::OptionalComputed | Self::Computed)
    }

    /// Whether the configuration may set it.
    #[must_use]
    pub fn is_configurable(self) -> bool {
        !matches!(self, Self::Computed)
    }
}

/// What the plan does with an attribute.
#[derive(Clone)]
pub enum Modifier {
    /// A computed value that the configuration leaves out stays what it was; it is unknown only on create.
    KeepPrior,
    /// A change of it replaces the resource.
    RequiresReplace,
    /// A change of it replaces the resource when this says so of (prior, planned).
    RequiresReplaceIf(Decides),
}

/// Whether a change from a prior to a planned value needs a new resource.
pub type Decides = Arc<dyn Fn(&Dynamic, &Dynamic) -> bool + Send + Sync>;

impl fmt::Debug for Modifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::KeepPrior => "KeepPrior",
            Self::RequiresReplace => "RequiresReplace",
            Self::RequiresReplaceIf(_) => "RequiresReplaceIf",
        })
    }
}

/// A check of one attribute's configured value. It sees known values only.
#[derive(Clone)]
pub struct Validator(Check);

type Check = Arc<dyn Fn(&Dynamic, &Path) -> Vec<Diagnostic> + Send + Sync>;

impl Validator {
    /// A check from a function of the value and its path.
    pub fn new(check: impl Fn(&Dynamic, &Path) -> Vec<Diagnostic> + Send + Sync + 'static) -> Self {
        Self(Arc::new(check))
    }

    /// What is wrong with this value; nothing when it is right.
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
