//! Identity: in every response, in imports, after upgrades, and the rules about it.

use serde_json::{Value as Json, json};
use tfplugin::testing::{Harness, unknown};
use tfplugin::{PlannedAction, Type, schema};

use crate::shelf::{Library, Shelf, configured};

#[tokio::test]
async fn core_would_accept_the_schemas() {
    let harness = Harness::new(Shelf(Library::default()));
    assert_eq!(harness.check_schemas().await.unwrap(), []);
    assert_eq!(harness.identity_types().await.unwrap(), ["shelf_book"]);
}

/// The identity is in every response from the create on, whatever the plan of an update cannot
/// know. The plan of the create has none, because the number is unknown.
#[tokio::test]
async fn every_response_has_the_identity() {
    let (harness, _library) = configured().await;
    let mut book = harness.resource("shelf_book");
    let config = json!({"shelf": "a", "title": "One"});
    let plan = book.plan(config.clone()).await.unwrap();
    assert_eq!(plan.identity(), Json::Null);
    book.apply(config).await.unwrap();
    let identity = json!({"shelf": "a", "number": 1});
    assert_eq!(book.identity(), identity);
    book.read().await.unwrap();
    assert_eq!(book.identity(), identity);

    let config = json!({"shelf": "a", "title": "Two"});
    let plan = book.plan(config.clone()).await.unwrap();
    assert_eq!(plan.action(), PlannedAction::Update);
    assert!(plan.is_unknown("number"));
    assert_eq!(plan.identity(), identity);
    book.apply(config).await.unwrap();
    assert_eq!(book.identity(), identity);

    let imported = harness.import("shelf_book", "a/1").await.unwrap();
    assert_eq!(imported.identity(), identity);
    let stored = json!({"shelf": "a"});
    let moved = harness.move_from("provider", "other", 0, stored, "shelf_book");
    assert_eq!(moved.await.unwrap().identity(), identity);

    let destroy = book.plan_destroy().await.unwrap();
    assert_eq!(destroy.identity(), identity);
    book.destroy().await.unwrap();
    assert_eq!(book.identity(), Json::Null);
}

/// A plan has no identity while a value of it is unknown: `OpenTofu` cannot store one that is only
/// partly known.
#[tokio::test]
async fn a_plan_with_an_unknown_shelf_has_no_identity() {
    let (harness, _library) = configured().await;
    let mut book = harness.resource("shelf_book");
    let planned = book.plan(json!({"shelf": unknown()})).await.unwrap();
    assert_eq!(planned.identity(), Json::Null);
    let known = json!({"shelf": "a"});
    book.apply_planned(json!({"shelf": unknown()}), known)
        .await
        .unwrap();
    let plan = book.plan(json!({"shelf": unknown()})).await.unwrap();
    assert_eq!(plan.action(), PlannedAction::Replace);
    assert_eq!(plan.identity(), Json::Null);
}

/// State of Terraform before 1.12, or of an older provider, has no identity. The next read adds
/// one, and a plan without it works.
#[tokio::test]
async fn state_without_an_identity_gets_one() {
    let (harness, _library) = configured().await;
    let mut book = harness.resource("shelf_book");
    let config = json!({"shelf": "a", "title": "One"});
    book.apply(config.clone()).await.unwrap();
    let mut old = harness
        .upgrade("shelf_book", 0, book.state())
        .await
        .unwrap();
    assert_eq!(old.identity(), Json::Null);
    let plan = old.plan(json!({"shelf": "a", "title": "Two"})).await;
    assert_eq!(plan.unwrap().identity(), Json::Null);
    old.read().await.unwrap();
    assert_eq!(old.identity(), book.identity());
    old.expect_empty_plan(config).await.unwrap();
}

/// A replacement may change the identity.
#[tokio::test]
async fn a_replacement_has_a_new_identity() {
    let (harness, _library) = configured().await;
    let mut book = harness.resource("shelf_book");
    book.apply(json!({"shelf": "a"})).await.unwrap();
    book.apply(json!({"shelf": "b"})).await.unwrap();
    assert_eq!(book.identity(), json!({"shelf": "b", "number": 1}));
}

