//! Valid and invalid names.

use super::*;

/// A stack name uses only characters that every service accepts in a tag, and each error says why.
#[test]
fn names_are_safe_in_tags() {
    for right in [
        "a",
        "checkout-pr-412",
        "team/app:1.2+b=3@x y",
        &"a".repeat(128),
    ] {
        assert_eq!(StackName::new(right).expect(right).as_str(), right);
    }
    let refusal = |text: &str| StackName::new(text).expect_err(text).to_string();
    assert!(refusal("").contains("empty"));
    assert!(refusal(&"a".repeat(129)).contains("129 characters, the limit is 128"));
    assert!(refusal("a\u{202e}b").contains("\\u{202e}"));
    assert!(refusal("a*b").contains("'*'"));
    assert!(refusal("-rf").contains("starts with a dash"));
    assert!(refusal("a ").contains("space"));
    assert!(refusal("größe").contains('ö'));
}

/// Random ids have twelve digits, differ, and survive a round trip. Anything else is refused.
#[test]
fn random_ids_differ() {
    let many: std::collections::BTreeSet<LedgerId> =
        (0..1000).map(|_| LedgerId::random()).collect();
    assert_eq!(many.len(), 1000);
    for id in &many {
        assert_eq!(LedgerId::new(id.as_str()).as_ref(), Ok(id));
    }
    assert!(RunId::new("7k3m9q2x4v8").is_err());
    assert!(RunId::new("7K3M9Q2X4V8W").is_err());
}

/// Any user and host names make an actor without control characters.
#[test]
fn an_actor_is_always_printable() {
    assert_eq!(Actor::from_names("ana", "laptop").as_str(), "ana@laptop");
    assert_eq!(Actor::from_names("\u{1b}[2J", "").as_str(), "[2J@unknown");
    assert!(Actor::new("a\u{7}").is_err());
    assert!(Actor::new(Actor::from_names(&"x".repeat(999), &"y".repeat(999)).as_str()).is_ok());
}

/// Ids are serialised as plain strings and checked when read.
#[test]
fn ids_are_plain_strings() {
    let name = StackName::new("a b").expect("legal");
    assert_eq!(serde_json::to_string(&name).expect("writes"), "\"a b\"");
    assert!(serde_json::from_str::<StackName>("\"a\\nb\"").is_err());
    assert!(
        PoolName::new(PoolName::live(&Owner::new("a".repeat(128)).expect("legal")).as_str())
            .is_ok()
    );
    assert!(PoolName::new(PoolName::inits().as_str()).is_ok());
    assert!(PoolName::new(PoolName::waiting_inits().as_str()).is_ok());
}

/// Any tag value can be shown as a name, and a valid name stays unchanged.
#[test]
fn any_text_looks_like_a_name() {
    let like = |text: &str| StackName::lossy(text).to_string();
    assert_eq!(like("checkout-1 a@b"), "checkout-1 a@b");
    assert_eq!(like("caf\u{e9}\u{1b}[2J"), "caf___2J");
    for text in ["", "-x", " ", "x ", "-", &"é".repeat(300), "\u{1f600}"] {
        let like = like(text);
        assert_eq!(
            StackName::new(like.clone()).map(String::from),
            Ok(like),
            "{text:?}"
        );
    }
}
