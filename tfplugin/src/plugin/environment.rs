//! What the process was told when it was started, read once and in one place.

use std::path::PathBuf;

/// Everything that the environment and the arguments say to a plugin.
#[derive(Debug, Default)]
pub(super) struct Environment {
    /// Started by hand, for Terraform to attach to.
    pub(super) debug: bool,
    pub(super) cookie: Option<String>,
    /// The majors of the protocol that the host speaks, in no order; empty when it does not say.
    pub(super) protocol_versions: String,
    /// The host's certificate as PEM. Absent when the host does without TLS.
    pub(super) client_certificate: Option<String>,
    pub(super) multiplexing_wanted: bool,
    pub(super) listen: Listen,
    pub(super) log: Log,
}

/// Where the host would like to be able to connect.
#[derive(Debug, Default)]
pub(super) struct Listen {
    /// The folder for a socket: what the host asks for, or else that for temporary files.
    pub(super) folder: PathBuf,
    /// A group, by name or number, whose members may connect as well.
    pub(super) group: Option<String>,
    /// The first and last port that may be used where there is no socket; any port when absent.
    pub(super) ports: Option<(u16, u16)>,
}

/// The variables that choose what is logged, as they are set.
#[derive(Debug, Default)]
pub(super) struct Log {
    pub(super) terraform: Option<String>,
    pub(super) providers: Option<String>,
    pub(super) sdk: Option<String>,
    /// Variables for one provider each, with the provider's name in capital letters.
    pub(super) by_provider: Vec<(String, String)>,
}

impl Environment {
    /// Reads the environment and the arguments of this process.
    #[expect(
        clippy::disallowed_methods,
        reason = "the protocol hands the plugin its settings in the environment, and only here"
    )]
    pub(super) fn read() -> Self {
        let get = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let port = |name: &str| get(name)?.parse::<u16>().ok();
        let by_provider = std::env::vars_os()
            .filter_map(|(name, level)| Some((name.into_string().ok()?, level.into_string().ok()?)))
            .filter_map(|(name, level)| {
                Some((name.strip_prefix("TF_LOG_PROVIDER_")?.to_owned(), level))
            })
            .filter(|(_, level)| !level.is_empty())
            .collect();
        Self {
            debug: std::env::args_os()
                .skip(1)
                .any(|argument| argument == "--debug" || argument == "-debug"),
            cookie: get("TF_PLUGIN_MAGIC_COOKIE"),
            protocol_versions: get("PLUGIN_PROTOCOL_VERSIONS").unwrap_or_default(),
            client_certificate: get("PLUGIN_CLIENT_CERT"),
            multiplexing_wanted: get("PLUGIN_MULTIPLEX_GRPC").is_some(),
            listen: Listen {
                folder: get("PLUGIN_UNIX_SOCKET_DIR")
                    .map_or_else(std::env::temp_dir, PathBuf::from),
                group: get("PLUGIN_UNIX_SOCKET_GROUP"),
                ports: port("PLUGIN_MIN_PORT").zip(port("PLUGIN_MAX_PORT")),
            },
            log: Log {
                terraform: get("TF_LOG"),
                providers: get("TF_LOG_PROVIDER"),
                sdk: get("TF_LOG_SDK"),
                by_provider,
            },
        }
    }
}
