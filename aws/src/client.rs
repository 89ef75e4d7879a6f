//! How AWS is called: the accounts, the clients of each region, the rate limits, and what failures mean.

pub(crate) mod accounts;
pub(crate) mod clients;
pub(crate) mod error;
pub(crate) mod http;
#[cfg(test)]
pub(crate) mod loopback;
pub(crate) mod rate_limit;

pub(crate) use clients::Clients;
