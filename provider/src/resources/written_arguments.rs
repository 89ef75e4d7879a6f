//! Optional arguments as the configuration writes them, for an import.
//!
//! The terms of a lease have one form for what a configuration can write in several: `labels = {}`
//! and no labels, `120m` and `2h`. An import must restore the form, or the next plan would change
//! it. So the lease records each argument that its terms alone would restore differently.
//!
//! A check may contain secrets, which belong only in the Terraform state. Its recorded form is
//! without them: [`without_secrets`].

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use stack::Terms;
use tfplugin::{Number, Value};

use super::checks_model::{ExecModel, HttpModel, TcpModel};
use super::stack_import::optional_arguments;
use super::stack_model::{PreflightModel, StackModel, TeardownModel};
use crate::checks;

/// The arguments that an import could not restore from the terms, in JSON by name.
pub(super) fn of(planned: &StackModel, terms: &Terms) -> BTreeMap<String, String> {
    let derived = optional_arguments(terms);
    let mut written = BTreeMap::new();
    let mut record = |name: &str, differs: bool, json: Json| {
        if differs {
            written.insert(name.to_owned(), json.to_string());
        }
    };
    record(
        "renew_on",
        planned.renew_on != derived.renew_on,
        text(&planned.renew_on),
    );
    record(
        "idle_after",
        planned.idle_after != derived.idle_after,
        text(&planned.idle_after),
    );
    record(
        "ready_timeout",
        planned.ready_timeout != derived.ready_timeout,
        text(&planned.ready_timeout),
    );
    record(
        "hourly_cost",
        planned.hourly_cost != derived.hourly_cost,
        number(&planned.hourly_cost),
    );
    // The values are in the terms. Only empty labels differ from them.
    record(
        "labels",
        planned.labels != derived.labels,
        Json::Object(serde_json::Map::new()),
    );
    record(
        "teardown",
        planned.teardown != derived.teardown,
        json(planned.teardown.as_ref().map(TeardownForm::of)),
    );
    record(
        "preflight",
        !planned.preflight.is_null(),
        json(planned.preflight.as_ref().map(WrittenPreflight::of)),
    );
    written
}

/// Restores the recorded arguments in the state of an import. One that cannot be read, because
/// another version recorded it, stays as the terms tell.
pub(super) fn restore(written: &BTreeMap<String, String>, state: &mut StackModel) {
    fn read<T: serde::de::DeserializeOwned>(
        written: &BTreeMap<String, String>,
        name: &str,
    ) -> Option<T> {
        serde_json::from_str(written.get(name)?).ok()
    }
    for (name, attribute) in [
        ("renew_on", &mut state.renew_on),
        ("idle_after", &mut state.idle_after),
        ("ready_timeout", &mut state.ready_timeout),
    ] {
        if let Some(text) = read::<String>(written, name) {
            *attribute = text.into();
        }
    }
    if let Some(cost) = read::<String>(written, "hourly_cost")
        && let Ok(cost) = cost.parse::<Number>()
    {
        state.hourly_cost = cost.into();
    }
    if written.contains_key("labels") {
        state.labels = Value::Known(state.labels.take().known().unwrap_or_default());
    }
    if let Some(form) = read::<TeardownForm>(written, "teardown") {
        state.teardown = form.restored(state.teardown.take()).into();
    }
    if let Some(preflight) = read::<WrittenPreflight>(written, "preflight") {
        state.preflight = preflight.restored().into();
    }
}

/// The preflight as the ledger records it and an import restores it.
pub(super) fn without_secrets(preflight: &PreflightModel) -> PreflightModel {
    WrittenPreflight::of(preflight).restored()
}

fn text(value: &Value<String>) -> Json {
    json(value.as_ref())
}

fn number(value: &Value<Number>) -> Json {
    json(value.as_ref().map(ToString::to_string))
}

fn json(value: Value<impl Serialize>) -> Json {
    let known = value.known().map(serde_json::to_value);
    known.and_then(Result::ok).unwrap_or_default()
}

/// Which inputs of a teardown the configuration sets, although they are empty.
#[derive(Serialize, Deserialize)]
struct TeardownForm {
    variables: bool,
    var_files: bool,
}

impl TeardownForm {
    fn of(model: &TeardownModel) -> Self {
        Self {
            variables: model.variables.is_known(),
            var_files: model.var_files.is_known(),
        }
    }

    fn restored(&self, derived: Value<TeardownModel>) -> TeardownModel {
        let mut model = derived.known().unwrap_or(TeardownModel {
            variables: Value::Null,
            var_files: Value::Null,
        });
        if self.variables && model.variables.is_null() {
            model.variables = Value::Known(BTreeMap::new());
        }
        if self.var_files && model.var_files.is_null() {
            model.var_files = Value::Known(Vec::new());
        }
        model
    }
}

/// A preflight without secrets.
#[derive(Serialize, Deserialize)]
struct WrittenPreflight {
    http: Option<Vec<WrittenHttp>>,
    tcp: Option<Vec<String>>,
    exec: Option<Vec<Vec<String>>>,
}

#[derive(Serialize, Deserialize)]
struct WrittenHttp {
    url: String,
    status: Option<i64>,
}

impl WrittenPreflight {
    fn of(model: &PreflightModel) -> Self {
        let http = |check: &HttpModel| WrittenHttp {
            url: checks::url_without_secrets(check.url.as_ref().known().map_or("", String::as_str)),
            status: check.status.known(),
        };
        let tcp = |check: &TcpModel| {
            let address = check.address.as_ref().known().map_or("", String::as_str);
            checks::address_without_secrets(address).to_owned()
        };
        let exec = |check: &ExecModel| {
            let command = check
                .command
                .as_ref()
                .known()
                .map_or(&[][..], Vec::as_slice);
            vec![checks::program(command).to_owned()]
        };
        Self {
            http: list(&model.http, http),
            tcp: list(&model.tcp, tcp),
            exec: list(&model.exec, exec),
        }
    }

    fn restored(self) -> PreflightModel {
        let http = |check: WrittenHttp| HttpModel {
            url: check.url.into(),
            status: check.status.into(),
        };
        let tcp = |address: String| TcpModel {
            address: address.into(),
        };
        let exec = |command: Vec<String>| ExecModel {
            command: command.into(),
        };
        PreflightModel {
            http: self
                .http
                .map(|checks| checks.into_iter().map(http).collect())
                .into(),
            tcp: self
                .tcp
                .map(|checks| checks.into_iter().map(tcp).collect())
                .into(),
            exec: self
                .exec
                .map(|checks| checks.into_iter().map(exec).collect())
                .into(),
        }
    }
}

fn list<T, U>(list: &Value<Vec<T>>, convert: impl FnMut(&T) -> U) -> Option<Vec<U>> {
    let list = list.as_ref().known()?;
    Some(list.iter().map(convert).collect())
}
