//! Debugging: prints the setting that makes Terraform attach to this process.

use std::io::Write;

use serde_json::{Map, Value, json};

use super::error::StartError;
use super::handshake::PROTOCOL_VERSION;
use super::listener::Listener;

/// The default hosts of Terraform and OpenTofu for providers named without a host.
const HOSTS: [&str; 2] = ["registry.terraform.io", "registry.opentofu.org"];

/// Prints the setting that makes Terraform or OpenTofu attach to this process.
pub(super) fn announce(address: &str, listener: &Listener) -> Result<(), StartError> {
    let setting = setting(
        address,
        listener.network(),
        &listener.address(),
        std::process::id(),
    );
    let mut stdout = std::io::stdout().lock();
    writeln!(
        stdout,
        "Provider {address} is waiting for Terraform or OpenTofu. \
         To attach them, set this in their environment:\n\n\
         TF_REATTACH_PROVIDERS='{setting}'\n\nPress Ctrl-C to stop."
    )
    .and_then(|()| stdout.flush())
    .map_err(StartError::Announce)
}

/// The setting, with the process under the name of each default host.
fn setting(address: &str, network: &str, socket: &str, pid: u32) -> Value {
    let process = json!({
        "Protocol": "grpc",
        "ProtocolVersion": PROTOCOL_VERSION,
        "Pid": pid,
        // Otherwise Terraform kills the process at the end, like one that it started itself.
        "Test": true,
        "Addr": { "Network": network, "String": socket },
    });
    let names: Map<String, Value> = names(address)
        .into_iter()
        .map(|name| (name, process.clone()))
        .collect();
    Value::Object(names)
}

fn names(address: &str) -> Vec<String> {
    let rest = HOSTS
        .iter()
        .find_map(|host| address.strip_prefix(host)?.strip_prefix('/'));
    match rest {
        Some(rest) => HOSTS.iter().map(|host| format!("{host}/{rest}")).collect(),
        // A provider on another host has one name.
        None => vec![address.to_owned()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A provider on a default host is listed under both default hosts.
    #[test]
    fn a_provider_is_listed_under_both_default_hosts() {
        let setting = setting("registry.terraform.io/hashicorp/time", "unix", "/tmp/s", 7);
        let keys: Vec<&String> = setting.as_object().unwrap().keys().collect();
        assert_eq!(
            keys,
            [
                "registry.opentofu.org/hashicorp/time",
                "registry.terraform.io/hashicorp/time"
            ]
        );
        assert_eq!(
            setting["registry.opentofu.org/hashicorp/time"].to_string(),
            concat!(
                r#"{"Addr":{"Network":"unix","String":"/tmp/s"},"Pid":7,"#,
                r#""Protocol":"grpc","ProtocolVersion":6,"Test":true}"#
            )
        );
    }

    /// A provider on another host is listed under its own name only.
    #[test]
    fn a_provider_on_another_host_has_one_name() {
        assert_eq!(names("example.com/acme/thing"), ["example.com/acme/thing"]);
    }
}
