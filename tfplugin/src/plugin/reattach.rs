//! Debugging: tells a person how to make Terraform use this very process instead of starting its
//! own.

use std::io::Write;

use serde_json::{Map, Value, json};

use super::error::StartError;
use super::handshake::PROTOCOL_VERSION;
use super::listener::Listener;

/// Where Terraform and OpenTofu look for a provider that is named without a host.
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
        "Provider {address} is waiting. \
         To attach Terraform or OpenTofu to it, set in their environment:\n\n\
         TF_REATTACH_PROVIDERS='{setting}'\n\nCtrl-C ends it."
    )
    .and_then(|()| stdout.flush())
    .map_err(StartError::Announce)
}

/// The same process under the names that either host would give it.
fn setting(address: &str, network: &str, place: &str, pid: u32) -> Value {
    let process = json!({
        "Protocol": "grpc",
        "ProtocolVersion": PROTOCOL_VERSION,
        "Pid": pid,
        // Otherwise Terraform takes it for a process of its own, and kills it in the end.
        "Test": true,
        "Addr": { "Network": network, "String": place },
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
        // A provider with a host of its own has one name.
        None => vec![address.to_owned()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_is_known_under_both_default_hosts() {
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

    #[test]
    fn a_provider_with_a_host_of_its_own_keeps_its_one_name() {
        assert_eq!(names("example.com/acme/thing"), ["example.com/acme/thing"]);
    }
}
