//! Holds that the one peer with the host's certificate is served, and no other.

use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::net::UnixStream;

use crate::probe::{Client, Greeting, Identity, Start};

#[tokio::test]
async fn the_holder_of_the_named_certificate_is_served() {
    let identity = Identity::make();
    let (_probe, greeting) = Start::with_tls(&identity).shake_hands().await;
    let stream = greeting.connect_as(Some(&identity)).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let client = Client::over(stream).await;
    assert_eq!(client.call("echo", "hello").await.unwrap(), "hello");
}

#[tokio::test]
async fn a_peer_without_a_certificate_is_refused() {
    let (_probe, greeting) = Start::with_tls(&Identity::make()).shake_hands().await;
    assert_refused(&greeting, None, "CertificateRequired").await;
}

#[tokio::test]
async fn a_peer_with_another_certificate_is_refused() {
    let (_probe, greeting) = Start::with_tls(&Identity::make()).shake_hands().await;
    assert_refused(&greeting, Some(&Identity::make()), "AccessDenied").await;
}

#[tokio::test]
async fn a_peer_that_shows_the_certificate_without_its_key_is_refused() {
    let identity = Identity::make();
    let (_probe, greeting) = Start::with_tls(&identity).shake_hands().await;
    let thief = identity.with_key_of(&Identity::make());
    assert_refused(&greeting, Some(&thief), "DecryptError").await;
}

#[tokio::test]
async fn a_peer_that_says_nothing_keeps_nobody_waiting() {
    let identity = Identity::make();
    let (_probe, greeting) = Start::with_tls(&identity).shake_hands().await;
    let mut silent = Vec::new();
    for _ in 0..20 {
        silent.push(UnixStream::connect(greeting.socket()).await.unwrap());
    }
    let served = async {
        let client = Client::over(greeting.connect_as(Some(&identity)).await.unwrap()).await;
        client.call("echo", "still here").await.unwrap()
    };
    let answer = tokio::time::timeout(Duration::from_secs(5), served)
        .await
        .expect("an answer in time");
    assert_eq!(answer, "still here");
}

/// In TLS 1.3 a client believes itself connected until it reads the server's answer to its
/// certificate.
async fn assert_refused(greeting: &Greeting, identity: Option<&Identity>, alert: &str) {
    let outcome = match greeting.connect_as(identity).await {
        Err(error) => Err(error),
        Ok(mut stream) => {
            // The server's settings would be the first bytes of HTTP/2.
            let mut bytes = [0; 1];
            stream.read(&mut bytes).await
        }
    };
    match outcome {
        Ok(read) => panic!("the peer was let in, and read {read} bytes"),
        Err(error) => assert!(
            error.to_string().contains(alert),
            "refused, but otherwise: {error}"
        ),
    }
}
