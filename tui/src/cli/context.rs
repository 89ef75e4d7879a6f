//! The context of a command: the ledger, the configuration, the actor, and read-only mode.

use std::path::{Path, PathBuf};
use std::sync::Arc;

pub(crate) use stack::config::PathSource;
use stack::config::{
    ConfigError, ConfigProblem, DashboardConfig, LedgerAddress, NoncompliantAction,
};
use stack::ledger::Scope;
use stack::service::teardown::TeardownSettings;
use stack::service::{CloudAccess, LiveCheck, Service, ServiceError};
use stack::{
    Actor, Config, Lease, Ledger, LedgerError, MemoryLedger, Source, SqliteInventory, StackName,
    SystemClock,
};
use tokio::sync::Semaphore;

use crate::cli::options::GlobalOptions;
use crate::cloud_provider;
use crate::dashboard::keymap::Keymap;
use crate::dashboard::theme::ThemeName;
use crate::environment::Environment;
use crate::error::CommandError;
use crate::ledger_store::{self, exists};
use crate::live_check::LiveRules;

/// Why changes are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReadOnly {
    /// `--read-only`
    Flag,
    /// `read_only = true` in the configuration.
    Config,
}

/// The settings of the dashboard that only the dashboard can check.
#[derive(Clone, Debug, Default)]
pub(crate) struct DashboardSettings {
    pub(crate) theme: ThemeName,
    pub(crate) keymap: Keymap,
}

impl DashboardSettings {
    /// Reads the settings. `path` appears only in messages.
    fn read(config: &DashboardConfig, path: &Path) -> Result<Self, CommandError> {
        let wrong = |line: usize, key: String, problem: String| {
            let error = ConfigError::Wrong {
                path: path.to_owned(),
                line,
                problem: Box::new(ConfigProblem::Value { key, problem }),
            };
            CommandError::failed(error.to_string())
        };
        let theme = match &config.theme {
            None => ThemeName::default(),
            Some(setting) => {
                let name = setting.texts.first().map(String::as_str);
                let theme: Result<ThemeName, String> = name.unwrap_or_default().parse();
                theme.map_err(|problem| wrong(setting.line, setting.key.clone(), problem))?
            }
        };
        let keymap = Keymap::read(&config.keys)
            .map_err(|found| wrong(found.line, format!("keys.{}", found.action), found.problem))?;
        Ok(Self { theme, keymap })
    }
}

/// The context of one command.
#[derive(Clone)]
pub(crate) struct Context {
    pub(crate) environment: Environment,
    global: GlobalOptions,
    clock: SystemClock,
}

impl Context {
    pub(crate) fn new(environment: Environment, global: GlobalOptions) -> Self {
        Self {
            environment,
            global,
            clock: SystemClock,
        }
    }

    /// This context with another ledger.
    pub(crate) fn with_ledger(&self, address: &LedgerAddress) -> Self {
        let mut context = self.clone();
        context.global.ledger = Some(address.to_string());
        context
    }

    /// The clock.
    pub(crate) fn clock(&self) -> &SystemClock {
        &self.clock
    }

    /// The address of the ledger, which may not exist.
    pub(crate) fn ledger_address(&self) -> Result<LedgerAddress, CommandError> {
        let locations = &self.environment.locations;
        locations
            .ledger(self.global.ledger.as_deref())
            .map_err(|error| {
                CommandError::failed(error.to_string())
                    .hint("set the path of a file, or the address of a shared ledger, with --ledger or JITI_LEDGER")
            })
    }

    /// The path of the configuration file and its source; `None` if HOME is not set.
    pub(crate) fn config_path(&self) -> Option<(PathBuf, PathSource)> {
        let locations = &self.environment.locations;
        let config = locations.config(self.global.config.as_deref())?;
        Some((config.path, config.source))
    }

    /// The configuration. A file in the default place may be missing; then no limits apply.
    pub(crate) fn config(&self) -> Result<Config, CommandError> {
        let Some((path, source)) = self.config_path() else {
            return Ok(Config::default());
        };
        match Config::read(&path) {
            Ok(config) => {
                cloud_provider::check(&config)?;
                // Wrong keys are an error of every command, like every other wrong setting.
                DashboardSettings::read(&config.dashboard, &path)?;
                Ok(config)
            }
            Err(error) if error.is_missing() && source == PathSource::Default => {
                Ok(Config::default())
            }
            Err(error) if error.is_missing() => {
                let option = if source == PathSource::Argument {
                    "--config"
                } else {
                    "JITI_CONFIG"
                };
                Err(
                    CommandError::failed(format!("no configuration file at {}", path.display()))
                        .hint(format!(
                            "{option} names this file: correct the path, or create the file"
                        )),
                )
            }
            Err(error) => Err(CommandError::failed(error.to_string())),
        }
    }

