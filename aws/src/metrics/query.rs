//! Asking for many metrics at once. A metric costs a thousandth of a cent each time.

use aws_sdk_cloudwatch::types::{
    Dimension, Metric, MetricDataQuery, MetricDataResult, MetricStat, StatusCode,
};
use aws_smithy_types::DateTime;
use futures_util::stream::{self, StreamExt};
use jiff::Timestamp;
use stack::cloud::{CloudError, CloudErrorKind};

use super::Signal;
use super::evaluate::Look;
use crate::client::Clients;
use crate::client::error::failed;
use crate::time::timestamp;

/// Metrics in one call; the service takes 500.
const METRICS: usize = 500;

/// Points in the answer of one call.
const POINTS: i64 = 100_800;

/// Calls under way at once; the pace of the service is kept besides.
const AT_ONCE: usize = 4;

/// One metric over a time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Question<'a> {
    pub(super) signal: &'a Signal,
    pub(super) look: &'a Look,
}

/// What was answered about one metric.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Answer {
    /// Beginnings and values of its points, in any order.
    pub(super) points: Vec<(Timestamp, f64)>,
    /// Why the answer is not the whole one.
    pub(super) incomplete: Option<String>,
}

impl Answer {
    /// All there is.
    #[cfg(test)]
    pub(super) fn complete(points: Vec<(Timestamp, f64)>) -> Self {
        let incomplete = None;
        Self { points, incomplete }
    }

    /// None, because the call failed.
    pub(super) fn failed(error: &CloudError) -> Self {
        let why = match error.kind {
            CloudErrorKind::Denied => "not allowed to ask".to_owned(),
            CloudErrorKind::Credentials => "the credentials are not valid".to_owned(),
            CloudErrorKind::Throttled => "too many calls".to_owned(),
            CloudErrorKind::Unreachable => "could not be reached".to_owned(),
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
            .extend(points.filter_map(|(clients, value)| Some((clients?, *value))));
        // A series that goes on on another page is partial until its last one.
        self.incomplete = match result.status_code() {
            Some(StatusCode::Complete) => None,
            Some(StatusCode::PartialData) => Some("partial data".to_owned()),
            Some(StatusCode::Forbidden) => Some("not allowed to ask".to_owned()),
            Some(StatusCode::InternalError) => Some("the service failed".to_owned()),
            other => Some(other.map_or("no status", StatusCode::as_str).to_owned()),
        };
    }
}

/// The answers, in the order of the questions, which are all about the same time.
pub(super) async fn all(clients: &Clients, questions: &[Question<'_>]) -> Vec<Answer> {
    let Some(first) = questions.first() else {
        return Vec::new();
    };
    let calls = questions
        .chunks(at_once(first.look))
        .map(|chunk| async move {
            match call(clients, chunk).await {
                Ok(answers) => answers,
                Err(error) => chunk.iter().map(|_| Answer::failed(&error)).collect(),
            }
        });
    let calls: Vec<_> = calls.collect();
    let answers: Vec<Vec<Answer>> = stream::iter(calls).buffered(AT_ONCE).collect().await;
    answers.concat()
}

/// How many metrics fit into one call.
fn at_once(look: &Look) -> usize {
    let span = look.to.as_second() - look.from.as_second();
    let points = (span / look.period + 2).max(1);
    usize::try_from(POINTS / points).map_or(1, |fit| fit.clamp(1, METRICS))
}

async fn call(clients: &Clients, questions: &[Question<'_>]) -> Result<Vec<Answer>, CloudError> {
    let Some(Question { look, .. }) = questions.first() else {
        return Ok(Vec::new());
    };
    let queries = questions
        .iter()
        .enumerate()
        .map(|(place, question)| query(place, question))
        .collect();
    let mut pages = clients
        .cloudwatch()
        .get_metric_data()
        .start_time(DateTime::from_secs(look.from.as_second()))
        .end_time(DateTime::from_secs(look.to.as_second()))
        .set_metric_data_queries(Some(queries))
        .into_paginator()
        .send();
    let mut answers = vec![
        Answer {
            points: Vec::new(),
            incomplete: Some("no answer".to_owned()),
        };
        questions.len()
    ];
    while let Some(page) = pages.next().await {
        let page = page.map_err(failed!("monitoring", "GetMetricData"))?;
        for result in page.metric_data_results() {
            let place = result
                .id()
                .and_then(|id| id.strip_prefix('m')?.parse::<usize>().ok());
            if let Some(answer) = place.and_then(|place| answers.get_mut(place)) {
                answer.add(result);
            }
        }
    }
    Ok(answers)
}

fn query(place: usize, question: &Question<'_>) -> MetricDataQuery {
    let Question { signal, look } = question;
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
        .set_period(i32::try_from(look.period).ok())
        .stat(signal.statistic);
    MetricDataQuery::builder()
        // Ids have to begin with a small letter.
        .id(format!("m{place}"))
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

    /// A series that is told on two pages is whole when the last of them says so.
    #[test]
    fn the_last_page_says_whether_it_is_whole() {
        let mut answer = Answer::default();
        answer.add(&result(StatusCode::PartialData, 1.0));
        assert_eq!(answer.incomplete.as_deref(), Some("partial data"));
        answer.add(&result(StatusCode::Complete, 2.0));
        assert_eq!((answer.incomplete.clone(), answer.points.len()), (None, 2));
        answer.add(&result(StatusCode::Forbidden, 2.0));
        assert_eq!(answer.incomplete.as_deref(), Some("not allowed to ask"));
    }

    /// One call has no more metrics, and no more points, than the service answers.
    #[test]
    fn calls_are_no_larger_than_the_service_answers() {
        let now = Timestamp::from_second(1_772_452_800).unwrap();
        for hours in [1, 24, 24 * 7, 24 * 90] {
            let look = Look::new(Span::minutes(hours * 60), now);
            let span = look.to.as_second() - look.from.as_second();
            let fit = i64::try_from(at_once(&look)).unwrap();
            assert!((300..=500).contains(&fit), "{hours} h: {fit}");
            assert!(fit * (span / look.period + 1) <= POINTS, "{hours} h: {fit}");
        }
    }

    /// One CBOR request asks for all metrics, and the answers come back in the order of the questions.
    #[tokio::test]
    async fn one_call_asks_for_all_metrics_in_cbor() {
        let service = Loopback::new(|_| (200, "application/cbor", metric_data())).await;
        let look = Look::new(Span::minutes(60), "2026-03-02T12:00:00Z".parse().unwrap());
        let signal = Signal {
            namespace: "AWS/EC2",
            metric: "CPUUtilization",
            statistic: "Maximum",
            dimensions: vec![("InstanceId", "i-1".to_owned())],
            threshold: 5.0,
            silence_is_zero: false,
        };
        let question = Question {
            signal: &signal,
            look: &look,
        };
        let answers = all(&service.clients, &[question; 3]).await;
        assert_eq!(
            answers[0].points,
            [("2026-03-02T11:00:00Z".parse().unwrap(), 7.5)]
        );
        let why = answers.iter().map(|answer| answer.incomplete.as_deref());
        let why: Vec<_> = why.collect();
        assert_eq!(why, [None, Some("not allowed to ask"), Some("no answer")]);
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

    /// The second metric may not be read, the first has one point, and the third is missing.
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
