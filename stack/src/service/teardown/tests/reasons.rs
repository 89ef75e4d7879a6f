//! What a user reads about a plan that could not be made, and about a delete that failed.

use super::*;

/// A command for `apply.sh` that prints one line of a provisioner.
fn printed(address: &str, output: &str) -> String {
    let line = json!({"type": "provision_progress", "hook": {"provisioner": "local-exec",
        "resource": {"addr": address}, "output": output}});
    format!("echo '{line}'\n")
}

/// A stack with a known rate, in the world's root.
async fn priced(world: &World, name: &StackName, inputs: TeardownInputs) -> PreparedTeardown {
    let lease = world.service.leases().lease(&stack_name("shop")).await;
    let mut registration = registration();
    registration.origin = lease.unwrap().unwrap().origin;
    registration.terms.hourly_cost = "0.42".parse().ok();
    registration.terms.teardown = inputs;
    world.planned(name, registration).await
}

/// A plan that could not be made shows no figures, whatever prevents it.
#[tokio::test]
async fn without_a_plan_there_are_no_figures() {
    let world = World::new().await;
    let failures = [
        diagnostic(
            "No value for required variable",
            "variable \"region\" is not set",
        ),
        diagnostic("Error acquiring the state lock", "Lock Info:\n  ID: 1\n"),
        diagnostic(
            "No valid credential sources found",
            "the SSO session has expired",
        ),
    ];
    world.write("state.json", &state(ALL).replace("shop", "costly"));
    world.write("plan.json", &plan(ALL).replace("shop", "costly"));
    let name = stack_name("costly");
    let prepared = priced(&world, &name, TeardownInputs::default()).await;
    assert_eq!(prepared.plan.hourly_usd, "0.42".parse().ok());
    for failure in failures {
        world.write("plan.sh", &format!("{failure}exit 1\n"));
        let teardowns = world.service.teardowns();
        let planned = teardowns.plan_teardown(&name, &world.settings).await;
        let plan = planned.unwrap().unwrap().plan;
        assert_eq!(plan.blockers.len(), 1, "{plan:?}");
        assert_eq!((plan.hourly_usd, plan.count()), (None, 0), "{plan:?}");
    }
}

