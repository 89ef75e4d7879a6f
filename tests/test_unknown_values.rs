//! Values that are known only during apply, with the real Terraform. The provider's schema names
//! the values, so a new attribute is tested too.

use e2e::{Root, Sandbox};
use serde_json::{Map, Value, json};
use test_support::client::schemas_of;
use test_support::http::{Answer, Server};

/// The resource whose output is unknown until apply.
const SOURCE: &str = "terraform_data.source";

/// Configurations in which one value each comes from the source.
#[derive(Default)]
struct Variants {
    /// The values of the source, by key.
    inputs: Map<String, Value>,
    /// The configurations, each with the path of its unknown value.
    configurations: Vec<(String, Value)>,
}

impl Variants {
    /// Adds one configuration for each attribute that the schema lets a configuration set, and for
    /// each element, entry and nested attribute in it.
    fn add_all(&mut self, attributes: &Value, complete: &Value) {
        let mut paths = Vec::new();
        walk(attributes, complete, String::new(), &mut paths);
        for path in paths {
            let mut configuration = complete.clone();
            let value = configuration.pointer_mut(&path).unwrap();
            *value = self.unknown(value.take());
            self.configurations.push((path, configuration));
        }
    }

    /// An expression that is unknown at plan and has this value after apply.
    fn unknown(&mut self, value: Value) -> Value {
        let key = format!("v{}", self.inputs.len());
        self.inputs.insert(key.clone(), value);
        json!(format!("${{{SOURCE}.output[\"{key}\"]}}"))
    }
}

/// The JSON pointers of all values that the schema lets a configuration set. The complete
/// configuration must have each.
fn walk(attributes: &Value, complete: &Value, path: String, paths: &mut Vec<String>) {
    for (name, attribute) in attributes.as_object().unwrap() {
        if attribute["optional"] != json!(true) && attribute["required"] != json!(true) {
            continue;
        }
        let value = &complete[name];
        assert!(!value.is_null(), "the test must set {path}/{name}");
        let path = format!("{path}/{name}");
        paths.push(path.clone());
        let nested = &attribute["nested_type"];
        match (nested["nesting_mode"].as_str(), value) {
            (Some("single"), value) => walk(&nested["attributes"], value, path, paths),
            (Some(_), Value::Array(elements)) => {
                for (index, element) in elements.iter().enumerate() {
                    let path = format!("{path}/{index}");
                    paths.push(path.clone());
                    walk(&nested["attributes"], element, path, paths);
                }
            }
            _ => walk_elements(value, &path, paths),
        }
    }
}

/// The elements of a plain value.
fn walk_elements(value: &Value, path: &str, paths: &mut Vec<String>) {
    let elements: Vec<(String, &Value)> = match value {
        Value::Array(elements) => {
            let elements = elements.iter().enumerate();
            elements
                .map(|(index, element)| (index.to_string(), element))
                .collect()
        }
        Value::Object(entries) => {
            let entries = entries.iter();
            entries.map(|(key, entry)| (key.clone(), entry)).collect()
        }
        _ => return,
    };
    for (key, element) in elements {
        let path = format!("{path}/{key}");
        paths.push(path.clone());
        walk_elements(element, &path, paths);
    }
}

fn complete_stack(name: &str, checks: &Value) -> Value {
    json!({
        "name": name, "app": "checkout", "version": "1", "owner": "ana@example.com", "ttl": "8h",
        "renew_on": "never", "idle_after": "2h", "ready_timeout": "15m", "hourly_cost": 0.42,
        "labels": {"team": "a", "build": "b"}, "preflight": checks,
        "teardown": {"variables": {"region": "eu-west-1"}, "var_files": ["dev.tfvars"]},
    })
}

fn complete_readiness(stack: &str, checks: &Value) -> Value {
    let mut readiness = json!({
        "stack": stack, "triggers": {"version": "1"}, "timeout": "60s", "on_timeout": "fail",
    });
    let entries = readiness.as_object_mut().unwrap();
    entries.extend(checks.as_object().unwrap().clone());
    readiness
}

