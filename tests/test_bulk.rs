//! Twelve stacks over four roots, marked in the dashboard and torn down with one confirmation.

use std::time::{Duration, Instant};

use e2e::teardown::{provisioner, stack};
use e2e::{Sandbox, binary};
use portable_pty::CommandBuilder;
use test_support::terminal::Terminal;

/// The command of each destroy: it counts how many run at once when it starts and when it ends.
const COUNTS: &str = "mkdir ../busy/$$; ls ../busy | wc -l >> ../together; sleep 2; \
                      ls ../busy | wc -l >> ../together; rmdir ../busy/$$";

/// Longer than eleven teardowns take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(300);

/// Four roots with three workspaces each. The policy protects the last stack.
fn twelve_stacks(sandbox: &Sandbox) -> Vec<String> {
    sandbox.config("[policy]\nprotected = [\"shop-4-c\"]\n");
    std::fs::create_dir(sandbox.path("busy")).unwrap();
    // The first root runs `terraform init`, and the others reuse its result.
    let roots: Vec<_> = (1..=4)
        .map(|number| {
            let name = format!("shop-{number}-${{terraform.workspace}}");
            let folder = format!("root-{number}");
            sandbox.root(&folder, &stack(&name, &provisioner(COUNTS)))
        })
        .collect();
    std::thread::scope(|scope| {
        for root in &roots {
            scope.spawn(move || {
                for workspace in ["a", "b", "c"] {
                    root.run(&["workspace", "new", workspace]).ok();
                    root.apply().ok();
                }
            });
        }
    });
    let numbers = 1..=4;
    numbers
        .flat_map(|number| ["a", "b", "c"].map(|workspace| format!("shop-{number}-{workspace}")))
        .collect()
}

/// Starts the dashboard in a terminal.
fn open(sandbox: &Sandbox) -> Terminal {
    let jiti = sandbox.command(binary("jiti"));
    let mut command = CommandBuilder::new(jiti.get_program());
    command.env_clear();
    for (name, value) in jiti.get_envs() {
        command.env(name, value.unwrap_or_default());
    }
    command.env("TERM", "xterm-256color");
    command.cwd(sandbox.path("."));
    Terminal::run(command, (120, 40))
}

/// The number before a word on the screen: 4 in `4 running, 5 waiting`.
fn number_before(screen: &str, word: &str) -> Option<usize> {
    let before = screen
        .split(word)
        .next()
        .filter(|before| *before != screen)?;
    before.split_whitespace().last()?.parse().ok()
}

/// One confirmation tears eleven of twelve marked stacks down, at most four at once. Each stack
/// shows its progress and its own result. The protected one is refused, and the others continue.
#[test]
fn twelve_stacks_over_four_roots() {
    let sandbox = Sandbox::new();
    let names = twelve_stacks(&sandbox);
    let mut terminal = open(&sandbox);
    terminal.waits_for("12 stacks");
    terminal.types("*");
    terminal.waits_for("✓ 12 marked");
    terminal.types("d");
    terminal.waits_for("Tear down 12 stacks");
    terminal.types("y11\r");
    terminal.waits_for("44 resources of 11 stacks");
    terminal.waits_for("To include it, type: 12 shop-4-c");
    terminal.waits_for("Type 11 to tear down 11 stacks:");
    terminal.types("11\r");
    let began = Instant::now();
    let mut most = 0;
    loop {
        let screen = terminal.text();
        most = most.max(number_before(&screen, " running").unwrap_or(0));
        if screen.contains("11 of 12 torn down, 1 refused") {
            break;
        }
        assert!(began.elapsed() < PATIENCE, "{screen}");
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(most, 4, "the screen shows how many run at once");
    let screen = terminal.text();
    for name in names.iter().filter(|name| *name != "shop-4-c") {
        assert!(
            screen.contains(&format!("○ {name}  gone: 4 resources deleted")),
            "{screen}"
        );
    }
    assert!(
        screen.contains("✗ shop-4-c  refused: protected"),
        "{screen}"
    );
    terminal.types("\u{1b}");
    terminal.waits("a closed popup", |screen| {
        !screen.contains("11 of 12 torn down")
    });
    terminal.waits_for("✗ teardown refused");
    terminal.waits_for("✓ 1 marked");
    terminal.types("q");
    assert_eq!(terminal.ends(), 0);
    terminal.is_sane();
    let together = std::fs::read_to_string(sandbox.path("together")).unwrap();
    let together: Vec<usize> = together
        .split_whitespace()
        .map(|count| count.parse().unwrap())
        .collect();
    assert_eq!(together.len(), 22, "each ran once: {together:?}");
    assert_eq!(together.iter().max(), Some(&4), "{together:?}");
    for name in &names {
        let phase = sandbox.listing(name)["phase"].clone();
        let expected = if name == "shop-4-c" { "ready" } else { "gone" };
        assert_eq!(phase, expected, "{name}");
    }
    // The command line tears the protected one down with its name, beside one that is gone.
    let rest = [
        "teardown",
        "shop-1-a",
        "shop-4-c",
        "--yes",
        "--confirm",
        "shop-4-c",
    ];
    sandbox
        .jiti(&rest)
        .ok()
        .says("shop-4-c gone 4 resources deleted");
    assert_eq!(sandbox.listing("shop-4-c")["phase"], "gone");
}