/// What a provisioner and a provider said about a failed delete is in a private file of the run,
/// without the known secrets. The residue names the file, and the steps have the last line.
#[tokio::test]
async fn what_a_failed_delete_said_can_be_read() {
    let mut world = World::new().await;
    world.settings.secrets = vec!["hunter2".to_owned()];
    let prepared = world.plan().await;
    let run = world.settings.runs.join(prepared.plan.run.as_str());
    world.write("after.json", &state(&["aws_x.b", "jiti_stack.this"]));
    world.applies(&format!(
        "{}{}{}{}{}cp \"$here/after.json\" \"$here/state.json\"\nexit 1\n",
        says("apply_complete", "aws_x.a"),
        printed("aws_x.b", "login hunter2 tell-nobody"),
        printed("aws_x.b", "no route to tell-nobody"),
        says("apply_errored", "aws_x.b"),
        diagnostic(
            "local-exec provisioner error",
            "Error running command drop hunter2: exit status 1. Output: no route"
        ),
    ));
    let steps = Mutex::new(Vec::new());
    let listener = |step: &Progress| steps.lock().unwrap().push(step.clone());
    let stop = StopSignal::default();
    let teardowns = world.service.teardowns();
    let outcome = teardowns
        .teardown(prepared, &request(), &listener, &stop)
        .await
        .unwrap();
    let log = run.join("failures.log");
    assert_eq!(
        std::fs::read_to_string(&log).unwrap(),
        "# aws_x.b\nlogin (hidden) (hidden)\nno route to (hidden)\n\n# Terraform\n\
         Error: local-exec provisioner error\n\
         Error running command drop (hidden): exit status 1. Output: no route\n"
    );
    let mode = std::os::unix::fs::PermissionsExt::mode(&log.metadata().unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(
        outcome.residue[0].reason,
        format!(
            "local-exec provisioner error: Error running command drop (hidden): exit status 1; its output is in {}",
            log.display()
        )
    );
    let said = Progress::ResourceSaid {
        id: "aws_x.b".to_owned(),
        line: "no route to (hidden)".to_owned(),
    };
    assert!(steps.into_inner().unwrap().contains(&said));
    assert!(
        !run.join("output").exists(),
        "the unmasked output is removed"
    );
}

/// With bucket `two-uploads` and repository `two`, each gets its own error, in whichever order.
#[tokio::test]
async fn each_residue_has_its_own_error() {
    let addresses = ["aws_ecr_repository.a", "aws_s3_bucket.b", "jiti_stack.this"];
    let mut errors = [
        diagnostic("deleting S3 Bucket (two-uploads): BucketNotEmpty", ""),
        diagnostic("ECR Repository (two) not empty", ""),
    ];
    for _ in 0..2 {
        let world = World::new().await;
        world.write("state.json", &state(&addresses));
        let planned = plan(&addresses)
            .replacen("x-1", "two", 1)
            .replacen("x-1", "two-uploads", 1);
        world.write("plan.json", &planned);
        let prepared = world.plan().await;
        world.applies(&format!(
            "{}{}{}exit 1\n",
            says("apply_errored", addresses[0]),
            says("apply_errored", addresses[1]),
            errors.concat(),
        ));
        let outcome = world.carry_out(prepared).await.unwrap();
        let reasons: Vec<_> = outcome
            .residue
            .iter()
            .map(|left| left.reason.split(';').next().unwrap())
            .collect();
        assert_eq!(
            reasons,
            [
                "ECR Repository (two) not empty",
                "deleting S3 Bucket (two-uploads): BucketNotEmpty"
            ]
        );
        errors.reverse();
    }
}

/// A root that was never initialised is planned first: `init` runs only when Terraform asks for it.
#[tokio::test]
async fn init_runs_only_when_terraform_asks() {
    let world = World::new().await;
    std::fs::remove_dir(world.path(".terraform")).unwrap();
    assert_eq!(world.plan().await.plan.blockers, []);
    assert!(!world.calls().contains("init"), "{}", world.calls());

    let script = SCRIPT.replace(
        "  *) exit 1 ;;",
        "  init) touch \"$here/ready\" ;;\n  *) exit 1 ;;",
    );
    crate::testing::program(&world.path("terraform"), &script);
    let asks = diagnostic("Inconsistent dependency lock file", "run terraform init");
    let unless_ready = format!("[ -e \"{}\" ] && exit 0\n", world.path("ready").display());
    world.write("plan.sh", &format!("{unless_ready}{asks}exit 1\n"));
    assert_eq!(world.plan().await.plan.blockers, []);
    assert_eq!(
        world.calls().matches("init").count(),
        1,
        "{}",
        world.calls()
    );
}

/// A validation that accepts only the exact text of a variable does not prevent the plan.
#[tokio::test]
async fn a_validation_may_require_the_exact_text() {
    for (planned, blockers) in [(json!("[\"${b}\"]"), 0), (json!(["evaluated"]), 1)] {
        let world = World::new().await;
        let name = stack_name("costly");
        world.write("state.json", &state(ALL).replace("shop", "costly"));
        let mut plan: serde_json::Value =
            serde_json::from_str(&plan(ALL).replace("shop", "costly")).unwrap();
        plan["variables"] = json!({"v": {"value": planned}});
        world.write("plan.json", &plan.to_string());
        let refused = diagnostic("Invalid value for variable", "not the text");
        let calls = world.path("calls");
        world.write(
            "plan.sh",
            &format!(
                "tail -1 {} | grep -q u0024 || exit 0\n{refused}exit 1\n",
                calls.display()
            ),
        );
        let inputs = TeardownInputs {
            variables: [("v".to_owned(), "[\"${b}\"]".to_owned())].into(),
            ..TeardownInputs::default()
        };
        let prepared = priced(&world, &name, inputs).await;
        assert_eq!(
            prepared.plan.blockers.len(),
            blockers,
            "{:?}",
            prepared.plan
        );
    }
}

/// A variable's JSON is passed so that `${` and `%{` are no templates, and as it was written if the
/// plan shows that Terraform took it as text.
#[tokio::test]
async fn variables_arrive_as_they_were_written() {
    let text = r#"{"a":"${b} %{c}"}"#;
    let escaped = r#"{"a":"\u0024{b} \u0025{c}"}"#;
    for (planned, expected) in [
        (json!({"a": "${b} %{c}"}), vec![escaped]),
        (json!(escaped), vec![escaped, text]),
    ] {
        let world = World::new().await;
        let name = stack_name("costly");
        world.write("state.json", &state(ALL).replace("shop", "costly"));
        let mut plan: serde_json::Value =
            serde_json::from_str(&plan(ALL).replace("shop", "costly")).unwrap();
        plan["variables"] = json!({"v": {"value": planned}});
        world.write("plan.json", &plan.to_string());
        let inputs = TeardownInputs {
            variables: [("v".to_owned(), text.to_owned())].into(),
            ..TeardownInputs::default()
        };
        let prepared = priced(&world, &name, inputs).await;
        assert_eq!(prepared.plan.blockers, []);
        let calls = world.calls();
        let passed = calls.lines().filter_map(|call| {
            let (_, value) = call.split_once("-var v=")?;
            Some(value.split(" -out=").next().unwrap())
        });
        assert_eq!(passed.collect::<Vec<_>>(), expected);
    }
}

/// A full disk may lose lines of Terraform's output. What the state no longer has is recorded as
/// deleted, whether the destroy failed or succeeded, and whether other lines were read.
#[tokio::test]
async fn lost_lines_lose_no_deletion() {
    let moved = "cp \"$here/after.json\" \"$here/state.json\"\n";
    let own = "jiti_stack.this";
    let one = says("apply_complete", "aws_x.a");
    for (script, after, left) in [
        (format!("{moved}exit 1\n"), &[own][..], 1),
        (format!("{one}{moved}exit 1\n"), &[own], 1),
        (moved.to_owned(), &[], 0),
    ] {
        let world = World::new().await;
        let prepared = world.plan().await;
        world.write("after.json", &state(after));
        world.applies(&script);
        let outcome = world.carry_out(prepared).await.unwrap();
        assert_eq!(outcome.residue.len(), left, "{script}");
        assert_eq!(outcome.deleted.len(), 3 - left, "{script}");
        let kinds = world.kinds().await;
        let recorded = kinds.iter().filter(|kind| *kind == "resource_deleted");
        assert_eq!(recorded.count(), 3 - left, "{script}");
    }
}
