//! `jiti report --what-if`

use stack::EventKind;

use crate::sandbox::Sandbox;
use crate::story::{Story, requested};

const HOUR: i64 = 3_600;

/// A stack of $1/h with a TTL of 8 h, requested 12 h ago. It was used 10 h later and still exists,
/// because no reaper has run.
fn overdue_stack(sandbox: &Sandbox) {
    let touched = EventKind::Activity {
        signal: "touch".to_owned(),
    };
    let begun = requested(|r| r.terms.hourly_cost = "1".parse().ok());
    let events = [(12 * HOUR, begun), (2 * HOUR, touched)];
    Story::new(&sandbox.ledger()).stack("checkout-1", events);
}

/// The result says what the other policy would have cost, and whom it would have cut off.
#[test]
fn another_policy_is_replayed() {
    // Due after 9 h, and still there after 12 h: the reaper is 3 h late. With a TTL of 2 h, the
    // stack is due after 3 h and ends after 6 h: $6.00 instead of $12.00.
    let sandbox = Sandbox::new();
    overdue_stack(&sandbox);
    let ran = sandbox.run_wide(&["report", "--what-if", "ttl=2h"]).ok();
    for text in [
        "With ttl=2h, the 1 stack since ",
        " UTC would have cost $6.00 instead of $12.00: $6.00 less.\n",
        "1 would have ended earlier.\n1 of them was used after that.\n",
        "CUT OFF     OWNER            APP       WOULD END",
        "checkout-1  ana@example.com  checkout  ",
        "still exists",
    ] {
        assert!(ran.stdout.contains(text), "{text}: {}", ran.stdout);
    }
    let ran = sandbox.run(&["report", "--what-if", "ttl=2h,grace=30m", "--json"]);
    let json = ran.ok().json();
    assert_eq!(json["policy"]["ttl"], 7_200);
    assert_eq!(json["policy"]["idle_after"], serde_json::Value::Null);
    assert_eq!(
        (&json["stacks"], &json["ended_earlier"]),
        (&1.into(), &1.into())
    );
    let usd = |key: &str| json[key].as_str().map(|usd| usd[..4].to_owned());
    assert_eq!(usd("policy_usd").as_deref(), Some("5.50"));
    assert_eq!(json["cut_off"][0]["stack"], "checkout-1");
    assert!(json["cut_off"][0]["real_end"].is_null());
}

/// Of many stacks that would have been cut off, the first are in the table. The owners are counted.
#[test]
fn many_stacks_are_counted_by_owner() {
    let sandbox = Sandbox::new();
    let story = Story::new(&sandbox.ledger());
    for number in 0..25 {
        let touched = EventKind::Activity {
            signal: "touch".to_owned(),
        };
        let begun = requested(|r| {
            let owner = if number < 5 { "ben" } else { "ana" };
            r.owner = owner.parse().unwrap();
            r.terms.hourly_cost = "1".parse().ok();
        });
        let events = [(12 * HOUR, begun), (2 * HOUR, touched)];
        story.stack(&format!("checkout-{number}"), events);
    }
    let ran = sandbox.run_wide(&["report", "--what-if", "ttl=2h"]).ok();
    for text in [
        "25 of them were used after that.\nCut off, by owner: ana 20, ben 5.\n",
        "\n5 more stacks: --json lists every one.\n",
    ] {
        assert!(ran.stdout.contains(text), "{text}: {}", ran.stdout);
    }
    assert_eq!(ran.stdout.matches("still exists").count(), 20);
}

/// A longer TTL changes nothing for a stack that no reaper ended, and an unknown key is an error.
#[test]
fn a_looser_policy_changes_nothing_without_a_reaper() {
    let sandbox = Sandbox::new();
    overdue_stack(&sandbox);
    let ran = sandbox.run(&["report", "--what-if", "ttl=2d"]).ok();
    let told = ran.stdout.replace('\n', " ");
    assert!(
        told.contains("$12.00 instead of $12.00: the same"),
        "{told}"
    );
    assert!(ran.stdout.contains("Each would have ended when it did."));
    let ran = sandbox.run(&["report", "--what-if", "tll=2d"]).exits(2);
    assert!(ran.stderr.contains("unknown key \"tll\""), "{ran:#?}");
}
