//! Empties a bucket: deletes all object versions and aborts unfinished uploads.

use std::time::Duration;

use aws_sdk_s3::types::{Delete, ObjectIdentifier};
use futures_util::stream::{self, StreamExt, TryStreamExt};
use stack::cloud::{CloudError, CloudErrorKind};
use tokio::time::Instant;

use super::PAGE;
use crate::client::Clients;
use crate::client::error::{NO_MESSAGE, failed, kind_of, own_error};

/// Calls in flight at once, for one bucket.
const MAX_CALLS_IN_FLIGHT: usize = 4;

/// How long one attempt empties a bucket. The next attempt continues, until the caller's deadline.
const ATTEMPT_DURATION: Duration = Duration::from_secs(60);

/// Empties a bucket.
///
/// # Errors
///
/// The bucket is not empty after the time of one attempt, or a call failed.
pub(super) async fn empty(clients: &Clients, name: &str) -> Result<(), CloudError> {
    let until = Instant::now() + ATTEMPT_DURATION;
    delete_versions(clients, name, until).await?;
    abort_uploads(clients, name, until).await
}

/// Deletes all object versions and delete markers, page by page. It always reads the first page,
/// because the objects of the previous one are gone.
async fn delete_versions(clients: &Clients, name: &str, until: Instant) -> Result<(), CloudError> {
    let mut last = None;
    loop {
        check_deadline(name, until)?;
        let page = clients
            .s3()
            .list_object_versions()
            .bucket(name)
            .expected_bucket_owner(&clients.place.account)
            .max_keys(PAGE)
            .send()
            .await
            .map_err(failed!("s3", "ListObjectVersions", name))?;
        let versions = page
            .versions()
            .iter()
            .map(|version| (version.key(), version.version_id()));
        let markers = page
            .delete_markers()
            .iter()
            .map(|version| (version.key(), version.version_id()));
        let objects: Vec<_> = versions
            .chain(markers)
            .filter_map(|(key, version)| object(key?, version))
            .collect();
        let first = objects.first().cloned();
        if first == last {
            // Nothing is left, or nothing was deleted. Deleting the bucket will show which.
            return Ok(());
        }
        last = first;
        delete_objects(clients, name, objects).await?;
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
    clients: &Clients,
    name: &str,
    objects: Vec<ObjectIdentifier>,
) -> Result<(), CloudError> {
    if objects.is_empty() {
        return Ok(());
    }
    let objects = Delete::builder()
        .set_objects(Some(objects))
        .quiet(true)
        .build()
        .map_err(|error| {
            let (bucket, kind) = (Some(name), CloudErrorKind::Other);
            own_error("s3", "DeleteObjects", bucket, kind, error.to_string())
        })?;
    let answer = clients
        .s3()
        .delete_objects()
        .bucket(name)
        .expected_bucket_owner(&clients.place.account)
        .delete(objects)
        .send()
        .await
        .map_err(failed!("s3", "DeleteObjects", name))?;
    match answer
        .errors()
        .iter()
        .find_map(|error| object_error(name, error))
    {
        Some(error) => Err(error),
        None => Ok(()),
    }
}

/// The error for an object that was not deleted. The call for a page succeeds even if single
/// deletes fail.
fn object_error(name: &str, error: &aws_sdk_s3::types::Error) -> Option<CloudError> {
    let (code, message) = (error.code(), error.message());
    let kind = kind_of(code, message, None);
    let error = CloudError {
        service: "s3".to_owned(),
        call: "DeleteObjects".to_owned(),
        resource: Some(format!("{name}/{}", error.key().unwrap_or_default())),
        code: code.map(str::to_owned),
        message: message.unwrap_or(NO_MESSAGE).to_owned(),
        kind,
    };
    (!matches!(code, Some("NoSuchKey" | "NoSuchVersion"))).then_some(error)
}

/// Aborts unfinished uploads. They cost and prevent the deletion of the bucket.
async fn abort_uploads(clients: &Clients, name: &str, until: Instant) -> Result<(), CloudError> {
    let (mut key, mut upload) = (None, None);
    loop {
        check_deadline(name, until)?;
        let page = clients
            .s3()
            .list_multipart_uploads()
            .bucket(name)
            .expected_bucket_owner(&clients.place.account)
            .max_uploads(PAGE)
            .set_key_marker(key.take())
            .set_upload_id_marker(upload.take())
            .send()
            .await
            .map_err(failed!("s3", "ListMultipartUploads", name))?;
        let uploads: Vec<_> = page
            .uploads()
            .iter()
            .filter_map(|upload| Some((upload.key.clone()?, upload.upload_id.clone()?)))
            .collect();
        let aborts = uploads
            .into_iter()
            .map(|(key, id)| abort(clients, name, key, id));
        let aborts = stream::iter(aborts).buffer_unordered(MAX_CALLS_IN_FLIGHT);
        aborts.try_for_each(|()| async { Ok(()) }).await?;
        if page.is_truncated() != Some(true) {
            return Ok(());
        }
        (key, upload) = (page.next_key_marker, page.next_upload_id_marker);
    }
}

/// Fails after the time of one attempt, with an error that makes the caller try again.
fn check_deadline(name: &str, until: Instant) -> Result<(), CloudError> {
    if Instant::now() < until {
        return Ok(());
    }
    let message = "it still holds objects: emptying continues with the next attempt";
    let (bucket, kind) = (Some(name), CloudErrorKind::Wait);
    Err(own_error("s3", "DeleteObjects", bucket, kind, message))
}

async fn abort(
    clients: &Clients,
    name: &str,
    key: String,
    upload: String,
) -> Result<(), CloudError> {
    let abort = clients
        .s3()
        .abort_multipart_upload()
        .bucket(name)
        .key(key)
        .expected_bucket_owner(&clients.place.account);
    let answer = abort.upload_id(upload).send().await;
    match answer.map_err(failed!("s3", "AbortMultipartUpload", name)) {
        Ok(_) => Ok(()),
        Err(error) if error.code.as_deref() == Some("NoSuchUpload") => Ok(()),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use aws_sdk_s3::types::Error;

    use super::*;
    use crate::client::loopback::Loopback;

    /// An object that was not deleted fails the delete and is named. One that is already gone does
    /// not.
    #[test]
    fn names_an_object_that_was_not_deleted() {
        let refusal = |code| Error::builder().key("a/b").code(code).message("no").build();
        let error = object_error("logs", &refusal("AccessDenied")).unwrap();
        assert_eq!(error.kind, CloudErrorKind::Denied);
        assert_eq!(
            error.to_string(),
            "s3 DeleteObjects of logs/a/b: no (AccessDenied)"
        );
        assert_eq!(object_error("logs", &refusal("NoSuchVersion")), None);
    }

    /// An attempt to empty a bucket ends in time, even if the bucket is filled as fast.
    #[tokio::test]
    async fn emptying_ends() {
        let count = AtomicUsize::new(0);
        let service = Loopback::new(move |body| {
            let answer = if body.is_empty() {
                let key = count.fetch_add(1, Ordering::SeqCst);
                format!(
                    "<ListVersionsResult><IsTruncated>true</IsTruncated><Version><Key>{key}</Key>\
                    <VersionId>1</VersionId></Version></ListVersionsResult>"
                )
            } else {
                "<DeleteResult></DeleteResult>".to_owned()
            };
            (200, "application/xml", answer)
        })
        .await;
        let until = Instant::now() + Duration::from_millis(300);
        let emptied = delete_versions(&service.clients, "logs", until).await;
        assert_eq!(emptied.unwrap_err().kind, CloudErrorKind::Wait);
        assert!(service.requests().len() > 2);
    }
}
