//! Asking about many: in batches where a service takes them, else so many at once.

use futures_util::FutureExt;
use futures_util::stream::{self, StreamExt};
use stack::cloud::{CloudError, CloudErrorKind, Resource, ResourceId};

use crate::types::{Seen, Sighting};

/// Single questions under way at once, of one type in one place.
const AT_ONCE: usize = 8;

/// Asks about each by itself: for services that take no batches. One that does not exist is left out.
pub(crate) async fn each<'a, A, F>(ids: &'a [ResourceId], ask: A) -> Seen
where
    A: Fn(&'a ResourceId) -> F,
    F: Future<Output = Result<Resource, CloudError>>,
{
    let asked: Vec<_> = ids
        .iter()
        .map(|id| ask(id).map(move |answer| (id, answer)))
        .collect();
    let answers: Vec<_> = stream::iter(asked)
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    let mut seen = Seen::default();
    for (id, answer) in answers {
        match answer {
            Ok(resource) => seen.found.push(Sighting::from(resource)),
            Err(error) if error.kind == CloudErrorKind::Gone => {}
            Err(error) => seen.failed.push((id.clone(), error)),
        }
    }
    seen
}

/// Asks about so many at a time. A batch that fails as a whole is told about each of its ids.
pub(crate) async fn batches<'a, A, F>(ids: &'a [ResourceId], size: usize, ask: A) -> Seen
where
    A: Fn(&'a [ResourceId]) -> F,
    F: Future<Output = Result<Vec<Sighting>, CloudError>>,
{
    let asked: Vec<_> = ids
        .chunks(size)
        .map(|chunk| ask(chunk).map(move |answer| (chunk, answer)))
        .collect();
    let answers: Vec<_> = stream::iter(asked)
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    let mut seen = Seen::default();
    for (chunk, answer) in answers {
        match answer {
            Ok(found) => seen.found.extend(found),
            Err(error) => seen.fail(chunk, &error),
        }
    }
    seen
}
