//! Reads the bill: one grouped query to Cost Explorer. Each page is a request that costs a cent.

use std::collections::BTreeSet;

use aws_sdk_costexplorer::Config;
use aws_sdk_costexplorer::operation::get_cost_and_usage::GetCostAndUsageOutput;
use aws_sdk_costexplorer::types::{
    DateInterval, Dimension, DimensionValues, Expression, Granularity, GroupDefinition,
    GroupDefinitionType, ResultByTime,
};
use aws_smithy_types::retry::RetryConfig;
use jiff::civil::Date;
use stack::Usd;
use stack::cloud::{Bill, BillLine, CloudError, CloudErrorKind};
use stack::values::tags::STACK;

use crate::client::Clients;
use crate::client::error::failed;

/// This metric spreads upfront payments over the time that they cover.
const METRIC: &str = "AmortizedCost";

/// Record types that are not charges for use.
const EXCLUDED_RECORD_TYPES: [&str; 3] = ["Tax", "Credit", "Refund"];

/// The most pages of one bill. Each costs a cent, and a year of many stacks has fewer.
const MAX_PAGES: u32 = 100;

/// What every stack cost from the day `from` to the day before `to`, by day and service.
pub(crate) async fn bill(clients: &Clients, from: Date, to: Date) -> Result<Bill, CloudError> {
    let mut bill = Bill::default();
    let mut page = None;
    loop {
        let answer = match read_page(clients, from, to, page).await {
            Ok(answer) => answer,
            Err(error) if bill.requests == 0 => return Err(error),
            Err(error) => return Ok(truncated(bill.requests, &error.to_string())),
        };
        bill.requests += 1;
        add_days(&mut bill, answer.results_by_time());
        page = answer.next_page_token.filter(|token| !token.is_empty());
        if page.is_none() {
            break;
        }
        if bill.requests >= MAX_PAGES {
            let why = format!("it has more than {MAX_PAGES} pages");
            return Ok(truncated(bill.requests, &why));
        }
    }
    if bill.lines.is_empty() && bill.remark.is_none() {
        bill.remark = Some(format!(
            "the bill names no stack. If stacks existed at that time, the tag {STACK} is not an \
             active cost allocation tag. Activate it in the account that pays, under Billing and \
             Cost Management, Cost allocation tags, or with `aws ce \
             update-cost-allocation-tags-status --cost-allocation-tags-status \
             TagKey={STACK},Status=Active`. This takes up to 24 h and applies from then on"
        ));
    }
    Ok(bill)
}

/// A bill with the count of paid requests and without its lines: an incomplete bill would be wrong.
fn truncated(requests: u32, why: &str) -> Bill {
    Bill {
        requests,
        remark: Some(format!("the bill is incomplete: {why}")),
        broken_off: true,
        ..Bill::default()
    }
}

async fn read_page(
    clients: &Clients,
    from: Date,
    to: Date,
    page: Option<String>,
) -> Result<GetCostAndUsageOutput, CloudError> {
    let time = DateInterval::builder().start(from.to_string());
    let excluded = Expression::builder().dimensions(
        DimensionValues::builder()
            .key(Dimension::RecordType)
            .set_values(Some(EXCLUDED_RECORD_TYPES.map(str::to_owned).to_vec()))
            .build(),
    );
    let by = |kind, key: &str| GroupDefinition::builder().r#type(kind).key(key).build();
    // No retries: AWS also charges for an answer that was lost.
    let no_retries = Config::builder().retry_config(RetryConfig::disabled());
    let answer = clients
        .cost_explorer()
        .get_cost_and_usage()
        .set_time_period(time.end(to.to_string()).build().ok())
        .granularity(Granularity::Daily)
        .metrics(METRIC)
        .filter(Expression::builder().not(excluded.build()).build())
        .group_by(by(GroupDefinitionType::Tag, STACK))
        .group_by(by(GroupDefinitionType::Dimension, "SERVICE"))
        .set_next_page_token(page)
        .customize()
        .config_override(no_retries)
        .send()
        .await;
    answer
        .map_err(failed!("ce", "GetCostAndUsage"))
        .map_err(|error| match error.kind {
            CloudErrorKind::Denied => CloudError {
                message: format!(
                    "{}. jiti reads the bill in account {}, the first of the configuration. Allow \
                     ce:GetCostAndUsage there; in an organization, the management account must \
                     also let its members see costs. Otherwise, put the management account first",
                    error.message, clients.place.account
                ),
                ..error
            },
            _ => error,
        })
}

