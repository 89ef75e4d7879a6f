//! The dashboard over a large account, in a real terminal: a sync in the background does not delay
//! keys.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use e2e::world::World;
use portable_pty::CommandBuilder;
use test_support::terminal::Terminal;

const REGIONS: [&str; 3] = ["eu-west-1", "us-east-1", "ap-southeast-2"];

/// The longest time that a key may take to show its effect, on a busy machine.
const PROMPTLY: Duration = Duration::from_secs(10);

/// The time of the slowest key, in milliseconds.
static SLOWEST: AtomicU64 = AtomicU64::new(0);

/// While a sync reads 5,000 resources in two accounts and three regions, every key takes effect at
/// once and in order. Afterwards the resources and the time of the data are on the screen. `r`
/// syncs again and updates the time.
#[test]
fn a_sync_delays_no_key() {
    let world = World::with_own_server();
    let another = world.configure_two_accounts(&REGIONS, "[dashboard]\nrefresh = \"1h\"\n");
    for name in ["alpha", "beta", "gamma", "delta"] {
        world.lease_begun(name, 1);
    }
    world.create_volumes(&world.account, "huge", &REGIONS, 833);
    world.create_volumes(&another, "vast", &REGIONS, 834);
    let mut terminal = open(&world);
    terminal.waits_for("querying AWS…");
    terminal.waits_for("4 stacks");
    let before = world.proxy.calls().len();
    let mut rounds = 0;
    while terminal.text().contains("querying AWS…") {
        round(&mut terminal);
        rounds += 1;
    }
    let asked = world.proxy.calls().len() - before;
    assert!(
        rounds > 0 && asked > 10,
        "{rounds} rounds of keys during {asked} calls"
    );
    terminal.waits_for("6 stacks");
    terminal.waits_for("2 unleased");
    let first = refreshed(&terminal);
    terminal.types("/huge\r");
    terminal.waits_for("1 of 6 match huge");
    terminal.types("\r3");
    terminal.waits_for("more lines");
    terminal.types("\u{1b}");
    terminal.waits_for("AWS data from");
    terminal.types("\u{1b}");
    terminal.waits_for("all stacks · sorted by");
    terminal.types("r");
    let patience = Instant::now();
    while !terminal.text().contains("AWS data from") || refreshed(&terminal) == first {
        assert!(patience.elapsed() < 60 * PROMPTLY, "{}", terminal.text());
        round(&mut terminal);
    }
    println!(
        "process {}: the slowest key took {} ms",
        terminal.pid(),
        SLOWEST.load(Ordering::Relaxed)
    );
    terminal.types("q");
    assert_eq!(terminal.ends(), 0);
    terminal.is_sane();
}

/// Presses every kind of key and checks its effect. The screen ends as it began.
fn round(terminal: &mut Terminal) {
    press_until(terminal, "\u{1b}[H", |terminal| {
        selected(terminal) == "alpha"
    });
    press_until(terminal, "j", |terminal| selected(terminal) == "beta");
    press_until(terminal, "k", |terminal| selected(terminal) == "alpha");
    terminal.resize(100, 30);
    press(terminal, "?", "Keys");
    terminal.resize(120, 30);
    press_until(terminal, "q", |terminal| {
        !terminal.text().contains("next line")
    });
    press(terminal, "/", "/ ");
    press(terminal, "beta", "/ beta");
    press(terminal, "\r", "match beta");
    press(terminal, "\r", "1 Lease");
    press(terminal, "4", "requested");
    press_until(terminal, "\u{1b}", |terminal| {
        !terminal.text().contains("1 Lease")
    });
    press(terminal, "\u{1b}", "all stacks · sorted by");
    press(terminal, "s", "Sort by");
    press_until(terminal, "\u{1b}", |terminal| {
        !terminal.text().contains("Sort by")
    });
    press(terminal, "g", "grouped by app");
    press(terminal, "g", "grouped by owner");
    press_until(terminal, "g", |terminal| {
        !terminal.text().contains("grouped")
    });
}

fn press(terminal: &mut Terminal, key: &str, shows: &str) {
    press_until(terminal, key, |terminal| terminal.text().contains(shows));
}

/// Presses a key and waits until the screen shows its effect.
fn press_until(terminal: &mut Terminal, key: &str, done: impl Fn(&Terminal) -> bool) {
    let pressed = Instant::now();
    terminal.types(key);
    while !done(terminal) {
        assert!(
            pressed.elapsed() < PROMPTLY,
            "{key:?} had no effect on the screen:\n{}",
            terminal.text()
        );
        std::thread::sleep(Duration::from_millis(5));
    }
    let took = u64::try_from(pressed.elapsed().as_millis()).unwrap();
    SLOWEST.fetch_max(took, Ordering::Relaxed);
}

/// The name on the selected line.
fn selected(terminal: &Terminal) -> String {
    let text = terminal.text();
    let line = text.lines().find(|line| line.starts_with('▌'));
    let name = line.and_then(|line| line.split_whitespace().nth(1));
    name.unwrap_or_default().to_owned()
}

/// The time of the AWS data, as the screen shows it.
fn refreshed(terminal: &Terminal) -> String {
    let text = terminal.text();
    let after = text.split("AWS data from ").nth(1);
    let time = after.and_then(|after| after.get(..8));
    time.unwrap_or_default().to_owned()
}

/// Starts `jiti` with no access keys but those of its profiles.
fn open(world: &World) -> Terminal {
    let mut command = jiti_in_a_terminal(world);
    for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"] {
        command.env_remove(name);
    }
    Terminal::run(command, (120, 30))
}

/// The command that starts jiti in a terminal, in the environment of a world.
pub(crate) fn jiti_in_a_terminal(world: &World) -> CommandBuilder {
    let sandbox = world.sandbox.command(e2e::binary("jiti"));
    let mut command = CommandBuilder::new(sandbox.get_program());
    command.env_clear();
    for (name, value) in sandbox.get_envs() {
        command.env(name, value.unwrap_or_default());
    }
    command.env("TERM", "xterm-256color");
    command.cwd(world.sandbox.path("."));
    command
}