/// An import by identity finds the object, and completes the identity.
#[tokio::test]
async fn an_import_by_identity_completes_the_identity() {
    let (harness, _library) = configured().await;
    let mut book = harness.resource("shelf_book");
    book.apply(json!({"shelf": "a", "title": "One"}))
        .await
        .unwrap();
    for identity in [json!({"shelf": "a"}), json!({"shelf": "a", "number": 1})] {
        let mut imported = harness
            .import_by_identity("shelf_book", identity)
            .await
            .unwrap();
        imported.expect_same_state(&book, &[]).unwrap();
        assert_eq!(imported.identity(), book.identity());
        imported
            .expect_empty_plan(json!({"shelf": "a", "title": "One"}))
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn an_import_by_a_wrong_identity_fails() {
    let (harness, _library) = configured().await;
    for (identity, expected) in [
        (json!({"shelf": "a"}), "non-existent"),
        (json!({"shelf": ""}), "A shelf has a name."),
        (json!({"number": 1}), "required"),
        (
            json!({"shelf": "confused"}),
            "identity of the object has changed",
        ),
        (json!({"shelf": "panics"}), "the shelf fell down"),
    ] {
        let import = harness.import_by_identity("shelf_book", identity).await;
        let failure = import.unwrap_err().to_string();
        assert!(failure.contains(expected), "{failure}");
    }
    // The provider still works after the panic.
    let mut book = harness.resource("shelf_book");
    book.apply(json!({"shelf": "a"})).await.unwrap();
}

/// A read that finds another object is an error, and keeps the state and the identity.
#[tokio::test]
async fn a_read_cannot_change_the_identity() {
    let (harness, _library) = configured().await;
    let mut book = harness.resource("shelf_book");
    let config = json!({"shelf": "a", "title": "moves by itself"});
    let failure = book.apply(config).await.unwrap_err().to_string();
    assert!(failure.contains("another value for `shelf`"), "{failure}");
    assert_eq!(book.get("shelf"), "a");
    assert_eq!(book.identity(), json!({"shelf": "a", "number": 1}));
}

/// After an error, a read returns the identity that it received.
#[tokio::test]
async fn a_failed_read_keeps_the_identity() {
    let (harness, _library) = configured().await;
    let mut book = harness.resource("shelf_book");
    let config = json!({"shelf": "a", "title": "read fails"});
    book.apply(config).await.unwrap_err();
    book.read().await.unwrap_err();
    assert_eq!(book.identity(), json!({"shelf": "a", "number": 1}));
}

/// An update that changes the identity is an error. What it made is stored.
#[tokio::test]
async fn an_update_cannot_change_the_identity() {
    let (harness, _library) = configured().await;
    let mut book = harness.resource("shelf_book");
    book.apply(json!({"shelf": "a"})).await.unwrap();
    let config = json!({"shelf": "a", "title": "update moves it"});
    let failure = book.apply(config).await.unwrap_err().to_string();
    assert!(failure.contains("another value for `number`"), "{failure}");
    assert_eq!(book.get("number"), json!(2));
}

/// A failed create stores the identity of the state that it saved.
#[tokio::test]
async fn a_failed_create_stores_the_identity() {
    let (harness, _library) = configured().await;
    let mut book = harness.resource("shelf_book");
    let config = json!({"shelf": "a", "title": "create fails"});
    book.apply(config).await.unwrap_err();
    assert!(book.is_tainted());
    assert_eq!(book.identity(), json!({"shelf": "a", "number": 1}));
}

/// The identity of an object that exists must be complete.
#[tokio::test]
async fn an_incomplete_identity_is_an_error() {
    let (harness, _library) = configured().await;
    let mut book = harness.resource("shelf_book");
    let config = json!({"shelf": "a", "title": "identity is incomplete"});
    let failure = book.apply(config).await.unwrap_err().to_string();
    assert!(failure.contains("must have `shelf`"), "{failure}");
    assert!(book.exists());
}

/// A panic in `identity` is an error, and the next call works. The state of an apply survives.
#[tokio::test]
async fn a_panic_in_identity_is_an_error() {
    let (harness, _library) = configured().await;
    let mut book = harness.resource("shelf_book");
    let config = json!({"shelf": "a", "title": "identity panics"});
    let failure = book.apply(config).await.unwrap_err().to_string();
    assert!(failure.contains("this book has no name"), "{failure}");
    book.apply(json!({"shelf": "a"})).await.unwrap();
}

#[tokio::test]
async fn an_identity_is_upgraded_by_its_version() {
    let (harness, _library) = configured().await;
    let upgrade = async |version, stored| {
        harness
            .upgrade_identity("shelf_book", version, stored)
            .await
    };
    let current = json!({"shelf": "a", "number": 2});
    assert_eq!(upgrade(1, current.clone()).await.unwrap(), current);
    assert_eq!(upgrade(0, json!({"place": "a/2"})).await.unwrap(), current);
    for (version, stored, expected) in [
        (2, json!({}), "newer than the provider"),
        (0, json!({"place": "nowhere"}), "Invalid place"),
        (1, json!({"number": 1}), "must have `shelf`"),
        (0, json!({}), "version 0 has a place"),
    ] {
        let failure = upgrade(version, stored).await.unwrap_err().to_string();
        assert!(failure.contains(expected), "{failure}");
    }
    assert_eq!(upgrade(0, json!({"place": "a/2"})).await.unwrap(), current);
}

#[tokio::test]
async fn a_type_without_identity_has_none_to_import_or_upgrade() {
    let harness = crate::test_apply_errors::configured().await;
    for failure in [
        harness
            .import_by_identity("faulty_other", json!({}))
            .await
            .unwrap_err(),
        harness
            .upgrade_identity("faulty_other", 0, json!({}))
            .await
            .unwrap_err(),
    ] {
        let failure = failure.to_string();
        assert!(failure.contains("faulty_other"), "{failure}");
    }
}

/// Identities are flat: text, numbers, booleans, or lists of them.
#[test]
fn the_schema_of_an_identity_is_flat() {
    let attribute = |name: &str, ty: Type, mode| schema::Attribute::new(name, ty, mode);
    let of = |attributes| schema::Schema {
        version: 0,
        block: schema::Block {
            attributes,
            ..schema::Block::default()
        },
    };
    let name = attribute("name", Type::String, schema::Mode::Required);
    let names = attribute("names", Type::list(Type::String), schema::Mode::Optional);
    assert_eq!(
        of(vec![name.clone(), names.clone()]).check_identity(),
        Ok(())
    );
    let map = Type::Map(Box::new(Type::String));
    let map = attribute("labels", map, schema::Mode::Optional);
    let problems = of(vec![name, map]).check_identity().unwrap_err();
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert_eq!(problems[0].path.to_string(), "labels");
    let problems = of(vec![names]).check_identity().unwrap_err();
    assert!(problems[0].problem.contains("required"), "{problems:?}");
}
