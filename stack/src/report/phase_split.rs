//! Splits the time of a start into phases, so that every moment belongs to one phase.
//!
//! 1. A reported phase that ended explains its time. Where two overlap, the time belongs to the one
//!    that started last: it is the more specific one. If both started at once, the time belongs to
//!    the one that ended first.
//! 2. A phase that never ended explains what is left from its start on.
//! 3. A check explains what is left between `provisioned` and its pass.
//! 4. What is left before `provisioned` is [`PROVISIONING`].
//! 5. The rest is [`UNACCOUNTED`].
//!
//! So the phases of a start add up to its whole time.

use std::cmp::Reverse;
use std::collections::HashMap;

use jiff::Timestamp;

use super::history::{LeaseHistory, StartRecord};
use crate::init::CHECK_CLASS;
use crate::values::ttl::Elapsed;

/// The time before everything was created that no reported phase explains.
pub(super) const PROVISIONING: &str = "provisioning";

/// The time after that which neither a phase nor a check explains.
pub(super) const UNACCOUNTED: &str = "unaccounted";

/// The position of a phase in [`PhaseNames`].
pub(super) type PhaseId = usize;

const UNACCOUNTED_ID: PhaseId = 0;
const PROVISIONING_ID: PhaseId = 1;

/// The names and classes of the phases of a report, each pair once.
#[derive(Debug)]
pub(super) struct PhaseNames {
    phases: Vec<(String, Option<String>)>,
    by_name: HashMap<String, Vec<PhaseId>>,
}

impl Default for PhaseNames {
    fn default() -> Self {
        let mut names = Self {
            phases: Vec::new(),
            by_name: HashMap::new(),
        };
        for name in [UNACCOUNTED, PROVISIONING] {
            names.id(name, None);
        }
        names
    }
}

impl PhaseNames {
    fn id(&mut self, name: &str, class: Option<&str>) -> PhaseId {
        let of_name = self.by_name.get(name).map_or(&[][..], Vec::as_slice);
        let mut of_name = of_name.iter().copied();
        let known = of_name.find(|id| self.get(*id).1 == class);
        if let Some(id) = known {
            return id;
        }
        let id = self.phases.len();
        let phase = (name.to_owned(), class.map(str::to_owned));
        self.phases.push(phase);
        self.by_name.entry(name.to_owned()).or_default().push(id);
        id
    }

    /// Adds the phases of another report, and returns the position of each of them here.
    pub(super) fn merge(&mut self, other: &Self) -> Vec<PhaseId> {
        let phases = other.phases.iter();
        phases
            .map(|(name, class)| self.id(name, class.as_deref()))
            .collect()
    }

    /// The name and the class of a phase.
    pub(super) fn get(&self, id: PhaseId) -> (&str, Option<&str>) {
        let phase = self.phases.get(id);
        phase.map_or((UNACCOUNTED, None), |(name, class)| {
            (name, class.as_deref())
        })
    }
}

/// A time that belongs to one phase of a start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PhasePiece {
    /// The position of the start in the history.
    pub(super) start: usize,
    pub(super) from: Timestamp,
    pub(super) to: Timestamp,
    pub(super) phase: PhaseId,
}

/// The phases of the starts of a lease over time.
#[derive(Debug, Default)]
pub(super) struct PhasePieces(Vec<PhasePiece>);

impl PhasePieces {
    /// Splits the time of each start of a lease, until the next one or the end of the report.
    pub(super) fn of(history: &LeaseHistory, until: Timestamp, names: &mut PhaseNames) -> Self {
        let mut pieces = Vec::new();
        let mut entered = Timestamp::MIN;
        for (index, start) in history.starts.iter().enumerate() {
            let next = history.starts.get(index + 1);
            let to = next.map_or(until, |next| next.requested_at);
            let from = start.requested_at.max(entered);
            if from < to {
                let explained = explained(history, start, to, names);
                split(index, (from, to), &explained, &mut pieces);
                entered = to;
            }
        }
        Self(pieces)
    }

    /// The phase at a time, and until when it lasts. `cursor` makes a series of growing times
    /// quick: start with 0.
    pub(super) fn at(&self, time: Timestamp, cursor: &mut usize) -> (PhaseId, Timestamp) {
        while let Some(piece) = self.0.get(*cursor) {
            if time < piece.from {
                return (UNACCOUNTED_ID, piece.from);
            }
            if time < piece.to {
                return (piece.phase, piece.to);
            }
            *cursor += 1;
        }
        (UNACCOUNTED_ID, Timestamp::MAX)
    }

    /// The time of each phase of a start within a time, in no order.
    pub(super) fn lengths(
        &self,
        start: usize,
        from: Timestamp,
        to: Timestamp,
    ) -> Vec<(PhaseId, Elapsed)> {
        let mut lengths: Vec<(PhaseId, Elapsed)> = Vec::new();
        for piece in self.0.iter().filter(|piece| piece.start == start) {
            let time = Elapsed::between(piece.from.max(from), piece.to.min(to));
            if time == Elapsed::default() {
                continue;
            }
            match lengths.iter_mut().find(|(phase, _)| *phase == piece.phase) {
                Some((_, length)) => *length = length.plus(time),
                None => lengths.push((piece.phase, time)),
            }
        }
        lengths
    }
}

