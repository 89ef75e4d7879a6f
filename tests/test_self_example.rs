//! The example of a stack that manages itself: applied on moto, with the program of its machine run
//! here, with the permissions of the machine for the ledger.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::time::{Duration, Instant};

use e2e::dynamo_guard::DynamoGuard;
use e2e::dynamodb::{self, DynamoServer};
use e2e::moto::REGIONS;
use e2e::world::{CloudResource, World};
use e2e::{CommandOutput, Root};
use serde_json::{Value, json};

use crate::test_examples::passes_its_test;
use crate::test_shared_ledger::table;

const NAME: &str = "batch-42";

/// The machine works through its queue, extends the lease of the stack while a job runs, and ends
/// the stack when the queue is empty. The teardown runs elsewhere. Nothing is left.
#[test]
fn the_stack_extends_and_ends_itself() {
    let world = World::new();
    let guard = DynamoGuard::new(DynamoServer::shared().address());
    let ledger = share_ledger(&world, &guard);
    let before = own_resources(&world);
    let printed = world.sandbox.jiti(&["iam", "self", NAME]).ok().stdout;
    let policy: Value = serde_json::from_str(&printed).unwrap();
    guard.restrict("machine", policy.clone());
    let root = example(&world, &ledger, &printed);
    root.apply().ok();
    root.plan().exits(0).says("No changes.");
    let queue = root.run(&["output", "-raw", "queue_url"]).ok().stdout;
    assert_eq!(policy_of_the_machine(&world), policy);

    let machine = Machine::new(&world);
    let begun = world.sandbox.listing(NAME);
    assert_eq!(begun["phase"], "provisioning");
    for job in ["3", "fails", "1"] {
        let message = json!({ "QueueUrl": queue, "MessageBody": job });
        world.call(&json!([["sqs", REGIONS[0], "send_message", message]]));
    }
    let mut worker = Worker(machine.start());
    let begun_at = Instant::now();
    while builds(&world).is_empty() {
        if let Some(status) = worker.0.try_wait().unwrap() {
            panic!("the worker has ended: {status}: {}", machine.log());
        }
        assert!(
            begun_at.elapsed() < Duration::from_secs(300),
            "the worker starts no teardown: {}",
            machine.log()
        );
        std::thread::sleep(Duration::from_millis(200));
    }
    assert_eq!(
        builds(&world),
        [json!({
            "projectName": "teardown",
            "environmentVariablesOverride": [{ "name": "STACK", "value": NAME }],
        })]
    );
    let after = world.sandbox.listing(NAME);
    assert_eq!(after["phase"], "ready");
    assert_ne!(after["expires_at"], begun["expires_at"]);
    // What the build does.
    root.destroy().ok();
    let status = worker.0.wait().unwrap();
    assert!(status.success(), "{status}: {}", machine.log());

    let mut done = machine.jobs();
    done.sort();
    assert_eq!(done, ["1", "3", "fails", "fails"], "{}", machine.log());
    assert_eq!(world.sandbox.listing(NAME)["phase"], "gone");
    let events = world.sandbox.events(NAME);
    for kind in [
        "ready",
        "activity",
        "extended",
        "teardown_dispatched",
        "released",
    ] {
        assert!(
            events.iter().any(|event| event == kind),
            "{kind} in {events:?}"
        );
    }
    assert_eq!(guard.denied(), Vec::<String>::new());
    assert_eq!(own_resources(&world), before);
}

/// `terraform test` passes in the folder of the example.
#[test]
fn the_example_passes_its_test() {
    let world = World::new();
    let guard = DynamoGuard::new(DynamoServer::shared().address());
    let ledger = share_ledger(&world, &guard);
    world.sandbox.with_aws_provider();
    let before = own_resources(&world);
    let variables = [
        format!("-var=endpoint={}", world.proxy.url()),
        format!("-var=ledger={ledger}"),
        "-var=ami_name=amzn2-ami-*".to_owned(),
    ];
    let arguments: Vec<&str> = variables.iter().map(String::as_str).collect();
    passes_its_test(&world.sandbox, &folder(), &arguments);
    assert_eq!(own_resources(&world), before);
}

