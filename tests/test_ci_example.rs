//! The workflows of examples/ci: what they may do, their commands, and a pull request that goes
//! through their scripts. moto stands for S3 and DynamoDB, and a script for the code host's `gh`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use e2e::moto::{self, Moto, REGIONS};
use e2e::{CommandOutput, Sandbox};
use serde_json::{Value, json};
use stack::{Config, Ledger};

const NAME: &str = "checkout-pr-412";

const WORKFLOWS: [&str; 3] = ["preview.yml", "destroy.yml", "reap.yml"];

/// Every job states its permissions, waits for an earlier run, ends by itself, uses a role in place
/// of keys, and puts no text of the event into a script.
#[test]
fn the_workflows_are_careful() {
    let sandbox = Sandbox::new();
    for name in WORKFLOWS {
        let workflow = workflow(&sandbox, name);
        assert_eq!(workflow["permissions"], json!({}), "{name}");
        for (job_name, job) in workflow["jobs"].as_object().unwrap() {
            let place = format!("{name}: {job_name}");
            for (permission, access) in job["permissions"].as_object().unwrap() {
                let writes = ["id-token", "pull-requests", "actions"];
                assert!(
                    access == "read" || access == "write" && writes.contains(&permission.as_str()),
                    "{place}: {permission}: {access}"
                );
            }
            if job["uses"].is_string() {
                continue;
            }
            assert!(job["timeout-minutes"].is_u64(), "{place}");
            let concurrency = [&job["concurrency"], &workflow["concurrency"]];
            let found = concurrency.into_iter().find(|found| found.is_object());
            let found = found.unwrap_or_else(|| panic!("{place}: no concurrency group"));
            assert_eq!(found["cancel-in-progress"], false, "{place}");
            assert_eq!(job["permissions"]["id-token"], "write", "{place}");
            for step in job["steps"].as_array().unwrap() {
                let script = step["run"].as_str().unwrap_or_default();
                assert!(!script.contains("${{"), "{place}: {script}");
                if let Some(action) = step["uses"].as_str() {
                    assert!(action.contains('@'), "{place}: {action}");
                    assert!(step["with"]["aws-access-key-id"].is_null(), "{place}");
                }
            }
        }
    }
}

/// Each command of jiti in the workflows has valid arguments, and both configurations are valid.
#[test]
fn the_commands_parse() {
    let sandbox = Sandbox::new();
    let mut commands = BTreeSet::new();
    for name in WORKFLOWS {
        for script in scripts(&workflow(&sandbox, name)) {
            let lines = script.lines().map(str::trim).map(str::to_owned);
            commands.extend(lines.filter(|line| line.starts_with("jiti ")));
        }
    }
    assert!(commands.len() >= 3, "{commands:?}");
    for command in commands {
        let (command, _) = command.split_once(" >").unwrap_or((&command, ""));
        let command = command.replace("\"$TF_VAR_name\"", NAME);
        let arguments: Vec<_> = command.split(' ').skip(1).collect();
        // No ledger exists, so each command fails; 2 is wrong usage.
        let output = sandbox.jiti(&arguments);
        assert!(
            output.code.is_some_and(|code| code != 2),
            "{command}: {output:?}"
        );
    }
    for name in ["jiti.toml", "reaper.toml"] {
        Config::read(&example().join(name)).unwrap();
    }
}

/// The command that dispatches a teardown gives every input of the workflow that it starts.
#[test]
fn the_dispatch_gives_every_input() {
    let sandbox = Sandbox::new();
    let reaper = std::fs::read_to_string(example().join("reaper.toml")).unwrap();
    // YAML 1.1 reads `on` as true.
    let on = &workflow(&sandbox, "destroy.yml")["true"];
    for event in ["workflow_dispatch", "workflow_call"] {
        let inputs = on[event]["inputs"].as_object().unwrap();
        assert_eq!(inputs.len(), reaper.matches("\"-f\"").count(), "{event}");
        for input in inputs.keys() {
            assert!(
                reaper.contains(&format!("\"{input}={{")),
                "{event}: {input}"
            );
        }
    }
    let called = &workflow(&sandbox, "preview.yml")["jobs"]["destroy"];
    assert_eq!(called["uses"], "./.github/workflows/destroy.yml");
    let given = called["with"].as_object().unwrap();
    let inputs = on["workflow_call"]["inputs"].as_object().unwrap();
    assert!(given.keys().eq(inputs.keys()), "{given:?}");
}

