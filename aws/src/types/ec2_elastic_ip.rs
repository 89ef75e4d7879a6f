//! Elastic IP addresses.

use async_trait::async_trait;
use aws_sdk_ec2::types::Address;
use rust_decimal::Decimal;
use stack::cloud::{
    CloudError, CloudErrorKind, Confirmation, DeleteOptions, Deletion, Resource, ResourceId,
};

use crate::arn::resource_name;
use crate::batch::batches;
use crate::client::Clients;
use crate::client::error::{failed, gone_is_done, unless_gone};
use crate::pricing::{Item, usage_of};
use crate::resource_type::{Description, Descriptions, ResourceType};
use crate::services::ec2::{BATCH, filter, tags, waits};

pub(super) struct Ec2ElasticIp;

const NAME: &str = "ec2:elastic-ip";

#[async_trait]
impl ResourceType for Ec2ElasticIp {
    fn name(&self) -> &'static str {
        NAME
    }

    fn id_prefix(&self) -> Option<&'static str> {
        Some("eipalloc")
    }

    async fn describe(&self, clients: &Clients, ids: &[ResourceId]) -> Descriptions {
        batches(ids, BATCH, |ids| describe(clients, ids)).await
    }

    async fn delete(
        &self,
        clients: &Clients,
        resource: &Resource,
        _options: DeleteOptions,
    ) -> Result<Deletion, CloudError> {
        match release(clients, resource).await {
            Ok(()) => Ok(Deletion::Gone),
            // EC2 reports a released address, and one in use by a NAT gateway, as if the
            // credentials lacked permission. Describe the address to find out.
            Err(error) if error.code.as_deref() == Some("AuthFailure") => {
                match find(clients, resource).await? {
                    None => Ok(Deletion::Gone),
                    Some(_) => Err(CloudError {
                        kind: CloudErrorKind::Wait,
                        ..error
                    }),
                }
            }
            Err(error) => gone_is_done(error),
        }
    }
}

async fn release(clients: &Clients, resource: &Resource) -> Result<(), CloudError> {
    let id = resource_name(&resource.id, "elastic-ip");
    let Some(address) = find(clients, resource).await? else {
        return Ok(());
    };
    if let Some(service) = service_managed_reason(&address) {
        return Err(waits(resource, "ReleaseAddress", &service));
    }
    if let Some(association) = address.association_id() {
        let call = clients.ec2().disassociate_address();
        let answer = call.association_id(association).send().await;
        unless_gone(answer.map_err(failed!("ec2", "DisassociateAddress", id)))?;
    }
    let answer = clients
        .ec2()
        .release_address()
        .allocation_id(id)
        .send()
        .await;
    answer.map_err(failed!("ec2", "ReleaseAddress", id))?;
    Ok(())
}

/// Describes the address again.
async fn find(clients: &Clients, resource: &Resource) -> Result<Option<Address>, CloudError> {
    let ids = std::slice::from_ref(&resource.id);
    Ok(addresses(clients, ids).await?.into_iter().next())
}

async fn addresses(clients: &Clients, ids: &[ResourceId]) -> Result<Vec<Address>, CloudError> {
    let filter = filter("allocation-id", ids, "elastic-ip");
    let answer = clients
        .ec2()
        .describe_addresses()
        .filters(filter)
        .send()
        .await
        .map_err(failed!("ec2", "DescribeAddresses"))?;
    Ok(answer.addresses.unwrap_or_default())
}

async fn describe(clients: &Clients, ids: &[ResourceId]) -> Result<Vec<Description>, CloudError> {
    let items = addresses(clients, ids).await?;
    let all = items
        .iter()
        .filter_map(|address| to_resource(clients, address));
    Ok(all.map(Description::from).collect())
}

fn to_resource(clients: &Clients, address: &Address) -> Option<Resource> {
    let id = clients.arn("ec2", &format!("elastic-ip/{}", address.allocation_id()?));
    let mut resource = clients.resource(id, NAME);
    resource.tags = tags(address.tags());
    let associated = address.association_id().is_some();
    resource.state = Some(if associated { "associated" } else { "idle" }.to_owned());
    resource.confirmation = Confirmation::Confirmed;
    resource.untouchable = service_managed_reason(address);
    // AWS bills an address in use and idle alike, but not one from the account's own pool.
    let pool = address.public_ipv4_pool();
    if address.public_ip().is_some() && pool.is_none_or(|pool| pool == "amazon") {
        resource.usage = vec![usage_of(Item::PublicIpv4, Decimal::ONE)];
    }
    Some(resource)
}

/// Why jiti must not touch an address that a service allocated.
fn service_managed_reason(address: &Address) -> Option<String> {
    let service = address.service_managed()?;
    Some(format!("it is managed by the service {service}"))
}

#[cfg(test)]
mod tests {
    use aws_sdk_ec2::types::ServiceManaged;

    use super::*;

    /// An address costs the same idle and in use. One from the account's own pool is free, and one
    /// of a service must not be touched.
    #[test]
    fn an_idle_address_costs_as_much() {
        let address = || {
            Address::builder()
                .allocation_id("eipalloc-1")
                .public_ip("198.51.100.1")
        };
        let idle = to_resource(&Clients::for_tests(), &address().build()).unwrap();
        let used = to_resource(
            &Clients::for_tests(),
            &address().association_id("eipassoc-1").build(),
        )
        .unwrap();
        assert_eq!(idle.usage, [usage_of(Item::PublicIpv4, Decimal::ONE)]);
        assert_eq!(
            (&idle.usage, idle.state.as_deref()),
            (&used.usage, Some("idle"))
        );
        let own = address().public_ipv4_pool("ipv4pool-ec2-1").build();
        assert_eq!(to_resource(&Clients::for_tests(), &own).unwrap().usage, []);
        let balancer = address().service_managed(ServiceManaged::Alb).build();
        assert!(
            to_resource(&Clients::for_tests(), &balancer)
                .unwrap()
                .untouchable
                .is_some()
        );
    }
}
