//! Holds the first moments of a plugin: the cookie, the one line on stdout, the socket behind it.

use std::os::unix::fs::PermissionsExt;

use crate::probe::{Identity, Start};

#[tokio::test]
async fn the_line_is_what_go_plugin_reads() {
    let (_probe, greeting) = Start::with_tls(&Identity::make()).shake_hands().await;
    let [core, protocol, network, address, kind, certificate] = greeting.fields.as_slice() else {
        panic!("six fields are expected: {:?}", greeting.fields)
    };
    assert_eq!([core, protocol, network, kind], ["1", "6", "unix", "grpc"]);
    assert!(address.starts_with('/'), "{address}");
    assert!(
        !certificate.contains('='),
        "go-plugin refuses padding: {certificate}"
    );
    // DER begins with a sequence of two length bytes; go-plugin overlooks fields of up to fifty
    // characters.
    assert_eq!(&greeting.certificate()[..2], [0x30, 0x82]);
}

#[tokio::test]
async fn without_a_client_certificate_the_last_field_is_empty() {
    let (_probe, greeting) = Start::plaintext().shake_hands().await;
    assert_eq!(greeting.fields.len(), 6);
    assert_eq!(greeting.fields[5], "");
}

#[tokio::test]
async fn a_host_that_asks_for_multiplexing_is_told_no() {
    let mut start = Start::plaintext();
    start.set("PLUGIN_MULTIPLEX_GRPC", "true");
    let (_probe, greeting) = start.shake_hands().await;
    assert_eq!(greeting.fields[6..], ["false"]);
}

#[tokio::test]
async fn a_host_without_our_protocol_gets_a_line_that_says_so() {
    let mut start = Start::plaintext();
    start.set("PLUGIN_PROTOCOL_VERSIONS", "4,5");
    let (_probe, greeting) = start.shake_hands().await;
    assert_eq!(greeting.fields[1], "6");
}

#[tokio::test]
async fn only_this_user_reaches_the_socket() {
    let (_probe, greeting) = Start::plaintext().shake_hands().await;
    let mode =
        |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(greeting.socket()), 0o600);
    assert_eq!(mode(greeting.socket().parent().unwrap()), 0o700);
}

#[tokio::test]
async fn the_socket_is_where_the_host_wants_it() {
    let mut start = Start::plaintext();
    let folder = start.folder.path().join("sockets");
    std::fs::create_dir(&folder).unwrap();
    start.set("PLUGIN_UNIX_SOCKET_DIR", folder.to_str().unwrap());
    let (_probe, greeting) = start.shake_hands().await;
    assert!(
        greeting.socket().starts_with(&folder),
        "{:?}",
        greeting.fields
    );
}

#[tokio::test]
async fn a_group_may_be_let_in() {
    let mut start = Start::plaintext();
    let group = rustix::process::getegid().as_raw().to_string();
    start.set("PLUGIN_UNIX_SOCKET_GROUP", &group);
    let (_probe, greeting) = start.shake_hands().await;
    let mode =
        |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(greeting.socket()), 0o660);
    assert_eq!(mode(greeting.socket().parent().unwrap()), 0o710);
}

#[tokio::test]
async fn a_person_who_starts_it_is_told_what_it_is() {
    for cookie in [None, Some("another")] {
        let mut start = Start::plaintext();
        start.environment.remove("TF_PLUGIN_MAGIC_COOKIE");
        if let Some(cookie) = cookie {
            start.set("TF_PLUGIN_MAGIC_COOKIE", cookie);
        }
        let mut probe = start.start();
        assert_eq!(probe.exit_code().await, Some(1));
        assert_eq!(probe.line().await, "", "stdout belongs to the handshake");
        let said = probe.stderr();
        assert!(
            said.contains("This program is a Terraform provider"),
            "{said}"
        );
        assert!(said.contains("terraform init"), "{said}");
    }
}

#[tokio::test]
async fn a_certificate_that_cannot_be_read_is_refused_with_a_reason() {
    let mut start = Start::plaintext();
    start.set("PLUGIN_CLIENT_CERT", "no PEM");
    let mut probe = start.start();
    assert_eq!(probe.exit_code().await, Some(1));
    assert!(
        probe.stderr().contains("PLUGIN_CLIENT_CERT"),
        "{}",
        probe.stderr()
    );
}
