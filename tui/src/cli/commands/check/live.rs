//! `jiti check --live`: the rules over the discovered resources of stacks.

use std::collections::BTreeMap;

use check::{CheckReport, LiveContext};
use stack::ledger::Scope;
use stack::service::{Service, ServiceError, SyncMode};
use stack::{Lease, StackName};

use super::{Arguments, result, rule_paths, write};
use crate::cli::context::{Context, explain};
use crate::cli::ui::Ui;
use crate::error::CommandError;
use crate::live_check::LiveRules;

/// What was checked, as SARIF names it.
const ARTIFACT: &str = "discovered-resources";

pub(super) async fn run(
    names: &[StackName],
    arguments: &Arguments,
    context: &Context,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    let config = context.config()?;
    if config.accounts.is_empty() {
        return Err(CommandError::failed(
            "cannot check stacks that exist: no account is configured, so nothing is discovered",
        )
        .hint("add an [[account]] with its id and regions to the configuration file"));
    }
    let rules = LiveRules::new(&config, rule_paths(arguments, context, &config))?;
    rules.compiled().map_err(CommandError::failed)?;
    let service = context.existing_observer()?;
    service.cloud().sync(SyncMode::WhenOld).await?;
    let view = service.leases().view().await?;
    let Some(cloud) = view.cloud else {
        return Err(CommandError::failed("the cloud was never queried"));
    };
    let unchecked = cloud.known().unchecked();
    let mut report = CheckReport::default();
    for lease in leases(names, &service).await? {
        let resources = cloud.resources(&lease);
        let found = rules.report(&LiveContext {
            lease: &lease,
            resources: &resources,
            unchecked: &unchecked,
            policy: &view.policy,
        });
        report.extend(found.map_err(CommandError::failed)?);
    }
    write(&report, ARTIFACT, arguments, ui)?;
    result(&report)
}

/// The stacks with these names, or all that are not gone.
async fn leases(names: &[StackName], service: &Service) -> Result<Vec<Lease>, CommandError> {
    let all = service.ledger().leases(Scope::Live).await?;
    if names.is_empty() {
        return Ok(all);
    }
    let mut by_name: BTreeMap<StackName, Lease> = all
        .into_iter()
        .map(|lease| (lease.name.clone(), lease))
        .collect();
    let mut chosen = Vec::new();
    for name in names {
        let Some(lease) = by_name.remove(name) else {
            let unknown = ServiceError::Unknown {
                stack: name.clone(),
                ledger: service.ledger().location(),
            };
            return Err(explain(unknown, service, name).await);
        };
        chosen.push(lease);
    }
    Ok(chosen)
}