/// What exists, without the ledgers of the tests that share the server of the tables.
fn own_resources(world: &World) -> BTreeSet<CloudResource> {
    let mut found = world.list();
    found.retain(|resource| !resource.id.contains(":table/jiti-ledger-"));
    found
}

/// Gives the world a ledger in a table behind the guard, and returns its address.
fn share_ledger(world: &World, guard: &DynamoGuard) -> String {
    let ledger = dynamodb::address(&table());
    world.sandbox.set([
        ("AWS_ENDPOINT_URL_DYNAMODB".to_owned(), guard.url()),
        ("JITI_LEDGER".to_owned(), ledger.clone()),
    ]);
    ledger
}

fn folder() -> PathBuf {
    crate::test_examples::folder().join("aws/self-managing")
}

/// The example, ready to be applied, and the project that its teardown needs.
fn example<'a>(world: &'a World, ledger: &str, policy: &str) -> Root<'a> {
    world.sandbox.with_aws_provider();
    let project = json!({
        "name": "teardown",
        "source": { "type": "S3", "location": "teardown/source.zip" },
        "artifacts": { "type": "NO_ARTIFACTS" },
        "environment": { "type": "LINUX_CONTAINER", "image": "aws/codebuild/standard:7.0",
                         "computeType": "BUILD_GENERAL1_SMALL" },
        "serviceRole": format!("arn:aws:iam::{}:role/teardown", world.account),
    });
    let created = world.call(&json!([[
        "codebuild",
        REGIONS[0],
        "create_project",
        project
    ]]));
    let project = created[0]["project"]["arn"].as_str();
    let project = project.unwrap_or_else(|| panic!("{created:?}"));
    let root = Root::copied(&world.sandbox, "self-managing", &folder());
    std::fs::copy(folder().join("worker.sh"), root.path("worker.sh")).unwrap();
    let variables = json!({
        "name": NAME, "owner": "ana@example.com", "ledger": ledger, "self_policy": policy,
        "teardown_project": project, "job": world.sandbox.path("job"),
        "endpoint": world.proxy.url(), "ami_name": "amzn2-ami-*",
    });
    std::fs::write(root.path("test.auto.tfvars.json"), variables.to_string()).unwrap();
    root
}

/// The policy that the role of the machine has for the ledger.
fn policy_of_the_machine(world: &World) -> Value {
    let region = REGIONS[0];
    let roles = world.call(&json!([["iam", region, "list_roles", {}]]));
    let roles = roles[0]["Roles"].as_array().unwrap();
    let names = roles.iter().map(|role| role["RoleName"].as_str().unwrap());
    let own: Vec<&str> = names.filter(|name| name.starts_with(NAME)).collect();
    let arguments = json!({ "RoleName": own[0], "PolicyName": "lease" });
    let found = world.call(&json!([["iam", region, "get_role_policy", arguments]]));
    found[0]["PolicyDocument"].clone()
}

/// The builds that were started, as they were asked for.
fn builds(world: &World) -> Vec<Value> {
    let calls = world.proxy.calls().into_iter();
    let started = calls.filter(|call| call.service == "codebuild" && call.name == "StartBuild");
    started
        .map(|call| {
            let (_, body) = call.text.split_once('\n').unwrap();
            serde_json::from_str(body).unwrap()
        })
        .collect()
}

/// The worker, which ends with the test.
struct Worker(Child);

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The program of the machine, with its files and its environment, in a folder in place of the
/// machine's root.
struct Machine<'a> {
    world: &'a World,
    root: PathBuf,
}

