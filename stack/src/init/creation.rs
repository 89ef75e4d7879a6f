//! The phases of an init by the creation times of its resources.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::InitPhase;
use crate::values::serde_timestamp;
use crate::values::ttl::Elapsed;

/// The maximum number of types in an event.
pub const MAX_CREATED_TYPES: usize = 32;

/// When the first resource of a type was created.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreatedType {
    /// The type, as the cloud's tag index writes it: `rds:db`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind of work that its creation is, such as `data`.
    pub class: Option<String>,
    /// When the first resource of the type was created.
    #[serde(with = "serde_timestamp")]
    pub at: Timestamp,
}

/// One phase for each type. Clouds report when a resource was created and not how long that took,
/// so a phase lasts until the first resource of the next type, and the last one until the end.
pub(super) fn phases(
    created: &[CreatedType],
    from: Timestamp,
    end: Option<Timestamp>,
) -> Vec<InitPhase> {
    let mut created: Vec<_> = created
        .iter()
        .filter(|created| end.is_none_or(|end| created.at < end))
        .collect();
    created.sort_by_key(|created| created.at);
    let starts: Vec<_> = created.iter().map(|created| created.at.max(from)).collect();
    let ends = starts.iter().skip(1).copied().map(Some).chain([end]);
    let times = starts.iter().zip(ends);
    let phases = created.iter().zip(times);
    phases
        .map(|(created, (from, to))| InitPhase {
            name: created.kind.clone(),
            class: created.class.clone(),
            started_at: *from,
            seconds: to.map(|to| Elapsed::between(*from, to)),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::noon;

    fn second(seconds: u64) -> Timestamp {
        Elapsed::from_millis(seconds * 1000).after(noon())
    }

    /// A type's phase lasts until the first resource of the next type. Resources from after the end
    /// belong to no phase, and those from before the request count from then on.
    #[test]
    fn a_phase_lasts_until_the_next_type() {
        let created = [
            ("rds:db", 60),
            ("ec2:vpc", 0),
            ("ec2:instance", 20),
            ("sqs", 400),
        ];
        let created = created.map(|(kind, at)| CreatedType {
            kind: kind.to_owned(),
            class: None,
            at: second(at),
        });
        let phases = |end: Option<u64>| {
            let phases = phases(&created, second(5), end.map(second)).into_iter();
            let times = phases.map(|phase| {
                let from = Elapsed::between(noon(), phase.started_at).seconds();
                (phase.name, from, phase.seconds.map(Elapsed::seconds))
            });
            times.collect::<Vec<_>>()
        };
        let expected = |name: &str, from, seconds| (name.to_owned(), from, seconds);
        assert_eq!(
            phases(Some(360)),
            [
                expected("ec2:vpc", 5, Some(15)),
                expected("ec2:instance", 20, Some(40)),
                expected("rds:db", 60, Some(300)),
            ]
        );
        assert_eq!(phases(None).last(), Some(&expected("sqs", 400, None)));
    }
}
