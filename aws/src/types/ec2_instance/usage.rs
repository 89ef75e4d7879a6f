//! What an instance costs.

use aws_sdk_ec2::types::{
    Instance, InstanceLifecycleType, InstanceNetworkInterface, InstanceState, InstanceStateName,
    InstanceType, StateReason, Tenancy,
};
use rust_decimal::Decimal;
use stack::cloud::Usage;

use crate::pricing::hourly;

/// Families whose sustained use of the processor costs more than their list price.
const BURSTING: [&str; 4] = ["t2.", "t3.", "t3a.", "t4g."];

/// What it costs, and what of that no list price says. It is billed while it runs: not while it is pending, and not while
/// it is stopped; an address that AWS lent it is billed as long as it has it.
pub(super) fn usage(instance: &Instance) -> (Vec<Usage>, Vec<String>) {
    let mut usage = Vec::new();
    let mut unpriced = Vec::new();
    let state = instance.state().and_then(InstanceState::name);
    let kind = instance.instance_type().map(InstanceType::as_str);
    if is_billed(instance, state) {
        let kind = kind.unwrap_or("an unknown type");
        match beyond_the_list(instance) {
            Some(why) => unpriced.push(why),
            None => usage.push(hourly(&format!("ec2:{kind}"), Decimal::ONE)),
        }
        if BURSTING.iter().any(|family| kind.starts_with(family)) {
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

/// Whether its time is billed: it runs, or is writing down its memory on the way to hibernation.
fn is_billed(instance: &Instance, state: Option<&InstanceStateName>) -> bool {
    let reason = instance.state_reason().and_then(StateReason::code);
    let hibernates = reason.is_some_and(|code| code.contains("Hibernate"));
    match state {
        Some(InstanceStateName::Running) => true,
        Some(InstanceStateName::Stopping) => hibernates,
        _ => false,
    }
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
