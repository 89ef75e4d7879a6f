//! The config file: its settings, and a parser whose errors name the file, the line and the remedy.

mod budget_section;
mod check_section;
mod dispatch;
mod error;
mod locations;
mod policy_section;
mod section;

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use toml::Spanned;
use toml::de::DeTable;

pub use check_section::{
    CheckConfig, NoncomplianceSetting, NoncompliantAction, UnknownNoncompliantAction,
};
pub use dispatch::{DispatchArgument, DispatchConfig, Placeholder};
pub use error::{ConfigError, ConfigProblem};
pub use locations::{ConfigLocation, LedgerAddress, LocationError, Locations, PathSource};
pub use policy_section::{PolicyDifference, PolicySection, PolicyValue};
pub use section::NamedTexts;
use section::{Lines, Section};

use crate::budget::Budget;
use crate::cloud::Place;
use crate::policy::{Policy, compile_pattern};
use crate::reaper::DEFAULT_INTERVAL;
use crate::regular_file;
use crate::values::id::unsafe_character;
use crate::values::money::HourlyRate;
use crate::values::ttl::Span;

/// The whole config file. Unset keys have their defaults; a missing file equals
/// `Config::default()`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    /// `[policy]`: the limits.
    pub policy: Policy,
    /// `[reaper]`: the reaper's settings.
    pub reaper: ReaperConfig,
    /// `[sweep]`: how a sweep deletes.
    pub sweep: SweepConfig,
    /// `[notify]`: warnings to owners.
    pub notify: NotifyConfig,
    /// Each `[[account]]`: where to look for tags. Without any, jiti uses only the ledger's leases.
    pub accounts: Vec<Account>,
    /// `[dashboard]`: the dashboard's settings.
    pub dashboard: DashboardConfig,
    /// `[report]`: the report's settings.
    pub report: ReportConfig,
    /// `[terraform]`: the programs of teardowns.
    pub terraform: TerraformConfig,
    /// `[teardown]`: what a teardown may be rebuilt from.
    pub teardown: TeardownConfig,
    /// `[dispatch]`: how a teardown is started elsewhere, if it may be.
    pub dispatch: Option<DispatchConfig>,
    /// `[check]`: the rules of `jiti check`.
    pub check: CheckConfig,
}

/// The settings of teardowns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TeardownConfig {
    /// Patterns on the addresses of repositories. A `*` matches no slash, and `**` does. Without
    /// any, jiti rebuilds nothing from a commit.
    pub repositories: Vec<String>,
}

impl TeardownConfig {
    /// Whether a root module may be rebuilt from a repository.
    #[must_use]
    pub fn allows(&self, url: &str) -> bool {
        let patterns = self.repositories.iter();
        // An invalid pattern allows nothing.
        let mut patterns = patterns.filter_map(|pattern| address_pattern(pattern).ok());
        patterns.any(|pattern| pattern.compile_matcher().is_match(url))
    }
}

/// The settings of Terraform.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TerraformConfig {
    /// The absolute paths of `terraform` and `tofu` programs that are not on `PATH`. A teardown
    /// prefers them.
    pub programs: Vec<PathBuf>,
}

/// The settings of the reaper.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReaperConfig {
    /// The time between runs.
    pub interval: Span,
    /// The maximum number of teardowns at the same time.
    pub concurrency: u32,
    /// If more stacks are due in one run, the reaper touches none.
    pub max_stacks: u32,
    /// A sweep that would delete more is refused before its first delete.
    pub max_resources: u32,
    /// Whether the reaper may sweep by tag.
    pub sweep: bool,
    /// Each `[[reaper.budget]]`: how many stacks may be ending at the same time, and when.
    pub budgets: Vec<Budget>,
}

impl Default for ReaperConfig {
    fn default() -> Self {
        Self {
            interval: DEFAULT_INTERVAL,
            concurrency: 4,
            max_stacks: 20,
            max_resources: 200,
            sweep: false,
            budgets: Vec::new(),
        }
    }
}

/// How a sweep deletes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SweepConfig {
    /// For how many days a deleted secret can be recovered, and keeps its name: 7 to 30, or 0 to
    /// delete it at once.
    pub secret_recovery_days: u32,
}

