//! How values read, and how people write times: shared by the command line and the dashboard.

pub(crate) mod combined_plan;
pub(crate) mod describe;
pub(crate) mod fields;
pub(crate) mod gantt;
pub(crate) mod share;
pub(crate) mod style;
pub(crate) mod table;
pub(crate) mod teardown_plan;
pub(crate) mod text;
pub(crate) mod titles;
pub(crate) mod values;
pub(crate) mod verdict;
