//! Buckets.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_s3::types::{BucketLocationConstraint, Delete, ObjectIdentifier, ObjectLockEnabled};
use futures_util::stream::{self, StreamExt, TryStreamExt};
use jiff::Timestamp;
use stack::cloud::{
    CloudError, CloudErrorKind, Deleting, Deletion, Resource, ResourceId, Soon, Standing,
};
use tokio::time::Instant;

use super::{Seen, Type};
use crate::arn::Arn;
use crate::batch::each;
use crate::clients::Clients;
use crate::error::{absent, deleted, failed, kind_of};
use crate::time::timestamp;

pub(super) struct This;

const NAME: &str = "s3:bucket";

/// Entries of one page: the most that S3 gives, and takes to delete at once.
const PAGE: i32 = 1000;

/// Calls of one bucket under way at once.
const AT_ONCE: usize = 4;

/// How long one try empties a bucket; the next one goes on, until whoever tries has no more patience.
const EMPTYING: Duration = Duration::from_secs(60);

/// Codes that say that a bucket is in another region than the one that was asked.
const ELSEWHERE: &[&str] = &[
    "PermanentRedirect",
    "AuthorizationHeaderMalformed",
    "IllegalLocationConstraintException",
];

impl Type for This {
    fn name(&self) -> &'static str {
        NAME
    }

    fn covers(&self, arn: &Arn<'_>) -> bool {
        // Objects have a `/`, access points an account.
        arn.service == "s3" && arn.account.is_empty() && !arn.resource.contains('/')
    }

    fn describe<'a>(&'a self, at: &'a Clients, ids: &'a [ResourceId]) -> Soon<'a, Seen> {
        Box::pin(async move {
            match created(at).await {
                Ok(created) => each(ids, |id| describe(at, id, &created)).await,
                Err(error) => {
                    let mut seen = Seen::default();
                    seen.fail(ids, &error);
                    seen
                }
            }
        })
    }

    fn delete<'a>(
        &'a self,
        at: &'a Clients,
        resource: &'a Resource,
        _how: Deleting,
    ) -> Soon<'a, Result<Deletion, CloudError>> {
        Box::pin(async move { deleted(delete(at, bucket(&resource.id)).await, Deletion::Gone) })
    }
}

/// When the account's buckets of this region were created, which no question about a single bucket answers. Whoever may
/// not list them all does not know it.
async fn created(at: &Clients) -> Result<HashMap<String, Timestamp>, CloudError> {
    let list = at.s3().list_buckets().bucket_region(at.region());
    let mut pages = list.max_buckets(PAGE).into_paginator().send();
    let mut created = HashMap::new();
    while let Some(page) = pages.next().await {
        let page = match page.map_err(failed!("s3", "ListBuckets")) {
            Ok(page) => page,
            Err(error) if error.kind == CloudErrorKind::Denied => break,
            Err(error) => return Err(error),
        };
        for bucket in page.buckets.unwrap_or_default() {
            if let (Some(since), Some(name)) = (timestamp(bucket.creation_date()), bucket.name) {
                created.insert(name, since);
            }
        }
    }
    Ok(created)
}

/// A bucket, when it is in this region. One of another region does not exist here: an index of tags may name it in each.
async fn describe(
    at: &Clients,
    id: &ResourceId,
    created: &HashMap<String, Timestamp>,
) -> Result<Resource, CloudError> {
    let name = bucket(id);
    let region = region(at, name).await.map_err(elsewhere)?;
    if region != at.region() {
        return Err(not_here(name, &region));
    }
    let (tags, locked) = tokio::join!(tags(at, name), is_locked(at, name));
    let mut resource = at.resource(id.clone(), NAME);
    at.region().clone_into(&mut resource.place.region);
    resource.tags = tags?.into_iter().collect();
    resource.created_at = created.get(name).copied();
    resource.standing = Standing::Confirmed;
    resource.protection = locked?.then(|| "ObjectLockEnabled".to_owned());
    resource.unpriced = vec!["storage".to_owned(), "requests".to_owned()];
    Ok(resource)
}