impl Default for SweepConfig {
    fn default() -> Self {
        Self {
            secret_recovery_days: 30,
        }
    }
}

/// The settings of warnings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotifyConfig {
    /// The webhook's URL, which must accept Slack's JSON.
    pub webhook: Option<String>,
    /// The times before expiry at which to warn, longest first.
    pub before: Vec<Span>,
}

impl Default for NotifyConfig {
    fn default() -> Self {
        let before = [24 * 60, 2 * 60, 30].map(Span::minutes).to_vec();
        Self {
            webhook: None,
            before,
        }
    }
}

/// An account of a cloud.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The account's display name.
    pub name: String,
    /// The account number, twelve digits. Credentials of another account are refused.
    pub id: String,
    /// The source of its credentials.
    pub access: CredentialSource,
    /// The regions to look in.
    pub regions: Vec<String>,
}

/// The source of an account's credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CredentialSource {
    /// The standard credential chain of the environment.
    Standard,
    /// A profile of the AWS config file.
    Profile(String),
    /// An assumed role.
    Role {
        /// The ARN of the role.
        arn: String,
        /// The external id that the role requires.
        external_id: Option<String>,
    },
}

/// The settings of the dashboard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DashboardConfig {
    /// Whether the dashboard refuses changes.
    pub read_only: bool,
    /// The age at which cloud data is fetched again.
    pub refresh: Span,
    /// The name of the theme. The dashboard knows which names are valid.
    pub theme: Option<NamedTexts>,
    /// `[dashboard.keys]`: the keys of actions. The dashboard knows which ones are valid.
    pub keys: Vec<NamedTexts>,
    /// The program that opens a URL, and its arguments; empty: the platform's own.
    pub open_command: Vec<String>,
}

impl Default for DashboardConfig {
    fn default() -> Self {
        Self {
            read_only: false,
            refresh: Span::minutes(5),
            theme: None,
            keys: Vec::new(),
            open_command: Vec::new(),
        }
    }
}

impl DashboardConfig {
    /// Whether cloud data is older than `refresh` allows. Data that was never fetched is stale, and
    /// so is data from the future, which another clock has written.
    #[must_use]
    pub fn is_stale(&self, scanned_at: Option<Timestamp>, now: Timestamp) -> bool {
        !scanned_at.is_some_and(|at| at <= now && self.refresh.after(at) > now)
    }
}

/// The settings of the report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReportConfig {
    /// The price of an hour that an engineer waits for a start, which the savings subtract. Off
    /// unless set.
    pub engineer_hourly_usd: Option<HourlyRate>,
}

impl Config {
    /// Reads the file at `path`.
    ///
    /// # Errors
    /// [`ConfigError`]. [`ConfigError::is_missing`] tells a missing file from an invalid one.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = regular_file::read_to_string(path).map_err(|source| ConfigError::Read {
            path: path.to_owned(),
            source,
        })?;
        Self::parse(&text, path)
    }

    /// Parses the text of a file. `path` appears only in messages.
    ///
    /// # Errors
    /// [`ConfigError::Wrong`] with the file, the line, and what was expected there.
    pub fn parse(text: &str, path: &Path) -> Result<Self, ConfigError> {
        let lines = Lines { path, text };
        let table = parse_table(&lines)?;
        let mut file = Section::root(&lines, &table);
        let config = Self {
            policy: file.table("policy", policy)?.unwrap_or_default(),
            reaper: file.table("reaper", reaper)?.unwrap_or_default(),
            sweep: file.table("sweep", sweep)?.unwrap_or_default(),
            notify: file.table("notify", notify)?.unwrap_or_default(),
            accounts: file.tables("account", account)?,
            dashboard: file.table("dashboard", dashboard)?.unwrap_or_default(),
            report: file.table("report", report)?.unwrap_or_default(),
            terraform: file.table("terraform", terraform)?.unwrap_or_default(),
            teardown: file.table("teardown", teardown)?.unwrap_or_default(),
            dispatch: file.table("dispatch", dispatch)?,
            check: file
                .table("check", check_section::read)?
                .unwrap_or_default(),
        };
        file.finish()?;
        Ok(config)
    }

    /// Every place of the configured accounts: each region, and the place of global resources.
    pub fn places(&self) -> impl Iterator<Item = Place> {
        self.accounts.iter().flat_map(|account| {
            let regions = account.regions.iter().map(String::as_str);
            regions.chain([Place::GLOBAL]).map(|region| Place {
                account: account.id.clone(),
                region: region.to_owned(),
            })
        })
    }
}

