//! The actions with the real `jiti`. Where the client has no actions, the test makes the calls that
//! Terraform 1.14 makes.

use std::path::{Path, PathBuf};
use std::time::Duration;

use e2e::plugin::Plugin;
use e2e::teardown::{provisioner, stack, until};
use e2e::{Root, Sandbox, lease};
use serde_json::{Value, json};
use test_support::client::{Feature, client};

fn state_is_empty(root: &Root<'_>) -> bool {
    root.run(&["state", "list"]).ok().stdout.trim().is_empty()
}

/// An extension and a hold change the lease, and no plan shows them.
#[test]
fn an_extension_and_a_hold_appear_in_no_plan() {
    let sandbox = Sandbox::new();
    let root = sandbox.root("root", &lease("shop", ""));
    root.apply().ok();
    let before = sandbox.listing("shop")["expires_at"].clone();
    let plugin = Plugin::start(&sandbox, &root.dir);
    let config = json!({ "name": "shop", "duration": "2h" });
    let extended = plugin.invoke("jiti_extend", &config).ok();
    assert_eq!(extended.progress.len(), 2, "{extended:?}");
    let after = sandbox.listing("shop")["expires_at"].clone();
    assert!(after.as_str() > before.as_str(), "{before} {after}");
    let config = json!({ "name": "shop", "until": "6h", "why": "demo at four" });
    plugin.invoke("jiti_hold", &config).ok();
    assert!(sandbox.listing("shop")["hold_until"].is_string());
    root.plan_is_empty();
    plugin
        .invoke("jiti_unhold", &json!({ "name": "shop" }))
        .ok();
    assert_eq!(sandbox.listing("shop")["hold_until"], Value::Null);
    root.plan_is_empty();
}

/// A teardown destroys another stack through its own Terraform, and leaves this one.
#[test]
fn a_teardown_destroys_another_stack() {
    let sandbox = Sandbox::new();
    let previous = sandbox.root("previous", &stack("previous", ""));
    previous.apply().ok();
    let next = sandbox.root("next", &lease("next", ""));
    next.apply().ok();
    let plugin = Plugin::start(&sandbox, &next.dir);
    let config = json!({ "name": "previous" });
    let invoked = plugin.invoke("jiti_teardown", &config).ok();
    let progress = invoked.progress.join("\n");
    assert!(
        progress.contains("3 resources will be destroyed"),
        "{progress}"
    );
    assert!(progress.contains("terraform_data.two"), "{progress}");
    assert!(!progress.contains('\u{1b}'), "{progress:?}");
    assert!(state_is_empty(&previous));
    assert_eq!(sandbox.listing("previous")["phase"], "gone");
    assert_eq!(sandbox.listing("next")["phase"], "ready");
    // Terraform may invoke an action again.
    plugin.invoke("jiti_teardown", &config).ok();
}

/// The rules of `jiti teardown` hold: a protected stack needs its name, a limit is a limit, and a
/// stack in the same state is refused. Nothing is deleted.
#[test]
fn a_teardown_keeps_the_rules() {
    let sandbox = Sandbox::new();
    sandbox.config("[policy]\nprotected = [\"prod-*\"]\n");
    let other = sandbox.root("other", &stack("prod-shop", ""));
    other.apply().ok();
    let own = sandbox.root("own", &lease("own", ""));
    own.apply().ok();
    let plugin = Plugin::start(&sandbox, &own.dir);
    for (config, expected) in [
        (
            json!({ "name": "prod-shop" }),
            "prod-shop is protected by the policy",
        ),
        (
            json!({ "name": "prod-shop", "confirm": "prod-shop", "max_resources": 2 }),
            "3 resources",
        ),
        (json!({ "name": "own" }), "The stack own is in this state"),
        (json!({ "name": "lost" }), "The stack lost does not exist"),
        // Without accounts there is nowhere to look.
        (
            json!({ "name": "lost", "strategy": "sweep", "confirm": "lost" }),
            "account",
        ),
    ] {
        let invoked = plugin.invoke("jiti_teardown", &config);
        let error = invoked.error();
        assert!(error.contains(expected), "{config}: {error}");
    }
    for name in ["prod-shop", "own"] {
        assert_eq!(sandbox.listing(name)["phase"], "ready");
    }
    let config = json!({ "name": "prod-shop", "confirm": "prod-shop" });
    plugin.invoke("jiti_teardown", &config).ok();
    assert!(state_is_empty(&other));
}

/// Ctrl-C ends the invocation. The teardown continues in its own process.
#[test]
fn an_interrupted_teardown_continues() {
    let sandbox = Sandbox::new();
    let slow = provisioner("sleep 5");
    let other = sandbox.root("other", &stack("shop", &slow));
    other.apply().ok();
    std::fs::create_dir(sandbox.path("here")).unwrap();
    let plugin = Plugin::start(&sandbox, &sandbox.path("here"));
    let invoked = std::thread::scope(|scope| {
        let invocation = scope.spawn(|| plugin.invoke("jiti_teardown", &json!({ "name": "shop" })));
        until("the teardown starts", || {
            sandbox.events("shop").contains(&"teardown_started".into())
        });
        std::thread::sleep(Duration::from_millis(200));
        plugin.stop();
        invocation.join().unwrap()
    });
    let error = invoked.error();
    assert!(error.contains("`jiti teardown shop` failed"), "{error}");
    assert_ne!(sandbox.listing("shop")["phase"], "gone");
    until("the teardown ends", || {
        sandbox.listing("shop")["phase"] == "gone"
    });
    assert!(state_is_empty(&other));
}

