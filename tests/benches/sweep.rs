//! Discovery and sweep of 1,000 resources (volumes, topics and security groups in two regions) on
//! moto by jiti, by Cloud Custodian, and by a bare client that knows the resources, reads each
//! again and deletes it.
//!
//! The three take turns, each in its own account; the result is the ratio of the medians. moto is
//! one Python process that closes each connection, and takes most of the time of all three. `cargo
//! bench -p e2e --bench sweep -- [RUNS]`

use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use e2e::moto::{Moto, REGIONS};
use e2e::proxy::http::{Request, Upstream};
use e2e::sandbox::peak_resident;
use e2e::world::{CloudResource, World};
use e2e::{CommandOutput, binary};
use test_support::figures::record;

/// The number of each kind in each region.
const KINDS: [(&str, usize); 3] = [("volume", 167), ("topic", 166), ("group", 167)];
const OWNER: &str = "ana@example.com";

/// The concurrent calls of the bare client.
const AT_ONCE: usize = 16;

/// A way to sweep a world, given its resources.
type Sweep = fn(&World, &[CloudResource]);

fn main() {
    let runs = std::env::args().skip(1).find_map(|word| word.parse().ok());
    let runs: usize = runs.unwrap_or(5);
    let who: [(&str, Sweep); 3] = [("jiti", jiti), ("custodian", custodian), ("bare", bare)];
    let mut seconds = [const { Vec::new() }; 3];
    let mut left = [0; 3];
    let mut calls = [0; 3];
    for run in 0..=runs {
        for (which, (_, sweep)) in who.iter().enumerate() {
            let (world, made) = filled();
            let start = Instant::now();
            sweep(&world, &made);
            let took = start.elapsed().as_secs_f64();
            let after = world.list();
            left[which] = made.iter().filter(|thing| after.contains(thing)).count();
            // The first round warms the caches and is not counted.
            if run > 0 {
                seconds[which].push(took);
            }
        }
    }
    let mut memory = [0.0; 2];
    for (which, (_, sweep)) in who.iter().take(2).enumerate() {
        let (world, made) = filled();
        // The timed runs go past the proxy, which only counts the calls of another run.
        let url = ("AWS_ENDPOINT_URL".to_owned(), world.proxy.url());
        world.sandbox.set([url]);
        memory[which] = peak_memory(&world, || sweep(&world, &made));
        calls[which] = world.proxy.calls().len();
        calls[2] = requests(&world, &made).iter().map(Vec::len).sum();
    }

    let medians = seconds.each_mut().map(|values| median(values));
    println!("1000 resources in two regions, medians of {runs} interleaved runs");
    println!(
        "{:10} {:>9} {:>14} {:>9} {:>8} {:>8} {:>10}",
        "", "median", "of the bare", "fastest", "calls", "left", "memory"
    );
    for (which, (name, _)) in who.iter().enumerate() {
        let megabytes = memory.get(which).map(|mb| format!("{mb:.0} MB"));
        println!(
            "{name:10} {:>7.2} s {:>14.2} {:>7.2} s {:>8} {:>8} {:>10}",
            medians[which],
            medians[which] / medians[2],
            seconds[which].iter().copied().fold(f64::INFINITY, f64::min),
            calls[which],
            left[which],
            megabytes.unwrap_or_default()
        );
    }
    record("sweep.bare_ratio", medians[0] / medians[2]);
    record("sweep.custodian_ratio", medians[0] / medians[1]);
    record("sweep.left", left[0] as f64);
    record("sweep.peak_mb", memory[0]);
    println!("goals for jiti: at most 2.00 of the bare, ahead of custodian, 0 left, under 40 MB");
}

/// An account with 1,000 resources, past the proxy.
fn filled() -> (World, Vec<CloudResource>) {
    let world = World::new();
    world
        .sandbox
        .set([("AWS_ENDPOINT_URL".to_owned(), Moto::shared().url())]);
    world.lease_without_state("shop", OWNER);
    let made = world.create_many("shop", OWNER, &KINDS);
    assert_eq!(made.len(), 1_000);
    (world, made)
}

