//! Lists and generated configurations.

use serde_json::{Value as Json, json};
use tfplugin::testing::{Harness, Listed};

use crate::shelf::{Library, Shelf, configured};

/// A library with two books on shelf a and one on shelf b.
async fn three_books() -> (Harness<Shelf>, Library) {
    let (harness, library) = configured().await;
    for (shelf, title) in [("a", "One"), ("a", "Two"), ("b", "Three")] {
        let mut book = harness.resource("shelf_book");
        book.apply(json!({"shelf": shelf, "title": title}))
            .await
            .unwrap();
    }
    (harness, library)
}

fn names(listed: &Listed) -> Vec<&str> {
    let objects = listed.objects.iter();
    objects.map(|object| object.display_name.as_str()).collect()
}

#[tokio::test]
async fn a_list_has_identities_and_names_that_match_the_filter() {
    let (harness, _library) = three_books().await;
    let all = harness.list("shelf_book", json!({})).run().await.unwrap();
    assert_eq!(names(&all), ["a 1", "a 2", "b 1"]);
    assert_eq!(all.objects[1].identity, json!({"shelf": "a", "number": 2}));
    assert_eq!(all.objects[1].object, Json::Null);
    let query = harness.list("shelf_book", json!({"shelf": "b"}));
    assert_eq!(names(&query.run().await.unwrap()), ["b 1"]);
}

/// A `list` block needs no `config`.
#[tokio::test]
async fn a_list_without_a_config_has_no_filter() {
    let (harness, _library) = three_books().await;
    let all = harness.list("shelf_book", Json::Null).run().await.unwrap();
    assert_eq!(names(&all), ["a 1", "a 2", "b 1"]);
}

/// Whole objects are what a read returns, whether the provider sends them or the SDK reads them.
#[tokio::test]
async fn a_list_with_objects_has_their_states() {
    let (harness, _library) = three_books().await;
    for count in ["whole", "identities"] {
        let query = harness.list("shelf_book", json!({"count": count}));
        let listed = query.with_objects().run().await.unwrap();
        assert_eq!(names(&listed), ["a 1", "a 2", "b 1"]);
        for object in listed.objects {
            let identity = object.identity;
            let imported = harness.import_by_identity("shelf_book", identity).await;
            assert_eq!(imported.unwrap().state(), object.object);
        }
        let query = harness.list("shelf_book", json!({"count": count}));
        let listed = query.run().await.unwrap();
        assert_eq!(listed.objects[0].object, Json::Null);
    }
}

/// An object that was deleted while it was listed is left out.
#[tokio::test]
async fn an_object_that_is_gone_is_left_out() {
    let (harness, library) = three_books().await;
    library.remove("a", 1);
    let query = harness.list("shelf_book", json!({"count": "identities"}));
    let listed = query.with_objects().run().await.unwrap();
    assert_eq!(names(&listed), ["a 2", "b 1"]);
}

/// The provider's work ends with the object that reaches the limit.
#[tokio::test]
async fn the_limit_ends_the_work() {
    let (harness, library) = three_books().await;
    let query = harness.list("shelf_book", json!({"count": "wait"}));
    let listed = query.limit(2).run().await.unwrap();
    assert_eq!(names(&listed), ["a 1", "a 2"]);
    assert_eq!((library.sent(), library.ended_lists()), (2, 1));
    let query = harness.list("shelf_book", json!({}));
    assert_eq!(names(&query.limit(0).run().await.unwrap()).len(), 3);
    let query = harness.list("shelf_book", json!({}));
    assert_eq!(names(&query.limit(3).run().await.unwrap()).len(), 3);
}

/// When Terraform ends the query, the provider's future is dropped.
#[tokio::test]
async fn a_dropped_stream_ends_the_work() {
    let (harness, library) = three_books().await;
    let query = harness.list("shelf_book", json!({"count": "wait"}));
    let listed = query.run_until(1).await.unwrap();
    assert_eq!(names(&listed), ["a 1"]);
    assert_eq!(library.ended_lists(), 1);
}

#[tokio::test]
async fn warnings_arrive_with_the_objects_and_at_the_end() {
    let (harness, _library) = three_books().await;
    let query = harness.list("shelf_book", json!({"count": "warn"}));
    let listed = query.run().await.unwrap();
    assert_eq!(names(&listed).len(), 3);
    let warnings: Vec<_> = listed.warnings.iter().map(|w| &w.summary).collect();
    assert_eq!(warnings, ["Some books are on loan", "That was all"]);
}

#[tokio::test]
async fn an_invalid_filter_is_an_error() {
    let (harness, _library) = configured().await;
    for (filter, path, expected) in [
        (json!({"shelf": ""}), "shelf", "A shelf has a name."),
        (json!({"count": "strange"}), "count", "Nothing to count"),
    ] {
        let failure = harness.validate_list("shelf_book", filter).await;
        let failure = failure.unwrap_err();
        assert_eq!(failure.diagnostics()[0].path.to_string(), path);
        assert!(failure.to_string().contains(expected), "{failure}");
    }
}

/// An error or a panic in a list, or in the validation of its filter, is a diagnostic. The next
/// call works.
#[tokio::test]
async fn a_failing_list_is_an_error() {
    let (harness, _library) = three_books().await;
    for (count, expected) in [
        ("fail after one", "The catalogue is closed"),
        ("panic", "the catalogue burned"),
        ("validation panics", "the form tore"),
    ] {
        let query = harness.list("shelf_book", json!({"count": count}));
        let failure = query.run().await.unwrap_err().to_string();
        assert!(failure.contains(expected), "{failure}");
    }
    let query = harness.list("shelf_book", json!({}));
    assert_eq!(names(&query.run().await.unwrap()).len(), 3);
}

#[tokio::test]
async fn a_list_needs_a_registration_and_a_configured_provider() {
    let (harness, _library) = configured().await;
    let query = harness.list("shelf_other", json!({}));
    let failure = query.run().await.unwrap_err().to_string();
    assert!(
        failure.contains("no list resource shelf_other"),
        "{failure}"
    );
    let harness = Harness::new(Shelf(Library::default()));
    let query = harness.list("shelf_book", json!({}));
    let failure = query.run().await.unwrap_err().to_string();
    assert!(failure.contains("not configured"), "{failure}");
}

/// A generated configuration has what a person would write, and plans no change.
#[tokio::test]
async fn a_generated_configuration_plans_no_change() {
    let (harness, _library) = configured().await;
    let mut book = harness.resource("shelf_book");
    book.apply(json!({"shelf": "a", "title": "One"}))
        .await
        .unwrap();
    let config = book.generate_config().await.unwrap();
    assert_eq!(
        config,
        json!({"shelf": "a", "title": "One", "number": null, "edition": null})
    );
    book.expect_empty_plan(config).await.unwrap();
}

#[tokio::test]
async fn a_failing_generation_is_an_error() {
    let (harness, _library) = configured().await;
    let state = json!({"shelf": "a", "title": "generate panics"});
    let failure = harness.generate_config("shelf_book", state).await;
    let failure = failure.unwrap_err().to_string();
    assert!(failure.contains("the pen is empty"), "{failure}");
    let failure = harness.generate_config("shelf_book", Json::Null).await;
    let failure = failure.unwrap_err().to_string();
    assert!(failure.contains("has no state"), "{failure}");
    let config = harness.generate_config("shelf_book", json!({"shelf": "a"}));
    assert_eq!(config.await.unwrap()["shelf"], "a");
}
