//! The client that resources and data sources use: the ledger, the config file and the clock.
//!
//! Terraform configures the provider at plan with what is known then, and again during apply. An
//! unknown ledger or config is therefore an error only in calls that cannot do without it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use stack::origin_record::OriginRecords;
use stack::service::{Service, ServiceError};
use stack::{
    Actor, Clock, Config, Lease, Origin, Policy, ProcessId, Source, StackName, SystemClock, View,
    process,
};
use tfplugin::{Context, Ending, Result};
use tokio::sync::OnceCell;

use crate::diag;
use crate::ledger::OpenLedger;
use crate::origin::{Environment, OriginSource};

/// The client of a configured provider. It opens the ledger and the config file only when they are
/// needed.
#[derive(Clone)]
pub(crate) struct Client(Arc<Inner>);

struct Inner {
    environment: Environment,
    /// `None` while the path is unknown.
    ledger: Option<OpenLedger>,
    config_path: ConfigPath,
    config: OnceLock<Result<Arc<Config>>>,
    /// The policy that the ledger holds, read once per process, when the first call needs it.
    ledger_policy: OnceCell<Option<Arc<Policy>>>,
    clock: Arc<SystemClock>,
    /// The stacks that this process registered. At shutdown, Terraform's state has them.
    registered: Mutex<BTreeSet<StackName>>,
    /// The stacks whose turns this process reports, with the apply that took them.
    turns: Mutex<BTreeMap<StackName, ProcessId>>,
    /// The names of the stacks that this process has planned; `None` if a name is unknown.
    planned: Mutex<Vec<Option<String>>>,
    warned_about_reaper: AtomicBool,
    warned_about_policy: AtomicBool,
    /// Read once per process, when the first stack needs it.
    origin_source: OnceCell<OriginSource>,
}

/// The path of the config file.
#[derive(Clone, Debug)]
pub(crate) enum ConfigPath {
    /// The user set the path, so the file must exist.
    Explicit(PathBuf),
    /// The default path. Without a file there is no policy.
    Default(PathBuf),
    /// There is no path, and so no policy.
    None,
    /// The path is known only during apply.
    Unknown,
}

impl Client {
    pub(crate) fn new(
        environment: Environment,
        ledger: Option<OpenLedger>,
        config_path: ConfigPath,
    ) -> Self {
        Self(Arc::new(Inner {
            environment,
            ledger,
            config_path,
            config: OnceLock::new(),
            ledger_policy: OnceCell::new(),
            clock: Arc::new(SystemClock),
            registered: Mutex::default(),
            turns: Mutex::default(),
            planned: Mutex::default(),
            warned_about_reaper: AtomicBool::new(false),
            warned_about_policy: AtomicBool::new(false),
            origin_source: OnceCell::new(),
        }))
    }

    pub(crate) fn environment(&self) -> &Environment {
        &self.0.environment
    }

    /// The ledger.
    ///
    /// # Errors
    /// If its address is known only during apply.
    pub(crate) fn ledger(&self) -> Result<&OpenLedger> {
        let ledger = self.0.ledger.as_ref();
        ledger.ok_or_else(|| diag::unknown_argument("ledger"))
    }

    /// The origin that the ledger records.
    pub(crate) async fn origin(&self) -> Origin {
        let read = || async {
            let environment = self.0.environment.clone();
            let source = tokio::task::spawn_blocking(move || environment.source());
            // Without the details, a stack is registered all the same.
            source.await.unwrap_or_default()
        };
        let source = self.0.origin_source.get_or_init(read).await;
        source.clone().of(self.0.environment.place())
    }

    /// Records on this machine that this user applies a stack from this place: other users can
    /// write to a shared ledger, and a teardown runs Terraform only where this record allows it. A
    /// ledger of this user alone needs no record, and a teardown by jiti applies nothing.
    ///
    /// # Errors
    /// Why the record could not be written.
    pub(crate) async fn record_origin(
        &self,
        stack: &StackName,
        origin: &Origin,
    ) -> std::result::Result<(), String> {
        let Some(ledger) = &self.0.ledger else {
            return Ok(());
        };
        let ledger = ledger.store();
        if !ledger.is_shared() || self.0.environment.tears_down {
            return Ok(());
        }
        let records = self.origin_records().ok_or("HOME is not set")?;
        let ledger = ledger.id().await.map_err(|error| error.to_string())?;
        let written = records.write(&ledger, stack, origin, self.now());
        written.map_err(|error| error.to_string())
    }

    /// Removes this user's record of a stack that is gone. If that fails, the record stays, and
    /// names a folder whose state no longer has the stack.
    pub(crate) async fn forget_origin(&self, stack: &StackName) {
        let ledger = self.0.ledger.as_ref().map(OpenLedger::store);
        let Some(ledger) = ledger.filter(|ledger| ledger.is_shared()) else {
            return;
        };
        let Some((records, ledger)) = self.origin_records().zip(ledger.id().await.ok()) else {
            return;
        };
        if let Err(error) = records.remove(&ledger, stack) {
            tracing::warn!(%stack, %error, "cannot remove the record of the stack's origin");
        }
    }