/// Adds the days of one page.
fn add_days(bill: &mut Bill, days: &[ResultByTime]) {
    let mut settled: BTreeSet<Date> = bill.settled.drain(..).collect();
    for result in days {
        let start = result.time_period().map(DateInterval::start);
        let Some(day) = start.and_then(|start| start.get(..10)?.parse::<Date>().ok()) else {
            continue;
        };
        if !result.estimated() {
            settled.insert(day);
        }
        for group in result.groups() {
            let [tag, service] = group.keys() else {
                continue;
            };
            // The value of a tag may contain any character, so strip only the known prefix.
            let stack = tag
                .strip_prefix(STACK)
                .and_then(|rest| rest.strip_prefix('$'));
            let amount = group.metrics().and_then(|metrics| metrics.get(METRIC));
            let Some(stack) = stack.filter(|stack| !stack.is_empty()) else {
                continue;
            };
            let dollars = amount.filter(|amount| amount.unit().is_none_or(|unit| unit == "USD"));
            let usd = dollars.and_then(|amount| amount.amount()?.parse::<Usd>().ok());
            let Some(usd) = usd else {
                // Without this remark, a sum without the amount would look complete.
                bill.remark = Some(format!(
                    "the bill is incomplete: it does not give the cost of {stack} on {day} for \
                     {service} in dollars"
                ));
                continue;
            };
            if usd != Usd::ZERO {
                bill.lines.push(BillLine {
                    stack: stack.to_owned(),
                    day,
                    service: service.clone(),
                    usd,
                    estimated: result.estimated(),
                });
            }
        }
    }
    bill.settled = settled.into_iter().collect();
}

#[cfg(test)]
mod tests {
    use aws_sdk_costexplorer::types::{Group, MetricValue};
    use serde_json::json;

    use super::*;
    use crate::client::loopback::{FakeAnswer, Loopback};

    fn day(start: &str, estimated: bool, groups: &[(&str, &str, &str)]) -> ResultByTime {
        let time = DateInterval::builder().start(start).end("2026-03-09");
        let groups = groups.iter().map(|(tag, service, amount)| {
            let value = MetricValue::builder().amount(*amount).unit("USD").build();
            Group::builder()
                .keys(*tag)
                .keys(*service)
                .metrics(METRIC, value)
                .build()
        });
        ResultByTime::builder()
            .time_period(time.build().unwrap())
            .estimated(estimated)
            .set_groups(Some(groups.collect()))
            .build()
    }

    /// The stack is the tag value after the known prefix, with any dollar signs; groups without a
    /// value do not count.
    #[test]
    fn strips_only_the_prefix() {
        let mut bill = Bill::default();
        let ec2 = "Amazon Elastic Compute Cloud - Compute";
        add_days(
            &mut bill,
            &[
                day(
                    "2026-03-01",
                    false,
                    &[
                        ("jiti:stack$checkout$pr", ec2, "0.1234567890123"),
                        ("jiti:stack$", ec2, "99"),
                        ("other$checkout", ec2, "99"),
                        ("jiti:stack$quiet", ec2, "0"),
                    ],
                ),
                day(
                    "2026-03-02",
                    true,
                    &[("jiti:stack$checkout$pr", ec2, "1.5E-7")],
                ),
            ],
        );
        let lines: Vec<_> = bill
            .lines
            .iter()
            .map(|line| {
                let usd = line.usd.amount().to_string();
                (
                    line.stack.as_str(),
                    line.day.to_string(),
                    usd,
                    line.estimated,
                )
            })
            .collect();
        assert_eq!(
            lines,
            [
                (
                    "checkout$pr",
                    "2026-03-01".to_owned(),
                    "0.1234567890123".to_owned(),
                    false
                ),
                (
                    "checkout$pr",
                    "2026-03-02".to_owned(),
                    "0.00000015".to_owned(),
                    true
                ),
            ]
        );
        assert_eq!(bill.settled, ["2026-03-01".parse::<Date>().unwrap()]);
    }

    /// Pages add up, and a day on two pages is one day.
    #[test]
    fn pages_add_up() {
        let mut bill = Bill::default();
        add_days(
            &mut bill,
            &[day("2026-03-01", false, &[("jiti:stack$a", "S3", "1")])],
        );
        add_days(
            &mut bill,
            &[day("2026-03-01", false, &[("jiti:stack$b", "S3", "2")])],
        );
        assert_eq!((bill.lines.len(), bill.settled.len()), (2, 1));
    }

    fn dates() -> (Date, Date) {
        ("2026-03-01".parse().unwrap(), "2026-03-03".parse().unwrap())
    }

