//! Asking about many: in batches where a service takes them, else so many at once.

use futures_util::FutureExt;
use futures_util::stream::{self, StreamExt};
use stack::cloud::{CloudError, CloudErrorKind, ResourceId};

use crate::types::{Seen, Sighting};

/// Questions under way at once, of one type in one place.
const AT_ONCE: usize = 8;

/// The answers of questions of which only so many are under way at once, in the order in which they come.
pub(crate) async fn some_at_once<F: Future>(asked: Vec<F>) -> Vec<F::Output> {
    stream::iter(asked)
        .buffer_unordered(AT_ONCE)
        .collect()
        .await
}

/// Asks about each by itself: for services that take no batches. One that does not exist is left out.
pub(crate) async fn each<'a, A, F, S>(ids: &'a [ResourceId], ask: A) -> Seen
where
    A: Fn(&'a ResourceId) -> F,
    F: Future<Output = Result<S, CloudError>>,
    S: Into<Sighting>,
{
    let asked: Vec<_> = ids
        .iter()
        .map(|id| ask(id).map(move |answer| (id, answer)))
        .collect();
    let mut seen = Seen::default();
    for (id, answer) in some_at_once(asked).await {
        match answer {
            Ok(found) => seen.found.push(found.into()),
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
    let mut seen = Seen::default();
    for (chunk, answer) in some_at_once(asked).await {
        match answer {
            Ok(found) => seen.found.extend(found),
            Err(error) => seen.fail(chunk, &error),
        }
    }
    seen
}

/// Asks about so many at a time, where a service refuses a whole batch as soon as one in it does not exist: such a batch
/// is halved until that one is alone.
pub(crate) async fn halves<'a, A, F>(ids: &'a [ResourceId], size: usize, ask: A) -> Seen
where
    A: Fn(&'a [ResourceId]) -> F,
    F: Future<Output = Result<Vec<Sighting>, CloudError>>,
{
    let asked: Vec<_> = ids.chunks(size).map(|chunk| halved(chunk, &ask)).collect();
    let mut seen = Seen::default();
    for answer in some_at_once(asked).await {
        seen.found.extend(answer.found);
        seen.failed.extend(answer.failed);
    }
    seen
}

async fn halved<'a, A, F>(ids: &'a [ResourceId], ask: &A) -> Seen
where
    A: Fn(&'a [ResourceId]) -> F,
    F: Future<Output = Result<Vec<Sighting>, CloudError>>,
{
    let mut seen = Seen::default();
    let mut left = vec![ids];
    while let Some(ids) = left.pop() {
        match ask(ids).await {
            Ok(found) => seen.found.extend(found),
            Err(error) if error.kind == CloudErrorKind::Gone => {
                if ids.len() > 1 {
                    let (first, second) = ids.split_at(ids.len() / 2);
                    left.extend([second, first]);
                }
            }
            Err(error) => seen.fail(ids, &error),
        }
    }
    seen
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use stack::cloud::Resource;

    use super::*;
    use crate::client::Clients;

    fn error(kind: CloudErrorKind) -> CloudError {
        CloudError {
            service: "elasticloadbalancing".to_owned(),
            call: "DescribeLoadBalancers".to_owned(),
            resource: None,
            code: None,
            message: "one or more do not exist".to_owned(),
            kind,
        }
    }

    /// One that does not exist costs a few more questions, and hides none of the others.
    #[tokio::test]
    async fn a_missing_one_hides_no_other() {
        let at = Clients::of_nobody();
        let ids: Vec<_> = (0..16).map(|n| at.id("a", &format!("b/{n}"))).collect();
        let asked = Cell::new(0);
        let ask = |ids: &[ResourceId]| {
            asked.set(asked.get() + 1);
            let missing = ids.iter().any(|id| id.as_str().ends_with("b/9"));
            let found = |id: &ResourceId| Sighting::from(at.resource(id.clone(), "a:b"));
            let answer = if missing {
                Err(error(CloudErrorKind::Gone))
            } else {
                Ok(ids.iter().map(found).collect())
            };
            async move { answer }
        };
        let seen = halves(&ids, 16, ask).await;
        assert_eq!((seen.found.len(), seen.failed.len()), (15, 0));
        assert!(asked.get() <= 9, "{} questions", asked.get());
        let denied = halves(&ids, 16, |_| async { Err(error(CloudErrorKind::Denied)) }).await;
        assert_eq!((denied.found.len(), denied.failed.len()), (0, 16));
    }

    /// What an answer about one may be: the resource alone, or with what it owns.
    #[tokio::test]
    async fn each_is_asked_about_once() {
        let at = Clients::of_nobody();
        let ids = [at.id("a", "b/1"), at.id("a", "b/2")];
        let ask = |id: &ResourceId| {
            let resource: Resource = at.resource(id.clone(), "a:b");
            async move { Ok(resource) }
        };
        let seen = each(&ids, ask).await;
        assert_eq!(seen.found.len(), 2);
    }
}
