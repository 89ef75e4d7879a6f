//! Deferred plans: the provider cannot plan yet, and the client plans again in a later run.

/// Why a provider cannot plan yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DeferralReason {
    /// A value in the configuration of the resource is unknown.
    ResourceConfigUnknown,
    /// A value in the provider block is unknown.
    ProviderConfigUnknown,
    /// Something that the change needs does not exist yet.
    AbsentPrerequisite,
}

/// The reasons with which one call may be deferred. None, unless the call is a plan and the client
/// allows it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct AllowedDeferrals {
    pub(crate) resource_config: bool,
    pub(crate) provider_config: bool,
    pub(crate) prerequisite: bool,
}

impl AllowedDeferrals {
    pub(crate) fn contains(self, reason: DeferralReason) -> bool {
        match reason {
            DeferralReason::ResourceConfigUnknown => self.resource_config,
            DeferralReason::ProviderConfigUnknown => self.provider_config,
            DeferralReason::AbsentPrerequisite => self.prerequisite,
        }
    }
}

/// Whether a client of this version can handle a deferral.
///
/// Only alpha and development builds of Terraform have `-allow-deferral`. Two released clients also
/// claim to allow deferrals, and then fail: Terraform 1.11 during apply, and OpenTofu 1.11 always.
pub(crate) fn supports_deferrals(version: &str) -> bool {
    let build = version.split_once('-').map_or("", |(_, build)| build);
    build.starts_with("alpha") || build.starts_with("dev")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Only builds of Terraform that have `-allow-deferral` get deferrals.
    #[test]
    fn released_clients_do_not_support_deferrals() {
        let versions = ["1.11.4", "1.14.0", "1.15.0-beta1", "1.15.0-rc2", ""];
        assert!(!versions.into_iter().any(supports_deferrals));
        let versions = ["1.14.0-alpha20250903", "1.17.0-dev"];
        assert!(versions.into_iter().all(supports_deferrals));
    }
}
