//! How jiti calls AWS: accounts, the clients of each region, rate limits and error kinds.

pub(crate) mod accounts;
pub(crate) mod clients;
pub(crate) mod error;
pub(crate) mod http;
#[cfg(test)]
pub(crate) mod loopback;
pub(crate) mod rate_limit;
pub(crate) mod untagged_cache;

pub(crate) use clients::Clients;
