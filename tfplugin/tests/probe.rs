//! Starts the example `transport_probe` as Terraform starts a provider, and calls it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use hyper_util::rt::TokioIo;
use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair, PKCS_ECDSA_P521_SHA512};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ClientConfig, RootCertStore};
use tempfile::TempDir;
use tfplugin::internals::proto::plugin::Empty;
use tfplugin::internals::proto::plugin::grpc_controller_client::GrpcControllerClient;
use tfplugin::internals::proto::tfplugin6::provider_client::ProviderClient;
use tfplugin::internals::proto::tfplugin6::{DynamicValue, call_function};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, BufReader};
use tokio::net::UnixStream;
use tokio::process::{Child, Command};
use tokio_rustls::TlsConnector;
use tonic::Status;
use tonic::codegen::{BoxFuture, Service};
use tonic::transport::{Channel, Endpoint, Uri};

pub(crate) const COOKIE: &str = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2";
const TIMEOUT: Duration = Duration::from_secs(20);

/// The path of the example. It is built first, because cargo builds examples only when all targets
/// are tested.
pub(crate) fn executable() -> &'static Path {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    PATH.get_or_init(|| {
        let mut build = std::process::Command::new(env!("CARGO"));
        build.args(["build", "--quiet", "--workspace", "--all-features"]);
        build.args(["--example", "transport_probe"]);
        build.current_dir(env!("CARGO_MANIFEST_DIR"));
        let test = std::env::current_exe().expect("the test has a path");
        let profile = test
            .parent()
            .and_then(Path::parent)
            .expect("tests are in target/<profile>/deps");
        if profile.ends_with("release") {
            build.arg("--release");
        }
        build
            .arg("--target-dir")
            .arg(profile.parent().expect("profiles are in target"));
        assert!(
            build.status().expect("cargo can be started").success(),
            "the example does not build"
        );
        profile
            .join("examples")
            .join(format!("transport_probe{}", std::env::consts::EXE_SUFFIX))
    })
}

/// A certificate like Terraform's: a P-521 key and a CA certificate.
pub(crate) struct Identity {
    pub(crate) pem: String,
    certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
}

impl Identity {
    pub(crate) fn generate() -> Self {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P521_SHA512).unwrap();
        let mut params = CertificateParams::new(["localhost".to_owned()]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = CertificateDer::from(params.self_signed(&key).unwrap());
        let body = base64::engine::general_purpose::STANDARD.encode(&certificate);
        let pem = format!("-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n");
        Self {
            pem,
            certificate,
            key: key.into(),
        }
    }

    /// The same certificate with the key of another identity.
    pub(crate) fn with_key_of(&self, other: &Self) -> Self {
        Self {
            pem: self.pem.clone(),
            certificate: self.certificate.clone(),
            key: other.key.clone_key(),
        }
    }
}

/// The environment that Terraform gives to a provider, and the test's own folder.
pub(crate) struct ProbeCommand {
    pub(crate) folder: TempDir,
    pub(crate) environment: BTreeMap<String, String>,
    pub(crate) arguments: Vec<String>,
    /// A program that starts the probe, and so becomes its parent.
    pub(crate) parent: Option<Vec<String>>,
    /// The provider to start instead of the probe.
    pub(crate) program: Option<PathBuf>,
}

impl ProbeCommand {
    /// The environment with `TF_DISABLE_PLUGIN_TLS`.
    pub(crate) fn plaintext() -> Self {
        let folder = tempfile::Builder::new()
            .prefix("probe")
            .tempdir_in("/tmp")
            .unwrap();
        let mut environment = BTreeMap::new();
        for (name, value) in [
            ("TF_PLUGIN_MAGIC_COOKIE", COOKIE),
            ("PLUGIN_PROTOCOL_VERSIONS", "5,6"),
            ("PLUGIN_MIN_PORT", "10000"),
            ("PLUGIN_MAX_PORT", "25000"),
            ("TMPDIR", folder.path().to_str().unwrap()),
        ] {
            environment.insert(name.to_owned(), value.to_owned());
        }
        Self {
            folder,
            environment,
            arguments: Vec::new(),
            parent: None,
            program: None,
        }
    }

    /// The default environment, with TLS.
    pub(crate) fn with_tls(identity: &Identity) -> Self {
        let mut command = Self::plaintext();
        command.set("PLUGIN_CLIENT_CERT", &identity.pem);
        command
    }

    pub(crate) fn set(&mut self, name: &str, value: &str) -> &mut Self {
        self.environment.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Starts the process without waiting for its handshake.
    pub(crate) fn start(self) -> Probe {
        let stderr = self.folder.path().join("stderr");
        let program = self.program.as_deref().unwrap_or_else(|| executable());
        let mut command = match &self.parent {
            None => Command::new(program),
            Some(parent) => {
                let mut command = Command::new(&parent[0]);
                command.args(&parent[1..]).arg(program);
                command
            }
        };
        let mut child = command
            .args(&self.arguments)
            .env_clear()
            .envs(&self.environment)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(&stderr).unwrap())
            .kill_on_drop(true)
            .spawn()
            .expect("the probe can be started");
        let stdout = BufReader::new(child.stdout.take().unwrap());
        Probe {
            child,
            stdout,
            stderr,
            folder: self.folder,
        }
    }

    /// Starts the process and reads its handshake.
    pub(crate) async fn start_and_handshake(self) -> (Probe, HandshakeLine) {
        let mut probe = self.start();
        let line = probe.line().await;
        assert!(
            line.ends_with('\n'),
            "no handshake; stderr: {}",
            probe.stderr()
        );
        (probe, HandshakeLine::parse(&line))
    }
}

