//! What an EC2 instance is charged for.

use std::collections::BTreeSet;

use aws_sdk_ec2::types::{
    Instance, InstanceLifecycleType, InstanceNetworkInterface, InstanceState, InstanceStateName,
    InstanceType, StateReason, Tenancy,
};
use rust_decimal::Decimal;
use stack::cloud::Usage;

use crate::pricing::{Item, Meter, usage_of};

/// The owner of an address that AWS assigned.
pub(super) const AMAZON: &str = "amazon";

/// Burstable families: sustained CPU use costs more than their list price.
const BURSTABLE: [&str; 4] = ["t2.", "t3.", "t3a.", "t4g."];

/// What an instance uses, and what no list price covers. AWS bills an instance while it runs, not
/// while it is pending or stopped, and a public address as long as the instance has it. `assigned`
/// are the public addresses that are known not to be Elastic IPs.
pub(super) fn usage(instance: &Instance, assigned: &BTreeSet<String>) -> (Vec<Usage>, Vec<String>) {
    let mut usage = Vec::new();
    let mut unpriced = Vec::new();
    let state = instance.state().and_then(InstanceState::name);
    if is_billed(instance, state) {
        let kind = instance.instance_type().map(InstanceType::as_str);
        match (unlisted_price(instance), kind) {
            (Some(why), _) => unpriced.push(why),
            (None, Some(kind)) => {
                usage.push(usage_of(Meter::Instance(kind.to_owned()), Decimal::ONE));
            }
            (None, None) => unpriced.push("an unknown instance type".to_owned()),
        }
        if kind.is_some_and(|kind| BURSTABLE.iter().any(|family| kind.starts_with(family))) {
            unpriced.push("CPU credits".to_owned());
        }
        if !instance.product_codes().is_empty() {
            unpriced.push("AWS Marketplace software".to_owned());
        }
        unpriced.push("traffic".to_owned());
    }
    let interfaces = instance.network_interfaces().iter();
    let is_assigned = |(owner, address): &(Option<&str>, &str)| {
        *owner == Some(AMAZON) || assigned.contains(*address)
    };
    let addresses = interfaces
        .flat_map(public_addresses)
        .filter(is_assigned)
        .count();
    if addresses > 0 {
        usage.push(usage_of(Item::PublicIpv4, Decimal::from(addresses)));
    }
    (usage, unpriced)
}

/// Whether AWS bills its time: it runs, or it saves its memory before hibernation.
fn is_billed(instance: &Instance, state: Option<&InstanceStateName>) -> bool {
    let reason = instance.state_reason().and_then(StateReason::code);
    let hibernates = reason.is_some_and(|code| code.contains("Hibernate"));
    match state {
        Some(InstanceStateName::Running) => true,
        Some(InstanceStateName::Stopping) => hibernates,
        _ => false,
    }
}

/// Why the list price of Linux on demand does not apply.
fn unlisted_price(instance: &Instance) -> Option<String> {
    match instance.instance_lifecycle() {
        Some(InstanceLifecycleType::Spot) => return Some("a spot price".to_owned()),
        Some(other) => return Some(format!("a {other} price")),
        None => {}
    }
    if instance.platform().is_some() {
        return Some("Windows".to_owned());
    }
    let platform = instance.platform_details();
    if let Some(platform) = platform.filter(|platform| *platform != "Linux/UNIX") {
        return Some(platform.to_owned());
    }
    let tenancy = instance
        .placement()
        .and_then(|placement| placement.tenancy());
    let shared = matches!(tenancy, None | Some(Tenancy::Default));
    (!shared).then(|| "dedicated tenancy".to_owned())
}

/// The public addresses of an interface, each with the account that owns it. An Elastic IP belongs
/// to the account and is charged there.
pub(super) fn public_addresses(
    interface: &InstanceNetworkInterface,
) -> impl Iterator<Item = (Option<&str>, &str)> {
    let addresses = interface.private_ip_addresses().iter();
    let associations = addresses.filter_map(|address| address.association());
    associations
        .filter_map(|association| Some((association.ip_owner_id(), association.public_ip()?)))
}