    fn origin_records(&self) -> Option<OriginRecords> {
        let folder = self.0.environment.locations.origins();
        folder.map(OriginRecords::at)
    }

    pub(crate) fn now(&self) -> jiff::Timestamp {
        self.0.clock.now()
    }

    /// The config. The file is read once.
    ///
    /// # Errors
    /// If the file is invalid, its path is known only during apply, or the user set its path and it
    /// does not exist.
    pub(crate) fn config(&self) -> Result<&Arc<Config>> {
        let read = || match &self.0.config_path {
            ConfigPath::None => Ok(Arc::default()),
            ConfigPath::Default(path) if !path.exists() => Ok(Arc::default()),
            ConfigPath::Default(path) | ConfigPath::Explicit(path) => Config::read(path)
                .map(Arc::new)
                .map_err(|error| diag::config(&error)),
            ConfigPath::Unknown => Err(diag::unknown_argument("config")),
        };
        self.0
            .config
            .get_or_init(read)
            .as_ref()
            .map_err(Clone::clone)
    }

    /// The config file that the user named; `None` for the default one, which `jiti` finds itself.
    ///
    /// # Errors
    /// If its path is known only during apply.
    pub(crate) fn explicit_config(&self) -> Result<Option<&Path>> {
        match &self.0.config_path {
            ConfigPath::Explicit(path) => Ok(Some(path)),
            ConfigPath::Default(_) | ConfigPath::None => Ok(None),
            ConfigPath::Unknown => Err(diag::unknown_argument("config")),
        }
    }

    /// The policy that the ledger holds; `None` if it holds none. A failed read is repeated by the
    /// next call.
    ///
    /// # Errors
    /// If the ledger cannot be read, or the text of its policy is invalid.
    async fn ledger_policy(
        &self,
        ledger: &OpenLedger,
    ) -> std::result::Result<Option<Arc<Policy>>, ServiceError> {
        // The first apply creates the ledger.
        if !ledger.exists() {
            return Ok(None);
        }
        let read = || async { Ok(ledger.policy().await?.map(Arc::new)) };
        let policy = self.0.ledger_policy.get_or_try_init(read).await;
        policy.cloned()
    }

    /// The policy in force: the ledger's, or else that of the config file.
    ///
    /// # Errors
    /// If the ledger is unknown or cannot be read, its policy is invalid, or the config file cannot
    /// be read.
    pub(crate) async fn policy(&self) -> Result<Arc<Policy>> {
        let config = self.config()?;
        let in_ledger = self.ledger_policy(self.ledger()?).await;
        let in_ledger = in_ledger.map_err(|error| diag::service(&error))?;
        Ok(in_ledger.unwrap_or_else(|| Arc::new(config.policy.clone())))
    }

    /// The policy in force for a plan; `None` while it is unknown, because the config file or the
    /// ledger is, or because the ledger cannot be read. Terraform plans each change again during
    /// apply, and that apply checks the policy, or fails. An unreadable ledger must not fail a
    /// plan, because a destroy plans first. One warning per process says that the plan checks no
    /// limit.
    ///
    /// # Errors
    /// If the config file cannot be read, or the ledger's policy is invalid.
    pub(crate) async fn policy_at_plan(
        &self,
        context: &mut Context,
    ) -> Result<Option<Arc<Policy>>> {
        let config = match self.0.config_path {
            ConfigPath::Unknown => None,
            _ => Some(self.config()?),
        };
        let Ok(ledger) = self.ledger() else {
            return Ok(None);
        };
        match self.ledger_policy(ledger).await {
            Ok(Some(policy)) => Ok(Some(policy)),
            Ok(None) => Ok(config.map(|config| Arc::new(config.policy.clone()))),
            Err(ServiceError::Ledger(error)) => {
                if !self.0.warned_about_policy.swap(true, Ordering::Relaxed) {
                    let detail = format!(
                        "{}\nThe ledger may hold the policy, so this plan checks no limit. An apply \
                         of this plan checks the policy, and fails if it still cannot read the \
                         ledger.",
                        diag::chain(&error)
                    );
                    context.warn("This plan does not check the policy", detail);
                }
                Ok(None)
            }
            Err(error) => Err(diag::at_plan(&error)),
        }
    }

    /// The service with the policy in force.
    ///
    /// # Errors
    /// As [`Client::policy`].
    pub(crate) async fn service(&self) -> Result<Service> {
        self.service_with(self.policy().await?)
    }

    /// The service without a policy, for recording events and releasing stacks.
    ///
    /// # Errors
    /// If the ledger is unknown.
    pub(crate) fn service_without_policy(&self) -> Result<Service> {
        self.service_with(Arc::default())
    }

