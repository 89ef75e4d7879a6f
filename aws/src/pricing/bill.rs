//! What the cloud billed: one grouped question to Cost Explorer, and its pages. Each is a request that costs a cent.

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

/// Spreads what is paid in advance over the time that it is paid for: what a stack has used, whenever it was invoiced.
const METRIC: &str = "AmortizedCost";

/// What is no use of anything, and would be set against whichever stack carries it.
const NOT_USE: [&str; 3] = ["Tax", "Credit", "Refund"];

/// Pages of one bill: each costs a cent, and a year of days of many stacks has fewer.
const PAGES: u32 = 100;

/// What every stack cost from one day to another (excluded), by day and service.
pub(crate) async fn bill(clients: &Clients, from: Date, to: Date) -> Result<Bill, CloudError> {
    let mut bill = Bill::default();
    let mut page = None;
    loop {
        let answer = match ask(clients, from, to, page).await {
            Ok(answer) => answer,
            Err(error) if bill.requests == 0 => return Err(error),
            Err(error) => return Ok(broken_off(bill.requests, &error.to_string())),
        };
        bill.requests += 1;
        read(&mut bill, answer.results_by_time());
        page = answer.next_page_token.filter(|token| !token.is_empty());
        if page.is_none() {
            break;
        }
        if bill.requests >= PAGES {
            let why = format!("it has more than {PAGES} pages");
            return Ok(broken_off(bill.requests, &why));
        }
    }
    if bill.lines.is_empty() && bill.remark.is_none() {
        bill.remark = Some(format!(
            "the bill names no stack. If stacks stood then, the tag {STACK} is not activated for cost allocation: activate \
             it in the account that pays, under Billing and Cost Management, Cost allocation tags, or with `aws ce \
             update-cost-allocation-tags-status --cost-allocation-tags-status TagKey={STACK},Status=Active`. It takes up \
             to 24 h and counts from then on"
        ));
    }
    Ok(bill)
}

/// The pages so far were paid for: that is told, and half a bill is not.
fn broken_off(requests: u32, why: &str) -> Bill {
    Bill {
        requests,
        remark: Some(format!("only a part of the bill was answered: {why}")),
        broken_off: true,
        ..Bill::default()
    }
}

async fn ask(
    clients: &Clients,
    from: Date,
    to: Date,
    page: Option<String>,
) -> Result<GetCostAndUsageOutput, CloudError> {
    let time = DateInterval::builder().start(from.to_string());
    let use_only = Expression::builder().dimensions(
        DimensionValues::builder()
            .key(Dimension::RecordType)
            .set_values(Some(NOT_USE.map(str::to_owned).to_vec()))
            .build(),
    );
    let by = |kind, key: &str| GroupDefinition::builder().r#type(kind).key(key).build();
    // No second try by itself: an answer that was lost has been paid for, and the next one would be as well.
    let once = Config::builder().retry_config(RetryConfig::disabled());
    let answer = clients
        .cost_explorer()
        .get_cost_and_usage()
        .set_time_period(time.end(to.to_string()).build().ok())
        .granularity(Granularity::Daily)
        .metrics(METRIC)
        .filter(Expression::builder().not(use_only.build()).build())
        .group_by(by(GroupDefinitionType::Tag, STACK))
        .group_by(by(GroupDefinitionType::Dimension, "SERVICE"))
        .set_next_page_token(page)
        .customize()
        .config_override(once)
        .send()
        .await;
    answer
        .map_err(failed!("ce", "GetCostAndUsage"))
        .map_err(|error| match error.kind {
            CloudErrorKind::Denied => CloudError {
                message: format!(
                    "{}. The bill is asked for in account {}, the first of the configuration: it needs \
                     ce:GetCostAndUsage, and, in an organisation, that the account which pays lets its members see \
                     costs; else put that account first",
                    error.message, clients.place.account
                ),
                ..error
            },
            _ => error,
        })
}

