//! What an instance costs.

use aws_sdk_ec2::types::{
    Instance, InstanceLifecycleType, InstanceNetworkInterface, InstanceState, InstanceStateName,
    InstanceType, Tenancy,
};
use rust_decimal::Decimal;
use stack::cloud::Usage;

use crate::prices::hourly;

/// What it costs, and what of that no list price says. It is billed while it runs: not while it is pending, and not while
/// it is stopped; an address that AWS lent it is billed as long as it has it.
pub(super) fn usage(instance: &Instance) -> (Vec<Usage>, Vec<String>) {
    let mut usage = Vec::new();
    let mut unpriced = Vec::new();
    let state = instance.state().and_then(InstanceState::name);
    let kind = instance.instance_type().map(InstanceType::as_str);
    if let (Some(InstanceStateName::Running), Some(kind)) = (state, kind) {
        match beyond_the_list(instance) {
            Some(why) => unpriced.push(why),
            None => usage.push(hourly(&format!("ec2:{kind}"), Decimal::ONE)),
        }
        if kind.starts_with('t') {
            unpriced.push("CPU credits".to_owned());
        }
        if !instance.product_codes().is_empty() {
            unpriced.push("software of the marketplace".to_owned());
        }
        unpriced.push("traffic".to_owned());
    }
    let lent: usize = instance.network_interfaces().iter().map(lent).sum();
    if lent > 0 {
        usage.push(hourly("vpc:public-ipv4", Decimal::from(lent)));
    }
    (usage, unpriced)
}

/// Why the price of Linux on demand is not its price.
fn beyond_the_list(instance: &Instance) -> Option<String> {
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

/// Public addresses that AWS lent it for as long as it runs: an Elastic IP belongs to the account, and is counted as such.
fn lent(interface: &InstanceNetworkInterface) -> usize {
    let associations = interface.private_ip_addresses().iter();
    let associations = associations.filter_map(|address| address.association());
    associations
        .filter(|association| association.ip_owner_id() == Some("amazon"))
        .filter(|association| association.public_ip().is_some())
        .count()
}
