//! The rules of governance over stacks that exist, for `jiti check --live` and for each sync.

use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::Duration;

use ::check::{
    CheckReport, IgnoreList, LiveContext, LiveFiles, RegoError, RegoInput, RegoRules, Severity,
    check_live,
};
use stack::Config;
use stack::lease::BrokenRule;
use stack::service::{LiveCheck, LiveStack, LiveVerdict};

use crate::cli::commands::check::rego;
use crate::error::CommandError;

/// The built-in rules, and those that users wrote in Rego.
pub(crate) struct LiveRules {
    ignored: IgnoreList,
    paths: Vec<PathBuf>,
    limit: Duration,
    /// Read and compiled when they are needed first.
    compiled: OnceLock<Result<Compiled, String>>,
}

/// The rules in Rego: `None` if no file reads resources that exist.
pub(crate) struct Compiled {
    files: LiveFiles,
    rules: Option<RegoRules>,
}

impl LiveRules {
    /// The rules of a configuration. `paths` are the files and folders with rules in Rego, which
    /// are not opened yet.
    pub(crate) fn new(config: &Config, paths: Vec<PathBuf>) -> Result<Self, CommandError> {
        let ignored = IgnoreList::parse(&config.check.ignore)
            .map_err(|error| CommandError::failed(format!("[check] ignore: {error}")))?;
        Ok(Self {
            ignored,
            paths,
            limit: Duration::from_secs(config.check.timeout.seconds()),
            compiled: OnceLock::new(),
        })
    }

    /// The rules in Rego, compiled.
    pub(crate) fn compiled(&self) -> Result<&Compiled, String> {
        let compiled = self.compiled.get_or_init(|| compile(&self.paths));
        compiled.as_ref().map_err(Clone::clone)
    }

    /// What the rules say of a stack.
    pub(crate) fn report(&self, context: &LiveContext<'_>) -> Result<CheckReport, String> {
        let mut report = check_live(context);
        let compiled = self.compiled()?;
        let name = context.lease.name.as_str();
        if let Some(rules) = &compiled.rules {
            let mut own = CheckReport::default();
            let input = RegoInput::live(context);
            rules
                .check(&input, self.limit, &mut own)
                .map_err(|error| error.to_string())?;
            own.set_stack(name);
            report.extend(own);
        }
        compiled.files.note(name, &mut report);
        self.ignored.apply(&mut report);
        Ok(report)
    }
}

fn compile(paths: &[PathBuf]) -> Result<Compiled, String> {
    let files = rego::files(paths).map_err(|error| error.message())?;
    let files = LiveFiles::of(files);
    let rules = match RegoRules::compile(&files.files) {
        _ if files.files.is_empty() => None,
        Ok(rules) => Some(rules),
        // What is left are the helpers of rules over plans.
        Err(RegoError::NoPackage { .. }) if !files.of_plans.is_empty() => None,
        Err(error) => return Err(error.to_string()),
    };
    Ok(Compiled { files, rules })
}

impl LiveCheck for LiveRules {
    fn check(&self, stack: &LiveStack<'_>) -> Result<LiveVerdict, String> {
        let report = self.report(&LiveContext {
            lease: stack.lease,
            resources: stack.resources,
            unchecked: stack.unchecked,
            policy: stack.policy,
        })?;
        let broken = report.findings.into_iter();
        let broken = broken.filter(|finding| finding.severity == Severity::Error);
        let undecided = report.undecided.into_iter();
        Ok(LiveVerdict {
            broken: broken
                .map(|finding| BrokenRule {
                    address: finding.address,
                    rule: finding.rule,
                    why: finding.why,
                })
                .collect(),
            undecided: undecided.map(|open| (open.rule, open.address)).collect(),
        })
    }
}
