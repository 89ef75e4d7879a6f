//! A sweep of 1,000 resources of ten types in two regions through the Cloud Control API, by jiti
//! and by a bare client that knows the resources, reads each, deletes it and waits for its request.
//!
//! The two take turns, each in its own account; the result is the ratio of the medians.
//! `cargo bench -p e2e --bench cloud_control -- [RUNS]`

use std::sync::Mutex;
use std::time::{Duration, Instant};

use e2e::moto::Moto;
use e2e::proxy::http::{Request, Upstream};
use e2e::sandbox::peak_resident;
use e2e::world::{CloudResource, World};
use e2e::{CommandOutput, binary};
use serde_json::{Value, json};
use test_support::figures::record;

/// The number of each type in each region.
const TYPES: [(&str, usize); 10] = [
    ("AWS::Amplify::App", 50),
    ("AWS::CloudWatch::MetricStream", 50),
    ("AWS::CodeArtifact::Domain", 50),
    ("AWS::CodeDeploy::Application", 50),
    ("AWS::DataSync::LocationS3", 50),
    ("AWS::ElastiCache::User", 50),
    ("AWS::IoT::TopicRule", 50),
    ("AWS::NeptuneGraph::Graph", 50),
    ("AWS::Pipes::Pipe", 50),
    ("AWS::VpcLattice::ServiceNetwork", 50),
];
const OWNER: &str = "ana@example.com";

/// The concurrent calls of the bare client.
const AT_ONCE: usize = 16;

/// How long the bare client waits before it asks about a request again.
const POLL_INTERVAL: Duration = Duration::from_millis(10);

/// A way to sweep a world, given its resources.
type Sweep = fn(&World, &[CloudResource]);

fn main() {
    let runs = std::env::args().skip(1).find_map(|word| word.parse().ok());
    let runs: usize = runs.unwrap_or(5);
    let who: [(&str, Sweep); 2] = [("jiti", jiti), ("bare", bare)];
    let mut seconds = [const { Vec::new() }; 2];
    let mut left = [0; 2];
    for run in 0..=runs {
        for (which, (_, sweep)) in who.iter().enumerate() {
            let (world, made) = filled();
            let start = Instant::now();
            sweep(&world, &made);
            let took = start.elapsed().as_secs_f64();
            let after = world.list_with_cloud_control(&TYPES.map(|(kind, _)| kind));
            left[which] = made.iter().filter(|thing| after.contains(thing)).count();
            // The first round warms the caches and is not counted.
            if run > 0 {
                seconds[which].push(took);
            }
        }
    }
    let (world, made) = filled();
    // The timed runs go past the proxy, which only counts the calls of another run.
    let url = ("AWS_ENDPOINT_URL".to_owned(), world.proxy.url());
    world.sandbox.set([url]);
    let memory = peak_memory(&world, || jiti(&world, &made));
    let calls = world.proxy.calls().len();

    let medians = seconds.each_mut().map(|values| median(values));
    println!("1000 resources of ten types in two regions, medians of {runs} interleaved runs");
    for (which, (name, _)) in who.iter().enumerate() {
        println!(
            "{name:10} {:>7.2} s, {:>5.2} of the bare, {} left",
            medians[which],
            medians[which] / medians[1],
            left[which]
        );
    }
    println!("jiti made {calls} calls and had {memory:.0} MB");
    record("control.bare_ratio", medians[0] / medians[1]);
    record("control.peak_mb", memory);
    println!("goals for jiti: at most 2.50 of the bare, 0 left, under 45 MB");
}

/// An account with 1,000 resources, past the proxy.
fn filled() -> (World, Vec<CloudResource>) {
    let world = World::new();
    world
        .sandbox
        .set([("AWS_ENDPOINT_URL".to_owned(), Moto::shared().url())]);
    world.lease_without_state("shop", OWNER);
    let made = world.create_many("shop", OWNER, &TYPES);
    assert_eq!(made.len(), 1_000);
    (world, made)
}

fn jiti(world: &World, _: &[CloudResource]) {
    let mut command = world.sandbox.command(binary("jiti"));
    command.args(["teardown", "shop", "--strategy", "sweep", "--yes", "--json"]);
    command.args(["--max-resources", "2000"]);
    CommandOutput::of(&mut command).ok();
}

/// Reads, deletes and waits for each resource, without discovery.
fn bare(world: &World, known: &[CloudResource]) {
    let queue = Mutex::new(known.to_vec());
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                let upstream = Upstream::new(Moto::shared().address());
                let call = |region: &str, name: &str, body: &Value| -> Value {
                    let request = request(world, region, name, body);
                    let answer = upstream.ask(&request).unwrap();
                    assert_eq!(answer.status, 200, "{}", answer.text());
                    serde_json::from_str(&answer.text()).unwrap()
                };
                loop {
                    let next = queue.lock().unwrap().pop();
                    let Some(CloudResource { kind, id, region }) = next else {
                        break;
                    };
                    let about = json!({ "TypeName": kind, "Identifier": id });
                    call(&region, "GetResource", &about);
                    let begun = call(&region, "DeleteResource", &about);
                    let token = json!({ "RequestToken": begun["ProgressEvent"]["RequestToken"] });
                    loop {
                        let status = call(&region, "GetResourceRequestStatus", &token);
                        match status["ProgressEvent"]["OperationStatus"].as_str() {
                            Some("SUCCESS") => break,
                            Some("IN_PROGRESS") => std::thread::sleep(POLL_INTERVAL),
                            _ => panic!("{status}"),
                        }
                    }
                }
            });
        }
    });
}

/// A request as a client without an SDK sends it.
fn request(world: &World, region: &str, call: &str, body: &Value) -> Request {
    let scope = format!(
        "{}/20260101/{region}/cloudcontrolapi/aws4_request",
        world.account
    );
    let headers = [
        ("host", "localhost".to_owned()),
        (
            "authorization",
            format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"),
        ),
        ("content-type", "application/x-amz-json-1.0".to_owned()),
        ("x-amz-target", format!("CloudApiService.{call}")),
    ];
    Request {
        method: "POST".to_owned(),
        target: "/".to_owned(),
        headers: headers
            .map(|(name, value)| (name.to_owned(), value))
            .to_vec(),
        body: body.to_string().into_bytes(),
    }
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// The peak resident memory of one process of the world, in megabytes. It is a separate run,
/// because sampling takes time.
fn peak_memory(world: &World, sweep: impl FnOnce()) -> f64 {
    let done = std::sync::atomic::AtomicBool::new(false);
    let peak = Mutex::new(0);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(std::sync::atomic::Ordering::Relaxed) {
                for pid in world.sandbox.own_processes() {
                    let mut peak = peak.lock().unwrap();
                    *peak = peak_resident(pid).max(*peak);
                }
                std::thread::sleep(Duration::from_millis(10));
            }
        });
        sweep();
        done.store(true, std::sync::atomic::Ordering::Relaxed);
    });
    let peak = *peak.lock().unwrap();
    peak as f64 * 1024.0 / 1e6
}
