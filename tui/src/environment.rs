//! The environment variables of this process, read once and passed on as values.

use std::path::PathBuf;

use stack::config::Locations;

/// The environment variables that jiti reads. An empty variable counts as not set.
#[derive(Clone, Debug, Default)]
pub(crate) struct Environment {
    /// The variables that locate the ledger and the config file.
    pub(crate) locations: Locations,
    /// The folders of `PATH`.
    pub(crate) path: Vec<PathBuf>,
    /// `USER`, else `LOGNAME`
    pub(crate) user: Option<String>,
    /// `COLUMNS`, which overrides the terminal's width.
    pub(crate) columns: Option<usize>,
    /// `NO_COLOR`
    pub(crate) no_color: bool,
    /// `CLICOLOR_FORCE` is set, and not to `0`.
    pub(crate) force_color: bool,
    /// `TERM` is `dumb`.
    pub(crate) dumb_terminal: bool,
    /// `DISPLAY` or `WAYLAND_DISPLAY` is set, or this is Windows Subsystem for Linux: a program can
    /// open a window.
    pub(crate) has_screen: bool,
    /// `SSH_CONNECTION` or `SSH_TTY` is set: the user sits at another machine.
    pub(crate) is_remote: bool,
    /// `AWS_ENDPOINT_URL`, or that of one service, is set: calls go to a custom endpoint.
    pub(crate) custom_endpoint: bool,
    /// The values to mask in output: of variables whose names look like secrets, and of
    /// Terraform's variables.
    pub(crate) secrets: Vec<String>,
}

impl Environment {
    /// The environment of this process.
    pub(crate) fn of_process() -> Self {
        Self {
            locations: Locations {
                jiti_ledger: text("JITI_LEDGER"),
                jiti_config: path("JITI_CONFIG"),
                xdg_data_home: path("XDG_DATA_HOME"),
                xdg_config_home: path("XDG_CONFIG_HOME"),
                xdg_state_home: path("XDG_STATE_HOME"),
                home: path("HOME"),
            },
            path: raw("PATH")
                .map(|path| std::env::split_paths(&path).collect())
                .unwrap_or_default(),
            user: text("USER").or_else(|| text("LOGNAME")),
            columns: text("COLUMNS")
                .and_then(|n| n.parse().ok())
                .filter(|columns| *columns > 0),
            no_color: text("NO_COLOR").is_some(),
            force_color: text("CLICOLOR_FORCE").is_some_and(|force| force != "0"),
            dumb_terminal: text("TERM").is_some_and(|term| term == "dumb"),
            has_screen: ["DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME"]
                .into_iter()
                .any(|name| raw(name).is_some()),
            is_remote: ["SSH_CONNECTION", "SSH_TTY"]
                .into_iter()
                .any(|name| raw(name).is_some()),
            custom_endpoint: custom_endpoint(),
            secrets: secrets(),
        }
    }
}

/// The values of variables whose names look like secrets. Short values such as `1` or `dev` are
/// left out: they are no secrets, and masking them would make the output unreadable.
fn secrets() -> Vec<String> {
    const MIN_LENGTH: usize = 6;
    std::env::vars_os()
        .filter(|(name, _)| is_secret(&name.to_string_lossy()))
        .map(|(_, value)| value.to_string_lossy().into_owned())
        .filter(|value| value.len() >= MIN_LENGTH)
        .collect()
}

/// Whether `AWS_ENDPOINT_URL`, or one for a service such as `AWS_ENDPOINT_URL_S3`, is set.
fn custom_endpoint() -> bool {
    const NAME: &str = "AWS_ENDPOINT_URL";
    std::env::vars_os().any(|(name, value)| {
        let name = name.to_string_lossy();
        let of_aws = name.strip_prefix(NAME);
        of_aws.is_some_and(|rest| rest.is_empty() || rest.starts_with('_')) && !value.is_empty()
    })
}

fn is_secret(name: &str) -> bool {
    let words = [
        "SECRET",
        "TOKEN",
        "PASSWORD",
        "PASSWD",
        "CREDENTIAL",
        "ACCESS_KEY",
        "API_KEY",
        "PRIVATE_KEY",
    ];
    name.starts_with("TF_VAR_")
        || words
            .iter()
            .any(|word| name.to_ascii_uppercase().contains(word))
}

fn path(name: &str) -> Option<PathBuf> {
    raw(name).map(PathBuf::from)
}

fn text(name: &str) -> Option<String> {
    raw(name).map(|value| value.to_string_lossy().into_owned())
}

#[expect(
    clippy::disallowed_methods,
    reason = "the only place in this program that reads the environment"
)]
fn raw(name: &str) -> Option<std::ffi::OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The name decides whether a value is secret. Any Terraform variable may be.
    #[test]
    fn names_decide_what_is_secret() {
        for name in [
            "AWS_SECRET_ACCESS_KEY",
            "GITHUB_TOKEN",
            "PGPASSWORD",
            "TF_VAR_region",
        ] {
            assert!(is_secret(name), "{name}");
        }
        for name in ["HOME", "AWS_REGION", "TF_CLI_CONFIG_FILE"] {
            assert!(!is_secret(name), "{name}");
        }
    }
}
