//! Wrong usage and broken surroundings: each gets one clear error and the right exit code.

use std::io::Read;
use std::process::{Command, Stdio};

use crate::sandbox::Sandbox;
use crate::story::five_stacks;

/// The help names every command, and goes to standard output when it was asked for.
#[test]
fn help_and_version() {
    let sandbox = Sandbox::new();
    let help = sandbox.run(&["--help"]).ok().stdout;
    for command in [
        "ls", "show", "events", "extend", "hold", "unhold", "mark", "touch", "doctor",
    ] {
        assert!(help.contains(&format!("\n  {command} ")), "{help}");
        sandbox.run(&[command, "--help"]).ok();
    }
    insta::assert_snapshot!(sandbox.run(&["extend", "--help"]).ok().stdout, @r"
    Let a stack live longer

    Counted from the later of now and its present expiry. Past the policy's
    `max_ttl` it is refused with exit code 3 and the latest time that is still
    allowed.

    Usage: jiti extend [OPTIONS] <NAME> <DURATION>

    Arguments:
      <NAME>
              The stack's name

      <DURATION>
              By how much, such as 90m, 8h or 1d12h

    Options:
          --json
              Answer with JSON

      -h, --help
              Print help (see a summary with '-h')

    Options of every command:
          --ledger <PATH>
              Use the ledger at this path
              
              Without it: `$JITI_LEDGER`, else `$XDG_DATA_HOME/jiti/ledger.db`, else
              `~/.local/share/jiti/ledger.db`.

          --config <PATH>
              Use the configuration file at this path
              
              Without it: `$JITI_CONFIG`, else `$XDG_CONFIG_HOME/jiti/config.toml`,
              else `~/.config/jiti/config.toml`. The file in the usual place may be
              missing; one that is named may not.

          --read-only
              Refuse every change
    ");
    let version = sandbox.run(&["--version"]).ok().stdout;
    assert_eq!(version, format!("jiti {}\n", env!("CARGO_PKG_VERSION")));
}

/// What is no duration is wrong usage; the error shows what was read and an example.
#[test]
fn durations_that_are_none() {
    let sandbox = Sandbox::new();
    five_stacks(&sandbox);
    insta::assert_snapshot!(sandbox.run(&["extend", "checkout-1.4.0", "8 hours"]).exits(2).stderr, @r#"
    Error: invalid value '8 hours' for '<DURATION>': invalid duration "8 hours": ' ' is not a unit; write it like 90m, 8h, 3d or 1d12h (s, m, h, d, w)

    For more information, try '--help'.
    "#);
    for wrong in ["0h", "99999999999999999999w", "", "8", "1.5h", "h"] {
        let ran = sandbox.run(&["extend", "checkout-1.4.0", wrong]).exits(2);
        assert!(ran.stderr.contains("8h"), "{ran:?}");
    }
    assert_eq!(sandbox.count("checkout-1.4.0"), 9);
}

/// A configuration file that is named has to be there; the usual one may be missing.
#[test]
fn a_named_configuration_is_there() {
    let sandbox = Sandbox::new();
    five_stacks(&sandbox);
    let ran = sandbox.run(&["ls", "--config", "nowhere.toml"]).exits(1);
    insta::assert_snapshot!(ran.stderr, @r"
    Error: there is no configuration file at nowhere.toml
    Hint: --config names it: correct the path, or create the file
    ");
    let ran = sandbox.ran(
        sandbox
            .command()
            .env("JITI_CONFIG", "nowhere.toml")
            .arg("ls"),
    );
    assert!(ran.exits(1).stderr.contains("JITI_CONFIG"));
}

/// A configuration that is wrong is refused with file, line and the nearest key.
#[test]
fn a_wrong_configuration() {
    let sandbox = Sandbox::new();
    five_stacks(&sandbox);
    sandbox.config("[policy]\nmax_tll = \"8h\"\n");
    insta::assert_snapshot!(sandbox.run(&["ls"]).exits(1).stderr, @r#"Error: $WORLD/home/.config/jiti/config.toml:2: there is no "max_tll" in [policy]: did you mean "max_ttl"?"#);
}

/// The ledger that an option names goes before the one of the environment, and that before the usual place.
#[test]
fn ledgers_are_found_in_order() {
    let sandbox = Sandbox::new();
    let command = || {
        let mut command = sandbox.command();
        command.env("JITI_LEDGER", sandbox.path("variable.db"));
        command
    };
    assert!(
        sandbox
            .run(&["ls"])
            .ok()
            .stdout
            .contains("home/.local/share/jiti/ledger.db")
    );
    assert!(
        sandbox
            .ran(command().arg("ls"))
            .ok()
            .stdout
            .contains("variable.db")
    );
    let ran = sandbox
        .ran(command().args(["ls", "--ledger", "option.db"]))
        .ok();
    assert!(ran.stdout.contains("option.db"), "{ran:?}");
    let data = sandbox.path("data");
    let ran = sandbox
        .ran(sandbox.command().env("XDG_DATA_HOME", data).arg("ls"))
        .ok();
    assert!(ran.stdout.contains("$WORLD/data/jiti/ledger.db"), "{ran:?}");
    let ran = sandbox
        .ran(sandbox.command().env_remove("HOME").arg("ls"))
        .exits(1);
    assert!(ran.stderr.contains("HOME is not set"), "{ran:?}");
}

/// A shared ledger is refused clearly, as long as there is none.
#[test]
fn shared_ledgers_are_not_supported_yet() {
    let sandbox = Sandbox::new();
    let ran = sandbox
        .run(&["ls", "--ledger", "dynamodb://jiti?region=eu-west-1"])
        .exits(1);
    insta::assert_snapshot!(ran.stderr, @r"
    Error: dynamodb://jiti?region=eu-west-1: shared ledgers are not supported yet
    Hint: name a file with --ledger or JITI_LEDGER
    ");
    sandbox.run(&["ls", "--ledger", "s3://bucket/x"]).exits(1);
    assert_eq!(
        std::fs::read_dir(sandbox.path(".")).unwrap().count(),
        1,
        "nothing but the home"
    );
}

/// A file that is no ledger is left as it is.
#[test]
fn a_file_that_is_no_ledger() {
    let sandbox = Sandbox::new();
    std::fs::write(sandbox.path("notes"), "somebody's notes\n").unwrap();
    for arguments in [vec!["ls"], vec!["touch", "x"], vec!["events"]] {
        let mut command = sandbox.command();
        let ran = sandbox
            .ran(command.args(["--ledger", "notes"]).args(&arguments))
            .exits(1);
        assert!(ran.stderr.contains("no jiti ledger"), "{ran:?}");
    }
    assert_eq!(
        std::fs::read_to_string(sandbox.path("notes")).unwrap(),
        "somebody's notes\n"
    );
}

/// A reader that goes away, as `head` does, is no failure.
#[test]
fn a_reader_may_go_away() {
    let sandbox = Sandbox::new();
    five_stacks(&sandbox);
    for arguments in [
        vec!["events", "--json"],
        vec!["completions", "zsh"],
        vec!["ls"],
    ] {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin("jiti"));
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut child = command
            .env_clear()
            .env("HOME", sandbox.path("home"))
            .args(&arguments)
            .stdout(writer)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(command);
        let mut said = String::new();
        child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut said)
            .unwrap();
        assert_eq!(
            (child.wait().unwrap().code(), said.as_str()),
            (Some(0), ""),
            "{arguments:?}"
        );
    }
}

/// Every shell's script is made, and names the commands.
#[test]
fn completions_for_every_shell() {
    let sandbox = Sandbox::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        assert!(
            sandbox
                .run(&["completions", shell])
                .ok()
                .stdout
                .contains("unhold")
        );
    }
    sandbox.run(&["completions", "cmd"]).exits(2);
}
