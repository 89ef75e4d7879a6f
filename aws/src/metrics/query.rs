//! Queries many CloudWatch metrics in one call. Each metric costs a thousandth of a cent.

use aws_sdk_cloudwatch::types::{
    Dimension, Metric, MetricDataQuery, MetricDataResult, MetricStat, StatusCode,
};
use aws_smithy_types::DateTime;
use futures_util::stream::{self, StreamExt};
use jiff::Timestamp;
use stack::cloud::{CloudError, CloudErrorKind};

use super::window::MetricWindow;
use crate::client::Clients;
use crate::client::error::failed;
use crate::signal::Signal;
use crate::time::timestamp;

/// Metrics in one call: the most that CloudWatch accepts.
const MAX_METRICS: usize = 500;

/// Data points in the answer of one call: the most that CloudWatch returns.
const MAX_POINTS: i64 = 100_800;

/// Calls in flight at once, below the rate limit of the service.
const MAX_CALLS_IN_FLIGHT: usize = 4;

/// The data points of one metric.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct MetricData {
    /// Start time and value of each point, in any order.
    pub(super) points: Vec<(Timestamp, f64)>,
    /// Why points may be missing.
    pub(super) incomplete: Option<String>,
}

impl MetricData {
    #[cfg(test)]
    pub(super) fn complete(points: Vec<(Timestamp, f64)>) -> Self {
        let incomplete = None;
        Self { points, incomplete }
    }

    /// No points, because the call failed.
    pub(super) fn failed(error: &CloudError) -> Self {
        let why = match error.kind {
            CloudErrorKind::Denied => "access denied".to_owned(),
            CloudErrorKind::Credentials => "the credentials are not valid".to_owned(),
            CloudErrorKind::Throttled => "too many calls".to_owned(),
            CloudErrorKind::Unreachable => "CloudWatch could not be reached".to_owned(),
            _ => error.code.clone().unwrap_or_else(|| error.message.clone()),
        };
        Self {
            points: Vec::new(),
            incomplete: Some(why),
        }
    }

    fn add(&mut self, result: &MetricDataResult) {
        let times = result.timestamps().iter().map(|time| timestamp(Some(time)));
        let points = times.zip(result.values());
        self.points
            .extend(points.filter_map(|(time, value)| Some((time?, *value))));
        // A series that continues on another page is partial until its last page.
        self.incomplete = match result.status_code() {
            Some(StatusCode::Complete) => None,
            Some(StatusCode::PartialData) => Some("partial data".to_owned()),
            Some(StatusCode::Forbidden) => Some("access denied".to_owned()),
            Some(StatusCode::InternalError) => Some("CloudWatch failed".to_owned()),
            other => Some(other.map_or("no status", StatusCode::as_str).to_owned()),
        };
    }
}

/// The data of each signal, in the order of the signals.
pub(super) async fn query(
    clients: &Clients,
    signals: &[&Signal],
    window: &MetricWindow,
) -> Vec<MetricData> {
    let calls: Vec<_> = signals
        .chunks(metrics_per_call(window))
        .map(|chunk| async move {
            match call(clients, chunk, window).await {
                Ok(data) => data,
                Err(error) => chunk.iter().map(|_| MetricData::failed(&error)).collect(),
            }
        })
        .collect();
    let data: Vec<Vec<MetricData>> = stream::iter(calls)
        .buffered(MAX_CALLS_IN_FLIGHT)
        .collect()
        .await;
    data.concat()
}

/// How many metrics fit into one call.
fn metrics_per_call(window: &MetricWindow) -> usize {
    let span = window.to.as_second() - window.from.as_second();
    let points = (span / window.period + 2).max(1);
    usize::try_from(MAX_POINTS / points).map_or(1, |fit| fit.clamp(1, MAX_METRICS))
}

async fn call(
    clients: &Clients,
    signals: &[&Signal],
    window: &MetricWindow,
) -> Result<Vec<MetricData>, CloudError> {
    let queries = signals
        .iter()
        .enumerate()
        .map(|(index, signal)| metric_query(index, signal, window))
        .collect();
    let mut pages = clients
        .cloudwatch()
        .get_metric_data()
        .start_time(DateTime::from_secs(window.from.as_second()))
        .end_time(DateTime::from_secs(window.to.as_second()))
        .set_metric_data_queries(Some(queries))
        .into_paginator()
        .send();
    let mut data = vec![
        MetricData {
            points: Vec::new(),
            incomplete: Some("no answer".to_owned()),
        };
        signals.len()
    ];
    while let Some(page) = pages.next().await {
        let page = page.map_err(failed!("monitoring", "GetMetricData"))?;
        for result in page.metric_data_results() {
            let index = result
                .id()
                .and_then(|id| id.strip_prefix('m')?.parse::<usize>().ok());
            if let Some(data) = index.and_then(|index| data.get_mut(index)) {
                data.add(result);
            }
        }
    }
    Ok(data)
}

