//! A plan against the configuration and the prior state: what Core calls an invalid plan.

use std::collections::BTreeMap;

use crate::diag::Diagnostic;
use crate::dynamic::Dynamic;
use crate::path::Path;
use crate::registry::Shapes;
use crate::schema::{Attribute, Block, NestedBlock, Nesting};

static NULL: Dynamic = Dynamic::Null;

/// What Core would refuse in this plan; nothing when it would take it.
pub(crate) fn check_plan(
    shapes: &Shapes,
    config: &Dynamic,
    prior: &Dynamic,
    planned: &Dynamic,
) -> Vec<Diagnostic> {
    let mut check = Check::default();
    match (config.is_null(), planned.is_null()) {
        (true, true) => {}
        (true, false) => check.refuse(
            &Path::root(),
            "the resource is to be destroyed, and the plan has values",
            "Leave the plan as it is when its action is Destroy.",
        ),
        (false, true) => check.refuse(
            &Path::root(),
            "the resource is configured, and the plan has none",
            "Only Terraform decides that a resource is to be destroyed.",
        ),
        (false, false) => {
            let at = At {
                config,
                prior,
                planned,
            };
            check.block(&shapes.schema.block, at, &Path::root());
        }
    }
    check.found
}

/// The three values of one place.
#[derive(Clone, Copy)]
struct At<'a> {
    config: &'a Dynamic,
    prior: &'a Dynamic,
    planned: &'a Dynamic,
}

impl<'a> At<'a> {
    fn each(self, pick: impl Fn(&'a Dynamic) -> Option<&'a Dynamic>) -> Self {
        Self {
            config: pick(self.config).unwrap_or(&NULL),
            prior: pick(self.prior).unwrap_or(&NULL),
            planned: pick(self.planned).unwrap_or(&NULL),
        }
    }

    fn entry(self, name: &str) -> Self {
        self.each(|value| value.as_map().and_then(|entries| entries.get(name)))
    }

    fn index(self, index: usize) -> Self {
        self.each(|value| value.as_list().and_then(|elements| elements.get(index)))
    }
}

#[derive(Default)]
struct Check {
    found: Vec<Diagnostic>,
}

impl Check {
    fn refuse(&mut self, path: &Path, problem: &str, remedy: &str) {
        self.found.push(
            Diagnostic::error(
                "The provider made a plan that Terraform refuses",
                format!("At `{path}`: {problem}. {remedy} This is a mistake in the provider."),
            )
            .at(path.clone()),
        );
    }

    fn block(&mut self, block: &Block, at: At<'_>, path: &Path) {
        for attribute in &block.attributes {
            let path = path.attribute(&attribute.name);
            self.attribute(attribute, at.entry(&attribute.name), &path);
        }
        for nested in &block.blocks {
            let path = path.attribute(&nested.name);
            self.nested_block(nested, at.entry(&nested.name), &path);
        }
    }

    fn attribute(&mut self, attribute: &Attribute, at: At<'_>, path: &Path) {
        let At {
            config,
            prior,
            planned,
        } = at;
        if attribute.write_only {
            if !planned.is_null() {
                self.refuse(
                    path,
                    "a write-only value is in the plan",
                    "Leave it null: the value is in `Cx::config`.",
                );
            }
        } else if config.is_null() {
            if !attribute.mode.is_computed() && !planned.is_null() {
                self.refuse(
                    path,
                    "the configuration leaves it out, it is not computed, and the plan has a value",
                    "Declare it computed (or with a default) if the provider may set it.",
                );
            }
        } else if let Some((nesting, attributes)) = attribute.nested()
            && !config.is_unknown()
            && !planned.is_unknown()
            && !planned.is_null()
        {
            self.nested(nesting, at, path, &|check, at, path| {
                for attribute in attributes {
                    let path = path.attribute(&attribute.name);
                    check.attribute(attribute, at.entry(&attribute.name), &path);
                }
            });
        } else {
            let ty = attribute.ty();
            // The prior value in another spelling of the same is what Core lets a provider keep.
            let kept = !prior.is_null() && planned.same_as(prior, &ty);
            if !kept && !agrees(config, planned) && !planned.same_as(config, &ty) {
                self.refuse(
                    path,
                    "the plan does not have the configured value",
                    "Keep what the person wrote, also its spelling; only what the configuration \
                     leaves out can be planned otherwise.",
                );
            }
        }
    }

    fn nested_block(&mut self, nested: &NestedBlock, at: At<'_>, path: &Path) {
        if at.planned.is_unknown() && !at.config.is_unknown() {
            self.refuse(path, "a block is planned unknown", "Plan the values in it.");
            return;
        }
        if at.config.is_unknown() {
            return;
        }
        if at.planned.is_null() && nested.nesting != Nesting::Single {
            self.refuse(
                path,
                "a block is planned null",
                "A block that is absent is empty.",
            );
            return;
        }
        self.nested(nested.nesting, at, path, &|check, at, path| {
            check.block(&nested.block, at, path);
        });
    }

    /// Elements of a set have no counterpart that could be told for sure, so only their number
    /// is compared, as Core does.
    fn nested(
        &mut self,
        nesting: Nesting,
        at: At<'_>,
        path: &Path,
        element: &dyn Fn(&mut Self, At<'_>, &Path),
    ) {
        match nesting {
            Nesting::Single | Nesting::Group => {
                if at.config.is_null() == at.planned.is_null() {
                    if !at.planned.is_null() {
                        element(self, at, path);
                    }
                } else if nesting == Nesting::Single {
                    self.count(path);
                }
            }
            Nesting::List | Nesting::Set => {
                let (config, planned) = (elements(at.config), elements(at.planned));
                if config.len() != planned.len() {
                    self.count(path);
                } else if nesting == Nesting::List {
                    for index in 0..planned.len() {
                        element(self, at.index(index), &path.index(index));
                    }
                }
            }
            Nesting::Map => {
                let (config, planned) = (entries(at.config), entries(at.planned));
                if config.keys().ne(planned.keys()) {
                    self.count(path);
                } else {
                    for key in planned.keys() {
                        element(self, at.entry(key), &path.key(key));
                    }
                }
            }
        }
    }

    fn count(&mut self, path: &Path) {
        self.refuse(
            path,
            "the plan has other elements than the configuration",
            "Plan what is in the elements; which there are is the configuration's to say.",
        );
    }
}

/// Whether the plan says what the configuration says, where that is known by now.
fn agrees(config: &Dynamic, planned: &Dynamic) -> bool {
    match (config.untyped(), planned.untyped()) {
        (Dynamic::Unknown(_), _) => true,
        (Dynamic::List(config), Dynamic::List(planned)) => {
            config.len() == planned.len() && config.iter().zip(planned).all(|(c, p)| agrees(c, p))
        }
        (Dynamic::Map(config), Dynamic::Map(planned)) => {
            config.len() == planned.len()
                && config
                    .iter()
                    .all(|(key, c)| planned.get(key).is_some_and(|p| agrees(c, p)))
        }
        (config, planned) => config == planned,
    }
}

fn elements(value: &Dynamic) -> &[Dynamic] {
    value.as_list().unwrap_or_default()
}

fn entries(value: &Dynamic) -> &BTreeMap<String, Dynamic> {
    static NONE: BTreeMap<String, Dynamic> = BTreeMap::new();
    value.as_map().unwrap_or(&NONE)
}