/// Parses the text as TOML.
fn parse_table<'a>(lines: &Lines<'a>) -> Result<Spanned<DeTable<'a>>, ConfigError> {
    DeTable::parse(lines.text).map_err(|error| {
        let problem = ConfigProblem::Syntax(error.message().to_owned());
        lines.error(error.span().map_or(0, |span| span.start), problem)
    })
}

fn policy(section: &mut Section<'_>) -> Result<Policy, ConfigError> {
    let none = Policy::default();
    let policy = Policy {
        max_ttl: section.span("max_ttl")?,
        default_ttl: section.span("default_ttl")?,
        max_hold: section.span("max_hold")?,
        grace: section.span("grace")?.unwrap_or(none.grace),
        owner_pattern: section.checked("owner_pattern", |pattern| {
            regex::Regex::new(pattern)
                .map(|_| ())
                .map_err(|error| error.to_string())
        })?,
        required_labels: section.texts("required_labels", |key| match unsafe_character(key) {
            Some(c) => Err(format!(
                "{c:?} is not allowed in a tag: use letters, digits, spaces and _.:/=+@-"
            )),
            None if key.is_empty() => Err("a label must not be empty".to_owned()),
            None => Ok(()),
        })?,
        max_hourly_usd: section.rate("max_hourly_usd")?,
        max_live_per_owner: section.count("max_live_per_owner")?,
        max_concurrent_inits: section.count("max_concurrent_inits")?,
        max_wait: section.span("max_wait")?.unwrap_or(none.max_wait),
        preflight_breaker: section
            .choice("preflight_breaker", "\"fail\", \"wait\" or \"off\"")?
            .unwrap_or(none.preflight_breaker),
        preflight_window: section
            .span("preflight_window")?
            .unwrap_or(none.preflight_window),
        protected: section.texts("protected", |pattern| compile_pattern(pattern).map(drop))?,
    };
    if let (Some(default), Some(max)) = (policy.default_ttl, policy.max_ttl)
        && default > max
    {
        let problem = format!("{default} is longer than max_ttl, {max}");
        return Err(section.wrong("default_ttl", &problem));
    }
    Ok(policy)
}

fn reaper(section: &mut Section<'_>) -> Result<ReaperConfig, ConfigError> {
    let none = ReaperConfig::default();
    Ok(ReaperConfig {
        interval: section.span("interval")?.unwrap_or(none.interval),
        concurrency: section.count("concurrency")?.unwrap_or(none.concurrency),
        max_stacks: section.count("max_stacks")?.unwrap_or(none.max_stacks),
        max_resources: section
            .count("max_resources")?
            .unwrap_or(none.max_resources),
        sweep: section.flag("sweep")?.unwrap_or(none.sweep),
        budgets: section.tables("budget", budget_section::read)?,
    })
}

fn sweep(section: &mut Section<'_>) -> Result<SweepConfig, ConfigError> {
    let none = SweepConfig::default();
    Ok(SweepConfig {
        secret_recovery_days: section
            .days("secret_recovery_days", 7, 30)?
            .unwrap_or(none.secret_recovery_days),
    })
}

fn notify(section: &mut Section<'_>) -> Result<NotifyConfig, ConfigError> {
    let webhook = section.checked("webhook", |address| {
        let web = address.starts_with("https://") || address.starts_with("http://");
        if web {
            Ok(())
        } else {
            Err("a URL starts with https://".to_owned())
        }
    })?;
    let mut before = section
        .spans("before")?
        .unwrap_or(NotifyConfig::default().before);
    before.sort_unstable_by(|a, b| b.cmp(a));
    before.dedup();
    Ok(NotifyConfig { webhook, before })
}

