//! Calls about many resources: in batches where a service accepts them, otherwise in parallel up to
//! a limit.

use futures_util::FutureExt;
use futures_util::stream::{self, StreamExt};
use stack::cloud::{CloudError, CloudErrorKind, ResourceId};

use crate::resource_type::{Description, Descriptions};

/// Calls in flight at once, for one type in one account and region.
const MAX_CALLS_IN_FLIGHT: usize = 8;

/// Awaits calls with a limit on how many are in flight. The results are in order of completion.
pub(crate) async fn with_limit<F: Future>(calls: Vec<F>) -> Vec<F::Output> {
    stream::iter(calls)
        .buffer_unordered(MAX_CALLS_IN_FLIGHT)
        .collect()
        .await
}

/// Makes one call for each id, for services without batch calls. Leaves out ids that do not exist.
pub(crate) async fn each<'a, A, F, D>(ids: &'a [ResourceId], call: A) -> Descriptions
where
    A: Fn(&'a ResourceId) -> F,
    F: Future<Output = Result<D, CloudError>>,
    D: Into<Description>,
{
    let calls: Vec<_> = ids
        .iter()
        .map(|id| call(id).map(move |answer| (id, answer)))
        .collect();
    let mut descriptions = Descriptions::default();
    for (id, answer) in with_limit(calls).await {
        match answer {
            Ok(found) => descriptions.found.push(found.into()),
            Err(error) if error.kind == CloudErrorKind::Gone => {}
            Err(error) => descriptions.failed.push((id.clone(), error)),
        }
    }
    descriptions
}

/// Makes one call for each batch of `size` ids. If a call fails, all ids of its batch fail.
pub(crate) async fn batches<'a, A, F>(ids: &'a [ResourceId], size: usize, call: A) -> Descriptions
where
    A: Fn(&'a [ResourceId]) -> F,
    F: Future<Output = Result<Vec<Description>, CloudError>>,
{
    let calls: Vec<_> = ids
        .chunks(size)
        .map(|batch| call(batch).map(move |answer| (batch, answer)))
        .collect();
    let mut descriptions = Descriptions::default();
    for (batch, answer) in with_limit(calls).await {
        match answer {
            Ok(found) => descriptions.found.extend(found),
            Err(error) => descriptions.fail(batch, &error),
        }
    }
    descriptions
}

/// Like [`batches`], for services that refuse a whole batch if one of its ids does not exist.
/// Halves such a batch until the missing id is alone.
pub(crate) async fn bisected_batches<'a, A, F>(
    ids: &'a [ResourceId],
    size: usize,
    call: A,
) -> Descriptions
where
    A: Fn(&'a [ResourceId]) -> F,
    F: Future<Output = Result<Vec<Description>, CloudError>>,
{
    let calls: Vec<_> = ids
        .chunks(size)
        .map(|batch| bisected(batch, &call))
        .collect();
    let mut descriptions = Descriptions::default();
    for answer in with_limit(calls).await {
        descriptions.found.extend(answer.found);
        descriptions.failed.extend(answer.failed);
    }
    descriptions
}

async fn bisected<'a, A, F>(ids: &'a [ResourceId], call: &A) -> Descriptions
where
    A: Fn(&'a [ResourceId]) -> F,
    F: Future<Output = Result<Vec<Description>, CloudError>>,
{
    let mut descriptions = Descriptions::default();
    let mut pending = vec![ids];
    while let Some(ids) = pending.pop() {
        match call(ids).await {
            Ok(found) => descriptions.found.extend(found),
            Err(error) if error.kind == CloudErrorKind::Gone => {
                if ids.len() > 1 {
                    let (first, second) = ids.split_at(ids.len() / 2);
                    pending.extend([second, first]);
                }
            }
            Err(error) => descriptions.fail(ids, &error),
        }
    }
    descriptions
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

    /// A batch with a missing id takes a few more calls and still describes all other ids.
    #[tokio::test]
    async fn a_missing_id_hides_no_other() {
        let clients = Clients::for_tests();
        let ids: Vec<_> = (0..16)
            .map(|n| clients.arn("a", &format!("b/{n}")))
            .collect();
        let calls = Cell::new(0);
        let call = |ids: &[ResourceId]| {
            calls.set(calls.get() + 1);
            let missing = ids.iter().any(|id| id.as_str().ends_with("b/9"));
            let found = |id: &ResourceId| Description::from(clients.resource(id.clone(), "a:b"));
            let answer = if missing {
                Err(error(CloudErrorKind::Gone))
            } else {
                Ok(ids.iter().map(found).collect())
            };
            async move { answer }
        };
        let descriptions = bisected_batches(&ids, 16, call).await;
        let counts = (descriptions.found.len(), descriptions.failed.len());
        assert_eq!(counts, (15, 0));
        assert!(calls.get() <= 9, "{} calls", calls.get());
        let denied = |_: &[ResourceId]| async { Err(error(CloudErrorKind::Denied)) };
        let denied = bisected_batches(&ids, 16, denied).await;
        assert_eq!((denied.found.len(), denied.failed.len()), (0, 16));
    }

    /// `each` makes one call for each id, and accepts a plain resource as the answer.
    #[tokio::test]
    async fn each_makes_one_call_for_each_id() {
        let clients = Clients::for_tests();
        let ids = [clients.arn("a", "b/1"), clients.arn("a", "b/2")];
        let call = |id: &ResourceId| {
            let resource: Resource = clients.resource(id.clone(), "a:b");
            async move { Ok(resource) }
        };
        let descriptions = each(&ids, call).await;
        assert_eq!(descriptions.found.len(), 2);
    }
}