    /// The settings of the dashboard in a configuration.
    pub(crate) fn dashboard_settings(
        &self,
        config: &Config,
    ) -> Result<DashboardSettings, CommandError> {
        let path = self.config_path().map(|(path, _)| path);
        DashboardSettings::read(&config.dashboard, &path.unwrap_or_default())
    }

    /// A service that only reads the ledger; `None` if the ledger does not exist.
    pub(crate) fn reader(&self) -> Result<Option<Service>, CommandError> {
        let config = self.config()?;
        let address = self.ledger_address()?;
        if !exists(&address)? {
            return Ok(None);
        }
        let ledger = ledger_store::open(&address, true)?;
        Ok(Some(self.service(&address, ledger, config, Source::Cli)))
    }

    /// A service that only reads the ledger, which must exist.
    pub(crate) fn existing_reader(&self) -> Result<Service, CommandError> {
        match self.reader()? {
            Some(service) => Ok(service),
            None => Err(no_ledger(&self.ledger_address()?)),
        }
    }

    /// A service that can query the cloud, if accounts are configured, and that records the answers
    /// unless in read-only mode. Without a ledger it still finds stacks by their tags, in memory.
    /// `None` if neither a ledger nor an account exists.
    pub(crate) fn observer(&self) -> Result<Option<Service>, CommandError> {
        let config = self.config()?;
        let address = self.ledger_address()?;
        if config.accounts.is_empty() {
            return self.reader();
        }
        let ledger = if exists(&address)? {
            ledger_store::open(&address, self.read_only(&config).is_some())?
        } else {
            Arc::new(MemoryLedger::with_location(address.to_string()))
        };
        Ok(Some(self.service(&address, ledger, config, Source::Cli)))
    }

    /// Like [`observer`](Self::observer), but a ledger or an account must exist.
    pub(crate) fn existing_observer(&self) -> Result<Service, CommandError> {
        match self.observer()? {
            Some(service) => Ok(service),
            None => Err(no_ledger(&self.ledger_address()?)),
        }
    }

    /// A service that changes the ledger, which must exist: only `terraform apply` creates one.
    pub(crate) fn writer(&self) -> Result<Service, CommandError> {
        self.writing_as(Source::Cli)
    }

    /// Like [`writer`](Self::writer), with the reaper as the source of its events.
    pub(crate) fn reaper(&self) -> Result<Service, CommandError> {
        self.writing_as(Source::Reaper)
    }

    /// Like [`writer`](Self::writer), with this source of its events.
    pub(crate) fn writing_as(&self, source: Source) -> Result<Service, CommandError> {
        let address = self.ledger_address()?;
        if self.read_only(&self.config()?).is_none() && !exists(&address)? {
            return Err(no_ledger(&address));
        }
        self.sweeping_as(source)
    }

    /// A service for a sweep. A sweep may end an unleased stack, so it creates a missing ledger to
    /// record that.
    pub(crate) fn sweeping_as(&self, source: Source) -> Result<Service, CommandError> {
        let config = self.config()?;
        let address = self.ledger_address()?;
        match self.read_only(&config) {
            Some(ReadOnly::Flag) => Err(CommandError::refused("no changes: --read-only is set")),
            Some(ReadOnly::Config) => Err(CommandError::refused(
                "no changes: the configuration sets read_only = true under [dashboard]",
            )),
            None => {
                let ledger = ledger_store::open(&address, false)?;
                Ok(self.service(&address, ledger, config, source))
            }
        }
    }

    fn service(
        &self,
        address: &LedgerAddress,
        ledger: Arc<dyn Ledger>,
        config: Config,
        source: Source,
    ) -> Service {
        let access = self.cloud_access(&config, address);
        let inventory = self.inventory(&config, address);
        let (clock, config) = (Arc::new(self.clock), Arc::new(config));
        let rules = self.live_check(&config);
        let service = Service::new(ledger, clock, config, self.actor(), source);
        let service = service.with_live_check(rules);
        match access {
            Some(access) => service.with_cloud(access),
            None => service.with_inventory(inventory),
        }
    }

    /// The rules that a sync checks, if the configuration says so. Its entries were checked when it
    /// was read, so that they are valid here.
    pub(crate) fn live_check(&self, config: &Config) -> Option<Arc<dyn LiveCheck>> {
        let is_on = config.check.noncompliance.action != NoncompliantAction::Off;
        let rules = is_on.then(|| LiveRules::new(config, self.rule_paths(config)).ok())??;
        Some(Arc::new(rules))
    }