/// An example of an action, in `examples/actions`.
struct Example {
    action: String,
    /// The label of the block.
    label: String,
    text: String,
}

fn examples() -> Vec<Example> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/actions");
    let folders = std::fs::read_dir(folder).unwrap();
    let mut folders: Vec<PathBuf> = folders.map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    let examples = folders.into_iter().map(|folder| {
        let action = folder.file_name().unwrap().to_str().unwrap().to_owned();
        let text = std::fs::read_to_string(folder.join("action.tf")).unwrap();
        let start = format!("action \"{action}\" \"");
        let label = text.split_once(&start).expect("the action of the folder");
        let label = label.1.split('"').next().unwrap().to_owned();
        Example {
            action,
            label,
            text,
        }
    });
    examples.collect()
}

impl Example {
    /// The configuration for a client without actions: the action is an output, and nothing
    /// triggers it.
    fn with_output(&self) -> String {
        let action = format!(
            "action \"{}\" \"{}\" {{\n  config {{",
            self.action, self.label
        );
        let output = "output \"config\" {\n  value = {";
        let mut text = self.text.replace(&action, output);
        assert!(text.contains(output), "{text}");
        text = text.replace(">= 1.14", ">= 1.8");
        while let Some(start) = text.find("    action_trigger {") {
            let end = start + text[start..].find("    }\n").unwrap() + "    }\n".len();
            text.replace_range(start..end, "");
        }
        text
    }

    /// Creates the stacks that the example expects.
    fn prepare(&self, sandbox: &Sandbox) {
        match self.action.as_str() {
            "jiti_extend" => {}
            "jiti_teardown" => {
                let previous = stack("checkout-1.4.0", "");
                sandbox.root("previous", &previous).apply().ok();
            }
            _ => {
                let resource = Path::new(env!("CARGO_MANIFEST_DIR"))
                    .join("../examples/resources/jiti_stack/resource.tf");
                let resource = std::fs::read_to_string(resource).unwrap();
                sandbox.root("before", &resource).apply().ok();
            }
        }
    }

    /// Checks what the example has done. Sleep and wake have no account here: `jiti` refuses them.
    fn check(&self, sandbox: &Sandbox, outcome: &str) {
        let stack = || sandbox.listing("checkout-pr-412");
        match self.action.as_str() {
            "jiti_extend" => {
                let events = sandbox.events("checkout-pr-412");
                assert_eq!(events.last().unwrap(), "extended", "{outcome}");
            }
            "jiti_hold" => assert!(stack()["hold_until"].is_string(), "{outcome}"),
            "jiti_unhold" => assert_eq!(stack()["hold_until"], Value::Null, "{outcome}"),
            "jiti_teardown" => {
                assert_eq!(sandbox.listing("checkout-1.4.0")["phase"], "gone");
                assert_eq!(sandbox.listing("checkout-1.5.0")["phase"], "ready");
            }
            "jiti_sleep" | "jiti_wake" => assert!(outcome.contains("account"), "{outcome}"),
            other => panic!("check the example of {other} here"),
        }
    }
}

/// Each example works. A client without actions refuses it with its own words.
#[test]
fn each_example_of_an_action_works() {
    let examples = examples();
    assert_eq!(examples.len(), 6);
    let has_actions = client().runs(
        Feature::Actions,
        "apply -invoke of examples/actions; the calls of Terraform 1.14 are made instead",
    );
    for example in examples {
        let sandbox = Sandbox::new();
        example.prepare(&sandbox);
        let root = sandbox.root("root", "");
        let outcome = match has_actions {
            true => invoke_by_terraform(&root, &example),
            false => {
                root.write(&example.text);
                let refused = root.run(&["init", "-input=false"]).exits(1);
                // OpenTofu, whose versions are others, refuses the blocks first.
                match client().is_opentofu() {
                    true => refused.says("Blocks of type \"action\" are not expected here"),
                    false => refused
                        .says("Core version")
                        .says("required_version = \">= 1.14\""),
                };
                invoke_by_calls(&sandbox, &root, &example)
            }
        };
        example.check(&sandbox, &outcome);
    }
}

fn invoke_by_terraform(root: &Root<'_>, example: &Example) -> String {
    root.write(&example.text);
    root.apply().ok();
    let invoke = format!("-invoke=action.{}.{}", example.action, example.label);
    let invoked = root.run(&["apply", "-auto-approve", "-input=false", &invoke]);
    root.plan_is_empty();
    invoked.text()
}

fn invoke_by_calls(sandbox: &Sandbox, root: &Root<'_>, example: &Example) -> String {
    root.write(&example.with_output());
    root.apply().ok();
    let output = root.run(&["output", "-json", "config"]).ok().stdout;
    let config: Value = serde_json::from_str(&output).unwrap();
    let plugin = Plugin::start(sandbox, &root.dir);
    let invoked = plugin.invoke(&example.action, &config);
    root.plan_is_empty();
    format!("{invoked:?}")
}