fn metric_query(index: usize, signal: &Signal, window: &MetricWindow) -> MetricDataQuery {
    let dimensions = signal.dimensions.iter().map(|(name, value)| {
        let dimension = Dimension::builder().name(*name).value(value);
        dimension.build()
    });
    let metric = Metric::builder()
        .namespace(signal.namespace)
        .metric_name(signal.metric)
        .set_dimensions(Some(dimensions.collect()));
    let stat = MetricStat::builder()
        .metric(metric.build())
        .set_period(i32::try_from(window.period).ok())
        .stat(signal.statistic);
    MetricDataQuery::builder()
        // Ids must begin with a lowercase letter.
        .id(format!("m{index}"))
        .metric_stat(stat.build())
        .return_data(true)
        .build()
}

#[cfg(test)]
mod tests {
    use minicbor::Encoder;
    use minicbor::data::Tag;
    use stack::Span;

    use super::*;
    use crate::client::loopback::Loopback;

    fn result(status: StatusCode, value: f64) -> MetricDataResult {
        MetricDataResult::builder()
            .id("m0")
            .timestamps(DateTime::from_secs(60))
            .values(value)
            .status_code(status)
            .build()
    }

    /// The status on the last page of a series says whether it is complete.
    #[test]
    fn the_last_page_says_whether_data_are_complete() {
        let mut data = MetricData::default();
        data.add(&result(StatusCode::PartialData, 1.0));
        assert_eq!(data.incomplete.as_deref(), Some("partial data"));
        data.add(&result(StatusCode::Complete, 2.0));
        assert_eq!((data.incomplete.clone(), data.points.len()), (None, 2));
        data.add(&result(StatusCode::Forbidden, 2.0));
        assert_eq!(data.incomplete.as_deref(), Some("access denied"));
    }

    /// One call asks for no more metrics and points than CloudWatch returns.
    #[test]
    fn calls_stay_within_the_limits() {
        let now = Timestamp::from_second(1_772_452_800).unwrap();
        for hours in [1, 24, 24 * 7, 24 * 90] {
            let window = MetricWindow::new(Span::minutes(hours * 60), now);
            let span = window.to.as_second() - window.from.as_second();
            let fit = i64::try_from(metrics_per_call(&window)).unwrap();
            assert!((300..=500).contains(&fit), "{hours} h: {fit}");
            assert!(
                fit * (span / window.period + 1) <= MAX_POINTS,
                "{hours} h: {fit}"
            );
        }
    }

    /// One CBOR request asks for all metrics, and the data come back in the order of the signals.
    #[tokio::test]
    async fn one_call_asks_for_all_metrics_in_cbor() {
        let service = Loopback::new(|_| (200, "application/cbor", metric_data())).await;
        let now = "2026-03-02T12:00:00Z".parse().unwrap();
        let window = MetricWindow::new(Span::minutes(60), now);
        let signal = Signal {
            namespace: "AWS/EC2",
            metric: "CPUUtilization",
            statistic: "Maximum",
            dimensions: vec![("InstanceId", "i-1".to_owned())],
            threshold: 5.0,
            silence_is_zero: false,
        };
        let data = query(&service.clients, &[&signal; 3], &window).await;
        assert_eq!(
            data[0].points,
            [("2026-03-02T11:00:00Z".parse().unwrap(), 7.5)]
        );
        let why = data.iter().map(|data| data.incomplete.as_deref());
        let why: Vec<_> = why.collect();
        assert_eq!(why, [None, Some("access denied"), Some("no answer")]);
        let requests = service.recorded();
        assert_eq!(requests.len(), 1);
        let path = "/service/GraniteServiceVersion20100801/operation/GetMetricData";
        assert_eq!(requests[0].path, path);
        let body = format!("{}", minicbor::display(&requests[0].body));
        assert!(
            body.contains(r#""Period": 300"#) && body.contains(r#""Value": "i-1""#),
            "{body}"
        );
    }

    /// Access to the second metric is denied, the first has one point, and the third is missing.
    fn metric_data() -> Vec<u8> {
        let eleven = 1_772_449_200;
        let mut data = Encoder::new(Vec::new());
        data.map(1).unwrap();
        texts(&mut data, &["MetricDataResults"]);
        data.array(2).unwrap();
        data.map(2).unwrap();
        texts(&mut data, &["Id", "m1", "StatusCode", "Forbidden"]);
        data.map(4).unwrap();
        texts(&mut data, &["Id", "m0", "StatusCode", "Complete"]);
        texts(&mut data, &["Timestamps"]);
        data.array(1).unwrap().tag(Tag::new(1)).unwrap();
        data.i64(eleven).unwrap();
        texts(&mut data, &["Values"]);
        data.array(1).unwrap().f64(7.5).unwrap();
        data.into_writer()
    }

    fn texts(data: &mut Encoder<Vec<u8>>, texts: &[&str]) {
        for text in texts {
            data.str(text).unwrap();
        }
    }
}