    /// The files and folders with rules in Rego. A relative path starts at the folder of the
    /// configuration file.
    pub(crate) fn rule_paths(&self, config: &Config) -> Vec<PathBuf> {
        let path = self.config_path().map(|(path, _)| path);
        let folder = path.as_deref().and_then(Path::parent);
        let folder = folder.unwrap_or(Path::new(""));
        let rules = config.check.rules.iter();
        rules.map(|path| folder.join(path)).collect()
    }

    /// The cache in the ledger's file, or on this machine for a shared ledger. Opens no file before
    /// the first query.
    fn inventory(&self, config: &Config, address: &LedgerAddress) -> Arc<SqliteInventory> {
        Arc::new(match self.read_only(config) {
            Some(_) => SqliteInventory::read_only(address.inventory()),
            None => SqliteInventory::at(address.inventory()),
        })
    }

    /// Access to the configured accounts, with the cached answers in the inventory; `None` if no
    /// account is configured. Opens no file and no connection before the first query.
    pub(crate) fn cloud_access(
        &self,
        config: &Config,
        address: &LedgerAddress,
    ) -> Option<CloudAccess> {
        let cloud = cloud_provider::cloud(config, self.environment.custom_endpoint)?;
        Some(CloudAccess::new(cloud, self.inventory(config, address)))
    }

    /// The settings of a teardown: the folder of its runs, the `PATH`, and the values to mask.
    pub(crate) fn teardown_settings(&self) -> Result<TeardownSettings, CommandError> {
        // Absolute, because Terraform runs in another folder. Everyone who shares the ledger's file
        // finds the runs beside it.
        Ok(TeardownSettings {
            runs: std::path::absolute(self.ledger_address()?.runs())?,
            path: self.environment.path.clone(),
            origins: self.environment.locations.origins(),
            secrets: self.environment.secrets.clone(),
            recovery_commands: cloud_provider::RECOVERY_COMMANDS,
            ..TeardownSettings::default()
        })
    }

    /// How many stacks one process acts on at once: `concurrency` under [reaper].
    pub(crate) fn concurrency(&self) -> Result<usize, CommandError> {
        let concurrency = self.config()?.reaper.concurrency;
        Ok(usize::try_from(concurrency)
            .unwrap_or(usize::MAX)
            .clamp(1, Semaphore::MAX_PERMITS))
    }

    /// Whether `--read-only` is set.
    pub(crate) fn is_read_only_flag_set(&self) -> bool {
        self.global.read_only
    }

    /// Why changes are refused, if they are. The ledger itself checks write access to its file.
    pub(crate) fn read_only(&self, config: &Config) -> Option<ReadOnly> {
        if self.global.read_only {
            Some(ReadOnly::Flag)
        } else {
            config.dashboard.read_only.then_some(ReadOnly::Config)
        }
    }

    /// The user and the host, as the actor of events.
    pub(crate) fn actor(&self) -> Actor {
        let user = self.environment.user.clone();
        let user = user.unwrap_or_else(|| format!("uid {}", rustix::process::getuid().as_raw()));
        let host = rustix::system::uname();
        Actor::from_names(&user, &host.nodename().to_string_lossy())
    }
}

fn no_ledger(address: &LedgerAddress) -> CommandError {
    LedgerError::Missing {
        ledger: address.to_string(),
    }
    .into()
}

/// The error of a service call about a stack. If the name is unknown, it suggests similar names.
pub(crate) async fn explain(
    error: ServiceError,
    service: &Service,
    name: &StackName,
) -> CommandError {
    let unknown = matches!(error, ServiceError::Unknown { .. });
    let error = CommandError::from(error);
    if !unknown {
        return error;
    }
    let leases = service
        .ledger()
        .leases(Scope::All)
        .await
        .unwrap_or_default();
    match similar_names(name, &leases).as_slice() {
        [] => error,
        names => error.hint(format!("did you mean {}?", names.join(" or "))),
    }
}

/// At most three names that are similar to this one, the most similar first.
fn similar_names(name: &StackName, leases: &[Lease]) -> Vec<String> {
    /// The similarity (0 to 1) from which a name may be a typing error.
    const MIN_SIMILARITY: f64 = 0.8;
    let similarity = |lease: &Lease| strsim::jaro_winkler(lease.name.as_str(), name.as_str());
    let mut similar: Vec<(f64, &Lease)> = leases
        .iter()
        .map(|lease| (similarity(lease), lease))
        .filter(|(similarity, lease)| *similarity >= MIN_SIMILARITY && lease.name != *name)
        .collect();
    similar.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    similar
        .iter()
        .take(3)
        .map(|(_, lease)| lease.name.to_string())
        .collect()
}
