//! Emptying a bucket: of all versions of its objects, and of uploads that were begun.

use std::time::Duration;

use aws_sdk_s3::types::{Delete, ObjectIdentifier};
use futures_util::stream::{self, StreamExt, TryStreamExt};
use stack::cloud::{CloudError, CloudErrorKind};
use tokio::time::Instant;

use super::PAGE;
use crate::client::Clients;
use crate::client::error::{NO_MESSAGE, failed, kind_of};

/// Calls of one bucket under way at once.
const AT_ONCE: usize = 4;

/// How long one try empties a bucket; the next one goes on, until whoever tries has no more patience.
const EMPTYING: Duration = Duration::from_secs(60);

/// Empties a bucket, or says that it has to be gone on with.
pub(super) async fn empty(clients: &Clients, name: &str) -> Result<(), CloudError> {
    let until = Instant::now() + EMPTYING;
    delete_versions(clients, name, until).await?;
    abort_uploads(clients, name, until).await
}

/// All versions of all objects, and the markers of those that were deleted, a page at a time. Each page is the first one,
/// because what was in the one before is gone.
async fn delete_versions(clients: &Clients, name: &str, until: Instant) -> Result<(), CloudError> {
    let mut last = None;
    loop {
        in_time(name, until)?;
        let page = clients
            .s3()
            .list_object_versions()
            .bucket(name)
            .expected_bucket_owner(&clients.place.account)
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
    let objects = Delete::builder().set_objects(Some(objects)).quiet(true);
    let objects = objects.build().map_err(|error| CloudError {
        service: "s3".to_owned(),
        call: "DeleteObjects".to_owned(),
        resource: Some(name.to_owned()),
        code: None,
        message: error.to_string(),
        kind: CloudErrorKind::Other,
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
        message: message.unwrap_or(NO_MESSAGE).to_owned(),
        kind,
    };
    (!matches!(code, Some("NoSuchKey" | "NoSuchVersion"))).then_some(error)
}

/// Uploads that were begun and never ended: they cost, and keep the bucket.
async fn abort_uploads(clients: &Clients, name: &str, until: Instant) -> Result<(), CloudError> {
    let (mut key, mut upload) = (None, None);
    loop {
        in_time(name, until)?;
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
        let uploads = page.uploads().iter();
        let uploads: Vec<_> = uploads
            .filter_map(|upload| Some((upload.key.clone()?, upload.upload_id.clone()?)))
            .collect();
        let aborts = uploads
            .into_iter()
            .map(|(key, id)| abort(clients, name, key, id));
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

async fn abort(
    clients: &Clients,
    name: &str,
    key: String,
    upload: String,
) -> Result<(), CloudError> {
    let abort = clients.s3().abort_multipart_upload().bucket(name).key(key);
    let abort = abort.expected_bucket_owner(&clients.place.account);
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
        assert!(service.requests().len() > 2);
    }
}
