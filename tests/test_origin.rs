//! Where a teardown runs when the folder of the stack is gone: in a rebuild from the commit, or
//! where a command starts it.

use e2e::Sandbox;
use e2e::teardown::{lines, stack};

/// The ledger knows the backend and the commit of a stack, so a teardown does not need its folder.
/// Without the permission for the repository, the folder is needed.
#[test]
fn a_stack_is_rebuilt_from_its_commit() {
    let sandbox = Sandbox::new();
    let root = sandbox.root("root", &stack("shop", ""));
    let backend = "terraform {\n  backend \"local\" {}\n}\n";
    std::fs::write(root.path("backend.tf"), backend).unwrap();
    let state = sandbox.path("states/shop.tfstate");
    let state = state.to_str().unwrap();
    let path = format!("-backend-config=path={state}");
    root.run(&["init", "-input=false", "-reconfigure", &path])
        .ok();
    let id = e2e::git::commit_and_push(&sandbox, &root, "shop.git");
    root.apply().ok();
    let url = sandbox.path("shop.git").to_str().unwrap().to_owned();
    let origin = sandbox.listing("shop")["origin"].clone();
    assert_eq!(origin["backend"]["type"], "local");
    assert_eq!(origin["backend"]["path"], state);
    assert_eq!(
        (&origin["repository"], &origin["commit"]),
        (&url.clone().into(), &id.clone().into())
    );
    assert!(origin["host"].is_string());
    sandbox
        .jiti(&["show", "shop"])
        .ok()
        .says(&format!("state in backend local: path={state}"))
        .says(&format!("commit {id} of {url}"));

    std::fs::rename(&root.dir, sandbox.path("elsewhere")).unwrap();
    sandbox.config("[teardown]\nrepositories = [\"https://git.test/**\"]\n");
    sandbox
        .jiti(&["teardown", "shop", "--dry-run"])
        .exits(1)
        .says("is no longer there")
        .says(&format!(
            "`repositories` under [teardown] does not allow {url}"
        ))
        .says("no `command` is configured under [dispatch]");
    sandbox.config("[teardown]\nrepositories = [\"/**/shop.git\"]\n");
    sandbox
        .jiti(&["teardown", "shop", "--dry-run"])
        .ok()
        .says("shop: 3 resources will be destroyed")
        .says(&format!("rebuilt from {id} of {url}, workspace default"));
    let report = sandbox.teardown("shop", 0);
    let site = &report[1]["plan"]["where"];
    assert_eq!(
        (&site["way"], &site["commit"]),
        (&"rebuilt".into(), &id.into())
    );
    let result = report.last().unwrap();
    assert_eq!(result["deleted"].as_array().unwrap().len(), 3);
    assert_eq!(result["residue"].as_array().unwrap().len(), 0);
    assert_eq!(sandbox.listing("shop")["phase"], "gone");
    assert!(!root.dir.exists());
    assert!(!sandbox.events("shop").contains(&"origin_moved".to_owned()));
    for run in std::fs::read_dir(sandbox.path("runs")).unwrap().flatten() {
        assert!(!run.path().join("checkout").exists());
    }
}

/// A command starts the teardown elsewhere, and jiti follows it until the stack is gone.
#[test]
fn a_teardown_is_dispatched() {
    let sandbox = Sandbox::new();
    let root = sandbox.root("root", &stack("shop", ""));
    root.apply().ok();
    let elsewhere = sandbox.path("elsewhere");
    std::fs::rename(&root.dir, &elsewhere).unwrap();
    let script = sandbox.path("start");
    let destroy = format!(
        "#!/bin/sh\ntest \"$1\" = name=shop || exit 2\ncd {elsewhere:?} && exec terraform destroy -auto-approve -input=false\n"
    );
    stack::testing::program(&script, &destroy);
    let command = |argument: &str| {
        sandbox.config(&format!(
            "[dispatch]\ncommand = [{script:?}, \"{argument}\"]\n"
        ));
    };
    command("commit={commit}");
    sandbox
        .jiti(&["teardown", "shop", "--dry-run"])
        .exits(1)
        .says("it is not dispatched: {commit} is unknown");
    command("name={name}");
    sandbox
        .jiti(&["teardown", "shop", "--dry-run"])
        .ok()
        .says("by dispatch, within 30m:")
        .says("name=shop");
    let output = sandbox.jiti(&["teardown", "shop", "--yes", "--json"]).ok();
    let report = lines(&output);
    let events: Vec<_> = report
        .iter()
        .filter_map(|line| line["event"].as_str())
        .collect();
    assert_eq!(events[..3], ["planning", "planned", "dispatched"]);
    assert_eq!(report[1]["plan"]["where"]["way"], "dispatch");
    assert_eq!(
        report.last().unwrap()["residue"].as_array().unwrap().len(),
        0
    );
    let kinds = sandbox.events("shop");
    // The other side found the stack in its state, and destroyed it there.
    assert_eq!(
        kinds[kinds.len() - 3..],
        ["teardown_dispatched", "origin_moved", "released"]
    );
    assert_eq!(sandbox.listing("shop")["phase"], "gone");
}
