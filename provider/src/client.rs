//! What resources and data sources work with: the ledger, the config file and the clock, each reached when it is needed.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use stack::service::Service;
use stack::{
    Actor, Clock, Config, Lease, Ledger, LedgerError, ReaperStatus, Source, SqliteLedger,
    StackName, SystemClock, View, process,
};
use tfplugin::Result;

use crate::diag;
use crate::origin::Environment;

/// A configured provider. Making one touches nothing.
#[derive(Clone)]
pub(crate) struct Client(Arc<Inner>);

struct Inner {
    environment: Environment,
    ledger_path: PathBuf,
    ledger: Arc<SqliteLedger>,
    config_path: Option<ConfigPath>,
    config: OnceLock<Result<Arc<Config>>>,
    clock: Arc<SystemClock>,
    /// Stacks that this process registered: when it is asked to end, Terraform's state holds them.
    registered: Mutex<BTreeSet<StackName>>,
    said_nothing_ends: AtomicBool,
}

/// Where the config file is looked for.
#[derive(Clone, Debug)]
pub(crate) enum ConfigPath {
    /// Somebody named it, so it has to be there.
    Named(PathBuf),
    /// The usual place; without a file nothing is limited.
    Usual(PathBuf),
}

impl Client {
    pub(crate) fn new(
        environment: Environment,
        ledger_path: PathBuf,
        config_path: Option<ConfigPath>,
    ) -> Self {
        Self(Arc::new(Inner {
            ledger: Arc::new(SqliteLedger::at(&ledger_path)),
            environment,
            ledger_path,
            config_path,
            config: OnceLock::new(),
            clock: Arc::new(SystemClock),
            registered: Mutex::default(),
            said_nothing_ends: AtomicBool::new(false),
        }))
    }

    pub(crate) fn environment(&self) -> &Environment {
        &self.0.environment
    }

    pub(crate) fn ledger_path(&self) -> &Path {
        &self.0.ledger_path
    }

    pub(crate) fn ledger(&self) -> &dyn Ledger {
        self.0.ledger.as_ref()
    }

    pub(crate) fn now(&self) -> jiff::Timestamp {
        self.0.clock.now()
    }

    /// The config file, read once.
    ///
    /// # Errors
    /// A file that is malformed, or was named and is not there.
    pub(crate) fn config(&self) -> Result<&Arc<Config>> {
        let read = || match &self.0.config_path {
            None => Ok(Arc::default()),
            Some(ConfigPath::Usual(path)) if !path.exists() => Ok(Arc::default()),
            Some(ConfigPath::Usual(path) | ConfigPath::Named(path)) => Config::read(path)
                .map(Arc::new)
                .map_err(|error| diag::config(&error)),
        };
        self.0
            .config
            .get_or_init(read)
            .as_ref()
            .map_err(Clone::clone)
    }

    /// The use cases, held to the policy of the config file.
    ///
    /// # Errors
    /// A config file that cannot be read.
    pub(crate) fn service(&self) -> Result<Service> {
        Ok(self.service_under(Arc::clone(self.config()?)))
    }

    /// The use cases that no policy limits: telling what happened, and letting go.
    pub(crate) fn unlimited(&self) -> Service {
        self.service_under(Arc::default())
    }

    fn service_under(&self, config: Arc<Config>) -> Service {
        Service::new(
            Arc::clone(&self.0.ledger) as Arc<dyn Ledger>,
            Arc::clone(&self.0.clock) as Arc<dyn Clock>,
            config,
            self.actor(),
            Source::Provider,
        )
    }

    /// Who runs Terraform.
    pub(crate) fn actor(&self) -> Actor {
        Actor::of(&self.0.environment.user, &process::host())
    }

    /// The lease of a stack. A ledger that is not there knows none, and is not created by looking.
    ///
    /// # Errors
    /// A ledger that cannot be read.
    pub(crate) async fn lease(
        &self,
        name: &StackName,
    ) -> std::result::Result<Option<Lease>, LedgerError> {
        if !self.0.ledger_path.exists() {
            return Ok(None);
        }
        self.0.ledger.lease(name).await
    }

    /// Remembers that this process registered a stack.
    pub(crate) fn registered(&self, name: &StackName) {
        self.0
            .registered
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(name.clone());
    }

    /// Tells the ledger that the registrations of this process are finished: Terraform asks its providers to end
    /// when a run is over, and by then its state holds what was created. A run that is killed never gets here.
    pub(crate) async fn finish(&self) {
        let names = std::mem::take(
            &mut *self
                .0
                .registered
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        );
        let service = self.unlimited();
        let recorded = names.iter().map(|name| service.recorded(name));
        for (name, outcome) in names
            .iter()
            .zip(futures_util::future::join_all(recorded).await)
        {
            if let Err(error) = outcome {
                tracing::warn!(stack = %name, %error, "the registration could not be marked as finished; the next plan does it");
            }
        }
    }

    /// What leases are read against now. A config file that cannot be read limits and protects nothing here: it
    /// is only looked at, and whoever changes something is told.
    ///
    /// # Errors
    /// A ledger that cannot be read.
    pub(crate) async fn view(&self) -> Result<View> {
        let policy = self
            .config()
            .map(|config| config.policy.clone())
            .unwrap_or_default();
        let reaper = self.reaper().await.map_err(|error| diag::ledger(&error))?;
        Ok(View::new(self.now(), policy, reaper))
    }

    async fn reaper(&self) -> std::result::Result<ReaperStatus, LedgerError> {
        if self.0.ledger_path.exists() {
            self.0.ledger.reaper().await
        } else {
            Ok(ReaperStatus::default())
        }
    }

    /// Whether it has to be said that nothing ends at expiry: once a process, since one reaper serves all stacks.
    pub(crate) async fn inactivity(&self) -> Option<String> {
        if self.0.said_nothing_ends.swap(true, Ordering::Relaxed) {
            return None;
        }
        self.reaper()
            .await
            .ok()?
            .inactivity(self.now())
            .map(|why| why.to_string())
    }
}
