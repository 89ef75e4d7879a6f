//! The backend that keeps a stack's Terraform state: its type, and the keys that are not secret.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::repository::without_user;

/// The keys that jiti records for each type of backend. Every other key may hold a credential, so
/// jiti neither records nor shows it.
const RECORDED_KEYS: &[(&str, &[&str])] = &[
    (
        "s3",
        &[
            "bucket",
            "key",
            "region",
            "workspace_key_prefix",
            "dynamodb_table",
            "use_lockfile",
        ],
    ),
    ("gcs", &["bucket", "prefix"]),
    (
        "azurerm",
        &[
            "storage_account_name",
            "container_name",
            "key",
            "resource_group_name",
        ],
    ),
    (
        "http",
        &[
            "address",
            "lock_address",
            "unlock_address",
            "update_method",
            "lock_method",
            "unlock_method",
        ],
    ),
    ("local", &["path"]),
    ("remote", &["hostname", "organization", "workspaces"]),
    ("cloud", &["hostname", "organization", "workspaces"]),
    ("pg", &["schema_name"]),
    ("consul", &["address", "path"]),
    ("kubernetes", &["secret_suffix", "namespace"]),
    (
        "oss",
        &["bucket", "prefix", "key", "region", "tablestore_table"],
    ),
    ("cos", &["bucket", "prefix", "key", "region"]),
];

/// The keys whose values are addresses, which are recorded without credentials.
const ADDRESSES: &[&str] = &["address", "lock_address", "unlock_address"];

/// The maximum length of a recorded value, in bytes. A longer value is left out.
const MAX_LENGTH: usize = 1024;

/// A backend: its type, and those of its keys that are not secret.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backend {
    /// Its type, such as `s3`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The keys that have a value, by name. The value of a block is JSON.
    #[serde(default)]
    pub keys: BTreeMap<String, String>,
}

impl Backend {
    /// Reads the backend from the file `terraform.tfstate` of a data directory, where
    /// `terraform init` stores it. `None` if the text is no such file, or names no backend: then
    /// the state is a file in the root module.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let file: Value = serde_json::from_str(text).ok()?;
        let backend = file.get("backend")?;
        let kind = backend.get("type")?.as_str()?;
        if kind.is_empty() || kind.len() > MAX_LENGTH || kind.chars().any(char::is_control) {
            return None;
        }
        let config = backend.get("config");
        let keys = recorded_keys(kind).iter().filter_map(|key| {
            let value = text_of(key, config?.get(key)?)?;
            Some(((*key).to_owned(), value))
        });
        Some(Self {
            kind: kind.to_owned(),
            keys: keys.collect(),
        })
    }

    /// Whether the state is a file that only the folder of the root module leads to.
    #[must_use]
    pub fn is_in_root(&self) -> bool {
        let path = self.keys.get("path");
        self.kind == "local" && !path.is_some_and(|path| path.starts_with('/'))
    }

    /// Only what may be recorded: another user may have written the rest into a shared ledger.
    #[must_use]
    pub(crate) fn recorded(&self) -> Self {
        let keys = self.keys.iter();
        let keys = keys.filter(|(key, _)| recorded_keys(&self.kind).contains(&key.as_str()));
        Self {
            kind: self.kind.clone(),
            keys: keys
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect(),
        }
    }
}

fn recorded_keys(kind: &str) -> &'static [&'static str] {
    let found = RECORDED_KEYS.iter().find(|(known, _)| *known == kind);
    found.map_or(&[], |(_, keys)| *keys)
}

/// A value as text; `None` if it is not set, or may not be recorded.
fn text_of(key: &str, value: &Value) -> Option<String> {
    let text = match value {
        Value::Null => return None,
        Value::String(text) if ADDRESSES.contains(&key) => without_user(text)?,
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Array(_) | Value::Object(_) => set_values(value)?.to_string(),
    };
    let may_be_recorded =
        !text.is_empty() && text.len() <= MAX_LENGTH && !text.chars().any(char::is_control);
    may_be_recorded.then_some(text)
}

