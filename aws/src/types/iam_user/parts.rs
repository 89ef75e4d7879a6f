//! What belongs to an IAM user and has to be deleted before it.

use stack::cloud::{CloudError, ResourceId};

use crate::client::Clients;
use crate::client::error::{failed, unless_gone};
use crate::services::iam::{PAGE_SIZE, name};

/// Deletes everything that belongs to a user, its access keys first. Returns the errors of what
/// could not be read or deleted.
pub(super) async fn delete_all(clients: &Clients, id: &ResourceId) -> Vec<CloudError> {
    let steps = [
        delete_access_keys(clients, id).await,
        delete_password(clients, id).await,
        delete_mfa_devices(clients, id).await,
        delete_service_credentials(clients, id).await,
        delete_ssh_keys(clients, id).await,
        delete_signing_certificates(clients, id).await,
        detach_policies(clients, id).await,
        delete_inline_policies(clients, id).await,
        leave_groups(clients, id).await,
    ];
    steps.into_iter().filter_map(Result::err).collect()
}

/// The managed policies attached to a user.
pub(super) async fn attached_policies(
    clients: &Clients,
    id: &ResourceId,
) -> Result<Vec<String>, CloudError> {
    let mut pages = clients
        .iam()
        .list_attached_user_policies()
        .user_name(name(id))
        .max_items(PAGE_SIZE)
        .into_paginator()
        .items()
        .send();
    let mut attached = Vec::new();
    while let Some(policy) = pages.next().await {
        let policy = policy.map_err(failed!("iam", "ListAttachedUserPolicies", id.as_str()))?;
        attached.extend(policy.policy_arn);
    }
    Ok(attached)
}

async fn delete_access_keys(clients: &Clients, id: &ResourceId) -> Result<(), CloudError> {
    let user = name(id);
    let mut keys = clients
        .iam()
        .list_access_keys()
        .user_name(user)
        .into_paginator()
        .items()
        .send();
    while let Some(key) = keys.next().await {
        let key = key.map_err(failed!("iam", "ListAccessKeys", id.as_str()))?;
        let delete = clients.iam().delete_access_key().user_name(user);
        let answer = delete.set_access_key_id(key.access_key_id).send().await;
        unless_gone(answer.map_err(failed!("iam", "DeleteAccessKey", id.as_str())))?;
    }
    Ok(())
}

async fn delete_password(clients: &Clients, id: &ResourceId) -> Result<(), CloudError> {
    let delete = clients.iam().delete_login_profile().user_name(name(id));
    let answer = delete.send().await;
    unless_gone(answer.map_err(failed!("iam", "DeleteLoginProfile", id.as_str())))
}

/// Deactivates the MFA devices of a user and deletes the virtual ones. The serial number of a
/// virtual device is an ARN of the type `mfa`.
async fn delete_mfa_devices(clients: &Clients, id: &ResourceId) -> Result<(), CloudError> {
    let user = name(id);
    let mut devices = clients
        .iam()
        .list_mfa_devices()
        .user_name(user)
        .into_paginator()
        .items()
        .send();
    while let Some(device) = devices.next().await {
        let device = device.map_err(failed!("iam", "ListMFADevices", id.as_str()))?;
        let serial = device.serial_number();
        let deactivate = clients.iam().deactivate_mfa_device().user_name(user);
        let answer = deactivate.serial_number(serial).send().await;
        unless_gone(answer.map_err(failed!("iam", "DeactivateMFADevice", id.as_str())))?;
        if is_virtual(serial) {
            let delete = clients.iam().delete_virtual_mfa_device();
            let answer = delete.serial_number(serial).send().await;
            unless_gone(answer.map_err(failed!("iam", "DeleteVirtualMFADevice", id.as_str())))?;
        }
    }
    Ok(())
}

fn is_virtual(serial: &str) -> bool {
    serial.contains(":mfa/")
}