fn account(section: &mut Section<'_>) -> Result<Account, ConfigError> {
    let name = section.checked("name", not_empty)?;
    let id = section.checked("id", |id| {
        let right = id.len() == 12 && id.bytes().all(|b| b.is_ascii_digit());
        if right {
            Ok(())
        } else {
            Err("an account number has twelve digits".to_owned())
        }
    })?;
    let profile = section.checked("profile", not_empty)?;
    let role = section.checked("role_arn", |arn| {
        if arn.starts_with("arn:") {
            Ok(())
        } else {
            Err("an ARN starts with arn:".to_owned())
        }
    })?;
    let external_id = section.checked("external_id", not_empty)?;
    let access = match (profile, role, external_id) {
        (Some(_), Some(_), _) => {
            return Err(section.wrong("role_arn", "profile is also set: keep only one of the two"));
        }
        (_, None, Some(_)) => {
            return Err(section.wrong("external_id", "it needs role_arn, which is not set"));
        }
        (None, Some(arn), external_id) => CredentialSource::Role { arn, external_id },
        (Some(profile), None, None) => CredentialSource::Profile(profile),
        (None, None, None) => CredentialSource::Standard,
    };
    let regions = section.texts("regions", not_empty)?;
    if regions.is_empty() {
        return Err(section.missing("regions", "at least one region, such as [\"eu-west-1\"]"));
    }
    Ok(Account {
        name: name.ok_or_else(|| section.missing("name", "the account's display name"))?,
        id: id.ok_or_else(|| section.missing("id", "the account number, twelve digits"))?,
        access,
        regions,
    })
}

fn dashboard(section: &mut Section<'_>) -> Result<DashboardConfig, ConfigError> {
    let none = DashboardConfig::default();
    Ok(DashboardConfig {
        read_only: section.flag("read_only")?.unwrap_or(none.read_only),
        refresh: section.span("refresh")?.unwrap_or(none.refresh),
        theme: section.named_text("theme")?,
        keys: section.table("keys", dashboard_keys)?.unwrap_or_default(),
        open_command: section.texts("open_command", not_empty)?,
    })
}

fn report(section: &mut Section<'_>) -> Result<ReportConfig, ConfigError> {
    Ok(ReportConfig {
        engineer_hourly_usd: section.rate("engineer_hourly_usd")?,
    })
}

fn dashboard_keys(section: &mut Section<'_>) -> Result<Vec<NamedTexts>, ConfigError> {
    section.all_texts()
}

fn terraform(section: &mut Section<'_>) -> Result<TerraformConfig, ConfigError> {
    let programs = section.texts("programs", |program| {
        if Path::new(program).is_absolute() {
            Ok(())
        } else {
            Err("the path of a program starts with /".to_owned())
        }
    })?;
    let programs = programs.into_iter().map(PathBuf::from).collect();
    Ok(TerraformConfig { programs })
}

fn teardown(section: &mut Section<'_>) -> Result<TeardownConfig, ConfigError> {
    let repositories = section.texts("repositories", |pattern| {
        not_empty(pattern)?;
        address_pattern(pattern)
            .map(|_| ())
            .map_err(|error| error.to_string())
    })?;
    Ok(TeardownConfig { repositories })
}

/// A pattern on an address, in which a `*` matches no slash.
fn address_pattern(pattern: &str) -> Result<globset::Glob, globset::Error> {
    globset::GlobBuilder::new(pattern)
        .literal_separator(true)
        .build()
}

fn dispatch(section: &mut Section<'_>) -> Result<DispatchConfig, ConfigError> {
    let command = section.texts("command", |argument| {
        DispatchArgument::parse(argument).map(|_| ())
    })?;
    let timeout = section.span("timeout")?;
    let arguments = command.iter().skip(1);
    let arguments = arguments.filter_map(|argument| DispatchArgument::parse(argument).ok());
    let program = command.first();
    let found = DispatchConfig::new(program, arguments.collect(), timeout);
    let found = found.ok_or_else(|| {
        let expected = "the command that starts a teardown, such as [\"gh\", \"workflow\", \"run\", \"destroy.yml\", \"-f\", \"name={name}\"]";
        section.missing("command", expected)
    })?;
    let name = &found.program;
    let is_found = Path::new(name).is_absolute() || !name.contains('/');
    if name.is_empty() || name.contains(['{', '}']) || !is_found {
        let problem = "it starts with a program: an absolute path, or a name to look for on PATH";
        return Err(section.wrong("command", problem));
    }
    Ok(found)
}

fn not_empty(text: &str) -> Result<(), String> {
    if text.is_empty() {
        Err("it is empty".to_owned())
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
