//! Converts attribute paths to and from messages.

use crate::path::{Path, Step};
use crate::proto::tfplugin6::AttributePath;
use crate::proto::tfplugin6::attribute_path::Step as WireStep;
use crate::proto::tfplugin6::attribute_path::step::Selector;

impl From<&Path> for AttributePath {
    /// A path into a set ends at the set.
    fn from(path: &Path) -> Self {
        let steps = path.steps().iter().map_while(|step| {
            let selector = match step {
                Step::Attribute(name) => Selector::AttributeName(name.clone()),
                Step::Key(key) => Selector::ElementKeyString(key.clone()),
                Step::Index(index) => Selector::ElementKeyInt(*index),
                Step::Element => return None,
            };
            Some(WireStep {
                selector: Some(selector),
            })
        });
        Self {
            steps: steps.collect(),
        }
    }
}

impl From<AttributePath> for Path {
    /// A step without a selector ends the path.
    fn from(path: AttributePath) -> Self {
        let steps = path.steps.into_iter().map_while(|step| {
            Some(match step.selector? {
                Selector::AttributeName(name) => Step::Attribute(name),
                Selector::ElementKeyString(key) => Step::Key(key),
                Selector::ElementKeyInt(index) => Step::Index(index),
            })
        });
        Self::from(steps.collect::<Vec<_>>())
    }
}