    fn page(token: Option<&str>) -> FakeAnswer {
        let body = json!({
            "NextPageToken": token,
            "ResultsByTime": [{
                "TimePeriod": {"Start": "2026-03-01", "End": "2026-03-02"},
                "Total": {},
                "Groups": [{
                    "Keys": ["jiti:stack$checkout", "Amazon Simple Storage Service"],
                    "Metrics": {METRIC: {"Amount": "0.25", "Unit": "USD"}}
                }],
                "Estimated": true
            }]
        });
        (200, "application/x-amz-json-1.1", body.to_string())
    }

    fn throttled() -> FakeAnswer {
        let body = json!({"__type": "LimitExceededException", "Message": "too many"});
        (400, "application/x-amz-json-1.1", body.to_string())
    }

    /// The query groups by stack and service and excludes other records; each page counts.
    #[tokio::test]
    async fn counts_each_page() {
        let service =
            Loopback::new(|body| page((!body.contains("page-2")).then_some("page-2"))).await;
        let (from, to) = dates();
        let bill = bill(&service.clients, from, to).await.unwrap();
        assert_eq!((bill.requests, bill.lines.len(), bill.remark), (2, 2, None));
        assert!(bill.settled.is_empty());
        let query: serde_json::Value = serde_json::from_str(&service.requests()[0]).unwrap();
        assert_eq!(query["Granularity"], "DAILY");
        assert_eq!(query["Metrics"], json!(["AmortizedCost"]));
        assert_eq!(
            query["TimePeriod"],
            json!({"Start": "2026-03-01", "End": "2026-03-03"})
        );
        let groups =
            json!([{"Type": "TAG", "Key": "jiti:stack"}, {"Type": "DIMENSION", "Key": "SERVICE"}]);
        assert_eq!(query["GroupBy"], groups);
        let excluded = json!({"Key": "RECORD_TYPE", "Values": ["Tax", "Credit", "Refund"]});
        assert_eq!(query["Filter"], json!({"Not": {"Dimensions": excluded}}));
    }

    /// An endless bill is cut off before it costs more than a dollar.
    #[tokio::test]
    async fn stops_after_the_last_allowed_page() {
        let count = std::sync::atomic::AtomicU32::new(0);
        let endless = move |_: &str| {
            let next = count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            page(Some(&format!("page-{next}")))
        };
        let service = Loopback::new(endless).await;
        let (from, to) = dates();
        let bill = bill(&service.clients, from, to).await.unwrap();
        assert_eq!((bill.requests, bill.lines.len()), (MAX_PAGES, 0));
        assert!(bill.broken_off && bill.remark.is_some());
    }

    /// A remark says that an amount in another currency is left out.
    #[test]
    fn remarks_on_other_currencies() {
        let mut bill = Bill::default();
        let value = MetricValue::builder().amount("7").unit("CNY").build();
        let group = Group::builder()
            .keys("jiti:stack$a")
            .keys("S3")
            .metrics(METRIC, value);
        let time = DateInterval::builder()
            .start("2026-03-01")
            .end("2026-03-02");
        let day = ResultByTime::builder().time_period(time.build().unwrap());
        add_days(&mut bill, &[day.groups(group.build()).build()]);
        assert_eq!(bill.lines, []);
        assert!(bill.remark.unwrap().contains("in dollars"));
    }

    /// A refused request is not retried. If a later page is refused, the paid requests still count,
    /// and the bill has no lines.
    #[tokio::test]
    async fn never_retries() {
        let (from, to) = dates();
        let service = Loopback::new(|_| throttled()).await;
        let error = bill(&service.clients, from, to).await.unwrap_err();
        assert_eq!(error.kind, CloudErrorKind::Throttled);
        assert_eq!(service.requests().len(), 1);
        let first_page_only = |body: &str| {
            if body.contains("page-2") {
                throttled()
            } else {
                page(Some("page-2"))
            }
        };
        let service = Loopback::new(first_page_only).await;
        let bill = bill(&service.clients, from, to).await.unwrap();
        assert_eq!((bill.requests, bill.lines.len()), (1, 0));
        assert!(bill.broken_off && bill.remark.is_some());
        assert_eq!(service.requests().len(), 2);
    }

    /// If the bill names no stack, a remark says how to activate the tag.
    #[tokio::test]
    async fn remarks_on_a_tag_that_is_not_activated() {
        let empty = |_: &str| {
            let body = json!({"ResultsByTime": []}).to_string();
            (200, "application/x-amz-json-1.1", body)
        };
        let (from, to) = dates();
        let service = Loopback::new(empty).await;
        let bill = bill(&service.clients, from, to).await.unwrap();
        let remark = bill.remark.unwrap();
        assert!(
            remark.contains("TagKey=jiti:stack,Status=Active"),
            "{remark}"
        );
    }
}
