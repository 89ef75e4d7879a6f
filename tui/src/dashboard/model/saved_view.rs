//! What the list looks like: kept from one session to the next.

use serde::{Deserialize, Serialize};

use super::column::{ColumnChoice, SortOrder};
use super::list::{Grouping, List};
use crate::dashboard::theme::ThemeName;

/// Sort order, groups, columns and theme.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SavedView {
    pub(crate) order: SortOrder,
    pub(crate) grouping: Grouping,
    pub(crate) columns: ColumnChoice,
    /// The theme, if it is not that of the config file.
    pub(crate) chosen_theme: Option<ChosenTheme>,
}

/// A theme that the user chose in the dashboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ChosenTheme {
    pub(crate) theme: ThemeName,
    /// The theme of the config file at that time. A later change of the config file counts again.
    pub(crate) instead_of: ThemeName,
}

impl SavedView {
    /// What the list looks like now.
    pub(crate) fn of(list: &List, theme: ThemeName, configured: ThemeName) -> Self {
        let chosen = ChosenTheme {
            theme,
            instead_of: configured,
        };
        Self {
            order: list.order,
            grouping: list.grouping,
            columns: list.columns,
            chosen_theme: (theme != configured).then_some(chosen),
        }
    }

    /// The theme to start with.
    pub(crate) fn theme(&self, configured: ThemeName) -> ThemeName {
        match self.chosen_theme {
            Some(chosen) if chosen.instead_of == configured => chosen.theme,
            _ => configured,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The theme that the user chose in the dashboard counts until the config file names another.
    #[test]
    fn the_latest_choice_of_a_theme_counts() {
        let list = List::default();
        let saved = SavedView::of(&list, ThemeName::HighContrast, ThemeName::Default);
        assert_eq!(saved.theme(ThemeName::Default), ThemeName::HighContrast);
        assert_eq!(saved.theme(ThemeName::Monochrome), ThemeName::Monochrome);
        let saved = SavedView::of(&list, ThemeName::Default, ThemeName::Default);
        assert_eq!(saved, SavedView::default());
    }
}
