//! Tests of IAM users against a fake service.

use std::collections::BTreeMap;

use super::*;
use crate::client::loopback::Loopback;

const ARN: &str = "arn:aws:iam::123456789012:user/teams/bot";

fn id() -> ResourceId {
    ResourceId(ARN.to_owned())
}

/// An answer whose result holds a list with one member.
fn one(call: &str, list: &str, member: &str) -> String {
    format!(
        "<{call}Response><{call}Result><IsTruncated>false</IsTruncated>\
        <{list}><member>{member}</member></{list}></{call}Result></{call}Response>"
    )
}

/// The lists of a user that has one of everything.
fn lists() -> BTreeMap<&'static str, String> {
    let date = "2026-11-21T12:00:00Z";
    let user = "<UserName>bot</UserName>";
    let device = "arn:aws:iam::123456789012:mfa/bot";
    BTreeMap::from([
        (
            "ListAccessKeys",
            one(
                "ListAccessKeys",
                "AccessKeyMetadata",
                &format!("{user}<AccessKeyId>AKIA1</AccessKeyId><Status>Active</Status>"),
            ),
        ),
        (
            "ListMFADevices",
            one(
                "ListMFADevices",
                "MFADevices",
                &format!(
                    "{user}<SerialNumber>{device}</SerialNumber><EnableDate>{date}</EnableDate>"
                ),
            ),
        ),
        (
            "ListServiceSpecificCredentials",
            one(
                "ListServiceSpecificCredentials",
                "ServiceSpecificCredentials",
                &format!(
                    "{user}<Status>Active</Status><ServiceUserName>bot-at-1</ServiceUserName>\
                    <CreateDate>{date}</CreateDate>\
                    <ServiceSpecificCredentialId>ACCA1</ServiceSpecificCredentialId>\
                    <ServiceName>codecommit.amazonaws.com</ServiceName>"
                ),
            ),
        ),
        (
            "ListSSHPublicKeys",
            one(
                "ListSSHPublicKeys",
                "SSHPublicKeys",
                &format!(
                    "{user}<SSHPublicKeyId>APKA1</SSHPublicKeyId><Status>Active</Status>\
                    <UploadDate>{date}</UploadDate>"
                ),
            ),
        ),
        (
            "ListSigningCertificates",
            one(
                "ListSigningCertificates",
                "Certificates",
                &format!(
                    "{user}<CertificateId>CERT1</CertificateId><CertificateBody>x</CertificateBody>\
                    <Status>Active</Status>"
                ),
            ),
        ),
        (
            "ListAttachedUserPolicies",
            one(
                "ListAttachedUserPolicies",
                "AttachedPolicies",
                "<PolicyName>web</PolicyName>\
                <PolicyArn>arn:aws:iam::123456789012:policy/web</PolicyArn>",
            ),
        ),
        (
            "ListUserPolicies",
            "<ListUserPoliciesResponse><ListUserPoliciesResult><IsTruncated>false</IsTruncated>\
            <PolicyNames><member>inline</member></PolicyNames></ListUserPoliciesResult>\
            </ListUserPoliciesResponse>"
                .to_owned(),
        ),
        (
            "ListGroupsForUser",
            one(
                "ListGroupsForUser",
                "Groups",
                &format!(
                    "<Path>/</Path><GroupName>staff</GroupName><GroupId>AGPA1</GroupId>\
                    <Arn>arn:aws:iam::123456789012:group/staff</Arn><CreateDate>{date}</CreateDate>"
                ),
            ),
        ),
    ])
}

fn call_of(body: &str) -> &str {
    let after = body.split("Action=").nth(1).unwrap_or_default();
    after.split('&').next().unwrap_or_default()
}

fn refusal(code: &str) -> (u16, &'static str, String) {
    let body = format!(
        "<ErrorResponse><Error><Code>{code}</Code><Message>{code}</Message></Error>\
        </ErrorResponse>"
    );
    (409, "text/xml", body)
}

/// Deletes a user that has one of everything; `refuses` gives the error code of a call.
async fn delete_with(
    refuses: impl Fn(&str) -> Option<&'static str> + Send + Sync + 'static,
) -> (Result<Deletion, CloudError>, Vec<String>) {
    let lists = lists();
    let service = Loopback::new(move |body| {
        let call = call_of(body);
        if let Some(code) = refuses(call) {
            return refusal(code);
        }
        let done = format!("<{call}Response></{call}Response>");
        let answer = lists.get(call).cloned().unwrap_or(done);
        (200, "text/xml", answer)
    })
    .await;
    let answer = delete(&service.clients, &id()).await;
    let requests = service.requests();
    (answer, requests)
}