async fn delete_service_credentials(clients: &Clients, id: &ResourceId) -> Result<(), CloudError> {
    let user = name(id);
    let list = clients.iam().list_service_specific_credentials();
    let answer = list.user_name(user).send().await;
    let answer = answer.map_err(failed!(
        "iam",
        "ListServiceSpecificCredentials",
        id.as_str()
    ))?;
    for credential in answer.service_specific_credentials() {
        let delete = clients.iam().delete_service_specific_credential();
        let answer = delete
            .user_name(user)
            .service_specific_credential_id(credential.service_specific_credential_id())
            .send()
            .await;
        unless_gone(answer.map_err(failed!(
            "iam",
            "DeleteServiceSpecificCredential",
            id.as_str()
        )))?;
    }
    Ok(())
}

async fn delete_ssh_keys(clients: &Clients, id: &ResourceId) -> Result<(), CloudError> {
    let user = name(id);
    let mut keys = clients
        .iam()
        .list_ssh_public_keys()
        .user_name(user)
        .into_paginator()
        .items()
        .send();
    while let Some(key) = keys.next().await {
        let key = key.map_err(failed!("iam", "ListSSHPublicKeys", id.as_str()))?;
        let delete = clients.iam().delete_ssh_public_key().user_name(user);
        let answer = delete
            .ssh_public_key_id(key.ssh_public_key_id())
            .send()
            .await;
        unless_gone(answer.map_err(failed!("iam", "DeleteSSHPublicKey", id.as_str())))?;
    }
    Ok(())
}

async fn delete_signing_certificates(clients: &Clients, id: &ResourceId) -> Result<(), CloudError> {
    let user = name(id);
    let mut certificates = clients
        .iam()
        .list_signing_certificates()
        .user_name(user)
        .into_paginator()
        .items()
        .send();
    while let Some(certificate) = certificates.next().await {
        let certificate =
            certificate.map_err(failed!("iam", "ListSigningCertificates", id.as_str()))?;
        let delete = clients.iam().delete_signing_certificate().user_name(user);
        let answer = delete
            .certificate_id(certificate.certificate_id())
            .send()
            .await;
        unless_gone(answer.map_err(failed!("iam", "DeleteSigningCertificate", id.as_str())))?;
    }
    Ok(())
}

async fn detach_policies(clients: &Clients, id: &ResourceId) -> Result<(), CloudError> {
    for policy in attached_policies(clients, id).await? {
        let detach = clients.iam().detach_user_policy().user_name(name(id));
        let answer = detach.policy_arn(&policy).send().await;
        unless_gone(answer.map_err(failed!("iam", "DetachUserPolicy", id.as_str())))?;
    }
    Ok(())
}

async fn delete_inline_policies(clients: &Clients, id: &ResourceId) -> Result<(), CloudError> {
    let user = name(id);
    let mut policies = clients
        .iam()
        .list_user_policies()
        .user_name(user)
        .max_items(PAGE_SIZE)
        .into_paginator()
        .items()
        .send();
    while let Some(policy) = policies.next().await {
        let policy = policy.map_err(failed!("iam", "ListUserPolicies", id.as_str()))?;
        let delete = clients.iam().delete_user_policy().user_name(user);
        let answer = delete.policy_name(policy).send().await;
        unless_gone(answer.map_err(failed!("iam", "DeleteUserPolicy", id.as_str())))?;
    }
    Ok(())
}

async fn leave_groups(clients: &Clients, id: &ResourceId) -> Result<(), CloudError> {
    let user = name(id);
    let mut groups = clients
        .iam()
        .list_groups_for_user()
        .user_name(user)
        .max_items(PAGE_SIZE)
        .into_paginator()
        .items()
        .send();
    while let Some(group) = groups.next().await {
        let group = group.map_err(failed!("iam", "ListGroupsForUser", id.as_str()))?;
        let remove = clients.iam().remove_user_from_group().user_name(user);
        let answer = remove.group_name(group.group_name()).send().await;
        unless_gone(answer.map_err(failed!("iam", "RemoveUserFromGroup", id.as_str())))?;
    }
    Ok(())
}
