//! `list "jiti_stack"`: the live stacks of a ledger, for `terraform query`.

use stack::Listing;
use stack::ledger::Scope;
use tfplugin::{ListContext, ListResource, Model, Result, Value};

use super::stack::StackResource;
use super::stack_import::imported_state;
use crate::diag;
use crate::listing_filter::{ListingFilter, check_flag, check_live_phase};

/// The live stacks of a ledger that match all given filters, sorted by name. A stack that is gone,
/// or whose lease was ended with `jiti forget`, is not listed.
///
/// With `terraform query -generate-config-out=FILE`, Terraform writes an `import` block and the
/// configuration of each stack.
#[derive(Clone, Debug, Model)]
#[model(nested)]
pub(crate) struct StackFilter {
    /// Only stacks of this app.
    #[attribute(optional)]
    app: Value<String>,
    /// Only stacks of this owner.
    #[attribute(optional)]
    owner: Value<String>,
    /// Only stacks in this phase: `provisioning`, `ready`, `asleep`, `purgatory`, `tearing_down`,
    /// `residue`.
    #[attribute(optional, validate = check_live_phase)]
    phase: Value<String>,
    /// Only stacks with this flag: `idle`, `expiring`, `expired`, `held`, `protected`,
    /// `over_budget`, `noncompliant`.
    #[attribute(optional, validate = check_flag)]
    flag: Value<String>,
}

impl ListResource for StackResource {
    type Filter = StackFilter;

    /// The objects come from the ledger alone: a read records where Terraform runs, and a query
    /// must change nothing.
    async fn list(&self, found: &mut ListContext<'_, Self>, filter: StackFilter) -> Result<()> {
        let ledger = self.client().ledger()?;
        if !ledger.exists() {
            return Ok(());
        }
        let leases = ledger.store().leases(Scope::Live).await;
        let leases = leases.map_err(|error| diag::ledger(&error))?;
        let view = self.client().view().await?;
        let filter = ListingFilter {
            app: &filter.app,
            owner: &filter.owner,
            phase: &filter.phase,
            flag: &filter.flag,
        };
        for lease in leases.iter().filter(|lease| !lease.forgotten) {
            let listing = Listing::new(lease, &view);
            if filter.matches(&listing) {
                let Listing {
                    name,
                    app,
                    version,
                    phase,
                    ..
                } = &listing;
                let display_name = format!("{name} ({app} {version}, {phase})");
                found.send_object(display_name, imported_state(lease)).await;
            }
        }
        Ok(())
    }
}