    fn service_with(&self, policy: Arc<Policy>) -> Result<Service> {
        let service = Service::new(
            self.ledger()?.shared_store(),
            Arc::clone(&self.0.clock) as Arc<dyn Clock>,
            Arc::default(),
            self.actor(),
            Source::Provider,
        );
        Ok(service.with_policy(policy))
    }

    /// The user who runs Terraform.
    pub(crate) fn actor(&self) -> Actor {
        Actor::from_names(&self.0.environment.user, &process::host())
    }

    /// Records that this process registered a stack.
    pub(crate) fn add_registration(&self, name: &StackName) {
        self.0
            .registered
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(name.clone());
    }

    /// Reports in the background that this process has the turn of a stack, where the policy limits
    /// the inits.
    pub(crate) async fn report_turn(&self, service: &Service, lease: &Lease, process: &ProcessId) {
        let policy = service.policy().await;
        let is_limited = policy.is_ok_and(|policy| policy.max_concurrent_inits.is_some());
        if !is_limited || lease.terms.ready_timeout.is_none() {
            return;
        }
        let (stack, process) = (lease.name.clone(), process.clone());
        let turns = self.0.turns.lock();
        let mut turns = turns.unwrap_or_else(PoisonError::into_inner);
        turns.insert(stack.clone(), process.clone());
        let service = service.clone();
        tokio::spawn(async move { service.leases().report_turn(&stack, &process).await });
    }

    /// Ends the reports of [`Client::report_turn`]. After a finished run, Terraform may still work
    /// on the stacks with another provider; an abandoned run gives its turns back.
    pub(crate) async fn end_turns(&self, ending: Ending) {
        let turns =
            std::mem::take(&mut *self.0.turns.lock().unwrap_or_else(PoisonError::into_inner));
        let Ok(service) = self.service_without_policy() else {
            return;
        };
        for (stack, process) in &turns {
            let leases = service.leases();
            let ended = match ending {
                Ending::Finished => leases.end_turn_reports(stack, process).await,
                Ending::Abandoned => leases.abandon_turn(stack, process).await,
            };
            if let Err(error) = ended {
                tracing::debug!(%stack, %error, "cannot end the reports of a turn");
            }
        }
    }

    /// Records that this process plans a stack. Returns the other stacks that it has planned
    /// before: names in quotes, or a text for a name that is not known yet.
    pub(crate) fn add_planned_stack(&self, name: Option<String>) -> Vec<String> {
        let mut planned = self
            .0
            .planned
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let others = planned
            .iter()
            .filter(|other| name.is_none() || **other != name);
        let others = others
            .map(|other| match other {
                Some(name) => format!("{name:?}"),
                None => "a stack whose name is not known yet".to_owned(),
            })
            .collect();
        if name.is_none() || !planned.contains(&name) {
            planned.push(name);
        }
        others
    }

    /// Marks the registrations of this process as finished in the ledger. Terraform shuts its
    /// providers down at the end of a run, when its state has all created stacks. A killed run
    /// never gets here.
    pub(crate) async fn confirm_registrations(&self) {
        let names = std::mem::take(
            &mut *self
                .0
                .registered
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        );
        let Ok(service) = self.service_without_policy() else {
            return;
        };
        let confirmations = names.iter().map(|name| service.leases().recorded(name));
        for (name, outcome) in names
            .iter()
            .zip(futures_util::future::join_all(confirmations).await)
        {
            if let Err(error) = outcome {
                tracing::warn!(stack = %name, %error, "cannot mark the registration as finished; the next plan will do it");
            }
        }
    }

    /// The time, the policy and the reaper status that a listing depends on. An unreadable or
    /// unknown config file counts as no policy, and so does an invalid policy in the ledger: they
    /// fail only calls that change something.
    ///
    /// # Errors
    /// If the ledger is unknown or cannot be read.
    pub(crate) async fn view(&self) -> Result<View> {
        let policy = match self.ledger_policy(self.ledger()?).await {
            Ok(Some(policy)) => (*policy).clone(),
            Ok(None) => self
                .config()
                .map(|config| config.policy.clone())
                .unwrap_or_default(),
            Err(ServiceError::Ledger(error)) => return Err(diag::ledger(&error)),
            Err(_) => Policy::default(),
        };
        let reaper = self.ledger()?.reaper().await;
        let reaper = reaper.map_err(|error| diag::ledger(&error))?;
        let config = self.config().ok();
        let grace = config.and_then(|config| config.check.noncompliance.grace(&policy));
        Ok(View::new(self.now(), policy, reaper).with_noncompliance_grace(grace))
    }

    /// The reason why no reaper tears down expired stacks, if there is one. Returns it once per
    /// process, because one reaper serves all stacks.
    pub(crate) async fn reaper_warning(&self) -> Option<String> {
        if self.0.warned_about_reaper.swap(true, Ordering::Relaxed) {
            return None;
        }
        let reaper = self.ledger().ok()?.reaper().await;
        reaper
            .ok()?
            .inactivity(self.now())
            .map(|reason| reason.to_string())
    }
}
