//! The accounts: whether the credentials are theirs, which regions answer, and what time the cloud says it is.

use jiff::Timestamp;
use stack::Clock;
use stack::cloud::{Discovery, DiscoveryScope, Unchecked};
use stack::config::{Account, CredentialSource};
use stack::inventory::CloudClock;
use stack::service::ClockSkew;

use super::Finding;
use crate::cli::context::Context;
use crate::format::values;

const PART: &str = "account";

/// Asks once, everywhere. Nothing is kept of it: a doctor changes nothing.
pub(super) async fn look(context: &Context) -> Vec<Finding> {
    let Ok(config) = context.config() else {
        // That is another finding.
        return Vec::new();
    };
    let path = context.ledger_path().unwrap_or_default();
    let Some(access) = context.cloud_access(&config, &path) else {
        return Vec::new();
    };
    let found = access.cloud.discover(&DiscoveryScope::All).await;
    let mut findings: Vec<Finding> = config
        .accounts
        .iter()
        .flat_map(|account| about(account, &found))
        .collect();
    findings.extend(found.clock.map(|cloud| clock(cloud, context.clock().now())));
    findings
}

/// One account: its credentials, then each region that did not answer, then the services in it that did not.
fn about(account: &Account, found: &Discovery) -> Vec<Finding> {
    let name = format!("{} ({})", account.name, account.id);
    let gaps = found.unchecked.iter();
    let gaps: Vec<&Unchecked> = gaps.filter(|gap| gap.place.account == account.id).collect();
    if let Some(gap) = gaps.iter().find(|gap| gap.credentials) {
        return vec![Finding::broken(
            PART,
            format!("{name}: its credentials do not work: {}", gap.reason),
            match &account.access {
                CredentialSource::Standard => {
                    "log in, or name a profile or a role_arn under this [[account]]".to_owned()
                }
                CredentialSource::Profile(profile) => format!(
                    "see `aws sts get-caller-identity --profile {profile}`, and log in again where they have expired"
                ),
                CredentialSource::Role { arn, .. } => {
                    format!("see whether {arn} may be assumed from here")
                }
            },
        )];
    }
    let (silent, partly): (Vec<&Unchecked>, Vec<&Unchecked>) =
        gaps.into_iter().partition(|gap| gap.kind.is_none());
    let mut findings: Vec<Finding> = silent
        .iter()
        .map(|gap| {
            Finding::broken(
                PART,
                format!("{name}: {} did not answer: {}", gap.place.region, gap.reason),
                "see whether the region is enabled in the account and can be reached from here, or leave it out of `regions`",
            )
        })
        .collect();
    findings.extend(partly.iter().map(|gap| {
        let kind = gap.kind.as_deref().unwrap_or("everything");
        Finding::advice(
            PART,
            format!(
                "{name}: {kind} in {} could not be looked at: {}",
                gap.place.region, gap.reason
            ),
            "allow its list and describe calls: what cannot be looked at is residue `not_looked` at the end of a teardown",
        )
    }));
    if findings.is_empty() {
        let resources = found.resources.iter();
        let count = resources
            .filter(|one| one.place.account == account.id)
            .count();
        findings.push(Finding::ok(
            PART,
            format!(
                "{name}: {} answered, {count} resources carry a stack's tag",
                account.regions.join(", ")
            ),
        ));
    }
    findings
}

fn clock(cloud: Timestamp, here: Timestamp) -> Finding {
    const PART: &str = "cloud clock";
    let clock = CloudClock { cloud, here };
    match ClockSkew::between(clock) {
        None => Finding::ok(PART, format!("{} UTC, as here", values::second(cloud))),
        Some(skew) => Finding::advice(
            PART,
            format!(
                "it says {} UTC, and this machine {} UTC, {} apart: `jiti reap --yes` refuses to end anything",
                values::second(skew.cloud),
                values::second(skew.here),
                values::duration(skew.apart)
            ),
            "set this machine's clock, for example with `timedatectl set-ntp true`",
        ),
    }
}

#[cfg(test)]
mod tests {
    use stack::Place;

    use super::*;
    use crate::doctor::Verdict;

    fn account() -> Account {
        Account {
            name: "sandbox".to_owned(),
            id: "123456789012".to_owned(),
            access: CredentialSource::Profile("sandbox".to_owned()),
            regions: vec!["eu-west-1".to_owned(), "us-east-1".to_owned()],
        }
    }

    fn gap(region: &str, kind: Option<&str>, credentials: bool) -> Unchecked {
        Unchecked {
            place: Place {
                account: "123456789012".to_owned(),
                region: region.to_owned(),
            },
            kind: kind.map(str::to_owned),
            reason: "no".to_owned(),
            credentials,
        }
    }

    fn verdicts(not_looked: Vec<Unchecked>) -> Vec<(Verdict, String)> {
        let found = Discovery {
            unchecked: not_looked,
            ..Discovery::default()
        };
        let findings = about(&account(), &found).into_iter();
        findings.map(|one| (one.verdict, one.found)).collect()
    }

    /// Credentials that do not work are said once, a silent region is broken, a service that may not be asked is advice.
    #[test]
    fn each_trouble_is_told_as_what_it_is() {
        let all = verdicts(Vec::new());
        assert_eq!((all.len(), all[0].0), (1, Verdict::Ok));
        let credentials = [gap("eu-west-1", None, true), gap("us-east-1", None, true)];
        let all = verdicts(credentials.to_vec());
        assert_eq!((all.len(), all[0].0), (1, Verdict::Broken));
        assert!(all[0].1.contains("credentials"), "{}", all[0].1);
        let all = verdicts(vec![
            gap("us-east-1", None, false),
            gap("eu-west-1", Some("eks:cluster"), false),
        ]);
        let said: Vec<Verdict> = all.iter().map(|(verdict, _)| *verdict).collect();
        assert_eq!(said, [Verdict::Broken, Verdict::Advice]);
        assert!(
            all[1].1.contains("eks:cluster in eu-west-1"),
            "{}",
            all[1].1
        );
    }

    /// More than five minutes between the clocks is worth a word, and a reaper refuses then.
    #[test]
    fn clocks_may_differ_a_little() {
        let here: Timestamp = "2026-03-02T12:00:00Z".parse().unwrap();
        let near: Timestamp = "2026-03-02T12:05:00Z".parse().unwrap();
        let far: Timestamp = "2026-03-02T11:54:00Z".parse().unwrap();
        assert_eq!(clock(near, here).verdict, Verdict::Ok);
        let finding = clock(far, here);
        assert_eq!(finding.verdict, Verdict::Advice);
        assert!(finding.found.contains("6 min apart"), "{}", finding.found);
    }
}
