//! Wrong usage and a broken setup: each gets one clear error and the right exit code.

use std::io::Read;
use std::process::{Command, Stdio};

use crate::sandbox::Sandbox;
use crate::story::five_stacks;

/// `--help` names every command and is printed to standard output.
#[test]
fn help_and_version() {
    let sandbox = Sandbox::new();
    let help = sandbox.run(&["--help"]).ok().stdout;
    for command in [
        "ls", "show", "events", "extend", "hold", "unhold", "mark", "touch", "ledger", "policy",
        "doctor", "iam",
    ] {
        assert!(help.contains(&format!("\n  {command} ")), "{help}");
        sandbox.run(&[command, "--help"]).ok();
    }
    insta::assert_snapshot!(sandbox.run(&["extend", "--help"]).ok().stdout, @r"
    Extend the lease of one stack, or of several

    The new expiry is counted from the later of now and the current expiry. Past the
    policy's `max_ttl`, jiti refuses (exit code 3) and names the latest time that is
    allowed. A stack that jiti refuses does not stop the others.

    Usage: jiti extend [OPTIONS] <NAME>... <DURATION>

    Arguments:
      <NAME>...
              The names of the stacks. The last argument is the duration to add,
              such as 90m, 8h or 1d12h

    Options:
          --json
              Print JSON

      -h, --help
              Print help (see a summary with '-h')

    Options of every command:
          --ledger <PATH>
              Use the ledger at this path
              
              Default: `$JITI_LEDGER`, else `$XDG_DATA_HOME/jiti/ledger.db`, else
              `~/.local/share/jiti/ledger.db`.

          --config <PATH>
              Use the configuration file at this path
              
              Default: `$JITI_CONFIG`, else `$XDG_CONFIG_HOME/jiti/config.toml`,
              else `~/.config/jiti/config.toml`. A file that you name must exist;
              the file in the default place may be missing.

          --read-only
              Refuse every change
    ");
    let version = sandbox.run(&["--version"]).ok().stdout;
    assert_eq!(version, format!("jiti {}\n", env!("CARGO_PKG_VERSION")));
}

/// An invalid duration is wrong usage. The error shows the input and an example.
#[test]
fn invalid_durations() {
    let sandbox = Sandbox::new();
    five_stacks(&sandbox);
    insta::assert_snapshot!(sandbox.run(&["extend", "checkout-1.4.0", "8 hours"]).exits(2).stderr, @r#"
    Error: invalid value '8 hours' for '<DURATION>': invalid duration "8 hours": ' ' is not a unit; write it like 90m, 8h, 3d or 1d12h (s, m, h, d, w)

    For more information, try '--help'.
    "#);
    for invalid in ["0h", "99999999999999999999w", "", "8", "1.5h", "h"] {
        let ran = sandbox.run(&["extend", "checkout-1.4.0", invalid]).exits(2);
        assert!(ran.stderr.contains("8h"), "{ran:?}");
    }
    assert_eq!(sandbox.count("checkout-1.4.0"), 9);
}

/// A configuration file that the user names must exist; the default one may be missing.
#[test]
fn a_named_configuration_must_exist() {
    let sandbox = Sandbox::new();
    five_stacks(&sandbox);
    let ran = sandbox.run(&["ls", "--config", "nowhere.toml"]).exits(1);
    insta::assert_snapshot!(ran.stderr, @r"
    Error: no configuration file at nowhere.toml
    Hint: --config names this file: correct the path, or create the file
    ");
    let ran = sandbox.ran(
        sandbox
            .command()
            .env("JITI_CONFIG", "nowhere.toml")
            .arg("ls"),
    );
    assert!(ran.exits(1).stderr.contains("JITI_CONFIG"));
}

/// An invalid configuration is an error with the file, the line and the nearest key.
#[test]
fn an_invalid_configuration() {
    let sandbox = Sandbox::new();
    five_stacks(&sandbox);
    sandbox.config("[policy]\nmax_tll = \"8h\"\n");
    insta::assert_snapshot!(sandbox.run(&["ls"]).exits(1).stderr, @r#"Error: $WORLD/home/.config/jiti/config.toml:2: unknown key "max_tll" in [policy]: did you mean "max_ttl"?"#);
}

/// The option overrides the environment variable, which overrides the default place.
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

/// jiti refuses an invalid ledger address, and creates no file.
#[test]
fn invalid_addresses_are_refused() {
    let sandbox = Sandbox::new();
    let ran = sandbox
        .run(&["ls", "--ledger", "dynamodb://jiti?regoin=eu-west-1"])
        .exits(1);
    insta::assert_snapshot!(ran.stderr, @r#"Error: invalid ledger address "dynamodb://jiti?regoin=eu-west-1": unknown key "regoin"; use dynamodb://TABLE?region=REGION, and add &profile=PROFILE for a named profile"#);
    sandbox.run(&["ls", "--ledger", "s3://bucket/x"]).exits(1);
    assert_eq!(
        std::fs::read_dir(sandbox.path(".")).unwrap().count(),
        1,
        "the folder contains only the home folder"
    );
}

/// A command fails on a file that is not a ledger, and does not change it.
#[test]
fn a_file_that_is_not_a_ledger() {
    let sandbox = Sandbox::new();
    std::fs::write(sandbox.path("notes"), "notes\n").unwrap();
    for arguments in [vec!["ls"], vec!["touch", "x"], vec!["events"]] {
        let mut command = sandbox.command();
        let ran = sandbox
            .ran(command.args(["--ledger", "notes"]).args(&arguments))
            .exits(1);
        assert!(ran.stderr.contains("not a jiti ledger"), "{ran:?}");
    }
    assert_eq!(
        std::fs::read_to_string(sandbox.path("notes")).unwrap(),
        "notes\n"
    );
}

/// A command succeeds if the reader closes the pipe, as `head` does.
#[test]
fn a_closed_pipe_is_a_success() {
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
        let mut errors = String::new();
        child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut errors)
            .unwrap();
        assert_eq!(
            (child.wait().unwrap().code(), errors.as_str()),
            (Some(0), ""),
            "{arguments:?}"
        );
    }
}

/// The script of every shell names the commands.
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

/// There is a man page for each command, and none for what the help does not show. A folder that
/// cannot be written to is an error.
#[test]
fn man_pages_for_every_command() {
    let sandbox = Sandbox::new();
    let ran = sandbox.run(&["man", "pages/man1"]).ok();
    let page = |name: &str| {
        let path = sandbox.path(format!("pages/man1/{name}.1"));
        std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{name}: {error}"))
    };
    let help = sandbox.run(&["--help"]).ok().stdout;
    let commands = help.split("Commands:").nth(1).unwrap();
    let commands = commands.split("Options:").next().unwrap().lines();
    let commands: Vec<&str> = commands
        .filter_map(|line| line.strip_prefix("  ")?.split(' ').next())
        .filter(|name| !name.is_empty() && *name != "help")
        .collect();
    assert!(commands.len() > 20, "{commands:?}");
    for name in &commands {
        let text = page(&format!("jiti-{name}"));
        assert!(text.contains(".SH SYNOPSIS"), "{name}: {text}");
        assert!(page("jiti").contains(&format!("\\-{name}(1)")), "{name}");
    }
    let files: Vec<String> = std::fs::read_dir(sandbox.path("pages/man1"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert!(
        ran.stdout
            .starts_with(&format!("{} man pages in ", files.len()))
    );
    assert!(files.contains(&"jiti-ledger-init.1".to_owned()));
    for hidden in ["teardown-run", "complete-stacks", "help"] {
        assert!(!files.contains(&format!("jiti-{hidden}.1")), "{hidden}");
    }
    std::fs::write(sandbox.path("file"), "").unwrap();
    let ran = sandbox.run(&["man", "file/man1"]).exits(1);
    assert!(
        ran.stderr.contains("cannot write man pages into"),
        "{ran:?}"
    );
}

/// With few descriptors, a command works or fails with an error, and never panics.
#[test]
fn few_descriptors_are_an_error() {
    let sandbox = Sandbox::new();
    five_stacks(&sandbox);
    let program = assert_cmd::cargo::cargo_bin("jiti");
    let mut codes = Vec::new();
    for limit in 4..32 {
        for arguments in [&["ls"][..], &["extend", "checkout-1.4.0", "1h"], &["reap"]] {
            let output = Command::new("/bin/sh")
                .args(["-c", &format!("ulimit -n {limit}; exec \"$0\" \"$@\"")])
                .env_clear()
                .env("HOME", sandbox.path("home"))
                .arg(&program)
                .args(arguments)
                .output()
                .unwrap();
            let text = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(!text.contains("panicked"), "{limit} {arguments:?}: {text}");
            codes.push(output.status.code());
        }
    }
    assert!(
        codes.contains(&Some(0)) && codes.contains(&Some(1)),
        "{codes:?}"
    );
}
