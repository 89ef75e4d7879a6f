//! The commands. Each file has the arguments first, whose comments are the help, then the function.

pub(crate) mod check;
pub(crate) mod complete_stacks;
pub(crate) mod completions;
pub(crate) mod cost;
pub(crate) mod dashboard;
pub(crate) mod demo;
pub(crate) mod doctor;
pub(crate) mod events;
pub(crate) mod extend;
pub(crate) mod forget;
pub(crate) mod hold;
pub(crate) mod iam;
pub(crate) mod ledger;
pub(crate) mod ls;
pub(crate) mod man;
pub(crate) mod mark;
pub(crate) mod policy;
pub(crate) mod reap;
pub(crate) mod report;
mod several_power;
pub(crate) mod show;
pub(crate) mod sleep;
pub(crate) mod sync;
pub(crate) mod teardown;
pub(crate) mod touch;
pub(crate) mod unhold;
pub(crate) mod wake;
