//! The real program in a real terminal: it draws, it acts, and it restores the terminal however it
//! ends.

use portable_pty::CommandBuilder;
use test_support::terminal::Terminal;

use crate::sandbox::Sandbox;
use crate::story::five_stacks;

impl Sandbox {
    /// Starts `jiti` in a terminal of this size.
    pub(crate) fn in_terminal(&self, arguments: &[&str], size: (u16, u16)) -> Terminal {
        let mut command = CommandBuilder::new(assert_cmd::cargo::cargo_bin("jiti"));
        command.args(arguments);
        command.env_clear();
        for (name, value) in [("TERM", "xterm-256color"), ("USER", "ana")] {
            command.env(name, value);
        }
        command.env("HOME", self.path("home"));
        command.cwd(self.path("."));
        Terminal::run(command, size)
    }
}

/// A session filters the stacks of a real ledger, opens, extends and holds one, and restores the
/// terminal.
#[test]
fn a_session_from_beginning_to_end() {
    let sandbox = Sandbox::new();
    five_stacks(&sandbox);
    let mut terminal = sandbox.in_terminal(&[], (100, 30));
    terminal.waits_for("4 stacks");
    terminal.types("/search\r");
    terminal.waits_for("1 of 4 match search");
    terminal.types("\r");
    terminal.waits_for("1 Lease");
    terminal.types("\u{1b}");
    terminal.waits_for("TIME LEFT");
    terminal.types("e1h\r");
    terminal.waits_for("search-pr-7 expires");
    terminal.types("h\rcustomer demo\r");
    terminal.waits_for("search-pr-7 is held until");
    terminal.resize(80, 24);
    terminal.waits_for("held");
    terminal.types("q");
    assert_eq!(terminal.ends(), 0);
    terminal.is_sane();
    let events = sandbox.shown("search-pr-7")["events"].clone();
    let kinds: Vec<&str> = events
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|event| event["kind"].as_str())
        .collect();
    assert_eq!(kinds, ["requested", "recorded", "extended", "held"]);
    assert_eq!(events[3]["source"], "dashboard");
    assert_eq!(events[3]["why"], "customer demo");
}

/// What the list looks like is saved at once, only for the user, and is there in the next session.
/// The configured keys and theme count. A damaged file is one message.
#[test]
fn the_look_of_the_list_stays() {
    use std::os::unix::fs::PermissionsExt;
    let sandbox = Sandbox::new();
    five_stacks(&sandbox);
    sandbox.config("[dashboard.keys]\nquit = \"Q\"\n");
    let mut terminal = sandbox.in_terminal(&[], (100, 30));
    terminal.waits_for("4 stacks");
    terminal.types(":sort rate reverse\r");
    terminal.waits_for("sorted by $/h, lowest first");
    terminal.types("g");
    terminal.waits_for("gg first line");
    terminal.waits_for("grouped by app");
    terminal.types(":columns owner rate\rQ");
    assert_eq!(terminal.ends(), 0);
    terminal.is_sane();
    let path = sandbox.path("home/.local/state/jiti/dashboard.toml");
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let mut terminal = sandbox.in_terminal(&[], (100, 30));
    terminal.waits_for("sorted by $/h, lowest first · grouped by app");
    assert!(!terminal.text().contains("TIME LEFT"));
    terminal.types("Q");
    assert_eq!(terminal.ends(), 0);
    std::fs::write(&path, "version = 1\nsort = \"prcie\"\n").unwrap();
    let mut terminal = sandbox.in_terminal(&[], (140, 30));
    terminal.waits_for("unknown column \"prcie\"; the dashboard looks as usual");
    terminal.types("Q");
    assert_eq!(terminal.ends(), 0);
    sandbox.config("[dashboard.keys]\nteardwn = \"D\"\n");
    let ran = sandbox.run(&["ls"]).exits(1);
    assert!(
        ran.stderr.contains(
            "config.toml:2: keys.teardwn: unknown action \"teardwn\": did you mean teardown?"
        ),
        "{ran:?}"
    );
}

/// The dashboard shows changes that other processes make.
#[test]
fn it_follows_the_ledger() {
    let sandbox = Sandbox::new();
    five_stacks(&sandbox);
    let mut terminal = sandbox.in_terminal(&[], (100, 30));
    terminal.waits_for("4 stacks");
    sandbox
        .run(&["hold", "search-pr-7", "--until", "2h", "--why", "x"])
        .ok();
    terminal.waits_for("ready, held");
    terminal.types("\u{3}");
    assert_eq!(terminal.ends(), 0);
    terminal.is_sane();
}

/// Without a ledger the dashboard shows how to start, and it loads a ledger that is created later.
#[test]
fn a_ledger_that_comes_later() {
    let sandbox = Sandbox::new();
    let mut terminal = sandbox.in_terminal(&[], (100, 30));
    terminal.waits_for("jiti demo");
    five_stacks(&sandbox);
    terminal.waits_for("4 stacks");
    terminal.types("q");
    assert_eq!(terminal.ends(), 0);
}

