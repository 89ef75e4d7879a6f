//! What commands print: tables and pages for people, JSON, CSV and HTML.

mod broken_rules;
pub(crate) mod change;
pub(crate) mod coverage;
pub(crate) mod csv;
pub(crate) mod event_table;
pub(crate) mod html;
pub(crate) mod json;
pub(crate) mod resource_table;
pub(crate) mod stack_page;
