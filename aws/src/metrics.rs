//! Whether resources are used: the metrics of each type, asked in batches, held against thresholds.

mod evaluate;
mod query;

use std::collections::BTreeMap;

use jiff::Timestamp;
use stack::Span;
use stack::cloud::{CloudError, Resource, ResourceId};
use stack::idle::{Activity, Evidence};

use self::evaluate::{Judged, Look};
use self::query::{Answer, Question};
use crate::arn::Arn;
use crate::client::Clients;
use crate::types;

/// One metric that tells whether a resource is used.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Signal {
    /// `AWS/EC2`
    pub(crate) namespace: &'static str,
    /// `CPUUtilization`
    pub(crate) metric: &'static str,
    /// `Maximum`, `Sum` or `Average`.
    pub(crate) statistic: &'static str,
    /// Names and values of its dimensions.
    pub(crate) dimensions: Vec<(&'static str, String)>,
    /// From this value on somebody uses it; for a sum it is the amount in a day.
    pub(crate) threshold: f64,
    /// Sums of traffic are only written while there is some: no data then means none. A gauge without data is not known.
    pub(crate) silence_is_zero: bool,
}

impl Signal {
    /// The threshold for a window: a sum's is for a day.
    fn threshold_over(&self, window: Span) -> f64 {
        if self.statistic == "Sum" {
            let seconds = u32::try_from(window.seconds()).unwrap_or(u32::MAX);
            self.threshold * f64::from(seconds) / DAY
        } else {
            self.threshold
        }
    }
}

const DAY: f64 = 86_400.0;

/// Asks the metrics of resources in one place and judges each. Those that nothing tells about, and those that are
/// stopped, are left out: nobody is expected to use them.
pub(crate) async fn observe(
    clients: &Clients,
    resources: &[&Resource],
    window: Span,
    now: Timestamp,
) -> BTreeMap<ResourceId, Activity> {
    let look = Look::new(window, now);
    let asked = signals(resources);
    let questions: Vec<Question<'_>> = asked
        .iter()
        .map(|(_, signal)| Question {
            signal,
            look: &look,
        })
        .collect();
    let answers = query::all(clients, &questions).await;
    judged(&look, &asked, &answers)
}

/// What every resource answers when its place could not be asked.
pub(crate) fn unreachable(
    resources: &[&Resource],
    window: Span,
    now: Timestamp,
    error: &CloudError,
) -> BTreeMap<ResourceId, Activity> {
    let look = Look::new(window, now);
    let asked = signals(resources);
    let answers: Vec<_> = asked.iter().map(|_| Answer::failed(error)).collect();
    judged(&look, &asked, &answers)
}

fn signals<'a>(resources: &[&'a Resource]) -> Vec<(&'a Resource, Signal)> {
    resources
        .iter()
        .filter(|resource| !resource.stopped)
        .flat_map(|resource| {
            let signals = types::by_name(&resource.kind).map(|kind| kind.signals(resource));
            signals
                .unwrap_or_default()
                .into_iter()
                .map(|signal| (*resource, signal))
        })
        .collect()
}

fn judged(
    look: &Look,
    asked: &[(&Resource, Signal)],
    answers: &[Answer],
) -> BTreeMap<ResourceId, Activity> {
    let mut observed: BTreeMap<ResourceId, Activity> = BTreeMap::new();
    let mut restless: BTreeMap<&ResourceId, bool> = BTreeMap::new();
    for ((resource, signal), answer) in asked.iter().zip(answers) {
        let Judged {
            value,
            quiet_since,
            why_not,
        } = look.judge(signal, resource.created_at, answer);
        let mut name = format!("{} {}", short(&resource.id), signal.metric);
        if let Some(why) = why_not {
            name = format!("{name} ({why})");
        }
        let seen = observed.entry(resource.id.clone()).or_default();
        seen.evidence.push(Evidence {
            signal: name,
            value,
            threshold: signal.threshold_over(look.window),
            window: look.window,
        });
        // Quiet is what is quiet in every respect, and since the last of them.
        let restless = restless.entry(&resource.id).or_default();
        *restless |= quiet_since.is_none();
        seen.quiet_since = seen.quiet_since.max(quiet_since).filter(|_| !*restless);
    }
    observed
}