/// Every attribute of every resource and data source, and every element, key and nested attribute
/// of it, may be unknown at plan. All of them plan, apply and, while the source is tainted, plan
/// again and are destroyed.
#[test]
fn every_value_may_be_unknown_at_plan() {
    let sandbox = Sandbox::new();
    let root = sandbox.root("root", "provider \"jiti\" {}\n");
    let schemas = root.run(&["providers", "schema", "-json"]).ok().stdout;
    let schemas: Value = serde_json::from_str(&schemas).unwrap();
    let schema = schemas_of(&schemas, "jiti-dev/jiti");
    let server = Server::start(|_| Answer::text(200, "ok"));
    let checks = json!({
        "http": [{"url": server.url("/healthz"), "status": 200}],
        "tcp": [{"address": format!("127.0.0.1:{}", server.port())}],
        "exec": [{"command": ["true", "argument"]}],
    });
    let mut inputs = Map::new();
    let mut resources = json!({"jiti_stack": {}, "jiti_readiness": {}});
    let mut data = json!({});
    let mut count = 0;
    for (kind, schemas) in [
        ("resource", &schema["resource_schemas"]),
        ("data", &schema["data_source_schemas"]),
    ] {
        for (type_name, schema) in schemas.as_object().unwrap() {
            // Each configuration has a stack of its own, which is replaced in the walk below.
            let complete = match (kind, type_name.as_str()) {
                ("resource", "jiti_stack") => complete_stack("NAME", &checks),
                ("resource", "jiti_readiness") => complete_readiness("NAME", &checks),
                ("data", "jiti_stack") => json!({"name": "NAME"}),
                ("data", "jiti_stacks") => json!({
                    "app": "checkout", "owner": "ana@example.com", "phase": "ready",
                    "flag": "expired",
                }),
                other => panic!("add a complete configuration of {other:?}"),
            };
            let mut variants = Variants::default();
            variants.add_all(&schema["block"]["attributes"], &complete);
            if (kind, type_name.as_str()) == ("resource", "jiti_stack") {
                let key = variants.unknown(json!("team"));
                let mut configuration = complete;
                configuration["labels"] = json!({key.as_str().unwrap(): "a"});
                let path = "the key of a label".to_owned();
                variants.configurations.push((path, configuration));
            }
            for (path, configuration) in variants.configurations {
                let name = format!("stack-{count}");
                count += 1;
                println!("{name}: {kind} {type_name} {path}");
                let text = configuration.to_string();
                let text = text
                    .replace("NAME", &name)
                    .replace("[\\\"v", &format!("[\\\"{name}-v"));
                let mut configuration: Value = serde_json::from_str(&text).unwrap();
                for (key, value) in &variants.inputs {
                    if !text.contains(&format!("{name}-{key}\\")) {
                        continue;
                    }
                    let text = value.to_string().replace("NAME", &name);
                    let value = serde_json::from_str(&text).unwrap();
                    inputs.insert(format!("{name}-{key}"), value);
                }
                let address = name.replace('-', "_");
                if (kind, type_name.as_str()) != ("resource", "jiti_stack") {
                    resources["jiti_stack"][&address] = json!({
                        "name": name, "app": "checkout", "version": "1", "owner": "ana@example.com",
                        "ttl": "8h", "ready_timeout": "15m",
                    });
                    configuration["depends_on"] = json!([format!("jiti_stack.{address}")]);
                }
                if kind == "resource" {
                    resources[type_name][&address] = configuration;
                } else {
                    data[type_name][&address] = configuration;
                }
            }
        }
    }
    assert!(count >= 50, "{count}");
    resources["terraform_data"] = json!({"source": {"input": inputs}});
    let configuration = json!({"resource": resources, "data": data});
    let text = serde_json::to_string_pretty(&configuration).unwrap();
    std::fs::write(root.path("generated.tf.json"), text).unwrap();

    root.plan().exits(2);
    root.apply().ok();
    root.plan_is_empty();
    root.run(&["taint", SOURCE]).ok();
    root.plan().exits(2);
    root.destroy().ok();
    assert_eq!(sandbox.jiti(&["ls", "--json"]).ok().stdout.trim(), "[]");
}