impl<'a> Machine<'a> {
    /// Writes the files that the machine's user data names.
    fn new(world: &'a World) -> Self {
        let root = world.sandbox.path("machine");
        let region = REGIONS[0];
        let named = json!({ "Filters": [{ "Name": "tag:jiti:stack", "Values": [NAME] }] });
        let found = world.call(&json!([["ec2", region, "describe_instances", named]]));
        let id = &found[0]["Reservations"][0]["Instances"][0]["InstanceId"];
        let attribute = json!({ "InstanceId": id, "Attribute": "userData" });
        let found = world.call(&json!([[
            "ec2",
            region,
            "describe_instance_attribute",
            attribute
        ]]));
        let encoded = found[0]["UserData"]["Value"].as_str().unwrap();
        let mut decode = world.sandbox.command("sh");
        decode.args(["-c", "printf %s \"$1\" | base64 -d", "sh", encoded]);
        let text = CommandOutput::of(&mut decode).ok().stdout;
        let written = text.strip_prefix("#cloud-config\n").unwrap();
        let written: Value = serde_json::from_str(written).unwrap();
        for file in written["write_files"].as_array().unwrap() {
            let path = root.join(file["path"].as_str().unwrap().trim_start_matches('/'));
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            let content = file["content"].as_str().unwrap();
            match file["permissions"].as_str() {
                Some("0755") => stack::testing::program(&path, content),
                other => {
                    assert_eq!(other, None);
                    std::fs::write(&path, content).unwrap();
                }
            }
        }
        let machine = Self { world, root };
        machine.install();
        machine
    }

    /// The programs besides those of the user data: the AWS CLI, and the job. A job `fails` at its
    /// first attempt, and then ends at once.
    fn install(&self) {
        let scripts = Path::new(env!("CARGO_MANIFEST_DIR"));
        let python = scripts.join("../.local/python/bin/python");
        let script = scripts.join("python/aws_cli.py");
        let aws = format!("#!/bin/sh\nexec {python:?} {script:?} \"$@\"\n");
        stack::testing::program(&self.path("usr/local/bin/aws"), &aws);
        let done = self.path("jobs");
        let job = format!(
            "#!/bin/sh\nn=$(grep -c \"^$1\\$\" {done:?} 2>/dev/null || true)\necho \"$1\" >>{done:?}\n\
             case $1 in fails) [ \"$n\" -gt 0 ] ;; *) sleep \"$1\" ;; esac\n"
        );
        stack::testing::program(&self.world.sandbox.path("job"), &job);
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// Starts the worker as its unit does, with shorter pauses.
    fn start(&self) -> Child {
        let unit = std::fs::read_to_string(self.path("etc/systemd/system/worker.service")).unwrap();
        let line = unit
            .lines()
            .find_map(|line| line.strip_prefix("ExecStart=/"));
        let words: Vec<&str> = line.unwrap().split(' ').collect();
        let mut command = self.world.sandbox.command(self.path(words[0]));
        command.args(&words[1..]);
        let environment = std::fs::read_to_string(self.path("etc/jiti/worker.env")).unwrap();
        for line in environment.lines() {
            let (name, value) = line.split_once('=').unwrap();
            command.env(name, value);
        }
        let sandbox = self.world.sandbox.command("true");
        let path = sandbox
            .get_envs()
            .find(|(name, _)| *name == "PATH")
            .unwrap()
            .1
            .unwrap();
        let programs = format!(
            "{}:{}",
            self.path("usr/local/bin").display(),
            path.display()
        );
        let log = std::fs::File::create(self.path("log")).unwrap();
        std::fs::create_dir_all(self.path("root")).unwrap();
        command
            .env("PATH", programs)
            .env("HOME", self.path("root"))
            .env("JITI_CONFIG", self.path("etc/jiti/config.toml"))
            .env("AWS_DEFAULT_REGION", REGIONS[0])
            // The permissions of the machine: the guard knows it by this token.
            .env("AWS_SESSION_TOKEN", "machine")
            .envs([
                ("RENEW_EVERY", "1"),
                ("LEAST_LEFT", "7200"),
                ("WAIT_SECONDS", "1"),
                ("PATIENCE", "3"),
            ])
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap()
    }

    /// The jobs that were started, in order.
    fn jobs(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.path("jobs")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.path("log")).unwrap_or_default()
    }
}
