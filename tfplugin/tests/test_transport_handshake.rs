//! The start of a plugin: the cookie, the handshake line, and the socket.

use std::os::unix::fs::PermissionsExt;

use crate::probe::{Identity, ProbeCommand};

#[tokio::test]
async fn the_handshake_line_has_the_format_of_go_plugin() {
    let (_probe, handshake) = ProbeCommand::with_tls(&Identity::generate())
        .start_and_handshake()
        .await;
    let [core, protocol, network, address, kind, certificate] = handshake.fields.as_slice() else {
        panic!("expected six fields: {:?}", handshake.fields)
    };
    assert_eq!([core, protocol, network, kind], ["1", "6", "unix", "grpc"]);
    assert!(address.starts_with('/'), "{address}");
    assert!(
        !certificate.contains('='),
        "go-plugin rejects padding: {certificate}"
    );
    // A certificate in DER starts with these bytes. go-plugin ignores fields of up to 50
    // characters.
    assert_eq!(&handshake.certificate()[..2], [0x30, 0x82]);
}

#[tokio::test]
async fn without_a_client_certificate_the_last_field_is_empty() {
    let (_probe, handshake) = ProbeCommand::plaintext().start_and_handshake().await;
    assert_eq!(handshake.fields.len(), 6);
    assert_eq!(handshake.fields[5], "");
}

#[tokio::test]
async fn multiplexing_is_declined() {
    let mut start = ProbeCommand::plaintext();
    start.set("PLUGIN_MULTIPLEX_GRPC", "true");
    let (_probe, handshake) = start.start_and_handshake().await;
    assert_eq!(handshake.fields[6..], ["false"]);
}

#[tokio::test]
async fn a_host_without_protocol_6_still_gets_the_version() {
    let mut start = ProbeCommand::plaintext();
    start.set("PLUGIN_PROTOCOL_VERSIONS", "4,5");
    let (_probe, handshake) = start.start_and_handshake().await;
    assert_eq!(handshake.fields[1], "6");
}

#[tokio::test]
async fn only_this_user_can_reach_the_socket() {
    let (_probe, handshake) = ProbeCommand::plaintext().start_and_handshake().await;
    let mode =
        |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(handshake.socket()), 0o600);
    assert_eq!(mode(handshake.socket().parent().unwrap()), 0o700);
}

#[tokio::test]
async fn the_socket_is_in_the_requested_folder() {
    let mut start = ProbeCommand::plaintext();
    let folder = start.folder.path().join("sockets");
    std::fs::create_dir(&folder).unwrap();
    start.set("PLUGIN_UNIX_SOCKET_DIR", folder.to_str().unwrap());
    let (_probe, handshake) = start.start_and_handshake().await;
    assert!(
        handshake.socket().starts_with(&folder),
        "{:?}",
        handshake.fields
    );
}

#[tokio::test]
async fn a_group_can_get_access() {
    let mut start = ProbeCommand::plaintext();
    let group = rustix::process::getegid().as_raw().to_string();
    start.set("PLUGIN_UNIX_SOCKET_GROUP", &group);
    let (_probe, handshake) = start.start_and_handshake().await;
    let mode =
        |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(handshake.socket()), 0o660);
    assert_eq!(mode(handshake.socket().parent().unwrap()), 0o710);
}

#[tokio::test]
async fn a_start_without_terraform_explains_itself() {
    for cookie in [None, Some("another")] {
        let mut start = ProbeCommand::plaintext();
        start.environment.remove("TF_PLUGIN_MAGIC_COOKIE");
        if let Some(cookie) = cookie {
            start.set("TF_PLUGIN_MAGIC_COOKIE", cookie);
        }
        let mut probe = start.start();
        assert_eq!(probe.exit_code().await, Some(1));
        assert_eq!(probe.line().await, "", "stdout belongs to the handshake");
        let stderr = probe.stderr();
        assert!(
            stderr.contains("This program is a Terraform provider"),
            "{stderr}"
        );
        assert!(stderr.contains("terraform init"), "{stderr}");
    }
}

#[tokio::test]
async fn an_invalid_certificate_is_an_error() {
    let mut start = ProbeCommand::plaintext();
    start.set("PLUGIN_CLIENT_CERT", "not PEM");
    let mut probe = start.start();
    assert_eq!(probe.exit_code().await, Some(1));
    assert!(
        probe.stderr().contains("PLUGIN_CLIENT_CERT"),
        "{}",
        probe.stderr()
    );
}