/// A pull request is applied, a push renews the lease, the comment shows URL, cost and end, the
/// reaper dispatches, and the dispatched workflow destroys. Each job runs in a folder of its own,
/// as on a fresh machine.
#[test]
fn a_pull_request_goes_through_the_workflows() {
    let team = Team::new();
    let preview = workflow(&team.sandbox, "preview.yml");
    let apply = &preview["jobs"]["apply"];
    let runner = team.runner("apply-1", "1111111");
    runner.step(apply, "Apply").ok();
    runner.step(apply, "Comment").ok();
    let comment = team.file("comment.md");
    for part in [
        "**checkout-pr-412** is ready",
        "| URL | https://checkout-pr-412.preview.example.com |",
        "| Cost | $0.42 per hour, $0",
        "| Lease | ends at 2",
        "| Teardown | no reaper has run yet |",
    ] {
        assert!(comment.contains(part), "{part} in\n{comment}");
    }
    assert!(team.file("gh.log").contains("pr comment 412 --edit-last"));

    let runner = team.runner("apply-2", "2222222");
    runner.step(apply, "Apply").ok();
    let kinds = team.events();
    assert!(kinds.contains(&"version_changed".to_owned()), "{kinds:?}");
    assert!(kinds.contains(&"renewed".to_owned()), "{kinds:?}");

    let reap = workflow(&team.sandbox, "reap.yml");
    let reap = &reap["jobs"]["reap"];
    let runner = team.runner("reap", "2222222").with_config("reaper.toml");
    runner.step(reap, "Reap").ok();
    runner.step(apply, "Comment").ok();
    assert!(!team.file("comment.md").contains("no reaper"));

    // The folders of the earlier jobs are gone, as the machines are.
    for job in ["apply-1", "apply-2"] {
        std::fs::remove_dir_all(team.sandbox.path(job)).unwrap();
    }
    runner
        .run("jiti teardown checkout-pr-412 --dry-run")
        .ok()
        .says("by dispatch")
        .says("name=checkout-pr-412")
        .says("git_sha=2222222");

    let destroy = workflow(&team.sandbox, "destroy.yml");
    let runner = team.runner("destroy", "2222222");
    let output = runner.step(&destroy["jobs"]["destroy"], "Tear down").ok();
    let result: Value = serde_json::from_str(output.stdout.lines().last().unwrap()).unwrap();
    assert_eq!(result["residue"], json!([]), "{}", output.stdout);
    assert_eq!(team.events().last().unwrap(), "gone");
}

/// A shared ledger and a bucket for states on moto, and the code host's `gh` as a script.
struct Team {
    sandbox: Sandbox,
    ledger: String,
}

impl Team {
    fn new() -> Self {
        let sandbox = Sandbox::new();
        let url = Moto::shared().url();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let ledger = runtime.block_on(e2e::dynamodb::new_ledger(&url)).location();
        sandbox.set(moto::environment(&url, "testing"));
        let team = Self { sandbox, ledger };
        let bucket = json!([["s3", REGIONS[0], "create_bucket", {
            "Bucket": team.bucket(),
            "CreateBucketConfiguration": { "LocationConstraint": REGIONS[0] },
        }]]);
        team.sandbox.python("call.py", &[&bucket.to_string()]);
        let temporary = team.sandbox.path("temporary");
        std::fs::create_dir_all(&temporary).unwrap();
        let gh = "#!/bin/sh\nprintf '%s\\n' \"$*\" >>\"$RUNNER_TEMP/gh.log\"\n";
        std::fs::create_dir_all(team.sandbox.path("programs")).unwrap();
        stack::testing::program(&team.sandbox.path("programs/gh"), gh);
        team
    }

