//! Recordings: a replay of a recorded session shows the same screens.

use crate::sandbox::Sandbox;
use crate::story::five_stacks;

/// A session that was recorded in a terminal ends with the same screen when replayed without one.
#[test]
fn a_recording_gives_the_same_screen() {
    let sandbox = Sandbox::new();
    five_stacks(&sandbox);
    let mut terminal = sandbox.in_terminal(&["--record", "events.jsonl"], (100, 30));
    terminal.waits_for("search-pr-7");
    terminal.types("/owner:ben\r");
    terminal.waits_for("1 of 4 match");
    let seen = terminal.text();
    terminal.types("q");
    assert_eq!(terminal.ends(), 0);
    let replayed = sandbox.run(&["--replay", "events.jsonl"]).ok().stdout;
    let list = |text: &str| -> Vec<String> {
        let lines = text.lines().skip(3).take(2).map(str::trim_end);
        lines.map(str::to_owned).collect()
    };
    assert_eq!(list(&replayed), list(&seen), "{replayed}\n{seen}");
    let mode = std::os::unix::fs::PermissionsExt::mode(
        &std::fs::metadata(sandbox.path("events.jsonl"))
            .unwrap()
            .permissions(),
    );
    assert_eq!(mode & 0o777, 0o600, "only the owner can access it");
    let ran = sandbox.run(&["ls", "--json"]).ok();
    assert_eq!(
        ran.json().as_array().map(Vec::len),
        Some(4),
        "the replay left the ledger unchanged"
    );
}

/// An invalid recording is rejected with its line, and an existing file is never overwritten.
#[test]
fn what_is_no_recording() {
    let sandbox = Sandbox::new();
    std::fs::write(sandbox.path("notes"), "somebody's notes\n").unwrap();
    let ran = sandbox.run(&["--replay", "notes"]).exits(1);
    assert!(
        ran.stderr.contains("notes:1: not a dashboard recording"),
        "{ran:?}"
    );
    let ran = sandbox.run(&["--replay", "nowhere"]).exits(1);
    assert!(ran.stderr.contains("cannot read nowhere"), "{ran:?}");
    let mut terminal = sandbox.in_terminal(&["--record", "notes"], (80, 24));
    terminal.waits_for("cannot write a recording to");
    assert_eq!(terminal.ends(), 1);
    assert_eq!(
        std::fs::read_to_string(sandbox.path("notes")).unwrap(),
        "somebody's notes\n"
    );
    sandbox.run(&["--record", "x", "ls"]).exits(2);
}
