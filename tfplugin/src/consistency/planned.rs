//! Checks a plan against the configuration and the prior state, as Core does.

use std::collections::BTreeMap;

use crate::diag::Diagnostic;
use crate::dynamic::Dynamic;
use crate::path::Path;
use crate::schema::PreparedSchema;
use crate::schema::{Attribute, Block, NestedBlock, Nesting};

static NULL: Dynamic = Dynamic::Null;
static UNKNOWN: Dynamic = Dynamic::unknown();

/// The reasons for which Core would reject the plan; empty when it is valid.
pub(crate) fn check_plan(
    schema: &PreparedSchema,
    config: &Dynamic,
    prior: &Dynamic,
    planned: &Dynamic,
) -> Vec<Diagnostic> {
    let mut checker = PlanChecker::default();
    match (config.is_null(), planned.is_null()) {
        (true, true) => {}
        (true, false) => checker.report(
            &Path::root(),
            "the resource will be destroyed, but the plan has values",
            "Do not change the plan when its action is Destroy.",
        ),
        (false, true) => checker.report(
            &Path::root(),
            "the resource is configured, but the plan is null",
            "Only Terraform decides to destroy a resource.",
        ),
        (false, false) => {
            let values = Values {
                config,
                prior,
                planned,
            };
            checker.block(schema.block(), values, &Path::root());
        }
    }
    checker.diagnostics
}

/// The configured, prior and planned value of one attribute.
#[derive(Clone, Copy)]
struct Values<'a> {
    config: &'a Dynamic,
    prior: &'a Dynamic,
    planned: &'a Dynamic,
}

impl<'a> Values<'a> {
    /// The values of a part. Every part of an unknown configuration is unknown: Core proposes an
    /// object with unknown attributes for an unknown element.
    fn select(self, pick: impl Fn(&'a Dynamic) -> Option<&'a Dynamic>) -> Self {
        let missing = if self.config.is_unknown() {
            &UNKNOWN
        } else {
            &NULL
        };
        Self {
            config: pick(self.config).unwrap_or(missing),
            prior: pick(self.prior).unwrap_or(&NULL),
            planned: pick(self.planned).unwrap_or(&NULL),
        }
    }

    fn entry(self, name: &str) -> Self {
        self.select(|value| value.as_map().and_then(|entries| entries.get(name)))
    }

    fn index(self, index: usize) -> Self {
        self.select(|value| value.as_list().and_then(|elements| elements.get(index)))
    }
}

#[derive(Default)]
struct PlanChecker {
    diagnostics: Vec<Diagnostic>,
}

impl PlanChecker {
    fn report(&mut self, path: &Path, problem: &str, fix: &str) {
        self.diagnostics.push(
            Diagnostic::error(
                "The provider made an invalid plan",
                format!("At `{path}`: {problem}. {fix} This is a bug in the provider."),
            )
            .at(path.clone()),
        );
    }

    fn block(&mut self, block: &Block, values: Values<'_>, path: &Path) {
        for attribute in &block.attributes {
            let path = path.attribute(&attribute.name);
            self.attribute(attribute, values.entry(&attribute.name), &path);
        }
        for nested in &block.blocks {
            let path = path.attribute(&nested.name);
            self.nested_block(nested, values.entry(&nested.name), &path);
        }
    }

    fn attribute(&mut self, attribute: &Attribute, values: Values<'_>, path: &Path) {
        let Values {
            config,
            prior,
            planned,
        } = values;
        if attribute.write_only {
            if !planned.is_null() {
                self.report(
                    path,
                    "the plan has a write-only value",
                    "Plan null; the value is in `ApplyContext::config`.",
                );
            }
        } else if config.is_null() {
            if !attribute.mode.is_computed() && !planned.is_null() {
                self.report(
                    path,
                    "the plan has a value, but the attribute is neither configured nor computed",
                    "Declare it computed (or with a default) if the provider may set it.",
                );
            }
        } else if !prior.is_null() && planned.same_as(prior, &attribute.value_type()) {
            // Core accepts the prior value, for a provider that treats both as equivalent.
        } else if let Some((nesting, attributes)) = attribute.nested()
            && !config.is_unknown()
            && !planned.is_unknown()
            && !planned.is_null()
        {
            self.nested(nesting, values, path, &|checker, values, path| {
                for attribute in attributes {
                    let path = path.attribute(&attribute.name);
                    checker.attribute(attribute, values.entry(&attribute.name), &path);
                }
            });
        } else {
            let ty = attribute.value_type();
            if !matches_config(config, planned) && !planned.same_as(config, &ty) {
                self.report(
                    path,
                    "the planned value differs from the configured value",
                    "Plan the configured value in its exact spelling. A provider can choose only \
                     values that are not configured.",
                );
            }
        }
    }

    fn nested_block(&mut self, nested: &NestedBlock, values: Values<'_>, path: &Path) {
        if values.planned.is_unknown() && !values.config.is_unknown() {
            self.report(
                path,
                "the plan has an unknown block",
                "Plan the values in it.",
            );
            return;
        }
        if values.config.is_unknown() {
            return;
        }
        if values.planned.is_null() && nested.nesting != Nesting::Single {
            self.report(
                path,
                "the plan has a null block",
                "Plan an empty collection for a missing block.",
            );
            return;
        }
        self.nested(nested.nesting, values, path, &|checker, values, path| {
            checker.block(&nested.block, values, path);
        });
    }

    /// Compares only the number of elements of sets, as Core does, because their elements have no
    /// certain counterparts.
    fn nested(
        &mut self,
        nesting: Nesting,
        values: Values<'_>,
        path: &Path,
        element: &dyn Fn(&mut Self, Values<'_>, &Path),
    ) {
        match nesting {
            Nesting::Single | Nesting::Group => {
                if values.config.is_null() == values.planned.is_null() {
                    if !values.planned.is_null() {
                        element(self, values, path);
                    }
                } else if nesting == Nesting::Single {
                    self.report_elements(path);
                }
            }
            Nesting::List | Nesting::Set => {
                let (config, planned) = (elements(values.config), elements(values.planned));
                if config.len() != planned.len() {
                    self.report_elements(path);
                } else if nesting == Nesting::List {
                    for index in 0..planned.len() {
                        element(self, values.index(index), &path.index(index));
                    }
                }
            }
            Nesting::Map => {
                let (config, planned) = (entries(values.config), entries(values.planned));
                if config.keys().ne(planned.keys()) {
                    self.report_elements(path);
                } else {
                    for key in planned.keys() {
                        element(self, values.entry(key), &path.key(key));
                    }
                }
            }
        }
    }

    fn report_elements(&mut self, path: &Path) {
        self.report(
            path,
            "the plan and the configuration have different elements",
            "Plan values inside the elements; do not add or remove elements.",
        );
    }
}

/// Whether the plan has the configured values, as far as they are known.
fn matches_config(config: &Dynamic, planned: &Dynamic) -> bool {
    match (config.untyped(), planned.untyped()) {
        (Dynamic::Unknown(_), _) => true,
        (Dynamic::List(config), Dynamic::List(planned)) => {
            config.len() == planned.len()
                && config
                    .iter()
                    .zip(planned)
                    .all(|(c, p)| matches_config(c, p))
        }
        (Dynamic::Map(config), Dynamic::Map(planned)) => {
            config.len() == planned.len()
                && config
                    .iter()
                    .all(|(key, c)| planned.get(key).is_some_and(|p| matches_config(c, p)))
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
