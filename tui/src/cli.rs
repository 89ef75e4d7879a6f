//! The command line: arguments, the commands, and what they print.

pub(crate) mod args;
pub(crate) mod commands;
pub(crate) mod context;
pub(crate) mod output;
pub(crate) mod ui;
