//! The environment variables and arguments of the process, read once at startup.

use std::path::PathBuf;

/// The settings of a plugin process.
#[derive(Debug, Default)]
pub(super) struct Environment {
    /// A developer started the process, and Terraform will attach to it.
    pub(super) debug: bool,
    pub(super) cookie: Option<String>,
    /// The major versions of the protocol that Terraform supports, in any order, separated by
    /// commas. Empty when Terraform does not say.
    pub(super) protocol_versions: String,
    /// Terraform's certificate in PEM form. `None` when Terraform does not use TLS.
    pub(super) client_certificate: Option<String>,
    pub(super) multiplexing_requested: bool,
    pub(super) listen: ListenSettings,
    pub(super) log: LogSettings,
}

/// Where the plugin should listen.
#[derive(Debug, Default)]
pub(super) struct ListenSettings {
    /// The folder for the socket: the one that Terraform sets, or else the temporary folder.
    pub(super) folder: PathBuf,
    /// A group, by name or number, whose members may also connect.
    pub(super) group: Option<String>,
    /// The first and last port to try when no socket is possible; `None` allows any port.
    pub(super) ports: Option<(u16, u16)>,
}

/// The variables that set the log levels.
#[derive(Debug, Default)]
pub(super) struct LogSettings {
    pub(super) terraform: Option<String>,
    pub(super) providers: Option<String>,
    pub(super) sdk: Option<String>,
    /// The levels of single providers, by the provider's name in capital letters.
    pub(super) by_provider: Vec<(String, String)>,
}

impl Environment {
    /// Reads the environment and the arguments of this process.
    #[expect(
        clippy::disallowed_methods,
        reason = "the protocol passes the plugin's settings in the environment, which is read only here"
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
            multiplexing_requested: get("PLUGIN_MULTIPLEX_GRPC").is_some(),
            listen: ListenSettings {
                folder: get("PLUGIN_UNIX_SOCKET_DIR")
                    .map_or_else(std::env::temp_dir, PathBuf::from),
                group: get("PLUGIN_UNIX_SOCKET_GROUP"),
                ports: port("PLUGIN_MIN_PORT").zip(port("PLUGIN_MAX_PORT")),
            },
            log: LogSettings {
                terraform: get("TF_LOG"),
                providers: get("TF_LOG_PROVIDER"),
                sdk: get("TF_LOG_SDK"),
                by_provider,
            },
        }
    }
}