/// A label that comes from a tainted resource does not block `jiti teardown`, and the plan has
/// warned about it.
#[test]
fn a_tainted_source_does_not_block_a_teardown() {
    let sandbox = Sandbox::new();
    let lease = e2e::lease(
        "tainted",
        "labels = { build = terraform_data.source.output }",
    );
    let text = lease + "resource \"terraform_data\" \"source\" {\n  input = \"b\"\n}\n";
    let root = sandbox.root("root", &text);
    root.plan()
        .exits(2)
        .says("The tag \"build\" is unknown until apply")
        .says("-target");
    root.apply().ok();
    root.run(&["taint", SOURCE]).ok();
    sandbox.jiti(&["teardown", "tainted", "--yes"]).ok();
    assert_eq!(sandbox.listing("tainted")["phase"], "gone");
}

/// A root module with a lease whose provider block takes this argument from a resource. The name of
/// the argument is the name of the root module and of the stack.
fn root_with_unknown<'s>(sandbox: &'s Sandbox, argument: &str) -> Root<'s> {
    let path = match argument {
        "ledger" => sandbox.ledger(),
        "config" => sandbox.path("config.toml"),
        other => panic!("add a value of {other:?}"),
    };
    let block = format!("provider \"jiti\" {{\n  {argument} = {SOURCE}.output\n}}");
    let text = e2e::lease(argument, "").replace("provider \"jiti\" {}", &block);
    let source = format!("resource \"terraform_data\" \"source\" {{\n  input = {path:?}\n}}\n");
    sandbox.root(argument, &(text + &source))
}

/// The arguments of the provider block, from its schema.
fn arguments_of_the_provider_block(sandbox: &Sandbox) -> Vec<String> {
    let root = sandbox.root("schema", "provider \"jiti\" {}\n");
    let schemas = root.run(&["providers", "schema", "-json"]).ok().stdout;
    let schemas: Value = serde_json::from_str(&schemas).unwrap();
    let schema = schemas_of(&schemas, "jiti-dev/jiti");
    let attributes = schema["provider"]["block"]["attributes"].as_object();
    attributes.unwrap().keys().cloned().collect()
}

/// Each argument of the provider block may be unknown at plan. The plan warns once, and plan,
/// apply, taint, plan, apply and destroy work.
#[test]
fn every_argument_of_the_provider_block_may_be_unknown() {
    let sandbox = Sandbox::new();
    for argument in arguments_of_the_provider_block(&sandbox) {
        let root = root_with_unknown(&sandbox, &argument);
        for taint in [false, true] {
            if taint {
                root.run(&["taint", SOURCE]).ok();
            }
            let plan = root.plan().exits(2);
            let warnings = plan.text().matches("is unknown until apply").count();
            assert_eq!(warnings, 1, "{}", plan.text());
            let place = format!("{argument} = {SOURCE}.output");
            root.apply().ok().says(&place);
            root.plan_is_empty();
        }
        root.run(&["taint", SOURCE]).ok();
        root.destroy().ok();
        assert_eq!(sandbox.listing(&argument)["phase"], "gone");
    }
}

/// An argument of the provider block that comes from a tainted resource does not block
/// `jiti teardown`, also where a data source reads the ledger. `terraform destroy` can read that
/// data source no more, and says what to do.
#[test]
fn an_unknown_provider_block_does_not_block_a_teardown() {
    let sandbox = Sandbox::new();
    for argument in arguments_of_the_provider_block(&sandbox) {
        let root = root_with_unknown(&sandbox, &argument);
        root.apply().ok();
        let data = "data \"jiti_stacks\" \"all\" {}\n";
        std::fs::write(root.path("data.tf"), data).unwrap();
        root.apply().ok();
        root.run(&["taint", SOURCE]).ok();
        sandbox.jiti(&["teardown", &argument, "--yes"]).ok();
        assert_eq!(sandbox.listing(&argument)["phase"], "gone");

        std::fs::remove_file(root.path("data.tf")).unwrap();
        root.apply().ok();
        std::fs::write(root.path("data.tf"), data).unwrap();
        root.run(&["taint", SOURCE]).ok();
        if argument == "ledger" {
            let destroy = root.destroy().exits(1);
            destroy.says("`ledger` of the provider block is unknown");
        }
        let arguments = ["destroy", "-auto-approve", "-input=false", "-refresh=false"];
        root.run(&arguments).ok();
        assert_eq!(sandbox.listing(&argument)["phase"], "gone");
    }
}
