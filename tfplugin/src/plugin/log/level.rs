//! Log levels, from the variables that Terraform and its SDKs use.

use tracing::level_filters::LevelFilter;

use super::super::environment::LogSettings;

/// The libraries of the transport. Below warnings they log details of the connection, which do not
/// help to debug a provider.
const TRANSPORT_CRATES: [&str; 10] = [
    "h2",
    "hyper",
    "hyper_util",
    "mio",
    "rustls",
    "tokio",
    "tokio_rustls",
    "tokio_util",
    "tonic",
    "tower",
];

/// The log levels of the provider and of the SDK.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Levels {
    provider: LevelFilter,
    sdk: LevelFilter,
}

impl Levels {
    /// Reads the levels. The most specific variable wins: the one for this provider, then the one
    /// for all providers, then `TF_LOG`. For the SDK's own events, the one for SDKs wins over all.
    pub(super) fn from_settings(address: &str, settings: &LogSettings) -> Self {
        let own_name = variable_name(address);
        let by_name = settings
            .by_provider
            .iter()
            .find(|(name, _)| *name == own_name)
            .map(|(_, level)| level.as_str());
        let all = settings
            .providers
            .as_deref()
            .or(settings.terraform.as_deref());
        let provider = by_name.or(all);
        Self {
            provider: parse(provider),
            sdk: parse(settings.sdk.as_deref().or(provider)),
        }
    }

    /// The higher of the two levels.
    pub(super) fn max(&self) -> LevelFilter {
        self.provider.max(self.sdk)
    }

    /// The level for events from a crate.
    pub(super) fn for_target(&self, target: &str) -> LevelFilter {
        let crate_name = target.split("::").next().unwrap_or(target);
        if crate_name == "tfplugin" {
            self.sdk
        } else if TRANSPORT_CRATES.contains(&crate_name) {
            self.sdk.min(LevelFilter::WARN)
        } else {
            self.provider
        }
    }
}

/// The provider's name as it is spelled in the name of a variable.
fn variable_name(address: &str) -> String {
    address
        .rsplit('/')
        .next()
        .unwrap_or(address)
        .to_uppercase()
        .replace('-', "_")
}

/// Parses a level. Like Terraform, treats `JSON` and unknown levels as trace.
fn parse(level: Option<&str>) -> LevelFilter {
    match level.map(str::to_uppercase).as_deref() {
        None | Some("OFF") => LevelFilter::OFF,
        Some("ERROR") => LevelFilter::ERROR,
        Some("WARN") => LevelFilter::WARN,
        Some("INFO") => LevelFilter::INFO,
        Some("DEBUG") => LevelFilter::DEBUG,
        Some(_) => LevelFilter::TRACE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    /// Without variables, logging is off.
    #[test]
    fn no_variable_means_off() {
        let levels = Levels::from_settings("a/b/c", &LogSettings::default());
        assert_eq!(levels.max(), LevelFilter::OFF);
    }

    /// The most specific variable sets the level.
    #[test]
    fn the_most_specific_variable_wins() {
        let mut settings = LogSettings {
            terraform: some("trace"),
            ..LogSettings::default()
        };
        let levels = |settings: &LogSettings| {
            Levels::from_settings("registry.terraform.io/acme/cold-store", settings)
        };
        assert_eq!(
            levels(&settings),
            Levels {
                provider: LevelFilter::TRACE,
                sdk: LevelFilter::TRACE
            }
        );
        settings.providers = some("WARN");
        assert_eq!(
            levels(&settings),
            Levels {
                provider: LevelFilter::WARN,
                sdk: LevelFilter::WARN
            }
        );
        settings.by_provider = vec![
            ("OTHER".into(), "ERROR".into()),
            ("COLD_STORE".into(), "Info".into()),
        ];
        assert_eq!(
            levels(&settings),
            Levels {
                provider: LevelFilter::INFO,
                sdk: LevelFilter::INFO
            }
        );
        settings.sdk = some("off");
        assert_eq!(
            levels(&settings),
            Levels {
                provider: LevelFilter::INFO,
                sdk: LevelFilter::OFF
            }
        );
    }

    /// The level `JSON` means trace, as in Terraform.
    #[test]
    fn json_means_trace() {
        let levels = Levels::from_settings(
            "a/b/c",
            &LogSettings {
                terraform: some("JSON"),
                ..LogSettings::default()
            },
        );
        assert_eq!(levels.for_target("acme::thing"), LevelFilter::TRACE);
    }

    /// The transport's libraries log warnings and errors only.
    #[test]
    fn transport_crates_log_only_warnings() {
        let levels = Levels {
            provider: LevelFilter::TRACE,
            sdk: LevelFilter::TRACE,
        };
        assert_eq!(
            levels.for_target("h2::codec::framed_write"),
            LevelFilter::WARN
        );
        assert_eq!(
            levels.for_target("tfplugin::plugin::tls"),
            LevelFilter::TRACE
        );
    }
}
