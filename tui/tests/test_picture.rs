//! The picture in the README.

#[path = "../examples/picture.rs"]
#[expect(dead_code, reason = "the example's own main is not called here")]
mod picture;

/// The committed picture matches what the renderer draws. `make picture` updates it.
#[test]
fn the_picture_is_fresh() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/dashboard.svg");
    let committed = std::fs::read_to_string(file).unwrap();
    assert!(
        committed == picture::svg(),
        "docs/dashboard.svg is stale: run `make picture`"
    );
}
