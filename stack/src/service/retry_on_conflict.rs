//! Deciding again after a lost race: the decision, not the append, was made on old facts.

use super::{Service, ServiceError};
use crate::backoff::Pauses;

/// How often a decision is repeated before giving up: with pauses that grow to half a second, this
/// takes about ten seconds.
const DECISIONS: u32 = 32;

impl Service {
    /// Runs `attempt`, which reads, decides and appends, again each time it returns `None` because
    /// it lost a race. `what` names its subject in the error when it loses every time.
    pub(in crate::service) async fn retry_on_conflict<T, E, F>(
        &self,
        what: &(impl ToString + Sync + ?Sized),
        attempt: impl Fn() -> F,
    ) -> Result<T, E>
    where
        E: From<ServiceError>,
        F: Future<Output = Result<Option<T>, E>>,
    {
        let mut pauses = Pauses::short();
        for _ in 0..DECISIONS {
            if let Some(done) = attempt().await? {
                return Ok(done);
            }
            pauses.once_more().await;
        }
        let crowded = ServiceError::TooManyConflicts {
            what: what.to_string(),
            attempts: DECISIONS,
        };
        Err(crowded.into())
    }
}
