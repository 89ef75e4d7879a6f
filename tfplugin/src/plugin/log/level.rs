//! Which events are wanted, from the variables that Terraform and its SDKs know.

use tracing::level_filters::LevelFilter;

use super::super::environment::Log;

/// The libraries under the transport. They log frames and keys of the connection itself, which help
/// nobody who debugs a provider.
const BENEATH: [&str; 10] = [
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

/// How much is wanted of whom.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Levels {
    provider: LevelFilter,
    sdk: LevelFilter,
}

impl Levels {
    /// The narrowest variable decides: that for this provider, for all providers, for everything;
    /// and for the SDK's own events that for SDKs before all.
    pub(super) fn choose(address: &str, wishes: &Log) -> Self {
        let own = variable_part(address);
        let by_name = wishes
            .by_provider
            .iter()
            .find(|(name, _)| *name == own)
            .map(|(_, level)| level.as_str());
        let all = wishes.providers.as_deref().or(wishes.terraform.as_deref());
        let provider = by_name.or(all);
        Self {
            provider: parse(provider),
            sdk: parse(wishes.sdk.as_deref().or(provider)),
        }
    }

    /// The highest level that is wanted of anybody.
    pub(super) fn most(&self) -> LevelFilter {
        self.provider.max(self.sdk)
    }

    /// The level that is wanted of the crate in which an event happens.
    pub(super) fn of(&self, target: &str) -> LevelFilter {
        let origin = target.split("::").next().unwrap_or(target);
        if origin == "tfplugin" {
            self.sdk
        } else if BENEATH.contains(&origin) {
            self.sdk.min(LevelFilter::WARN)
        } else {
            self.provider
        }
    }
}

/// The last part of the address as it appears in the name of a variable.
fn variable_part(address: &str) -> String {
    address
        .rsplit('/')
        .next()
        .unwrap_or(address)
        .to_uppercase()
        .replace('-', "_")
}

/// Terraform, too, takes what it does not know, and `JSON`, for a wish for everything.
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

    #[test]
    fn silence_is_off() {
        let levels = Levels::choose("a/b/c", &Log::default());
        assert_eq!(levels.most(), LevelFilter::OFF);
    }

    #[test]
    fn the_narrowest_variable_decides() {
        let mut wishes = Log {
            terraform: some("trace"),
            ..Log::default()
        };
        let choose = |wishes: &Log| Levels::choose("registry.terraform.io/acme/cold-store", wishes);
        assert_eq!(
            choose(&wishes),
            Levels {
                provider: LevelFilter::TRACE,
                sdk: LevelFilter::TRACE
            }
        );
        wishes.providers = some("WARN");
        assert_eq!(
            choose(&wishes),
            Levels {
                provider: LevelFilter::WARN,
                sdk: LevelFilter::WARN
            }
        );
        wishes.by_provider = vec![
            ("OTHER".into(), "ERROR".into()),
            ("COLD_STORE".into(), "Info".into()),
        ];
        assert_eq!(
            choose(&wishes),
            Levels {
                provider: LevelFilter::INFO,
                sdk: LevelFilter::INFO
            }
        );
        wishes.sdk = some("off");
        assert_eq!(
            choose(&wishes),
            Levels {
                provider: LevelFilter::INFO,
                sdk: LevelFilter::OFF
            }
        );
    }

    #[test]
    fn json_is_trace_as_in_terraform() {
        let levels = Levels::choose(
            "a/b/c",
            &Log {
                terraform: some("JSON"),
                ..Log::default()
            },
        );
        assert_eq!(levels.of("acme::thing"), LevelFilter::TRACE);
    }

    #[test]
    fn the_transport_beneath_is_heard_only_when_it_warns() {
        let levels = Levels {
            provider: LevelFilter::TRACE,
            sdk: LevelFilter::TRACE,
        };
        assert_eq!(levels.of("h2::codec::framed_write"), LevelFilter::WARN);
        assert_eq!(levels.of("tfplugin::plugin::tls"), LevelFilter::TRACE);
    }
}
