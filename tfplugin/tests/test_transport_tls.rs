//! TLS: only the client with the expected certificate is served.

use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::net::UnixStream;

use crate::probe::{Client, HandshakeLine, Identity, ProbeCommand};

#[tokio::test]
async fn the_expected_client_is_served() {
    let identity = Identity::generate();
    let (_probe, handshake) = ProbeCommand::with_tls(&identity)
        .start_and_handshake()
        .await;
    let stream = handshake.connect_as(Some(&identity)).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let client = Client::new(stream).await;
    assert_eq!(client.call("echo", "hello").await.unwrap(), "hello");
}

#[tokio::test]
async fn a_client_without_a_certificate_is_rejected() {
    let (_probe, handshake) = ProbeCommand::with_tls(&Identity::generate())
        .start_and_handshake()
        .await;
    assert_rejected(&handshake, None, "CertificateRequired").await;
}

#[tokio::test]
async fn a_client_with_another_certificate_is_rejected() {
    let (_probe, handshake) = ProbeCommand::with_tls(&Identity::generate())
        .start_and_handshake()
        .await;
    assert_rejected(&handshake, Some(&Identity::generate()), "AccessDenied").await;
}

#[tokio::test]
async fn a_client_without_the_certificates_key_is_rejected() {
    let identity = Identity::generate();
    let (_probe, handshake) = ProbeCommand::with_tls(&identity)
        .start_and_handshake()
        .await;
    let impostor = identity.with_key_of(&Identity::generate());
    assert_rejected(&handshake, Some(&impostor), "DecryptError").await;
}

#[tokio::test]
async fn an_idle_connection_does_not_block_others() {
    let identity = Identity::generate();
    let (_probe, handshake) = ProbeCommand::with_tls(&identity)
        .start_and_handshake()
        .await;
    let mut idle = Vec::new();
    for _ in 0..20 {
        idle.push(UnixStream::connect(handshake.socket()).await.unwrap());
    }
    let served = async {
        let client = Client::new(handshake.connect_as(Some(&identity)).await.unwrap()).await;
        client.call("echo", "still here").await.unwrap()
    };
    let response = tokio::time::timeout(Duration::from_secs(5), served)
        .await
        .expect("a response in time");
    assert_eq!(response, "still here");
}

/// In TLS 1.3, a client learns that its certificate was rejected only when it reads.
async fn assert_rejected(handshake: &HandshakeLine, identity: Option<&Identity>, alert: &str) {
    let outcome = match handshake.connect_as(identity).await {
        Err(error) => Err(error),
        Ok(mut stream) => {
            // An accepted client would read the server's HTTP/2 settings.
            let mut bytes = [0; 1];
            stream.read(&mut bytes).await
        }
    };
    match outcome {
        Ok(read) => panic!("the client was accepted and read {read} bytes"),
        Err(error) => assert!(
            error.to_string().contains(alert),
            "rejected for another reason: {error}"
        ),
    }
}