/// A running probe. It is killed when it is dropped.
pub(crate) struct Probe {
    pub(crate) child: Child,
    pub(crate) folder: TempDir,
    stdout: BufReader<tokio::process::ChildStdout>,
    stderr: PathBuf,
}

impl Probe {
    /// Reads the next line of stdout, including its newline.
    pub(crate) async fn line(&mut self) -> String {
        let mut line = String::new();
        tokio::time::timeout(TIMEOUT, self.stdout.read_line(&mut line))
            .await
            .expect("a line in time")
            .unwrap();
        line
    }

    /// The output on stderr so far.
    pub(crate) fn stderr(&self) -> String {
        std::fs::read_to_string(&self.stderr).unwrap()
    }

    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        let pid = self
            .child
            .id()
            .and_then(|id| rustix::process::Pid::from_raw(id.try_into().unwrap()))
            .unwrap();
        rustix::process::kill_process(pid, signal).unwrap();
    }

    pub(crate) async fn exit_code(&mut self) -> Option<i32> {
        let status = tokio::time::timeout(TIMEOUT, self.child.wait())
            .await
            .expect("the probe exits in time");
        status.unwrap().code()
    }
}

/// The fields of the handshake line.
pub(crate) struct HandshakeLine {
    pub(crate) fields: Vec<String>,
}

impl HandshakeLine {
    fn parse(line: &str) -> Self {
        Self {
            fields: line.trim_end().split('|').map(str::to_owned).collect(),
        }
    }

    pub(crate) fn socket(&self) -> &Path {
        Path::new(&self.fields[3])
    }

    pub(crate) fn certificate(&self) -> CertificateDer<'static> {
        STANDARD_NO_PAD
            .decode(&self.fields[5])
            .expect("base64 without padding")
            .into()
    }

    /// Connects without TLS.
    pub(crate) async fn connect(&self) -> Client {
        Client::new(UnixStream::connect(self.socket()).await.unwrap()).await
    }

    /// Connects with TLS, with the given client certificate or without one.
    pub(crate) async fn connect_as(
        &self,
        identity: Option<&Identity>,
    ) -> std::io::Result<tokio_rustls::client::TlsStream<UnixStream>> {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots);
        let mut config = match identity {
            None => config.with_no_client_auth(),
            // A resolver, unlike other methods, does not check that the key matches the
            // certificate.
            Some(identity) => {
                let key = provider
                    .key_provider
                    .load_private_key(identity.key.clone_key())
                    .unwrap();
                let pair = CertifiedKey::new(vec![identity.certificate.clone()], key);
                config.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(pair)))
            }
        };
        config.alpn_protocols = vec![b"h2".to_vec()];
        let stream = UnixStream::connect(self.socket()).await?;
        let name = ServerName::try_from("localhost").unwrap();
        TlsConnector::from(Arc::new(config))
            .connect(name, stream)
            .await
    }
}

/// A connected client.
pub(crate) struct Client {
    pub(crate) channel: Channel,
    pub(crate) provider: ProviderClient<Channel>,
}

impl Client {
    pub(crate) async fn new<S>(stream: S) -> Self
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let connector = Connector(Some(stream));
        let channel = Endpoint::from_static("http://localhost")
            .connect_with_connector(connector)
            .await
            .unwrap();
        let provider = ProviderClient::new(channel.clone())
            .max_decoding_message_size(1 << 30)
            .max_encoding_message_size(1 << 30);
        Self { channel, provider }
    }

    pub(crate) async fn call(&self, function: &str, argument: &str) -> Result<String, Status> {
        let mut msgpack = Vec::new();
        rmp::encode::write_str(&mut msgpack, argument).unwrap();
        let request = call_function::Request {
            name: function.to_owned(),
            arguments: vec![DynamicValue {
                msgpack,
                json: Vec::new(),
            }],
        };
        let result = self
            .provider
            .clone()
            .call_function(request)
            .await?
            .into_inner()
            .result
            .unwrap();
        let mut bytes = result.msgpack.as_slice();
        rmp::decode::read_str_len(&mut bytes).unwrap();
        Ok(String::from_utf8(bytes.to_vec()).unwrap())
    }

    /// Starts a call, and returns when it has reached the probe.
    pub(crate) async fn start_call(
        &self,
        function: &'static str,
        argument: String,
    ) -> tokio::task::JoinHandle<Result<String, Status>> {
        let client = Self {
            channel: self.channel.clone(),
            provider: self.provider.clone(),
        };
        let call = tokio::spawn(async move { client.call(function, &argument).await });
        for _ in 0..5 {
            self.call("echo", "").await.unwrap();
        }
        call
    }

    pub(crate) async fn shut_down(&self) {
        GrpcControllerClient::new(self.channel.clone())
            .shutdown(Empty {})
            .await
            .unwrap();
    }
}

/// A connector that returns an existing stream once.
struct Connector<S>(Option<S>);

impl<S: AsyncRead + AsyncWrite + Send + Unpin + 'static> Service<Uri> for Connector<S> {
    type Response = TokioIo<S>;
    type Error = std::io::Error;
    type Future = BoxFuture<Self::Response, Self::Error>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        let stream = self
            .0
            .take()
            .ok_or_else(|| std::io::ErrorKind::NotConnected.into());
        Box::pin(async move { stream.map(TokioIo::new) })
    }
}

/// Waits until the condition holds.
pub(crate) async fn eventually(what: &str, timeout: Duration, mut condition: impl FnMut() -> bool) {
    let started = std::time::Instant::now();
    while !condition() {
        assert!(
            started.elapsed() < timeout,
            "not within {timeout:?}: {what}"
        );
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
