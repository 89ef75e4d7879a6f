//! Why a stack is not ready yet.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{check_name, failed_check};
use crate::values::serde_timestamp;

/// The maximum number of places that report causes in a lease, so that a check with a new name each
/// time does not slow down every listing.
const MAX_CAUSES: usize = 8;

/// The maximum length of a reporter's name, in characters.
const MAX_REPORTER: usize = 200;

/// Why a stack is not ready yet, in one line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotReadyCause {
    /// What kind of cause it is.
    pub kind: CauseKind,
    /// What is wrong, in one line without secrets.
    pub text: String,
    /// Since when it has been so.
    #[serde(with = "serde_timestamp")]
    pub since: Timestamp,
}

impl NotReadyCause {
    /// A cause as an event records it: one line of limited length. The caller has removed the
    /// secrets.
    #[must_use]
    pub fn new(kind: CauseKind, text: &str, since: Timestamp) -> Self {
        Self {
            kind,
            text: failed_check::one_line(text),
            since,
        }
    }

    /// Whether it says the same as another one, whenever either began.
    #[must_use]
    pub fn says_the_same(&self, other: &Self) -> bool {
        (self.kind, &self.text) == (other.kind, &other.text)
    }
}

macro_rules! cause_kinds {
    ($($(#[$doc:meta])* $variant:ident $word:literal,)*) => {
        /// The kind of a cause. Kinds are only ever added.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum CauseKind {
            $($(#[$doc])* $variant,)*
            /// Another kind, or one that a newer jiti wrote.
            #[serde(other)]
            Other,
        }

        impl CauseKind {
            /// All kinds.
            pub const ALL: &[Self] = &[$(Self::$variant,)* Self::Other];

            /// The name of the kind, as in JSON.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
                    Self::Other => "other",
                }
            }
        }
    };
}

cause_kinds! {
    /// No machine of the cluster has what a workload requests.
    Unschedulable "unschedulable",
    /// The cloud has no capacity of the requested type.
    NoCapacity "no_capacity",
    /// An image cannot be pulled.
    ImagePull "image_pull",
    /// A container starts and ends again and again.
    CrashLoop "crash_loop",
    /// A container cannot be created.
    ContainerConfig "container_config",
    /// A volume cannot be attached or mounted.
    Volume "volume",
    /// The network of a workload cannot be set up.
    Network "network",
    /// A subnet has no free address.
    NoFreeAddress "no_free_address",
    /// A quota is exhausted.
    Quota "quota",
    /// An admission webhook refuses a workload.
    WebhookRefused "webhook_refused",
    /// A machine of the cluster is not ready.
    NodeNotReady "node_not_ready",
    /// A workload runs, and its health check fails.
    Unhealthy "unhealthy",
    /// The service that knows the cause does not answer.
    Unreachable "unreachable",
    /// The service that knows the cause refuses the credentials.
    AccessDenied "access_denied",
    /// The start-up continues, and nothing is known to be wrong.
    Starting "starting",
}

impl fmt::Display for CauseKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A cause, and what found it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundCause {
    /// The name of the check, or the id of the resource.
    pub found_by: String,
    /// When it was found.
    #[serde(with = "serde_timestamp")]
    pub found_at: Timestamp,
    /// The cause.
    pub cause: NotReadyCause,
}

/// The causes of an init. What finds causes has at most one at a time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Causes(Vec<FoundCause>);

impl Causes {
    /// Replaces the cause that `found_by` found before; `None` means that none is known any more.
    pub(crate) fn found(&mut self, at: Timestamp, found_by: &str, cause: Option<&NotReadyCause>) {
        self.0.retain(|known| known.found_by != found_by);
        if let Some(cause) = cause.filter(|_| !self.is_full()) {
            self.0.push(FoundCause {
                found_by: found_by.to_owned(),
                found_at: at,
                cause: cause.clone(),
            });
        }
    }

    /// The causes, the most telling one first: something that is wrong before a start-up that
    /// continues, and what has lasted longest before what began later.
    pub(crate) fn ordered(&self) -> Vec<&FoundCause> {
        let mut causes: Vec<_> = self.0.iter().collect();
        causes.sort_by_key(|found| (found.cause.kind == CauseKind::Starting, found.cause.since));
        causes
    }

    /// Whether there is no room for another place that reports.
    pub(crate) fn is_full(&self) -> bool {
        self.0.len() >= MAX_CAUSES
    }

    /// The cause that `found_by` found last.
    pub(crate) fn found_by(&self, found_by: &str) -> Option<&NotReadyCause> {
        let found = self.0.iter().find(|found| found.found_by == found_by);
        found.map(|found| &found.cause)
    }
}

/// The name of a check or the id of a resource as an event records it.
pub(crate) fn reporter(name: &str) -> String {
    let name = failed_check::one_line(&check_name::without_secrets(name));
    name.chars().take(MAX_REPORTER).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::noon;
    use crate::values::ttl::Span;

    fn cause(kind: CauseKind, minutes: u32) -> NotReadyCause {
        NotReadyCause::new(kind, kind.as_str(), Span::minutes(minutes).after(noon()))
    }

    /// Each place that reports has one cause. Something that is wrong comes before a start-up that
    /// continues, and what has lasted longest comes first.
    #[test]
    fn the_most_telling_cause_comes_first() {
        let mut causes = Causes::default();
        let mut found = |by: &str, cause: Option<NotReadyCause>| {
            causes.found(noon(), by, cause.as_ref());
            let kinds = causes.ordered().into_iter().map(|found| found.cause.kind);
            kinds.map(CauseKind::as_str).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(found("a", Some(cause(CauseKind::Starting, 1))), "starting");
        assert_eq!(
            found("b", Some(cause(CauseKind::ImagePull, 3))),
            "image_pull starting"
        );
        assert_eq!(
            found("c", Some(cause(CauseKind::Quota, 2))),
            "quota image_pull starting"
        );
        assert_eq!(
            found("b", Some(cause(CauseKind::CrashLoop, 4))),
            "quota crash_loop starting"
        );
        assert_eq!(found("c", None), "crash_loop starting");
        for number in 0..20 {
            found(&number.to_string(), Some(cause(CauseKind::Other, 5)));
        }
        assert_eq!(causes.0.len(), MAX_CAUSES);
    }

    /// The JSON form of each kind is its name, and an unknown name is another kind.
    #[test]
    fn kinds_are_words() {
        for kind in CauseKind::ALL {
            let json = serde_json::to_value(kind).unwrap();
            assert_eq!(json, kind.as_str());
            assert_eq!(
                serde_json::from_value::<CauseKind>(json).unwrap(),
                *kind,
                "{kind}"
            );
        }
        let newer: CauseKind = serde_json::from_str("\"solar_flare\"").unwrap();
        assert_eq!(newer, CauseKind::Other);
    }

    /// A cause is one line, and the name of what found it has no secrets.
    #[test]
    fn a_cause_is_one_line() {
        let cause = NotReadyCause::new(CauseKind::Other, "a\n b\u{7}  c", noon());
        assert_eq!(cause.text, "a b c");
        assert_eq!(
            reporter("http http://ana:pw@app/?token=x"),
            "http http://app/"
        );
    }
}
