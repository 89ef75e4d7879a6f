//! Random input for the answers of AWS, read by the real clients. `make fuzz` runs it for long.

use std::sync::{Arc, Mutex};

use test_support::fuzz::fuzz;

use crate::client::loopback::Loopback;
use crate::types::ALL;

/// How many inputs a short run tries. Each is several requests.
const INPUTS: u64 = 300;

/// What a service may answer: XML of the query protocols, JSON, and CBOR.
const CONTENT_TYPES: [&str; 3] = ["text/xml", "application/x-amz-json-1.1", "application/cbor"];

/// Any answer is a description or an error, for every type of resource. The first two bytes of an
/// input choose the type and the form of the answer.
#[test]
fn fuzz_aws_answers() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let answer = Arc::new(Mutex::new((200_u16, CONTENT_TYPES[0], Vec::new())));
    let served = Arc::clone(&answer);
    let service = runtime.block_on(Loopback::new(move |_| served.lock().unwrap().clone()));
    let place = |name: &str| {
        let found = ALL.iter().position(|ty| ty.name() == name);
        u8::try_from(found.unwrap_or_else(|| panic!("no type {name}"))).unwrap()
    };
    let valid = |name: &str, form: u8, body: &str| [&[place(name), form], body.as_bytes()].concat();
    let corpus = [
        valid(
            "ec2:instance",
            0,
            "<DescribeInstancesResponse><reservationSet><item><instancesSet><item><instanceId>i-1</instanceId><instanceType>m5.large</instanceType><launchTime>2026-03-02T12:00:00.000Z</launchTime><instanceState><code>16</code><name>running</name></instanceState><tagSet><item><key>jiti:stack</key><value>a</value></item></tagSet></item></instancesSet></item></reservationSet></DescribeInstancesResponse>",
        ),
        valid(
            "sqs:queue",
            1,
            r#"{"QueueUrl":"http://127.0.0.1/x","Attributes":{"CreatedTimestamp":"1795269435.2"},"Tags":{"jiti:stack":"a"}}"#,
        ),
        valid(
            "dynamodb:table",
            1,
            r#"{"Table":{"TableName":"x","CreationDateTime":1795269435.2,"TableStatus":"ACTIVE","DeletionProtectionEnabled":true},"Tags":[{"Key":"jiti:stack","Value":"a"}]}"#,
        ),
        valid(
            "rds:db",
            0,
            "<DescribeDBInstancesResponse><DescribeDBInstancesResult><DBInstances><DBInstance><DBInstanceIdentifier>x</DBInstanceIdentifier><DBInstanceClass>db.t3.micro</DBInstanceClass><AllocatedStorage>20</AllocatedStorage><InstanceCreateTime>2026-03-02T12:00:00Z</InstanceCreateTime><DBInstanceArn>arn:aws:rds:us-east-1:123456789012:db:x</DBInstanceArn></DBInstance></DBInstances></DescribeDBInstancesResult></DescribeDBInstancesResponse>",
        ),
        valid(
            "sns:topic",
            0,
            "<ErrorResponse><Error><Code>NotFound</Code><Message>gone</Message></Error></ErrorResponse>",
        ),
    ];
    let corpus: Vec<&[u8]> = corpus.iter().map(Vec::as_slice).collect();
    fuzz("aws-answers", &corpus, INPUTS, |input| {
        let (ty, form, body) = match input {
            [ty, form, body @ ..] => (*ty, *form, body),
            _ => (0, 0, input),
        };
        let ty = ALL[usize::from(ty) % ALL.len()];
        let form = usize::from(form);
        // No status for which a client tries again.
        let status = [200, 200, 200, 400, 404][form % 5];
        *answer.lock().unwrap() = (status, CONTENT_TYPES[form % 3], body.to_vec());
        let name = ty.name().replacen(':', "/", 1);
        let (namespace, kind) = ty.name().split_once(':').unwrap_or((ty.name(), ""));
        let id = service.clients.arn(namespace, &format!("{kind}/x"));
        let described = runtime.block_on(ty.describe(&service.clients, &[id]));
        format!(
            "{name} {} {}",
            described.found.len(),
            described.failed.len()
        )
    });
}
