//! Checks the credentials of the accounts, their regions, and the cloud's clock.

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

/// Queries every account once, and stores nothing.
pub(super) async fn check(context: &Context) -> Vec<Finding> {
    let Ok(config) = context.config() else {
        // A broken configuration is another finding.
        return Vec::new();
    };
    let Ok(address) = context.ledger_address() else {
        return Vec::new();
    };
    let Some(access) = context.cloud_access(&config, &address) else {
        return Vec::new();
    };
    let found = access.cloud.discover(&DiscoveryScope::All).await;
    let mut findings: Vec<Finding> = config
        .accounts
        .iter()
        .flat_map(|account| check_account(account, &found))
        .collect();
    findings.extend(found.clock.map(|cloud| clock(cloud, context.clock().now())));
    findings
}

/// Checks one account: its credentials, then its regions, then the services in them.
fn check_account(account: &Account, found: &Discovery) -> Vec<Finding> {
    let name = format!("{} ({})", account.name, account.id);
    let gaps = found.unchecked.iter();
    let gaps: Vec<&Unchecked> = gaps.filter(|gap| gap.place.account == account.id).collect();
    if let Some(gap) = gaps.iter().find(|gap| gap.credentials) {
        return vec![Finding::broken(
            PART,
            format!("{name}: the credentials do not work: {}", gap.reason),
            match &account.access {
                CredentialSource::Standard => {
                    "log in, or set a profile or a role_arn in this [[account]]".to_owned()
                }
                CredentialSource::Profile(profile) => format!(
                    "run `aws sts get-caller-identity --profile {profile}`, and log in again if they have expired"
                ),
                CredentialSource::Role { arn, .. } => {
                    format!("check that your credentials may assume {arn}")
                }
            },
        )];
    }
    let (regions, services): (Vec<&Unchecked>, Vec<&Unchecked>) =
        gaps.into_iter().partition(|gap| gap.kind.is_none());
    let mut findings: Vec<Finding> = regions
        .iter()
        .map(|gap| {
            Finding::broken(
                PART,
                format!("{name}: {} did not answer: {}", gap.place.region, gap.reason),
                "check that the region is enabled in the account and reachable, or remove it from `regions`",
            )
        })
        .collect();
    findings.extend(services.iter().map(|gap| {
        let kind = gap.kind.as_deref().unwrap_or("all services");
        Finding::advice(
            PART,
            format!(
                "{name}: could not check {kind} in {}: {}",
                gap.place.region, gap.reason
            ),
            "allow its list and describe calls; after a teardown, what jiti could not check is residue \
             `not_looked`",
        )
    }));
    if findings.is_empty() {
        let resources = found.resources.iter();
        let count = resources
            .filter(|resource| resource.place.account == account.id)
            .count();
        findings.push(Finding::ok(
            PART,
            format!(
                "{name}: {} answered, {} found",
                account.regions.join(", "),
                values::count(count, "tagged resource")
            ),
        ));
    }
    findings
}

fn clock(cloud: Timestamp, here: Timestamp) -> Finding {
    const PART: &str = "cloud clock";
    let clock = CloudClock { cloud, here };
    match ClockSkew::between(clock) {
        None => Finding::ok(PART, format!("{} UTC, same as here", values::second(cloud))),
        Some(skew) => Finding::advice(
            PART,
            format!(
                "{} UTC, but {} UTC on this machine, {} apart, so `jiti reap --yes` refuses to run",
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
        let findings = check_account(&account(), &found).into_iter();
        findings
            .map(|finding| (finding.verdict, finding.found))
            .collect()
    }

    /// Invalid credentials are reported once. A region that does not answer is broken; a service
    /// that denies access is advice.
    #[test]
    fn each_gap_gets_its_verdict() {
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
        let verdicts: Vec<Verdict> = all.iter().map(|(verdict, _)| *verdict).collect();
        assert_eq!(verdicts, [Verdict::Broken, Verdict::Advice]);
        assert!(
            all[1].1.contains("eks:cluster in eu-west-1"),
            "{}",
            all[1].1
        );
    }

    /// A skew of more than five minutes is reported, because the reaper then refuses to run.
    #[test]
    fn a_small_skew_is_accepted() {
        let here: Timestamp = "2026-03-02T12:00:00Z".parse().unwrap();
        let near: Timestamp = "2026-03-02T12:05:00Z".parse().unwrap();
        let far: Timestamp = "2026-03-02T11:54:00Z".parse().unwrap();
        assert_eq!(clock(near, here).verdict, Verdict::Ok);
        let finding = clock(far, here);
        assert_eq!(finding.verdict, Verdict::Advice);
        assert!(finding.found.contains("6 min apart"), "{}", finding.found);
    }
}