/// How a time is explained. Earlier variants win.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Explanation {
    Ended,
    Open,
    Check,
    Provisioning,
}

/// A time that a phase explains, unless another one explains it better.
struct Explained {
    explanation: Explanation,
    from: Timestamp,
    to: Timestamp,
    phase: PhaseId,
}

fn explained(
    history: &LeaseHistory,
    start: &StartRecord,
    to: Timestamp,
    names: &mut PhaseNames,
) -> Vec<Explained> {
    let name = |index: u32| {
        history
            .phase_names()
            .get(index as usize)
            .map(String::as_str)
    };
    let mut explained = Vec::with_capacity(start.phases.len() + 1);
    for phase in &start.phases {
        let class = phase.class.and_then(name);
        let from = phase.after.after(start.requested_at);
        explained.push(Explained {
            explanation: match (class, phase.seconds) {
                (Some(CHECK_CLASS), _) => Explanation::Check,
                (_, Some(_)) => Explanation::Ended,
                (_, None) => Explanation::Open,
            },
            from,
            to: phase.seconds.map_or(to, |seconds| seconds.after(from)),
            phase: names.id(name(phase.name).unwrap_or(UNACCOUNTED), class),
        });
    }
    // A stack that was ready without `provisioned` never said when everything was created.
    let provisioned_at = start
        .provisioned_at
        .or(start.ready_at.is_none().then_some(to));
    explained.extend(provisioned_at.map(|provisioned_at| Explained {
        explanation: Explanation::Provisioning,
        from: start.requested_at,
        to: provisioned_at,
        phase: PROVISIONING_ID,
    }));
    explained
}

fn split(
    start: usize,
    (from, to): (Timestamp, Timestamp),
    explained: &[Explained],
    pieces: &mut Vec<PhasePiece>,
) {
    let mut bounds = vec![from, to];
    for phase in explained {
        let within = [phase.from, phase.to].into_iter();
        bounds.extend(within.filter(|at| from < *at && *at < to));
    }
    bounds.sort_unstable();
    bounds.dedup();
    let first = pieces.len();
    for (from, to) in bounds.iter().zip(bounds.iter().skip(1)) {
        let covers = explained
            .iter()
            .filter(|phase| phase.from <= *from && *to <= phase.to);
        let best = covers.min_by_key(|phase| (phase.explanation, Reverse(phase.from), phase.to));
        let phase = best.map_or(UNACCOUNTED_ID, |phase| phase.phase);
        let same = pieces.len() > first;
        match pieces.last_mut().filter(|_| same) {
            Some(last) if last.phase == phase => last.to = *to,
            _ => pieces.push(PhasePiece {
                start,
                from: *from,
                to: *to,
                phase,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::noon;

    fn second(seconds: u64) -> Timestamp {
        Elapsed::from_millis(seconds * 1000).after(noon())
    }

    /// The pieces of a start from 0 to 100 as `phase from-to`. The phases are numbered from 2 on.
    fn pieces(explained: &[(Explanation, u64, u64)]) -> String {
        let explained = (2..).zip(explained);
        let explained: Vec<_> = explained
            .map(|(phase, (explanation, from, to))| Explained {
                explanation: *explanation,
                from: second(*from),
                to: second(*to),
                phase,
            })
            .collect();
        let mut pieces = Vec::new();
        split(0, (second(0), second(100)), &explained, &mut pieces);
        let since = |at| Elapsed::between(noon(), at).seconds();
        let pieces = pieces.iter().map(|piece| {
            let PhasePiece {
                from, to, phase, ..
            } = *piece;
            format!("{phase} {}-{}", since(from), since(to))
        });
        pieces.collect::<Vec<_>>().join(", ")
    }

    /// Gaps are unaccounted for, and nothing counts outside of the start.
    #[test]
    fn gaps_are_unaccounted() {
        use Explanation::Ended;
        assert_eq!(pieces(&[]), "0 0-100");
        assert_eq!(
            pieces(&[(Ended, 10, 20), (Ended, 20, 30), (Ended, 90, 400)]),
            "0 0-10, 2 10-20, 3 20-30, 0 30-90, 4 90-100"
        );
    }

    /// Where phases overlap, the time belongs to the one that started last, and of two that started
    /// at once to the one that ended first.
    #[test]
    fn the_more_specific_phase_counts() {
        use Explanation::Ended;
        assert_eq!(
            pieces(&[(Ended, 0, 100), (Ended, 20, 60), (Ended, 50, 80)]),
            "2 0-20, 3 20-50, 4 50-80, 2 80-100"
        );
        assert_eq!(
            pieces(&[(Ended, 0, 100), (Ended, 0, 30)]),
            "3 0-30, 2 30-100"
        );
    }

    /// A phase that never ended, a check and the provisioning fill only what nothing else explains.
    #[test]
    fn better_explanations_win() {
        use Explanation::{Check, Ended, Open, Provisioning};
        assert_eq!(
            pieces(&[
                (Check, 40, 90),
                (Provisioning, 0, 40),
                (Ended, 10, 20),
                (Open, 60, 100),
                (Ended, 70, 75),
            ]),
            "3 0-10, 4 10-20, 3 20-40, 2 40-60, 5 60-70, 6 70-75, 5 75-100"
        );
    }
}