/// Adds one page.
fn read(bill: &mut Bill, days: &[ResultByTime]) {
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
            // The keys and values of tags may hold any character: the prefix is known, so only that is taken away.
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
                // Left out of a sum it would be taken for nothing.
                bill.remark = Some(format!(
                    "the bill is not whole: what {stack} cost on {day} for {service} is not told in dollars"
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

    /// The value of a tag is what follows the known prefix, dollar signs included; without a value nobody is meant.
    #[test]
    fn the_prefix_is_taken_away_and_no_more() {
        let mut bill = Bill::default();
        let ec2 = "Amazon Elastic Compute Cloud - Compute";
        read(
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
        let told: Vec<_> = bill
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
            told,
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

    /// Pages add up, and a day that stands on two of them is one day.
    #[test]
    fn pages_add_up() {
        let mut bill = Bill::default();
        read(
            &mut bill,
            &[day("2026-03-01", false, &[("jiti:stack$a", "S3", "1")])],
        );
        read(
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

    fn refused() -> FakeAnswer {
        let body = json!({"__type": "LimitExceededException", "Message": "too many"});
        (400, "application/x-amz-json-1.1", body.to_string())
    }

    /// One question, grouped by stack and service and without what is no use, and each page of its answer is counted.
    #[tokio::test]
    async fn each_page_is_counted() {
        let service = Loopback::new(|body| page((!body.contains("page-2")).then_some("page-2")));
        let service = service.await;
        let (from, to) = dates();
        let bill = bill(&service.clients, from, to).await.unwrap();
        assert_eq!((bill.requests, bill.lines.len(), bill.remark), (2, 2, None));
        assert!(bill.settled.is_empty());
        let asked: serde_json::Value = serde_json::from_str(&service.requests()[0]).unwrap();
        assert_eq!(asked["Granularity"], "DAILY");
        assert_eq!(asked["Metrics"], json!(["AmortizedCost"]));
        assert_eq!(
            asked["TimePeriod"],
            json!({"Start": "2026-03-01", "End": "2026-03-03"})
        );
        let groups =
            json!([{"Type": "TAG", "Key": "jiti:stack"}, {"Type": "DIMENSION", "Key": "SERVICE"}]);
        assert_eq!(asked["GroupBy"], groups);
        let left_out = json!({"Not": {"Dimensions": {"Key": "RECORD_TYPE", "Values": ["Tax", "Credit", "Refund"]}}});
        assert_eq!(asked["Filter"], left_out);
    }

    /// A bill that never ends is broken off before it costs more than a dollar.
    #[tokio::test]
    async fn pages_come_to_an_end() {
        let count = std::sync::atomic::AtomicU32::new(0);
        let endless = move |_: &str| {
            let next = count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            page(Some(&format!("page-{next}")))
        };
        let service = Loopback::new(endless).await;
        let (from, to) = dates();
        let bill = bill(&service.clients, from, to).await.unwrap();
        assert_eq!((bill.requests, bill.lines.len()), (PAGES, 0));
        assert!(bill.broken_off && bill.remark.is_some());
    }

    /// What is billed in another currency is told, and not left out in silence.
    #[test]
    fn other_currencies_are_told() {
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
        read(&mut bill, &[day.groups(group.build()).build()]);
        assert_eq!(bill.lines, []);
        assert!(bill.remark.unwrap().contains("not told in dollars"));
    }

    /// What is refused is not asked again, and a page that is refused leaves what was paid for counted, and nothing else.
    #[tokio::test]
    async fn nothing_is_tried_again_by_itself() {
        let (from, to) = dates();
        let service = Loopback::new(|_| refused()).await;
        let error = bill(&service.clients, from, to).await.unwrap_err();
        assert_eq!(error.kind, CloudErrorKind::Throttled);
        assert_eq!(service.requests().len(), 1);
        let half = |body: &str| {
            if body.contains("page-2") {
                refused()
            } else {
                page(Some("page-2"))
            }
        };
        let service = Loopback::new(half).await;
        let bill = bill(&service.clients, from, to).await.unwrap();
        assert_eq!((bill.requests, bill.lines.len()), (1, 0));
        assert!(bill.broken_off && bill.remark.is_some());
        assert_eq!(service.requests().len(), 2);
    }

    /// A bill that names no stack says what has to be activated, and how.
    #[tokio::test]
    async fn a_tag_that_is_not_activated_is_told() {
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
