//! Secrets Manager secrets.

use async_trait::async_trait;
use aws_sdk_secretsmanager::operation::delete_secret::DeleteSecretOutput;
use aws_sdk_secretsmanager::operation::describe_secret::DescribeSecretOutput;
use rust_decimal::Decimal;
use stack::cloud::{
    CloudError, Confirmation, DeleteOptions, Deletion, RecoveryCommands, Resource, ResourceId,
};
use stack::values::shell::quoted;

use crate::arn::Arn;
use crate::batch::each;
use crate::client::Clients;
use crate::client::error::{absent, failed, gone_is_done};
use crate::pricing::{Item, usage_of};
use crate::resource_type::{Descriptions, ResourceType};
use crate::tags;
use crate::time::timestamp;

pub(super) struct SecretsmanagerSecret;

const NAME: &str = "secretsmanager:secret";

/// The detail with the regions of the replicas.
const REPLICAS: &str = "replicas";

#[async_trait]
impl ResourceType for SecretsmanagerSecret {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn describe(&self, clients: &Clients, ids: &[ResourceId]) -> Descriptions {
        each(ids, |id| describe(clients, id)).await
    }

    async fn delete(
        &self,
        clients: &Clients,
        resource: &Resource,
        options: DeleteOptions,
    ) -> Result<Deletion, CloudError> {
        let answer = match delete(clients, resource, options.recovery_days).await {
            // An earlier delete has scheduled it.
            Err(error) if is_marked(&error) && options.recovery_days == Some(0) => {
                purge(clients, &resource.id).await
            }
            answer => answer,
        };
        match answer {
            Ok(_) if options.recovery_days == Some(0) => Ok(Deletion::Started),
            Ok(answer) => Ok(scheduled(&answer)),
            Err(error) if is_marked(&error) => Ok(Deletion::Gone),
            Err(error) => gone_is_done(error),
        }
    }
}

/// A secret scheduled for deletion is gone; scheduling returns the date.
async fn describe(clients: &Clients, id: &ResourceId) -> Result<Resource, CloudError> {
    let answer = clients
        .secrets()
        .describe_secret()
        .secret_id(id.as_str())
        .send()
        .await
        .map_err(failed!("secretsmanager", "DescribeSecret", id.as_str()))?;
    let why = "it is scheduled for deletion";
    to_resource(clients, id, &answer)
        .ok_or_else(|| absent("secretsmanager", "DescribeSecret", id.as_str(), why))
}

fn to_resource(
    clients: &Clients,
    id: &ResourceId,
    secret: &DescribeSecretOutput,
) -> Option<Resource> {
    if secret.deleted_date().is_some() {
        return None;
    }
    let mut resource = clients.resource(id.clone(), NAME);
    resource.tags = tags::map(secret.tags().iter().map(|tag| (tag.key(), tag.value())));
    resource.created_at = timestamp(secret.created_date());
    resource.confirmation = Confirmation::Confirmed;
    // For example a database password that RDS manages and deletes with the database.
    let service = secret
        .owning_service()
        .filter(|service| !service.is_empty());
    resource.untouchable = service.map(|service| format!("it is managed by {service}"));
    let key = secret.kms_key_id().filter(|key| key.starts_with("arn:"));
    resource.uses = key
        .map(|key| ResourceId(key.to_owned()))
        .into_iter()
        .collect();
    resource.usage = vec![usage_of(Item::Secret, Decimal::ONE)];
    resource.unpriced = vec!["requests".to_owned()];
    let replicas: Vec<_> = secret
        .replication_status()
        .iter()
        .filter_map(|replica| replica.region())
        .collect();
    if !replicas.is_empty() && secret.primary_region() == Some(clients.region()) {
        let replicas = replicas.join(" ");
        resource.details.insert(REPLICAS.to_owned(), replicas);
    }
    Some(resource)
}