    /// A bucket that no other test has.
    fn bucket(&self) -> String {
        let table = self.ledger.trim_start_matches("dynamodb://");
        format!("states-{}", table.split_once('?').unwrap().0)
    }

    /// The machine of a job, with a checkout of its own.
    fn runner(&self, name: &str, commit: &str) -> Runner<'_> {
        let folder = self.sandbox.path(name);
        let preview = folder.join("examples/ci/preview");
        std::fs::create_dir_all(&preview).unwrap();
        std::fs::copy(example().join("preview/main.tf"), preview.join("main.tf")).unwrap();
        for file in ["comment.jq", "jiti.toml", "reaper.toml"] {
            std::fs::copy(example().join(file), folder.join("examples/ci").join(file)).unwrap();
        }
        Runner {
            team: self,
            folder,
            commit: commit.to_owned(),
            config: "jiti.toml",
        }
    }

    fn file(&self, name: &str) -> String {
        std::fs::read_to_string(self.sandbox.path("temporary").join(name)).unwrap()
    }

    /// The kinds of the stack's events.
    fn events(&self) -> Vec<String> {
        let arguments = ["show", NAME, "--json", "--ledger", &self.ledger];
        let shown: Value =
            serde_json::from_str(&self.sandbox.jiti(&arguments).ok().stdout).unwrap();
        let events = shown["events"].as_array().unwrap().iter();
        events
            .map(|event| event["kind"].as_str().unwrap().to_owned())
            .collect()
    }
}

/// A machine that runs the scripts of a job.
struct Runner<'a> {
    team: &'a Team,
    folder: PathBuf,
    commit: String,
    config: &'static str,
}

impl Runner<'_> {
    fn with_config(self, config: &'static str) -> Self {
        Self { config, ..self }
    }

    /// Runs the script of a step.
    fn step(&self, job: &Value, name: &str) -> CommandOutput {
        let steps = job["steps"].as_array().unwrap().iter();
        let mut found = steps.filter(|step| step["name"] == name);
        let step = found.next().unwrap_or_else(|| panic!("no step {name}"));
        self.run(step["run"].as_str().unwrap())
    }

    fn run(&self, script: &str) -> CommandOutput {
        let sandbox = &self.team.sandbox;
        let mut command = sandbox.command("bash");
        let path = command
            .get_envs()
            .find_map(|(name, value)| value.filter(|_| name == "PATH"))
            .unwrap()
            .to_str()
            .unwrap()
            .to_owned();
        let programs = sandbox.path("programs");
        command
            .args(["-e", "-c", script])
            .current_dir(self.folder.join("examples/ci/preview"))
            .env("PATH", format!("{}:{path}", programs.display()))
            .env("JITI_LEDGER", &self.team.ledger)
            .env(
                "JITI_CONFIG",
                self.folder.join("examples/ci").join(self.config),
            )
            .env("STATE_BUCKET", self.team.bucket())
            .env("RUNNER_TEMP", sandbox.path("temporary"))
            .env("PULL_REQUEST", "412")
            .env("TF_VAR_name", NAME)
            .env("TF_VAR_git_sha", &self.commit)
            .env("TF_VAR_owner", "ana")
            // moto has no host name for each bucket.
            .env("TF_CLI_ARGS_init", "-backend-config=use_path_style=true");
        CommandOutput::of(&mut command)
    }
}

/// A workflow of the example.
fn workflow(sandbox: &Sandbox, name: &str) -> Value {
    let path = example().join("workflows").join(name);
    sandbox.python("yaml_json.py", &[path.to_str().unwrap()])
}

/// The scripts of all steps of a workflow.
fn scripts(workflow: &Value) -> Vec<String> {
    let jobs = workflow["jobs"].as_object().unwrap().values();
    let steps = jobs.filter_map(|job| job["steps"].as_array()).flatten();
    let scripts = steps.filter_map(|step| step["run"].as_str());
    scripts.map(str::to_owned).collect()
}

fn example() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/ci")
}
