//! The number of requests to AWS: one for each page of the tag index and each batch of a service,
//! and none to draw the screen.

use std::collections::BTreeMap;
use std::time::Duration;

use e2e::world::World;
use test_support::terminal::Terminal;

use crate::test_dashboard::jiti_in_a_terminal;

const OWNER: &str = "ana@example.com";

/// Discovery of 5,000 resources takes one request for each page and batch, in addition to those for
/// an empty account. Listing and drawing take none.
#[test]
fn one_request_for_each_page_and_batch() {
    let world = World::with_own_server();
    world.configure("[dashboard]\nrefresh = \"1h\"\n");
    // The inventory is stored beside the ledger, so a ledger has to exist.
    world.lease_without_state("other", OWNER);
    world.sandbox.jiti(&["sync"]).ok();
    let empty = counted(&world);
    // Only a few groups, because moto searches all of them for each id of a filter.
    let (volumes, groups) = (2_400, 100);
    let made = world.create_many("shop", OWNER, &[("volume", volumes), ("group", groups)]);
    assert_eq!(made.len(), 5_000);
    world.sandbox.jiti(&["sync"]).ok();
    let full = counted(&world);

    // A page of moto's tag index holds 50 resources or 100 tags, and each of these resources has 3
    // tags.
    let pages = 2 * (volumes + groups).div_ceil(33);
    let of_ec2 = 2 * (volumes + groups).div_ceil(1_000);
    let batches = |count: usize| 2 * count.div_ceil(200);
    let bounds = BTreeMap::from([
        ("GetResources", pages),
        ("DescribeTags", of_ec2),
        ("DescribeVolumes", batches(volumes)),
        ("DescribeSecurityGroups", batches(groups)),
    ]);
    let mut more = BTreeMap::new();
    for (call, count) in &full {
        let usual = empty.get(call).copied().unwrap_or(0);
        if *count > usual {
            more.insert(call.as_str(), count - usual);
        }
    }
    for (call, count) in &more {
        let bound = bounds.get(call).copied().unwrap_or(0);
        assert!(
            *count <= bound,
            "{count} calls of {call}, at most {bound} expected: {more:?}"
        );
    }
    assert!(more.contains_key("DescribeVolumes"), "{more:?}");

    world.sandbox.jiti(&["ls", "--cached"]).ok().says("shop");
    world.sandbox.jiti(&["ls"]).ok().says("shop");
    draw(&world);
    assert_eq!(
        counted(&world),
        BTreeMap::new(),
        "listing and drawing make no request"
    );
}

/// The number of calls of each operation since the last count. Retries do not count: moto may be
/// slow, or fail one of many concurrent calls.
fn counted(world: &World) -> BTreeMap<String, usize> {
    let mut counted = BTreeMap::new();
    for call in world
        .proxy
        .calls()
        .into_iter()
        .filter(|call| !call.is_retry)
    {
        *counted.entry(call.name).or_default() += 1;
    }
    world.proxy.clear_calls();
    counted
}

/// Runs the dashboard in a terminal for some seconds and some keys.
fn draw(world: &World) {
    let mut terminal = Terminal::run(jiti_in_a_terminal(world), (120, 30));
    terminal.waits_for("shop");
    for key in ["j", "k", "\r", "\u{1b}", "s", "\u{1b}", "g"] {
        terminal.types(key);
        std::thread::sleep(Duration::from_secs(1));
    }
    terminal.waits_for("shop");
    terminal.types("q");
    assert_eq!(terminal.ends(), 0);
}