/// Schedules the deletion, or deletes the secret at once. Without a recovery window, the service
/// takes its default, which is the longest. Replicas are deleted at once.
async fn delete(
    clients: &Clients,
    resource: &Resource,
    recovery_days: Option<u32>,
) -> Result<DeleteSecretOutput, CloudError> {
    let id = resource.id.as_str();
    if let Some(replicas) = resource.details.get(REPLICAS) {
        let regions = replicas.split(' ').map(str::to_owned).collect();
        let remove = clients
            .secrets()
            .remove_regions_from_replication()
            .secret_id(id);
        let answer = remove
            .set_remove_replica_regions(Some(regions))
            .send()
            .await;
        answer.map_err(failed!(
            "secretsmanager",
            "RemoveRegionsFromReplication",
            id
        ))?;
    }
    if recovery_days == Some(0) {
        return purge(clients, &resource.id).await;
    }
    let delete = clients.secrets().delete_secret().secret_id(id);
    let answer = delete
        .set_recovery_window_in_days(recovery_days.map(i64::from))
        .send()
        .await;
    answer.map_err(failed!("secretsmanager", "DeleteSecret", id))
}

/// Deletes a secret at once. The deletion is asynchronous.
async fn purge(clients: &Clients, id: &ResourceId) -> Result<DeleteSecretOutput, CloudError> {
    let id = id.as_str();
    let delete = clients.secrets().delete_secret().secret_id(id);
    let answer = delete.force_delete_without_recovery(true).send().await;
    answer.map_err(failed!("secretsmanager", "DeleteSecret", id))
}

/// The commands of the AWS CLI for a secret that is scheduled for deletion. A new secret cannot
/// have its name until then.
pub(crate) fn recovery_commands(id: &ResourceId) -> Option<RecoveryCommands> {
    let arn = Arn::from_id(id).filter(|arn| arn.is("secretsmanager", "secret"))?;
    let about = format!(
        "--secret-id {} --region {}",
        quoted(id.as_str()),
        arn.region
    );
    Some(RecoveryCommands {
        restore: format!("aws secretsmanager restore-secret {about}"),
        purge: format!("aws secretsmanager delete-secret --force-delete-without-recovery {about}"),
    })
}

fn scheduled(answer: &DeleteSecretOutput) -> Deletion {
    match timestamp(answer.deletion_date()) {
        Some(time) => Deletion::Scheduled(time),
        None => Deletion::Started,
    }
}

/// Whether the error means that the deletion is already scheduled.
fn is_marked(error: &CloudError) -> bool {
    let message = error.message.to_lowercase();
    error.code.as_deref() == Some("InvalidRequestException")
        && (message.contains("marked deleted")
            || message.contains("marked for deletion")
            || message.contains("scheduled for deletion"))
}

#[cfg(test)]
mod tests {
    use aws_sdk_secretsmanager::types::ReplicationStatusType;
    use aws_smithy_types::DateTime;

    use super::*;

    fn described(secret: &DescribeSecretOutput) -> Option<Resource> {
        let clients = Clients::for_tests();
        to_resource(
            &clients,
            &clients.arn("secretsmanager", "secret:db-AbCdEf"),
            secret,
        )
    }

    /// A secret scheduled for deletion is gone; scheduling returns the date.
    #[test]
    fn scheduled_is_gone() {
        let date = DateTime::from_secs(1_800_000_000);
        let secret = DescribeSecretOutput::builder().deleted_date(date).build();
        assert_eq!(described(&secret), None);
        assert!(described(&DescribeSecretOutput::builder().build()).is_some());
        let answer = DeleteSecretOutput::builder().deletion_date(date).build();
        let time = "2027-01-15T08:00:00Z".parse().unwrap();
        assert_eq!(scheduled(&answer), Deletion::Scheduled(time));
    }

    /// A secret that a service manages is left to the service.
    #[test]
    fn a_managed_secret_is_left_to_its_service() {
        let secret = DescribeSecretOutput::builder()
            .owning_service("rds")
            .build();
        let secret = described(&secret).unwrap();
        assert_eq!(secret.untouchable.as_deref(), Some("it is managed by rds"));
    }

    /// Only the primary secret lists its replicas.
    #[test]
    fn replicas_are_known_to_their_primary() {
        let replica = ReplicationStatusType::builder().region("us-east-1").build();
        let details_of = |primary| {
            let secret = DescribeSecretOutput::builder().replication_status(replica.clone());
            described(&secret.primary_region(primary).build())
                .unwrap()
                .details
        };
        let details = details_of("eu-west-1");
        assert_eq!(details.get(REPLICAS).map(String::as_str), Some("us-east-1"));
        assert!(details_of("us-east-1").is_empty());
    }
}