fn jiti(world: &World, _: &[CloudResource]) {
    let mut command = world.sandbox.command(binary("jiti"));
    command.args(["teardown", "shop", "--strategy", "sweep", "--yes", "--json"]);
    command.args(["--max-resources", "2000"]);
    CommandOutput::of(&mut command).ok();
}

fn custodian(world: &World, _: &[CloudResource]) {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let program = here.join("../.local/python-bench/bin/custodian");
    assert!(program.exists(), "run tests/python/prepare.sh bench");
    let mut command = world.sandbox.command(program);
    command
        .args(["run", "--cache-period", "0", "-s"])
        .arg(world.sandbox.path("custodian"));
    for region in REGIONS {
        command.args(["-r", region]);
    }
    command.arg(here.join("python/custodian.yml"));
    // Failures show in the count of resources that are left.
    let _ = command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap();
}

/// A request of the query protocol, as a client without an SDK sends it.
fn form(world: &World, region: &str, service: &str, body: String) -> Request {
    let scope = format!("{}/20260101/{region}/{service}/aws4_request", world.account);
    let headers = [
        ("host", "localhost".to_owned()),
        (
            "authorization",
            format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"),
        ),
        (
            "content-type",
            "application/x-www-form-urlencoded".to_owned(),
        ),
    ];
    Request {
        method: "POST".to_owned(),
        target: "/".to_owned(),
        headers: headers
            .map(|(name, value)| (name.to_owned(), value))
            .to_vec(),
        body: body.into_bytes(),
    }
}

/// Reads all resources, then deletes them, without discovery. Volumes and groups are read 200 at a
/// time; each topic needs its own call for its tags.
fn bare(world: &World, known: &[CloudResource]) {
    for requests in requests(world, known) {
        let queue = Mutex::new(requests);
        std::thread::scope(|scope| {
            for _ in 0..AT_ONCE {
                scope.spawn(|| {
                    let upstream = Upstream::new(Moto::shared().address());
                    loop {
                        let next = queue.lock().unwrap().pop();
                        let Some(request) = next else { break };
                        let answer = upstream.ask(&request).unwrap();
                        assert_eq!(answer.status, 200, "{}", answer.text());
                    }
                });
            }
        });
    }
}

/// The reads, and the deletes.
fn requests(world: &World, known: &[CloudResource]) -> [Vec<Request>; 2] {
    let (mut reads, mut deletes) = (Vec::new(), Vec::new());
    for region in REGIONS {
        let here = |kind: &str| -> Vec<&str> {
            let these = known
                .iter()
                .filter(|thing| thing.kind == kind && thing.region == region);
            these.map(|thing| thing.id.as_str()).collect()
        };
        let kinds = [
            ("ec2:volume", "Volume", "VolumeId"),
            ("ec2:security-group", "SecurityGroup", "GroupId"),
        ];
        for (kind, name, parameter) in kinds {
            for batch in here(kind).chunks(200) {
                let ids = batch.iter().enumerate();
                let ids: Vec<String> = ids
                    .map(|(number, id)| format!("&{parameter}.{}={id}", number + 1))
                    .collect();
                let body = format!("Action=Describe{name}s&Version=2016-11-15{}", ids.concat());
                reads.push(form(world, region, "ec2", body));
            }
            for id in here(kind) {
                let body = format!("Action=Delete{name}&Version=2016-11-15&{parameter}={id}");
                deletes.push(form(world, region, "ec2", body));
            }
        }
        for arn in here("sns:topic") {
            let body = |call: &str, parameter: &str| {
                format!("Action={call}&Version=2010-03-31&{parameter}={arn}")
            };
            reads.push(form(
                world,
                region,
                "sns",
                body("ListTagsForResource", "ResourceArn"),
            ));
            deletes.push(form(world, region, "sns", body("DeleteTopic", "TopicArn")));
        }
    }
    [reads, deletes]
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
