//! The use cases of a lease: register, adopt, update, renew, extend, hold, and release.

pub(super) mod adopt;
pub(super) mod extend;
pub(super) mod hold;
mod misdated;
pub(super) mod pools;
pub(super) mod read;
pub(super) mod readiness;
pub(super) mod register;
pub(super) mod release;
pub(super) mod touch;
pub(super) mod turns;
pub(super) mod update;

use crate::service::Service;

/// The use cases of leases: see [`Service::leases`].
#[derive(Clone, Copy)]
pub struct Leases<'a> {
    pub(super) service: &'a Service,
}
