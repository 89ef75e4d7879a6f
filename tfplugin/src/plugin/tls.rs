//! Mutual TLS between this process and the one host that started it.
//!
//! Both sides make a certificate for this one run and hand it to the other: the host in the
//! environment, we in the handshake line. Nothing is signed by anybody, so a peer is known by
//! having exactly the certificate that was named.

use std::sync::Arc;

use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256};
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::server::NoServerSessionStorage;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, ServerConfig, SignatureScheme,
};
use tokio_rustls::TlsAcceptor;

use super::error::StartError;

/// Our certificate for this run, and the means to hold peers to theirs.
pub(super) struct Security {
    certificate: CertificateDer<'static>,
    acceptor: TlsAcceptor,
}

impl Security {
    /// Makes a certificate, and admits the holder of the given one and nobody else.
    pub(super) fn with_client(pem: &str) -> Result<Self, StartError> {
        let client = CertificateDer::from_pem_slice(pem.as_bytes()).map_err(|error| {
            StartError::ClientCertificate {
                reason: error.to_string(),
            }
        })?;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let verifier = PinnedClient::new(client, &provider);
        let (certificate, key) =
            throw_away_certificate().map_err(|error| StartError::Certificate {
                reason: error.to_string(),
            })?;
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map(|builder| builder.with_client_cert_verifier(Arc::new(verifier)))
            .and_then(|builder| builder.with_single_cert(vec![certificate.clone()], key))
            .map_err(|error| StartError::Certificate {
                reason: error.to_string(),
            })?;
        // Newer hosts refuse a server that does not say so.
        config.alpn_protocols = vec![b"h2".to_vec()];
        // One connection per run: a session is never resumed, and every peer shows its certificate.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        Ok(Self {
            certificate,
            acceptor: TlsAcceptor::from(Arc::new(config)),
        })
    }

    /// Our certificate as DER.
    pub(super) fn certificate(&self) -> &[u8] {
        &self.certificate
    }

    pub(super) fn acceptor(&self) -> &TlsAcceptor {
        &self.acceptor
    }
}

/// The host looks for the name `localhost` and takes any curve; P-256 is made in a tenth of a
/// millisecond.
fn throw_away_certificate()
-> Result<(CertificateDer<'static>, PrivateKeyDer<'static>), rcgen::Error> {
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
    let certificate = CertificateParams::new(["localhost".to_owned()])?.self_signed(&key)?;
    Ok((certificate.into(), key.into()))
}

/// Admits the peer whose certificate is, byte for byte, the one that was named.
///
/// A verifier by the book refuses this certificate, because it is that of an authority used as that
/// of a peer. What the book guards against, a chain that leads to the wrong place, cannot happen
/// where there is no chain; that the peer also holds the key is still proven by its signature.
#[derive(Debug)]
struct PinnedClient {
    certificate: CertificateDer<'static>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl PinnedClient {
    fn new(certificate: CertificateDer<'static>, provider: &CryptoProvider) -> Self {
        Self {
            certificate,
            algorithms: provider.signature_verification_algorithms,
        }
    }
}

impl ClientCertVerifier for PinnedClient {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        if *end_entity == self.certificate {
            Ok(ClientCertVerified::assertion())
        } else {
            Err(CertificateError::ApplicationVerificationFailure.into())
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls12_signature(message, certificate, signature, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls13_signature(message, certificate, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
