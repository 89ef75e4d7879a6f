//! Attribute paths: positions in a value, as Terraform shows them to its user.

use std::fmt;

/// A step of a path.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Step {
    /// An attribute of an object or a block, by name.
    Attribute(String),
    /// An element of a map, by key.
    Key(String),
    /// An element of a list or a tuple, by index from zero.
    Index(i64),
    /// An element of a set. It has no address: the SDK names it in messages, and the path that
    /// Terraform gets ends at the set.
    Element,
}

/// The position of a value inside another. The empty path is the whole value.
///
/// The protocol has no paths for elements of a set. A path into one is for messages only, and
/// [`Path::addressable`] is its part that Terraform understands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Path(Vec<Step>);

impl Path {
    /// The path of the whole value.
    #[must_use]
    pub fn root() -> Self {
        Self::default()
    }

    /// The path of a top-level attribute.
    #[must_use]
    pub fn new(attribute: impl Into<String>) -> Self {
        Self::root().attribute(attribute)
    }

    /// Appends an attribute.
    #[must_use]
    pub fn attribute(&self, name: impl Into<String>) -> Self {
        self.join(Step::Attribute(name.into()))
    }

    /// Appends a map key.
    #[must_use]
    pub fn key(&self, key: impl Into<String>) -> Self {
        self.join(Step::Key(key.into()))
    }

    /// Appends a list index.
    #[must_use]
    pub fn index(&self, index: usize) -> Self {
        self.join(Step::Index(i64::try_from(index).unwrap_or(i64::MAX)))
    }

    /// Appends an element of a set, for messages.
    #[must_use]
    pub fn element(&self) -> Self {
        self.join(Step::Element)
    }

    /// The part of the path that leads to an address: it ends at the first set.
    #[must_use]
    pub fn addressable(&self) -> Self {
        let steps = self.0.iter().take_while(|step| **step != Step::Element);
        Self(steps.cloned().collect())
    }

    /// Appends a step.
    #[must_use]
    pub fn join(&self, step: Step) -> Self {
        let mut steps = self.0.clone();
        steps.push(step);
        Self(steps)
    }

    /// The path of the enclosing value; `None` for the root path.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        let (_, parents) = self.0.split_last()?;
        Some(Self(parents.to_vec()))
    }

    /// Whether this path equals the other one or leads into it.
    #[must_use]
    pub fn starts_with(&self, other: &Path) -> bool {
        self.0.starts_with(&other.0)
    }

    /// The steps, outermost first.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    /// Whether this is the path of the whole value.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<Vec<Step>> for Path {
    fn from(steps: Vec<Step>) -> Self {
        Self(steps)
    }
}

impl From<&Path> for Path {
    fn from(path: &Path) -> Self {
        path.clone()
    }
}

impl From<&str> for Path {
    fn from(attribute: &str) -> Self {
        Self::new(attribute)
    }
}

impl fmt::Display for Path {
    /// `http[0].url`, `labels["cost-center"]`, as in Terraform's own messages. An element of a set
    /// is `[*]`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, step) in self.0.iter().enumerate() {
            match step {
                Step::Attribute(name) if index == 0 => write!(f, "{name}")?,
                Step::Attribute(name) => write!(f, ".{name}")?,
                Step::Key(key) => write!(f, "[{key:?}]")?,
                Step::Index(position) => write!(f, "[{position}]")?,
                Step::Element => write!(f, "[*]")?,
            }
        }
        Ok(())
    }
}