/// Where the bucket is.
async fn region(at: &Clients, name: &str) -> Result<String, CloudError> {
    let location = at.s3().get_bucket_location().bucket(name);
    let answer = location.expected_bucket_owner(&at.place.account).send();
    let answer = answer
        .await
        .map_err(failed!("s3", "GetBucketLocation", name))?;
    let constraint = answer
        .location_constraint()
        .map(BucketLocationConstraint::as_str);
    Ok(of_constraint(constraint).to_owned())
}

/// The region of a location constraint: the oldest regions have names of their own there.
fn of_constraint(constraint: Option<&str>) -> &str {
    match constraint {
        None | Some("") => "us-east-1",
        Some("EU") => "eu-west-1",
        Some(region) => region,
    }
}

async fn tags(at: &Clients, name: &str) -> Result<Vec<(String, String)>, CloudError> {
    let tags = at.s3().get_bucket_tagging().bucket(name);
    let answer = tags.expected_bucket_owner(&at.place.account).send().await;
    match answer.map_err(failed!("s3", "GetBucketTagging", name)) {
        Ok(answer) => {
            let tags = answer.tag_set.into_iter();
            Ok(tags.map(|tag| (tag.key, tag.value)).collect())
        }
        Err(error) if error.code.as_deref() == Some("NoSuchTagSet") => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

async fn is_locked(at: &Clients, name: &str) -> Result<bool, CloudError> {
    let lock = at.s3().get_object_lock_configuration().bucket(name);
    let answer = lock.expected_bucket_owner(&at.place.account).send().await;
    match answer.map_err(failed!("s3", "GetObjectLockConfiguration", name)) {
        Ok(answer) => Ok(answer
            .object_lock_configuration()
            .and_then(|lock| lock.object_lock_enabled())
            .is_some_and(|lock| *lock == ObjectLockEnabled::Enabled)),
        Err(error) if error.code.as_deref() == Some("ObjectLockConfigurationNotFoundError") => {
            Ok(false)
        }
        Err(error) => Err(error),
    }
}

/// Empties a bucket and deletes it. What is written meanwhile makes the last call fail, and the next try takes it.
async fn delete(at: &Clients, name: &str) -> Result<(), CloudError> {
    let until = Instant::now() + EMPTYING;
    delete_versions(at, name, until).await?;
    abort_uploads(at, name, until).await?;
    let delete = at.s3().delete_bucket().bucket(name);
    let answer = delete.expected_bucket_owner(&at.place.account).send().await;
    answer.map_err(failed!("s3", "DeleteBucket", name))?;
    Ok(())
}

/// All versions of all objects, and the markers of those that were deleted, a page at a time. Each page is the first one,
/// because what was in the one before is gone.
async fn delete_versions(at: &Clients, name: &str, until: Instant) -> Result<(), CloudError> {
    let mut last = None;
    loop {
        in_time(name, until)?;
        let page = at
            .s3()
            .list_object_versions()
            .bucket(name)
            .expected_bucket_owner(&at.place.account)
            .max_keys(PAGE)
            .send()
            .await
            .map_err(failed!("s3", "ListObjectVersions", name))?;
        let versions = page.versions().iter();
        let versions = versions.map(|one| (one.key(), one.version_id()));
        let markers = page.delete_markers().iter();
        let markers = markers.map(|one| (one.key(), one.version_id()));
        let objects: Vec<_> = versions
            .chain(markers)
            .filter_map(|(key, version)| object(key?, version))
            .collect();
        let first = objects.first().cloned();
        if first == last {
            // Nothing is left, or nothing moves: the bucket itself will say which.
            return Ok(());
        }
        last = first;
        delete_objects(at, name, objects).await?;
        if page.is_truncated() != Some(true) {
            return Ok(());
        }
    }
}

fn object(key: &str, version: Option<&str>) -> Option<ObjectIdentifier> {
    let object = ObjectIdentifier::builder().key(key);
    object
        .set_version_id(version.map(str::to_owned))
        .build()
        .ok()
}

async fn delete_objects(
    at: &Clients,
    name: &str,
    objects: Vec<ObjectIdentifier>,
) -> Result<(), CloudError> {
    if objects.is_empty() {
        return Ok(());
    }
    let objects = Delete::builder().set_objects(Some(objects)).quiet(true);
    let objects = objects.build().map_err(|error| CloudError {
        service: "s3".to_owned(),
        call: "DeleteObjects".to_owned(),
        resource: Some(name.to_owned()),
        code: None,
        message: error.to_string(),
        kind: CloudErrorKind::Other,
    })?;
    let answer = at
        .s3()
        .delete_objects()
        .bucket(name)
        .expected_bucket_owner(&at.place.account)
        .delete(objects)
        .send()
        .await
        .map_err(failed!("s3", "DeleteObjects", name))?;
    match answer
        .errors()
        .iter()
        .find_map(|left| left_object(name, left))
    {
        Some(error) => Err(error),
        None => Ok(()),
    }
}

/// Why an object stays: a page of deletes succeeds as a whole, whatever becomes of each.
fn left_object(name: &str, left: &aws_sdk_s3::types::Error) -> Option<CloudError> {
    let (code, message) = (left.code(), left.message());
    let kind = kind_of(code, message, None);
    let error = CloudError {
        service: "s3".to_owned(),
        call: "DeleteObjects".to_owned(),
        resource: Some(format!("{name}/{}", left.key().unwrap_or_default())),
        code: code.map(str::to_owned),
        message: message.unwrap_or("it gave no reason").to_owned(),
        kind,
    };
    (!matches!(code, Some("NoSuchKey" | "NoSuchVersion"))).then_some(error)
}

/// Uploads that were begun and never ended: they cost, and keep the bucket.
async fn abort_uploads(at: &Clients, name: &str, until: Instant) -> Result<(), CloudError> {
    let (mut key, mut upload) = (None, None);
    loop {
        in_time(name, until)?;
        let page = at
            .s3()
            .list_multipart_uploads()
            .bucket(name)
            .expected_bucket_owner(&at.place.account)
            .max_uploads(PAGE)
            .set_key_marker(key.take())
            .set_upload_id_marker(upload.take())
            .send()
            .await
            .map_err(failed!("s3", "ListMultipartUploads", name))?;
        let uploads = page.uploads().iter();
        let uploads: Vec<_> = uploads
            .filter_map(|upload| Some((upload.key.clone()?, upload.upload_id.clone()?)))
            .collect();
        let aborts = uploads
            .into_iter()
            .map(|(key, id)| abort(at, name, key, id));
        let aborts = stream::iter(aborts).buffer_unordered(AT_ONCE);
        aborts.try_for_each(|()| async { Ok(()) }).await?;
        if page.is_truncated() != Some(true) {
            return Ok(());
        }
        (key, upload) = (page.next_key_marker, page.next_upload_id_marker);
    }
}

/// That emptying goes on with the next try.
fn in_time(name: &str, until: Instant) -> Result<(), CloudError> {
    if Instant::now() < until {
        return Ok(());
    }
    Err(CloudError {
        service: "s3".to_owned(),
        call: "DeleteObjects".to_owned(),
        resource: Some(name.to_owned()),
        code: None,
        message: "it is being emptied, and still holds objects".to_owned(),
        kind: CloudErrorKind::Wait,
    })
}

async fn abort(at: &Clients, name: &str, key: String, upload: String) -> Result<(), CloudError> {
    let abort = at.s3().abort_multipart_upload().bucket(name).key(key);
    let abort = abort.expected_bucket_owner(&at.place.account);
    let answer = abort.upload_id(upload).send().await;
    match answer.map_err(failed!("s3", "AbortMultipartUpload", name)) {
        Ok(_) => Ok(()),
        Err(error) if error.code.as_deref() == Some("NoSuchUpload") => Ok(()),
        Err(error) => Err(error),
    }
}

fn bucket(id: &ResourceId) -> &str {
    Arn::of(id).map_or(id.as_str(), |arn| arn.resource)
}

/// A redirect to another region says that there is no such bucket in this one.
fn elsewhere(mut error: CloudError) -> CloudError {
    let code = error.code.as_deref();
    if code.is_some_and(|code| ELSEWHERE.contains(&code)) {
        error.kind = CloudErrorKind::Gone;
    }
    error
}

fn not_here(name: &str, region: &str) -> CloudError {
    let why = format!("it is in {region}");
    absent("s3", "GetBucketLocation", name, &why)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use aws_sdk_s3::types::Error;

    use super::*;
    use crate::loopback::Loopback;

    /// Only buckets are buckets: not their objects, and not access points.
    #[test]
    fn objects_are_not_buckets() {
        let covers = |text| This.covers(&Arn::parse(text).unwrap());
        assert!(covers("arn:aws:s3:::logs"));
        assert!(!covers("arn:aws:s3:::logs/2026/a"));
        assert!(!covers(
            "arn:aws:s3:eu-west-1:123456789012:accesspoint/logs"
        ));
    }

    /// The oldest regions are told by other names.
    #[test]
    fn constraints_are_regions() {
        assert_eq!(of_constraint(None), "us-east-1");
        assert_eq!(of_constraint(Some("")), "us-east-1");
        assert_eq!(of_constraint(Some("EU")), "eu-west-1");
        assert_eq!(of_constraint(Some("eu-central-1")), "eu-central-1");
    }

    /// An object that stays fails the delete, with its name; one that is gone already does not.
    #[test]
    fn an_object_that_stays_is_named() {
        let left = |code| Error::builder().key("a/b").code(code).message("no").build();
        let error = left_object("logs", &left("AccessDenied")).unwrap();
        assert_eq!(error.kind, CloudErrorKind::Denied);
        assert_eq!(
            error.to_string(),
            "s3 DeleteObjects of logs/a/b: no (AccessDenied)"
        );
        assert_eq!(left_object("logs", &left("NoSuchVersion")), None);
    }

    /// A bucket that is filled as fast as it is emptied comes to an end with each try.
    #[tokio::test]
    async fn emptying_comes_to_an_end() {
        let count = AtomicUsize::new(0);
        let service = Loopback::new(move |body| {
            let said = if body.is_empty() {
                let key = count.fetch_add(1, Ordering::SeqCst);
                format!(
                    "<ListVersionsResult><IsTruncated>true</IsTruncated><Version><Key>{key}</Key>\
                    <VersionId>1</VersionId></Version></ListVersionsResult>"
                )
            } else {
                "<DeleteResult></DeleteResult>".to_owned()
            };
            (200, "application/xml", said)
        });
        let service = service.await;
        let until = Instant::now() + Duration::from_millis(300);
        let emptied = delete_versions(&service.clients, "logs", until).await;
        assert_eq!(emptied.unwrap_err().kind, CloudErrorKind::Wait);
        assert!(service.heard().len() > 2);
    }

    /// A bucket of another region is no failure here.
    #[test]
    fn a_redirect_is_not_here() {
        let mut error = not_here("logs", "us-east-1");
        error.kind = CloudErrorKind::Other;
        error.code = Some("PermanentRedirect".to_owned());
        assert_eq!(elsewhere(error.clone()).kind, CloudErrorKind::Gone);
        error.code = Some("InternalError".to_owned());
        assert_eq!(elsewhere(error).kind, CloudErrorKind::Other);
    }
}
