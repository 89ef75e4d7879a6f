//! What commands say: the same data as a table, as JSON or as CSV, and how figures and text are written.

pub(crate) mod changed;
pub(crate) mod coverage;
pub(crate) mod csv;
pub(crate) mod event_table;
pub(crate) mod html;
pub(crate) mod json;
pub(crate) mod page;
pub(crate) mod resources;
pub(crate) mod table;
