//! What a command works on: which ledger, which configuration, whose name, and whether it may change anything.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use stack::ledger::Scope;
use stack::service::teardown::TeardownSettings;
use stack::service::{CloudAccess, Service, ServiceError};
use stack::{
    Actor, Config, Lease, LedgerError, MemoryLedger, Source, SqliteInventory, SqliteLedger,
    StackName, SystemClock,
};

use crate::cli::args::Global;
use crate::cloud_provider;
use crate::environment::Environment;
use crate::error::CommandError;

/// Why nothing may be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReadOnly {
    /// `--read-only`
    Flag,
    /// `read_only = true` in the configuration.
    Config,
}

/// Where a path comes from; it decides whether the file may be missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Named {
    /// By an option.
    Option,
    /// By an environment variable.
    Variable,
    /// By nobody: the usual place.
    Nobody,
}

/// The surroundings of one command.
#[derive(Clone)]
pub(crate) struct Context {
    pub(crate) environment: Environment,
    global: Global,
    clock: SystemClock,
}

impl Context {
    pub(crate) fn new(environment: Environment, global: Global) -> Self {
        Self {
            environment,
            global,
            clock: SystemClock,
        }
    }

    /// The same surroundings with another ledger.
    pub(crate) fn with_ledger(&self, path: &Path) -> Self {
        let mut context = self.clone();
        context.global.ledger = Some(path.display().to_string());
        context
    }

    /// What time it is.
    pub(crate) fn clock(&self) -> &SystemClock {
        &self.clock
    }

    /// The path of the ledger, whether there is a file or not.
    pub(crate) fn ledger_path(&self) -> Result<PathBuf, CommandError> {
        let Environment {
            ledger, data_home, ..
        } = &self.environment;
        match self.global.ledger.as_ref().or(ledger.as_ref()) {
            Some(address) => file_of(address),
            None => data_home
                .as_ref()
                .map(|folder| folder.join("jiti/ledger.db"))
                .ok_or_else(|| {
                    CommandError::failed("there is no place for the ledger: HOME is not set")
                        .hint("name the ledger with --ledger or JITI_LEDGER")
                }),
        }
    }

    /// The path of the configuration file and who named it; `None` without a home.
    pub(crate) fn config_path(&self) -> Option<(PathBuf, Named)> {
        let Environment {
            config,
            config_home,
            ..
        } = &self.environment;
        if let Some(path) = &self.global.config {
            return Some((path.clone(), Named::Option));
        }
        if let Some(path) = config {
            return Some((path.clone(), Named::Variable));
        }
        config_home
            .as_ref()
            .map(|folder| (folder.join("jiti/config.toml"), Named::Nobody))
    }

    /// The configuration; the usual file may be missing, one that is named may not.
    pub(crate) fn config(&self) -> Result<Config, CommandError> {
        let Some((path, named)) = self.config_path() else {
            return Ok(Config::default());
        };
        match Config::read(&path) {
            Ok(config) => cloud_provider::known(&config).map(|()| config),
            Err(error) if error.is_missing() && named == Named::Nobody => Ok(Config::default()),
            Err(error) if error.is_missing() => {
                let by = if named == Named::Option {
                    "--config"
                } else {
                    "JITI_CONFIG"
                };
                Err(CommandError::failed(format!(
                    "there is no configuration file at {}",
                    path.display()
                ))
                .hint(format!(
                    "{by} names it: correct the path, or create the file"
                )))
            }
            Err(error) => Err(CommandError::failed(error.to_string())),
        }
    }

    /// What reading needs; `None` when there is no ledger, and none is made.
    pub(crate) fn reader(&self) -> Result<Option<Service>, CommandError> {
        let config = self.config()?;
        let path = self.ledger_path()?;
        Ok(exists(&path)?
            .then(|| self.service(&path, SqliteLedger::read_only(&path), config, Source::Cli)))
    }

    /// The same, where there has to be one.
    pub(crate) fn existing_reader(&self) -> Result<Service, CommandError> {
        match self.reader()? {
            Some(service) => Ok(service),
            None => Err(no_ledger(&self.ledger_path()?)),
        }
    }

    /// What looking needs: where accounts are configured, with a cloud to ask, and writing what it says unless nothing
    /// may be changed. There stacks are found by their tags even without a ledger, and none is made.
    pub(crate) fn observer(&self) -> Result<Option<Service>, CommandError> {
        let config = self.config()?;
        let path = self.ledger_path()?;
        if config.accounts.is_empty() {
            return self.reader();
        }
        if !exists(&path)? {
            let access = self.cloud_access(&config, &path);
            let (clock, config) = (Arc::new(self.clock), Arc::new(config));
            let ledger = Arc::new(MemoryLedger::in_place_of(path.display().to_string()));
            let service = Service::new(ledger, clock, config, self.actor(), Source::Cli);
            return Ok(access.map(|access| service.with_cloud(access)));
        }
        let ledger = match self.read_only(&config) {
            Some(_) => SqliteLedger::read_only(&path),
            None => SqliteLedger::at(&path),
        };
        Ok(Some(self.service(&path, ledger, config, Source::Cli)))
    }

    /// The same, where there has to be a ledger or an account.
    pub(crate) fn existing_observer(&self) -> Result<Service, CommandError> {
        match self.observer()? {
            Some(service) => Ok(service),
            None => Err(no_ledger(&self.ledger_path()?)),
        }
    }

    /// What changing needs. Only Terraform begins a ledger: there is nothing to change in one that
    /// does not exist.
    pub(crate) fn writer(&self) -> Result<Service, CommandError> {
        self.writing_as(Source::Cli)
    }

    /// The same, for what the reaper does.
    pub(crate) fn reaper(&self) -> Result<Service, CommandError> {
        self.writing_as(Source::Reaper)
    }