/// The part of an id that people know: `i-1`, `app/web/50dc6c495c0c9188`.
fn short(id: &ResourceId) -> &str {
    let resource = Arn::from_id(id).map_or(id.as_str(), |arn| arn.resource);
    resource
        .split_once(['/', ':'])
        .map_or(resource, |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use stack::Place;
    use stack::cloud::Confirmation;

    use super::*;

    fn volume(id: &str, created: &str) -> Resource {
        let place = Place {
            account: "123456789012".to_owned(),
            region: "eu-west-1".to_owned(),
        };
        let id = ResourceId(format!("arn:aws:ec2:eu-west-1:123456789012:volume/{id}"));
        let mut resource = Resource::named(id, "ec2:volume", place);
        resource.confirmation = Confirmation::Confirmed;
        resource.created_at = created.parse().ok();
        let device = ("device".to_owned(), "/dev/sdf".to_owned());
        resource.details.extend([device]);
        resource
    }

    const NOW: &str = "2026-03-02T12:00:00Z";

    /// A resource is quiet since the last of its signals, and not at all while one of them is not.
    #[test]
    fn quiet_is_quiet_in_every_respect() {
        let now: Timestamp = NOW.parse().unwrap();
        let look = Look::new(Span::minutes(60), now);
        let volume = volume("vol-1", "2026-03-02T06:00:00Z");
        let asked = signals(&[&volume]);
        assert_eq!(asked.len(), 2);
        let used_at = |text: &str| {
            Answer::complete(vec![
                (text.parse().unwrap(), 9.0),
                ("2026-03-02T11:00:00Z".parse().unwrap(), 0.0),
                (NOW.parse().unwrap(), 0.0),
            ])
        };
        let answers = [
            used_at("2026-03-02T08:00:00Z"),
            used_at("2026-03-02T09:00:00Z"),
        ];
        let seen = judged(&look, &asked, &answers).remove(&volume.id).unwrap();
        assert_eq!(seen.quiet_since, "2026-03-02T09:05:00Z".parse().ok());
        assert_eq!(seen.evidence[0].signal, "vol-1 VolumeReadOps");
        assert!((seen.evidence[0].threshold - 1.0 / 24.0).abs() < 1e-9);
        let answers = [
            used_at("2026-03-02T11:30:00Z"),
            used_at("2026-03-02T09:00:00Z"),
        ];
        let seen = judged(&look, &asked, &answers).remove(&volume.id).unwrap();
        assert_eq!(
            (seen.quiet_since, seen.evidence[0].value),
            (None, Some(9.0))
        );
    }

    /// What is stopped is not expected to be used, and what could not be asked is not known.
    #[test]
    fn stopped_is_left_out_and_unasked_is_unknown() {
        let mut volume = volume("vol-1", "2026-03-02T06:00:00Z");
        let now: Timestamp = NOW.parse().unwrap();
        let error = CloudError {
            service: "monitoring".to_owned(),
            call: "GetMetricData".to_owned(),
            resource: None,
            code: Some("AccessDenied".to_owned()),
            message: "no".to_owned(),
            kind: stack::cloud::CloudErrorKind::Denied,
        };
        let seen = unreachable(&[&volume], Span::minutes(60), now, &error);
        let evidence = &seen[&volume.id].evidence[0];
        assert_eq!(evidence.value, None);
        assert!(
            evidence.signal.contains("(not allowed to ask)"),
            "{}",
            evidence.signal
        );
        volume.stopped = true;
        assert!(unreachable(&[&volume], Span::minutes(60), now, &error).is_empty());
    }
}