/// A block without the arguments that are not set; `None` if none is.
fn set_values(value: &Value) -> Option<Value> {
    match value {
        Value::Null => None,
        Value::Array(items) => {
            let items: Vec<_> = items.iter().filter_map(set_values).collect();
            (!items.is_empty()).then_some(Value::Array(items))
        }
        Value::Object(fields) => {
            let fields = fields.iter();
            let fields = fields.filter_map(|(key, value)| Some((key.clone(), set_values(value)?)));
            let fields: serde_json::Map<_, _> = fields.collect();
            (!fields.is_empty()).then_some(Value::Object(fields))
        }
        other => Some(other.clone()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(kind: &str, config: &Value) -> Vec<String> {
        let file = json!({"version": 3, "backend": {"type": kind, "config": config, "hash": 1}});
        let backend = Backend::read(&file.to_string()).unwrap();
        assert_eq!(backend.kind, kind);
        let keys = backend.keys.iter();
        keys.map(|(key, value)| format!("{key}={value}")).collect()
    }

    /// Of each type, only the listed keys are recorded; of an unknown type, none. No credential is.
    #[test]
    fn only_listed_keys_are_recorded() {
        for (kind, config, expected) in [
            (
                "s3",
                json!({"bucket": "states", "key": "shop", "region": "eu-west-1", "use_lockfile": true,
                    "access_key": "AKIA", "secret_key": "s", "token": "t", "profile": null,
                    "assume_role": {"external_id": "e"}, "dynamodb_table": null}),
                vec![
                    "bucket=states",
                    "key=shop",
                    "region=eu-west-1",
                    "use_lockfile=true",
                ],
            ),
            (
                "gcs",
                json!({"bucket": "b", "prefix": "p", "credentials": "{}", "encryption_key": "k"}),
                vec!["bucket=b", "prefix=p"],
            ),
            (
                "azurerm",
                json!({"storage_account_name": "a", "container_name": "c", "key": "k",
                    "resource_group_name": "g", "access_key": "x", "sas_token": "y"}),
                vec![
                    "container_name=c",
                    "key=k",
                    "resource_group_name=g",
                    "storage_account_name=a",
                ],
            ),
            (
                "http",
                json!({"address": "https://u:p@state.test/shop?token=t#f", "lock_method": "POST",
                    "lock_address": "https://state.test/u:p@shop", "username": "u", "password": "p"}),
                vec!["address=https://state.test/shop", "lock_method=POST"],
            ),
            (
                "local",
                json!({"path": "/srv/state"}),
                vec!["path=/srv/state"],
            ),
            (
                "cloud",
                json!({"hostname": "app.test", "organization": "acme", "token": "t",
                    "workspaces": {"name": "shop", "tags": null, "project": null}}),
                vec![
                    "hostname=app.test",
                    "organization=acme",
                    r#"workspaces={"name":"shop"}"#,
                ],
            ),
            (
                "remote",
                json!({"workspaces": [{"name": null, "prefix": null}], "token": "t"}),
                vec![],
            ),
            (
                "pg",
                json!({"conn_str": "postgres://u:p@db/x", "schema_name": "shop"}),
                vec!["schema_name=shop"],
            ),
            (
                "consul",
                json!({"address": "u:p@consul.test:8500", "path": "shop", "access_token": "t",
                    "http_auth": "u:p"}),
                vec!["address=consul.test:8500", "path=shop"],
            ),
            (
                "kubernetes",
                json!({"secret_suffix": "shop", "namespace": "tf", "token": "t", "config_path": "c"}),
                vec!["namespace=tf", "secret_suffix=shop"],
            ),
            (
                "oss",
                json!({"bucket": "b", "key": "k", "access_key": "a", "secret_key": "s"}),
                vec!["bucket=b", "key=k"],
            ),
            (
                "cos",
                json!({"bucket": "b", "prefix": "p", "secret_id": "i", "secret_key": "s"}),
                vec!["bucket=b", "prefix=p"],
            ),
            ("vendor", json!({"bucket": "b", "token": "t"}), vec![]),
        ] {
            assert_eq!(read(kind, &config), expected, "{kind}");
        }
    }

    /// A file without a backend, a damaged file, and a state are no backend.
    #[test]
    fn other_files_name_no_backend() {
        for text in [
            "",
            "{",
            "[]",
            r#"{"version": 4, "resources": []}"#,
            r#"{"backend": {"type": 1}}"#,
            r#"{"backend": {"type": ""}}"#,
        ] {
            assert_eq!(Backend::read(text), None, "{text}");
        }
    }

    /// A local state is found from its root module only, unless its path is absolute.
    #[test]
    fn a_local_state_is_in_its_root() {
        let local = |keys: &[(&str, &str)]| Backend {
            kind: "local".to_owned(),
            keys: keys
                .iter()
                .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
                .collect(),
        };
        assert!(local(&[]).is_in_root() && local(&[("path", "state")]).is_in_root());
        assert!(!local(&[("path", "/srv/state")]).is_in_root());
    }

    /// Keys that may not be recorded do not count if another user wrote them.
    #[test]
    fn foreign_keys_do_not_count() {
        let mut backend = Backend {
            kind: "s3".to_owned(),
            keys: [("bucket".to_owned(), "states".to_owned())].into(),
        };
        let recorded = backend.clone();
        let key = "endpoint".to_owned();
        backend.keys.insert(key, "https://evil.test".to_owned());
        assert_eq!(backend.recorded(), recorded);
    }
}
