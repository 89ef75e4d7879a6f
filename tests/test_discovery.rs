//! How often the cloud is asked: as often as an index has pages and a service takes batches, and never for a drawing.

use std::collections::BTreeMap;
use std::time::Duration;

use e2e::world::World;

use crate::terminal::Terminal;
use crate::test_dashboard::jiti_in_a_terminal;

const OWNER: &str = "ana@example.com";

/// Discovery of 5,000 resources asks as often as there are pages and batches, and what an empty account takes. Listing
/// what is known and drawing it asks nobody.
#[test]
fn requests_are_pages_and_batches() {
    let world = World::alone();
    world.configure("[dashboard]\nrefresh = \"1h\"\n");
    // What is known is kept where the ledger is: there has to be one.
    world.leased("other", OWNER);
    world.sandbox.jiti(&["sync"]).ok();
    let empty = counted(&world);
    // moto looks through all groups for each id of a filter, so that there are few of them.
    let (volumes, groups) = (2_400, 100);
    let made = world.many("shop", OWNER, &[("volume", volumes), ("group", groups)]);
    assert_eq!(made.len(), 5_000);
    world.sandbox.jiti(&["sync"]).ok();
    let full = counted(&world);

    // moto's pages of the index of tags hold fifty resources or a hundred tags; each of these has three.
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
            "{count} {call} where {bound} are enough: {more:?}"
        );
    }
    assert!(more.contains_key("DescribeVolumes"), "{more:?}");

    world.sandbox.jiti(&["ls", "--cached"]).ok().says("shop");
    world.sandbox.jiti(&["ls"]).ok().says("shop");
    draw(&world);
    assert_eq!(
        counted(&world),
        BTreeMap::new(),
        "what is known is not asked"
    );
}

/// How often each call was made since the last count. What is asked again, because moto was too slow or answered one of
/// many calls at once with a fault of its own, counts once.
fn counted(world: &World) -> BTreeMap<String, usize> {
    let mut counted = BTreeMap::new();
    for call in world.proxy.calls().into_iter().filter(|call| !call.again) {
        *counted.entry(call.name).or_default() += 1;
    }
    world.proxy.forget();
    counted
}

/// The dashboard in a terminal, for some seconds and some keys, until it shows the stack.
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