/// Everything that belongs to a user is deleted before it, by name and without its path.
#[tokio::test]
async fn everything_of_a_user_is_deleted_first() {
    let (answer, requests) = delete_with(|_| None).await;
    assert_eq!(answer.unwrap(), Deletion::Gone);
    let changes: Vec<&str> = requests
        .iter()
        .map(|body| call_of(body))
        .filter(|call| !call.starts_with("List"))
        .collect();
    let expected = [
        "DeleteAccessKey",
        "DeleteLoginProfile",
        "DeactivateMFADevice",
        "DeleteVirtualMFADevice",
        "DeleteServiceSpecificCredential",
        "DeleteSSHPublicKey",
        "DeleteSigningCertificate",
        "DetachUserPolicy",
        "DeleteUserPolicy",
        "RemoveUserFromGroup",
        "DeleteUser",
    ];
    assert_eq!(changes, expected);
    for part in [
        "AKIA1",
        "ACCA1",
        "APKA1",
        "CERT1",
        "policy%2Fweb",
        "PolicyName=inline",
        "GroupName=staff",
    ] {
        let mut deletes = requests.iter().filter(|body| !body.contains("Action=List"));
        assert!(deletes.any(|body| body.contains(part)), "{part}");
    }
    let named = |body: &String| body.contains("UserName=bot") || body.contains("VirtualMFADevice");
    assert!(requests.iter().all(named), "{requests:#?}");
}

/// A part that could not be deleted is the reason when IAM refuses to delete the user, and no
/// reason when IAM deletes it.
#[tokio::test]
async fn a_part_that_stays_is_the_reason() {
    let (answer, _) = delete_with(|call| match call {
        "DeleteAccessKey" => Some("AccessDenied"),
        "DeleteUser" => Some("DeleteConflict"),
        _ => None,
    })
    .await;
    let error = answer.unwrap_err();
    assert_eq!(error.call, "DeleteAccessKey");
    assert_eq!(error.kind, CloudErrorKind::Denied);
    let (answer, _) =
        delete_with(|call| (call == "ListServiceSpecificCredentials").then_some("InvalidAction"))
            .await;
    assert_eq!(answer.unwrap(), Deletion::Gone);
}

/// A user without a password and one that is already gone are deleted.
#[tokio::test]
async fn a_missing_part_or_user_is_no_error() {
    let missing = |call: &str| {
        ["DeleteLoginProfile", "DeleteUser"]
            .contains(&call)
            .then_some("NoSuchEntity")
    };
    let (answer, _) = delete_with(missing).await;
    assert_eq!(answer.unwrap(), Deletion::Gone);
}

/// The list of all users gives the tags; a user of another stack is left out. A policy of AWS is
/// not deleted after the user, a policy of this account is.
#[tokio::test]
async fn the_list_gives_the_tags() {
    let user = |name: &str, stack: &str| {
        format!(
            "<member><UserName>{name}</UserName><UserId>AIDA{name}</UserId>\
            <Arn>arn:aws:iam::123456789012:user/{name}</Arn>\
            <CreateDate>2026-11-21T12:00:00Z</CreateDate>\
            <AttachedManagedPolicies><member><PolicyName>web</PolicyName>\
            <PolicyArn>arn:aws:iam::123456789012:policy/web</PolicyArn></member>\
            <member><PolicyName>ReadOnlyAccess</PolicyName>\
            <PolicyArn>arn:aws:iam::aws:policy/ReadOnlyAccess</PolicyArn></member>\
            </AttachedManagedPolicies>\
            <Tags><member><Key>jiti:stack</Key><Value>{stack}</Value></member></Tags></member>"
        )
    };
    let service = Loopback::new(move |_| {
        let users = user("own", "pr-1") + &user("other", "pr-2");
        let answer = format!(
            "<GetAccountAuthorizationDetailsResponse><GetAccountAuthorizationDetailsResult>\
            <IsTruncated>false</IsTruncated><UserDetailList>{users}</UserDetailList>\
            </GetAccountAuthorizationDetailsResult></GetAccountAuthorizationDetailsResponse>"
        );
        (200, "text/xml", answer)
    })
    .await;
    let scope = DiscoveryScope::Stack("pr-1".parse().unwrap());
    let listed = IamUser.list(&service.clients, &scope).await.unwrap();
    assert_eq!(listed.described.len(), 1);
    let user = &listed.described[0].resource;
    assert_eq!(user.id.short(), "own");
    assert_eq!(user.place.region, "global");
    assert!(user.is_confirmed() && user.created_at.is_some());
    let uses: Vec<_> = user.uses.iter().map(ResourceId::as_str).collect();
    assert_eq!(uses, ["arn:aws:iam::123456789012:policy/web"]);
    let body = service.requests().remove(0);
    assert!(body.contains("Filter.member.1=User"), "{body}");
}