/// Without a terminal the dashboard exits with 2 and names the commands that need none.
#[test]
fn without_a_terminal() {
    let sandbox = Sandbox::new();
    let ran = sandbox.run(&[]).exits(2);
    insta::assert_snapshot!(ran.stderr, @r"
    Error: the dashboard needs a terminal
    Hint: `jiti ls` works without one; `jiti --help` lists every command
    ");
    assert_eq!(ran.stdout, "");
}

/// SIGTERM and SIGHUP end the dashboard and restore the terminal.
#[test]
fn signals_leave_a_sane_terminal() {
    let sandbox = Sandbox::new();
    five_stacks(&sandbox);
    for signal in ["TERM", "HUP"] {
        let mut terminal = sandbox.in_terminal(&[], (80, 24));
        terminal.waits_for("4 stacks");
        let pid = terminal.pid().to_string();
        let sent = std::process::Command::new("kill")
            .args(["-s", signal, &pid])
            .status();
        assert!(sent.unwrap().success());
        terminal.ends();
        terminal.is_sane();
    }
}

/// With `--read-only`, the dashboard shows a badge and refuses a change.
#[test]
fn read_only_changes_nothing() {
    let sandbox = Sandbox::new();
    five_stacks(&sandbox);
    let mut terminal = sandbox.in_terminal(&["--read-only"], (100, 30));
    terminal.waits_for("4 stacks");
    terminal.waits_for("READ-ONLY");
    terminal.types("e");
    terminal.waits_for("read-only: --read-only is set");
    // Ctrl-C acts at once, also after a refused key.
    terminal.types("\u{3}");
    assert_eq!(terminal.ends(), 0);
}

/// The demo needs no ledger, is marked as a demo, and leaves no files.
#[test]
fn the_demo() {
    let sandbox = Sandbox::new();
    let mut terminal = sandbox.in_terminal(&["demo", "--stacks", "30"], (100, 30));
    terminal.waits_for("30 stacks");
    terminal.waits_for("DEMO");
    terminal.types("q");
    assert_eq!(terminal.ends(), 0);
    terminal.is_sane();
    assert!(
        !sandbox.ledger().exists(),
        "the demo must not create the user's ledger"
    );
}

/// A panic restores the terminal before its report, so that the report is readable.
#[test]
fn a_panic_leaves_a_sane_terminal() {
    let mut command = CommandBuilder::new(std::env::current_exe().unwrap());
    command.args([
        "--ignored",
        "--exact",
        "test_dashboard_terminal::panics_on_purpose",
        "--nocapture",
        "--test-threads=1",
    ]);
    command.env_remove("RUST_BACKTRACE");
    let mut terminal = Terminal::run(command, (100, 30));
    assert_ne!(terminal.ends(), 0);
    terminal.is_sane();
    let text = terminal.text();
    assert!(text.contains("a mistake on purpose"), "{text}");
    assert!(text.contains("a bug in jiti"), "{text}");
}

/// Not a test: the program that the previous test runs in a terminal.
#[test]
#[ignore = "it panics with the terminal taken over"]
fn panics_on_purpose() {
    let _screen = tui::testing::TerminalGuard::enter().unwrap();
    panic!("a mistake on purpose");
}

/// The dashboard handles a key that arrives together with a resize.
#[test]
fn a_key_beside_a_new_size_is_not_lost() {
    let sandbox = Sandbox::new();
    five_stacks(&sandbox);
    let mut terminal = sandbox.in_terminal(&[], (100, 30));
    terminal.waits_for("4 stacks");
    for round in 0..8 {
        terminal.resize(90 + round, 30);
        terminal.types("?");
        terminal.waits_for("next line");
        terminal.resize(110 + round, 30);
        terminal.types("q");
        terminal.waits("no help", |screen| !screen.contains("next line"));
    }
    terminal.types("q");
    assert_eq!(terminal.ends(), 0);
}

/// Ctrl-Z returns the terminal to the shell, and `fg` restores the whole screen in its current
/// size.
#[test]
fn ctrl_z_and_back() {
    let sandbox = Sandbox::new();
    five_stacks(&sandbox);
    let mut command = CommandBuilder::new("/bin/sh");
    command.arg("-i");
    command.env_clear();
    for (name, value) in [("TERM", "xterm-256color"), ("USER", "ana"), ("PS1", "$ ")] {
        command.env(name, value);
    }
    command.env("HOME", sandbox.path("home"));
    command.cwd(sandbox.path("."));
    let mut terminal = Terminal::run(command, (100, 30));
    let jiti = assert_cmd::cargo::cargo_bin("jiti");
    terminal.types(&format!("{}\r", jiti.display()));
    terminal.waits_for("4 stacks");
    terminal.types("?");
    terminal.waits_for("next line");
    terminal.types("\u{1a}");
    terminal.waits_for("Stopped");
    terminal.is_sane();
    terminal.resize(90, 28);
    terminal.types("fg\r");
    terminal.waits_for("next line");
    terminal.types("q");
    terminal.waits("no help", |screen| {
        screen.contains("4 stacks") && !screen.contains("next line")
    });
    terminal.types("q");
    // Before its prompt, the shell may lose what is typed.
    terminal.waits("the shell", |screen| {
        !screen.contains("4 stacks") && screen.trim_end().ends_with("\n$")
    });
    terminal.types("exit\r");
    terminal.ends();
    terminal.is_sane();
}