    /// The same, for what one part of jiti does in the place of another.
    pub(crate) fn writing_as(&self, source: Source) -> Result<Service, CommandError> {
        let path = self.ledger_path()?;
        if self.read_only(&self.config()?).is_none() && !exists(&path)? {
            return Err(no_ledger(&path));
        }
        self.sweeping_as(source)
    }

    /// What a sweep needs: it may end a stack that only its tags tell of, and begins a ledger to say so where there is
    /// none.
    pub(crate) fn sweeping_as(&self, source: Source) -> Result<Service, CommandError> {
        let config = self.config()?;
        let path = self.ledger_path()?;
        match self.read_only(&config) {
            Some(ReadOnly::Flag) => Err(CommandError::refused(
                "nothing is changed: --read-only was given",
            )),
            Some(ReadOnly::Config) => Err(CommandError::refused(
                "nothing is changed: the configuration says read_only = true under [dashboard]",
            )),
            None => Ok(self.service(&path, SqliteLedger::at(&path), config, source)),
        }
    }

    fn service(
        &self,
        path: &Path,
        ledger: SqliteLedger,
        config: Config,
        source: Source,
    ) -> Service {
        let access = self.cloud_access(&config, path);
        let (clock, config) = (Arc::new(self.clock), Arc::new(config));
        let service = Service::new(Arc::new(ledger), clock, config, self.actor(), source);
        match access {
            Some(access) => service.with_cloud(access),
            None => service,
        }
    }

    /// The cloud of the configured accounts, with its memory in the ledger's file; `None` where no account is
    /// configured. Nothing is read, asked or connected before the first question.
    pub(crate) fn cloud_access(&self, config: &Config, ledger: &Path) -> Option<CloudAccess> {
        let cloud = cloud_provider::cloud(config, self.environment.own_endpoint)?;
        let inventory = match self.read_only(config) {
            Some(_) => SqliteInventory::read_only(ledger),
            None => SqliteInventory::at(ledger),
        };
        Some(CloudAccess::new(cloud, Arc::new(inventory)))
    }

    /// The surroundings of a teardown: where this user's runs have their folders, and what is secret.
    pub(crate) fn teardown_settings(&self) -> Result<TeardownSettings, CommandError> {
        // Whoever shares the ledger has to find the runs; and Terraform runs in another folder.
        let ledger = std::path::absolute(self.ledger_path()?)?;
        Ok(TeardownSettings {
            runs: ledger.with_file_name("runs"),
            path: self.environment.path.clone(),
            secrets: self.environment.secrets.clone(),
            ..TeardownSettings::default()
        })
    }

    /// Whether changes are forbidden, and by what. Write access to the file is the ledger's own matter.
    pub(crate) fn read_only(&self, config: &Config) -> Option<ReadOnly> {
        if self.global.read_only {
            Some(ReadOnly::Flag)
        } else {
            config.dashboard.read_only.then_some(ReadOnly::Config)
        }
    }

    /// Who acts, as far as the machine knows.
    pub(crate) fn actor(&self) -> Actor {
        let user = self.environment.user.clone();
        let user = user.unwrap_or_else(|| format!("uid {}", rustix::process::getuid().as_raw()));
        let host = rustix::system::uname();
        Actor::of(&user, &host.nodename().to_string_lossy())
    }
}

/// The path that an address of a ledger means.
fn file_of(address: &str) -> Result<PathBuf, CommandError> {
    if address.starts_with("dynamodb://") {
        return Err(CommandError::failed(format!(
            "{address}: shared ledgers are not supported yet"
        ))
        .hint("name a file with --ledger or JITI_LEDGER"));
    }
    if address.contains("://") {
        return Err(
            CommandError::failed(format!("{address} is no address of a ledger"))
                .hint("name a file with --ledger or JITI_LEDGER"),
        );
    }
    Ok(PathBuf::from(address))
}

/// Whether there is a file. A folder that may not be looked into is not an answer.
pub(crate) fn exists(path: &Path) -> Result<bool, CommandError> {
    path.try_exists().map_err(|error| {
        CommandError::failed(format!(
            "the ledger {} cannot be looked for",
            path.display()
        ))
        .because(&error)
        .hint("ask its owner for access, or name another ledger with --ledger or JITI_LEDGER")
    })
}

fn no_ledger(path: &Path) -> CommandError {
    LedgerError::Missing {
        ledger: path.display().to_string(),
    }
    .into()
}

/// Why something was not done with a stack; where nobody knows the name, with those that come nearest.
pub(crate) async fn explained(
    error: ServiceError,
    service: &Service,
    name: &StackName,
) -> CommandError {
    let unknown = matches!(error, ServiceError::Unknown { .. });
    let error = CommandError::from(error);
    if !unknown {
        return error;
    }
    let known = service
        .ledger()
        .leases(Scope::All)
        .await
        .unwrap_or_default();
    match nearest(name, &known).as_slice() {
        [] => error,
        names => error.hint(format!("did you mean {}?", names.join(" or "))),
    }
}

/// At most three names that look like this one, the likest first.
fn nearest(name: &StackName, known: &[Lease]) -> Vec<String> {
    /// Below this likeness (0 to 1) a name is another one rather than a slip of the finger.
    const ALIKE: f64 = 0.8;
    let likeness = |lease: &Lease| strsim::jaro_winkler(lease.name.as_str(), name.as_str());
    let mut near: Vec<(f64, &Lease)> = known
        .iter()
        .map(|lease| (likeness(lease), lease))
        .filter(|(likeness, lease)| *likeness >= ALIKE && lease.name != *name)
        .collect();
    near.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    near.iter()
        .take(3)
        .map(|(_, lease)| lease.name.to_string())
        .collect()
}
