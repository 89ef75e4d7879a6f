//! The dashboard: events, the model, its updates, its views, and the background tasks.

pub(crate) mod app;
pub(crate) mod effect;
pub(crate) mod event;
pub(crate) mod keymap;
pub(crate) mod model;
pub(crate) mod msg;
pub(crate) mod problem;
pub(crate) mod record;
pub(crate) mod replay;
pub(crate) mod stack_key;
pub(crate) mod tasks;
pub(crate) mod terminal;
#[cfg(test)]
mod test_fuzz;
pub(crate) mod theme;
pub(crate) mod update;
pub(crate) mod view;
pub(crate) mod view_file;
