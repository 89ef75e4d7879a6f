//! The state of an imported stack: what its lease says.

use std::collections::BTreeMap;

use stack::lease::TeardownInputs;
use stack::values::tags;
use stack::{Lease, RenewOn, Span, Terms};
use tfplugin::Value;

use super::stack_model::{StackModel, TeardownModel};
use super::written_arguments;

/// The state of an imported stack, with its optional arguments as the configuration wrote them.
pub(super) fn imported_state(lease: &Lease) -> StackModel {
    let terms = &lease.terms;
    let tags: BTreeMap<String, String> = tags::tags(
        &lease.name,
        &lease.app,
        &lease.version,
        &lease.owner,
        &terms.ttl,
        &terms.labels,
    );
    let mut state = StackModel {
        name: lease.name.to_string().into(),
        id: lease.name.to_string().into(),
        app: lease.app.to_string().into(),
        version: lease.version.to_string().into(),
        owner: lease.owner.to_string().into(),
        ttl: terms.ttl.to_string().into(),
        tags: tags.into(),
        created_at: lease.created_at.to_string().into(),
        expires_at: lease.expires_at.to_string().into(),
        ..optional_arguments(terms)
    };
    written_arguments::restore(&terms.as_written, &mut state);
    state
}

/// The optional arguments that the terms tell. Those with their default value are null.
pub(super) fn optional_arguments(terms: &Terms) -> StackModel {
    let text = |span: &Option<Span>| span.map(|span| span.to_string()).into();
    let labels = terms.labels.as_map().iter();
    let labels: BTreeMap<String, Value<String>> = labels
        .map(|(key, value)| (key.clone(), value.clone().into()))
        .collect();
    StackModel {
        renew_on: match terms.renew_on {
            RenewOn::Version => Value::Null,
            RenewOn::Never => Value::Known("never".to_owned()),
        },
        idle_after: text(&terms.idle_after),
        ready_timeout: text(&terms.ready_timeout),
        hourly_cost: terms
            .hourly_cost
            .and_then(|cost| cost.to_string().parse().ok())
            .into(),
        labels: not_empty(labels, BTreeMap::is_empty),
        teardown: teardown(&terms.teardown),
        ..StackModel::default()
    }
}

fn teardown(inputs: &TeardownInputs) -> Value<TeardownModel> {
    let TeardownInputs {
        variables,
        var_files,
    } = inputs.clone();
    let model = TeardownModel {
        variables: not_empty(variables, BTreeMap::is_empty),
        var_files: not_empty(var_files, Vec::is_empty),
    };
    if model.variables.is_null() && model.var_files.is_null() {
        return Value::Null;
    }
    Value::Known(model)
}

fn not_empty<T>(collection: T, is_empty: impl FnOnce(&T) -> bool) -> Value<T> {
    if is_empty(&collection) {
        Value::Null
    } else {
        Value::Known(collection)
    }
}
