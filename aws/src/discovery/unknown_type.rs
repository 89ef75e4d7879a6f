//! Resources of types that jiti does not know. Only the tag indexes list them; jiti has no call
//! that describes or deletes one.

use std::collections::BTreeMap;

use stack::cloud::{Confirmation, Resource, ResourceId};

use super::tag_index::{ec2_tags_of, tagged_among};
use crate::arn::{Arn, last_segment};
use crate::client::Clients;
use crate::delete_command::delete_command;
use crate::resource_type::{Description, Descriptions};
use crate::types;

/// A resource of an unknown type, with the tags that an index lists.
pub(super) fn resource(
    clients: &Clients,
    id: &ResourceId,
    tags: BTreeMap<String, String>,
) -> Resource {
    let mut resource = clients.resource(id.clone(), &types::name_of(id));
    resource.tags = tags;
    let command = Arn::from_id(id).and_then(|arn| delete_command(&arn));
    resource.confirmation = Confirmation::UnknownType { command };
    resource
}

/// Asks the tag index of its service again whether resources of unknown types exist: `DescribeTags`
/// for EC2, the tagging API for all others.
pub(super) async fn describe(clients: &Clients, ids: &[ResourceId]) -> Descriptions {
    let mut descriptions = Descriptions::default();
    if ids.is_empty() {
        return descriptions;
    }
    let is_ec2 = |id: &&ResourceId| Arn::from_id(id).is_some_and(|arn| arn.service == "ec2");
    let (ec2, others): (Vec<&ResourceId>, Vec<&ResourceId>) = ids.iter().partition(is_ec2);
    let ec2_ids: Vec<String> = ec2
        .iter()
        .filter_map(|id| Arn::from_id(id))
        .map(|arn| last_segment(arn.resource).to_owned())
        .collect();
    let arns: Vec<String> = others.iter().map(ToString::to_string).collect();
    let answers = tokio::join!(ec2_tags_of(clients, &ec2_ids), tagged_among(clients, &arns));
    for (asked, answer) in [(ec2, answers.0), (others, answers.1)] {
        match answer {
            Ok(index) => {
                let listed = asked.iter().filter_map(|id| {
                    let tags = index.get(*id)?.clone();
                    Some(Description::from(resource(clients, id, tags)))
                });
                descriptions.found.extend(listed);
            }
            Err(error) => {
                let failed = asked.into_iter().map(|id| (id.clone(), error.clone()));
                descriptions.failed.extend(failed);
            }
        }
    }
    descriptions
}

#[cfg(test)]
mod tests {
    use stack::cloud::DiscoveryScope;

    use super::*;
    use crate::client::loopback::Loopback;
    use crate::discovery::{self, HomeIndexes};

    /// The answer of `DescribeTags` for one client VPN endpoint with these tags.
    fn tags_of_endpoint(tags: &[(&str, &str)]) -> String {
        let items = tags.iter().map(|(key, value)| {
            format!(
                "<item><resourceId>cvpn-endpoint-1</resourceId><resourceType>client-vpn-endpoint</resourceType>\
                <key>{key}</key><value>{value}</value></item>"
            )
        });
        let items: String = items.collect();
        format!("<DescribeTagsResponse><tagSet>{items}</tagSet></DescribeTagsResponse>")
    }

    /// A service with one client VPN endpoint of the stack `pr-1`, which the tagging API does not
    /// list.
    async fn service_with_endpoint() -> Loopback {
        Loopback::new(|body| {
            let answer = if body.contains("Action=DescribeTags&") {
                if body.contains("resource-id") {
                    tags_of_endpoint(&[("jiti:stack", "pr-1"), ("jiti:app", "shop")])
                } else {
                    tags_of_endpoint(&[("jiti:stack", "pr-1")])
                }
            } else {
                String::new()
            };
            (200, "text/xml", answer)
        })
        .await
    }

    /// A resource of an unknown EC2 type is kept, with its tags and the command that deletes it.
    #[tokio::test]
    async fn an_unknown_ec2_type_is_kept() {
        let service = service_with_endpoint().await;
        let scope = DiscoveryScope::Stack("pr-1".parse().unwrap());
        let found = discovery::discover(&service.clients, &scope, &HomeIndexes::default()).await;
        let endpoint = found
            .resources
            .iter()
            .find(|resource| resource.kind == "ec2:client-vpn-endpoint")
            .unwrap();
        assert_eq!(
            endpoint.id.as_str(),
            "arn:aws:ec2:us-east-1:123456789012:client-vpn-endpoint/cvpn-endpoint-1"
        );
        assert_eq!(endpoint.tag("jiti:app"), Some("shop"));
        let command =
            "aws ec2 delete-client-vpn-endpoint --client-vpn-endpoint-id cvpn-endpoint-1 --region us-east-1".to_owned();
        let expected = Confirmation::UnknownType {
            command: Some(command),
        };
        assert_eq!(endpoint.confirmation, expected);
    }

    /// The tag index of its service says whether a resource of an unknown type still exists.
    #[tokio::test]
    async fn the_index_says_whether_it_exists() {
        let service = service_with_endpoint().await;
        let id = |path: &str| service.clients.arn("ec2", path);
        let ids = [
            id("client-vpn-endpoint/cvpn-endpoint-1"),
            id("client-vpn-endpoint/cvpn-endpoint-2"),
        ];
        let described = describe(&service.clients, &ids).await;
        let found: Vec<_> = described
            .found
            .iter()
            .map(|description| description.resource.id.clone())
            .collect();
        assert_eq!(found, [id("client-vpn-endpoint/cvpn-endpoint-1")]);
        assert!(described.failed.is_empty());
        let denied = Loopback::new(|_| {
            let code = "UnauthorizedOperation";
            let answer =
                format!("<Response><Errors><Error><Code>{code}</Code></Error></Errors></Response>");
            (403, "text/xml", answer)
        })
        .await;
        let described = describe(&denied.clients, &ids).await;
        assert_eq!((described.found.len(), described.failed.len()), (0, 2));
    }
}
