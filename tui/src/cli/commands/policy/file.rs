//! What the commands about the policy share: reading files, and the values of keys as a table.

use std::path::{Path, PathBuf};

use stack::config::{PolicyDifference, PolicySection, PolicyValue};
use stack::ledger::LedgerPolicy;

use crate::cli::context::{Context, PathSource};
use crate::error::CommandError;
use crate::format::table::{Align, Cell, Column, Table};
use crate::format::values;

/// Reads the text of a file that the user named.
pub(super) fn read(path: &Path) -> Result<String, CommandError> {
    std::fs::read_to_string(path).map_err(|error| {
        CommandError::failed(format!("cannot read {}", path.display())).because(&error)
    })
}

/// The configuration file of this machine, which the ledger's policy overrides.
pub(super) struct LocalFile {
    /// The path; `None` if there is no file.
    pub(super) path: Option<PathBuf>,
    /// Its policy, which sets no key if there is no file.
    pub(super) section: PolicySection,
}

impl LocalFile {
    /// Reads the file. The file in the default place may be missing.
    pub(super) fn read(context: &Context) -> Result<Self, CommandError> {
        let missing = Self {
            path: None,
            section: PolicySection::default(),
        };
        let Some((path, source)) = context.config_path() else {
            return Ok(missing);
        };
        if source == PathSource::Default && !path.exists() {
            return Ok(missing);
        }
        // Reports a missing file and invalid accounts like every other command.
        context.config()?;
        Self::of(path)
    }

    /// Reads a file that has the section `[policy]`, and may have the other sections of a
    /// configuration file.
    pub(super) fn of(path: PathBuf) -> Result<Self, CommandError> {
        let section = PolicySection::of_config_file(&read(&path)?, &path);
        let section = section.map_err(|error| CommandError::failed(error.to_string()))?;
        let path = Some(path);
        Ok(Self { path, section })
    }
}

/// Who pushed a policy, and when.
pub(super) fn pushed(policy: &LedgerPolicy, now: jiff::Timestamp) -> String {
    format!(
        "{} pushed it at {}",
        policy.by,
        values::moment(policy.at, now)
    )
}

/// The keys that differ, with both values:
///
/// ```text
/// KEY      LEDGER  FILE
/// max_ttl  "2d"    "7d"
/// ```
pub(super) fn table(titles: [&'static str; 2], differences: &[PolicyDifference]) -> Table {
    let [before, after] = titles;
    let mut table = Table::new([
        Column::new("KEY", Align::Left),
        Column::new(before, Align::Left).between(12, 60),
        Column::new(after, Align::Left).between(12, 60),
    ]);
    for difference in differences {
        table.row([
            Cell::new(difference.key),
            cell(difference.ledger.as_ref()),
            cell(difference.file.as_ref()),
        ]);
    }
    table
}

fn cell(value: Option<&PolicyValue>) -> Cell {
    Cell::new(value.map_or_else(|| "not set".to_owned(), ToString::to_string))
}
