//! Reads whether resources are in use: queries the metrics of each type and compares them with
//! thresholds.

mod evaluate;
mod query;
mod window;

use std::collections::BTreeMap;

use jiff::Timestamp;
use stack::Span;
use stack::cloud::{CloudError, Resource, ResourceId};
use stack::idle::{Activity, Evidence};

use self::evaluate::Evaluation;
use self::query::MetricData;
use self::window::MetricWindow;
use crate::client::Clients;
use crate::signal::Signal;
use crate::types;

/// Queries the metrics of resources in one account and region, and evaluates them. Leaves out
/// stopped resources, which are not expected to be in use, and resources without metrics.
pub(crate) async fn observe(
    clients: &Clients,
    resources: &[&Resource],
    window: Span,
    now: Timestamp,
) -> BTreeMap<ResourceId, Activity> {
    let window = MetricWindow::new(window, now);
    let signals = signals(resources);
    let queried: Vec<&Signal> = signals.iter().map(|(_, signal)| signal).collect();
    let data = query::query(clients, &queried, &window).await;
    evaluate_all(&window, &signals, &data)
}

/// The observations of resources whose account or region could not be reached.
pub(crate) fn unreachable(
    resources: &[&Resource],
    window: Span,
    now: Timestamp,
    error: &CloudError,
) -> BTreeMap<ResourceId, Activity> {
    let window = MetricWindow::new(window, now);
    let signals = signals(resources);
    let data: Vec<_> = signals.iter().map(|_| MetricData::failed(error)).collect();
    evaluate_all(&window, &signals, &data)
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

fn evaluate_all(
    window: &MetricWindow,
    signals: &[(&Resource, Signal)],
    data: &[MetricData],
) -> BTreeMap<ResourceId, Activity> {
    let mut observed: BTreeMap<ResourceId, Activity> = BTreeMap::new();
    let mut in_use: BTreeMap<&ResourceId, bool> = BTreeMap::new();
    for ((resource, signal), data) in signals.iter().zip(data) {
        let Evaluation {
            value,
            quiet_since,
            why_unknown,
        } = window.evaluate(signal, resource.created_at, data);
        let mut name = format!("{} {}", resource.id.short(), signal.metric);
        if let Some(why) = why_unknown {
            name = format!("{name} ({why})");
        }
        let entry = observed.entry(resource.id.clone()).or_default();
        entry.evidence.push(Evidence {
            signal: name,
            value,
            threshold: signal.threshold_over(window.window),
            unit: signal.unit().map(str::to_owned),
            window: window.window,
        });
        // A resource is quiet if all its signals are, since the latest of them.
        let in_use = in_use.entry(&resource.id).or_default();
        *in_use |= quiet_since.is_none();
        entry.quiet_since = entry.quiet_since.max(quiet_since).filter(|_| !*in_use);
    }
    observed
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

    /// A resource is quiet since the latest of its signals, and only while all of them are.
    #[test]
    fn quiet_means_all_signals_are_quiet() {
        let now: Timestamp = NOW.parse().unwrap();
        let window = MetricWindow::new(Span::minutes(60), now);
        let volume = volume("vol-1", "2026-03-02T06:00:00Z");
        let signals = signals(&[&volume]);
        assert_eq!(signals.len(), 2);
        let used_at = |text: &str| {
            MetricData::complete(vec![
                (text.parse().unwrap(), 9.0),
                ("2026-03-02T11:00:00Z".parse().unwrap(), 0.0),
                (NOW.parse().unwrap(), 0.0),
            ])
        };
        let data = [
            used_at("2026-03-02T08:00:00Z"),
            used_at("2026-03-02T09:00:00Z"),
        ];
        let observed = evaluate_all(&window, &signals, &data);
        let observed = &observed[&volume.id];
        assert_eq!(observed.quiet_since, "2026-03-02T09:05:00Z".parse().ok());
        assert_eq!(observed.evidence[0].signal, "vol-1 VolumeReadOps");
        assert!((observed.evidence[0].threshold - 1.0 / 24.0).abs() < 1e-9);
        let data = [
            used_at("2026-03-02T11:30:00Z"),
            used_at("2026-03-02T09:00:00Z"),
        ];
        let observed = evaluate_all(&window, &signals, &data);
        let observed = &observed[&volume.id];
        assert_eq!(
            (observed.quiet_since, observed.evidence[0].value),
            (None, Some(9.0))
        );
    }

    /// A stopped resource is left out; one that could not be reached is unknown.
    #[test]
    fn stopped_is_left_out_and_unreachable_is_unknown() {
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
        let observed = unreachable(&[&volume], Span::minutes(60), now, &error);
        let evidence = &observed[&volume.id].evidence[0];
        assert_eq!(evidence.value, None);
        assert!(
            evidence.signal.contains("(access denied)"),
            "{}",
            evidence.signal
        );
        volume.stopped = true;
        assert!(unreachable(&[&volume], Span::minutes(60), now, &error).is_empty());
    }
}
