//! How values read on a terminal, shared by the command line and the dashboard.

pub(crate) mod describe;
pub(crate) mod fields;
pub(crate) mod gantt;
pub(crate) mod style;
pub(crate) mod text;
pub(crate) mod values;
