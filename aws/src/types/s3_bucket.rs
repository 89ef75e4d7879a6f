//! S3 buckets.

mod emptying;

use std::collections::HashMap;

use crate::arn::Arn;
use crate::batch::each;
use crate::client::Clients;
use crate::client::error::{absent, deleted, failed};
use crate::resource_type::{Descriptions, ResourceType};
use crate::time::timestamp;
use async_trait::async_trait;
use aws_sdk_s3::types::{BucketLocationConstraint, ObjectLockEnabled};
use jiff::Timestamp;
use stack::cloud::{
    CloudError, CloudErrorKind, Confirmation, DeleteOptions, Deletion, Resource, ResourceId,
};

pub(super) struct S3Bucket;

const NAME: &str = "s3:bucket";

/// Entries of one page: the most that S3 returns, and deletes in one call.
const PAGE: i32 = 1000;

/// Codes for a bucket in another region.
const ELSEWHERE: &[&str] = &[
    "PermanentRedirect",
    "AuthorizationHeaderMalformed",
    "IllegalLocationConstraintException",
];

#[async_trait]
impl ResourceType for S3Bucket {
    fn name(&self) -> &'static str {
        NAME
    }

    fn matches(&self, arn: &Arn<'_>) -> bool {
        // The ARN of an object has a `/`, that of an access point an account.
        arn.service == "s3" && arn.account.is_empty() && !arn.resource.contains('/')
    }

    async fn describe(&self, clients: &Clients, ids: &[ResourceId]) -> Descriptions {
        match creation_times(clients).await {
            Ok(created) => each(ids, |id| describe(clients, id, &created)).await,
            Err(error) => {
                let mut descriptions = Descriptions::default();
                descriptions.fail(ids, &error);
                descriptions
            }
        }
    }

    async fn delete(
        &self,
        clients: &Clients,
        resource: &Resource,
        _options: DeleteOptions,
    ) -> Result<Deletion, CloudError> {
        deleted(delete(clients, bucket(&resource.id)).await, Deletion::Gone)
    }
}

/// When the buckets of this region were created. No call about a single bucket returns it. Without
/// permission to list all buckets it is unknown.
async fn creation_times(clients: &Clients) -> Result<HashMap<String, Timestamp>, CloudError> {
    let list = clients.s3().list_buckets().bucket_region(clients.region());
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

/// Describes a bucket of this region. A bucket of another region does not exist here: a tag index
/// may list it in every region.
async fn describe(
    clients: &Clients,
    id: &ResourceId,
    created: &HashMap<String, Timestamp>,
) -> Result<Resource, CloudError> {
    let name = bucket(id);
    let region = region(clients, name).await.map_err(redirect_as_gone)?;
    if region != clients.region() {
        return Err(in_other_region(name, &region));
    }
    let (tags, locked) = tokio::join!(tags(clients, name), is_locked(clients, name));
    let mut resource = clients.resource(id.clone(), NAME);
    clients.region().clone_into(&mut resource.place.region);
    resource.tags = tags?.into_iter().collect();
    resource.created_at = created.get(name).copied();
    resource.confirmation = Confirmation::Confirmed;
    resource.protection = locked?.then(|| "ObjectLockEnabled".to_owned());
    resource.unpriced = vec!["storage".to_owned(), "requests".to_owned()];
    Ok(resource)
}

/// The region of the bucket.
async fn region(clients: &Clients, name: &str) -> Result<String, CloudError> {
    let location = clients.s3().get_bucket_location().bucket(name);
    let answer = location
        .expected_bucket_owner(&clients.place.account)
        .send()
        .await
        .map_err(failed!("s3", "GetBucketLocation", name))?;
    let constraint = answer
        .location_constraint()
        .map(BucketLocationConstraint::as_str);
    Ok(region_of_constraint(constraint).to_owned())
}

/// The region of a location constraint. The oldest regions have special names there.
fn region_of_constraint(constraint: Option<&str>) -> &str {
    match constraint {
        None | Some("") => "us-east-1",
        Some("EU") => "eu-west-1",
        Some(region) => region,
    }
}

async fn tags(clients: &Clients, name: &str) -> Result<Vec<(String, String)>, CloudError> {
    let tags = clients.s3().get_bucket_tagging().bucket(name);
    let answer = tags
        .expected_bucket_owner(&clients.place.account)
        .send()
        .await;
    match answer.map_err(failed!("s3", "GetBucketTagging", name)) {
        Ok(answer) => {
            let tags = answer.tag_set.into_iter();
            Ok(tags.map(|tag| (tag.key, tag.value)).collect())
        }
        Err(error) if error.code.as_deref() == Some("NoSuchTagSet") => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

async fn is_locked(clients: &Clients, name: &str) -> Result<bool, CloudError> {
    let lock = clients.s3().get_object_lock_configuration().bucket(name);
    let answer = lock
        .expected_bucket_owner(&clients.place.account)
        .send()
        .await;
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

/// Empties and deletes a bucket. If something is written in the meantime, the delete fails and the
/// next attempt continues.
async fn delete(clients: &Clients, name: &str) -> Result<(), CloudError> {
    emptying::empty(clients, name).await?;
    let delete = clients.s3().delete_bucket().bucket(name);
    let answer = delete
        .expected_bucket_owner(&clients.place.account)
        .send()
        .await;
    answer.map_err(failed!("s3", "DeleteBucket", name))?;
    Ok(())
}

fn bucket(id: &ResourceId) -> &str {
    Arn::from_id(id).map_or(id.as_str(), |arn| arn.resource)
}

/// A redirect to another region means that the bucket is not in this one.
fn redirect_as_gone(mut error: CloudError) -> CloudError {
    let code = error.code.as_deref();
    if code.is_some_and(|code| ELSEWHERE.contains(&code)) {
        error.kind = CloudErrorKind::Gone;
    }
    error
}

fn in_other_region(name: &str, region: &str) -> CloudError {
    let why = format!("it is in {region}");
    absent("s3", "GetBucketLocation", name, &why)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Objects and access points are not buckets.
    #[test]
    fn objects_are_not_buckets() {
        let matches = |text| S3Bucket.matches(&Arn::parse(text).unwrap());
        assert!(matches("arn:aws:s3:::logs"));
        assert!(!matches("arn:aws:s3:::logs/2026/a"));
        assert!(!matches(
            "arn:aws:s3:eu-west-1:123456789012:accesspoint/logs"
        ));
    }

    /// The oldest regions have special names.
    #[test]
    fn constraints_are_regions() {
        assert_eq!(region_of_constraint(None), "us-east-1");
        assert_eq!(region_of_constraint(Some("")), "us-east-1");
        assert_eq!(region_of_constraint(Some("EU")), "eu-west-1");
        assert_eq!(region_of_constraint(Some("eu-central-1")), "eu-central-1");
    }

    /// A redirect to another region means that the bucket is gone from this one.
    #[test]
    fn a_redirect_means_gone() {
        let mut error = in_other_region("logs", "us-east-1");
        error.kind = CloudErrorKind::Other;
        error.code = Some("PermanentRedirect".to_owned());
        assert_eq!(redirect_as_gone(error.clone()).kind, CloudErrorKind::Gone);
        error.code = Some("InternalError".to_owned());
        assert_eq!(redirect_as_gone(error).kind, CloudErrorKind::Other);
    }
}
