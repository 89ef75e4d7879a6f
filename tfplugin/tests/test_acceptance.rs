//! The steps of acceptance tests find what they must find, and leave nothing behind.

use serde_json::json;
use test_support::client::client;
use tfplugin::testing::Acceptance;

use crate::test_server_terraform::example;

const THING: &str = "faulty_thing.it";

/// An acceptance test of an example provider, with the client of this test run.
pub(crate) fn acceptance(name: &str) -> tfplugin::Result<Acceptance> {
    let address = format!("registry.terraform.io/example/{name}");
    Acceptance::with_program(&address, example(name), client().program())
}

fn faulty() -> Acceptance {
    acceptance("faulty").unwrap()
}

fn thing(arguments: &str) -> String {
    format!("resource \"faulty_thing\" \"it\" {{\n  {arguments}\n}}\n")
}

#[track_caller]
fn assert_fails<T>(outcome: tfplugin::Result<T>, words: &str) {
    let failure = outcome.err().map(|failure| failure.to_string());
    let text = failure.unwrap_or_default();
    assert!(text.contains(words), "{words:?} is not in: {text}");
}

/// A plan that is not empty after an apply fails the step, and the error has Terraform's output.
#[test]
fn a_change_after_an_apply_is_an_error() {
    let mut test = faulty();
    let config = thing("name = \"a\"\n  behaviour = \"plan always has something to do\"");
    assert_fails(test.apply(&config).map(drop), "0 to add, 1 to change");
    test.apply(&thing("name = \"a\"")).unwrap();
    test.destroy().unwrap();
}

/// An import that finds other values than the apply fails the step, and the error names them.
#[test]
fn an_import_that_differs_is_an_error() {
    let mut test = faulty();
    test.apply(&thing("name = \"a\"")).unwrap();
    test.import(THING, "thing-a").unwrap();
    test.apply(&thing("name = \"a\"\n  kind = \"x\"")).unwrap();
    let id = test.attributes(THING).unwrap()["id"].clone();
    let outcome = test.import(THING, id.as_str().unwrap());
    assert_fails(outcome.map(drop), "kind: \"x\" and null");
    assert_fails(test.import(THING, "").map(drop), "`terraform import");
    test.destroy().unwrap();
}

/// An import finds the other resources in the state, so that a reference to one is no change.
#[test]
fn an_import_may_refer_to_another_resource() {
    let mut test = faulty();
    let base = "resource \"faulty_thing\" \"base\" {\n  name = \"b\"\n}\n";
    let refers = thing("name = faulty_thing.base.id");
    test.apply(&(base.to_owned() + &refers)).unwrap();
    test.import(THING, "thing-thing-b").unwrap();
    test.destroy().unwrap();
}

/// An error is expected with its words, and a step that succeeds or fails otherwise is an error.
#[test]
fn an_expected_error_must_occur() {
    let mut test = faulty();
    let fails = thing("name = \"a\"\n  behaviour = \"create fails\"");
    test.expect_error(&fails, "Out of things").unwrap();
    test.expect_error(&thing(""), "\"name\" is required")
        .unwrap();
    assert_fails(
        test.expect_error(&fails, "Out of time").map(drop),
        "does not say",
    );
    let works = thing("name = \"a\"");
    assert_fails(
        test.expect_error(&works, "Out of things").map(drop),
        "succeeded",
    );
    // The configuration of a plan that failed is not that of the destroy.
    test.expect_error(&thing(""), "\"name\" is required")
        .unwrap();
    test.destroy().unwrap();
}

/// Objects, attributes and outputs that do not exist are errors.
#[test]
fn missing_objects_are_errors() {
    let mut test = faulty();
    let config = thing("name = \"a\"") + "output \"id\" {\n  value = faulty_thing.it.id\n}\n";
    test.apply(&config).unwrap();
    assert_eq!(test.output("id").unwrap(), json!("thing-a"));
    assert_eq!(test.planned_actions(THING).unwrap(), ["no-op"]);
    let missing = "faulty_thing.other";
    assert_fails(test.output("other"), "no such output");
    assert_fails(test.attributes(missing), "no such object");
    assert_fails(test.planned_actions(missing), "no such resource");
    let outcome = Acceptance::new("example/faulty", example("faulty"));
    assert_fails(outcome, "must be HOST/NAMESPACE/NAME");
    test.destroy().unwrap();
}

/// A test that ends before its destroy leaves no object behind.
#[test]
fn a_failed_test_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mail.json");
    std::fs::write(&file, "{}").unwrap();
    let mut test = acceptance("mail").unwrap();
    let config = format!(
        "provider \"mail\" {{\n  file = {file:?}\n}}\n\
         resource \"mail_mailbox\" \"it\" {{\n  address = \"ana@example.com\"\n}}\n"
    );
    test.apply(&config).unwrap();
    assert!(std::fs::read_to_string(&file).unwrap().contains("ana@"));
    drop(test);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "{}");
}
