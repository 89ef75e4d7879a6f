//! Shell completion: the names of stacks, quickly, from a ledger on this machine only.

use std::process::Command;
use std::time::{Duration, Instant};

use crate::sandbox::Sandbox;
use crate::story::five_stacks;

/// The names that complete a command line.
fn names(sandbox: &Sandbox, words: &[&str]) -> Vec<String> {
    let mut arguments = vec!["complete-stacks", "--"];
    arguments.extend(words);
    let ran = sandbox.run(&arguments).ok();
    ran.stdout.lines().map(str::to_owned).collect()
}

/// The names come from the ledger, where a name is expected. A stack that is gone has no name.
#[test]
fn names_come_from_the_ledger() {
    let sandbox = Sandbox::new();
    assert_eq!(names(&sandbox, &["show", ""]), [""; 0], "no ledger");
    five_stacks(&sandbox);
    let all = names(&sandbox, &["show", ""]);
    assert_eq!(all.len(), 4, "{all:?}");
    assert_eq!(names(&sandbox, &["show", "sea"]), ["search-pr-7"]);
    assert_eq!(names(&sandbox, &["ls", ""]), [""; 0]);
    assert_eq!(names(&sandbox, &["sh"]), [""; 0]);
}

/// A shared ledger, a broken one and a wrong configuration give no names, no error and no delay.
#[test]
fn completion_never_fails() {
    let sandbox = Sandbox::new();
    std::fs::write(sandbox.path("broken.db"), "this is no database").unwrap();
    sandbox.config("[dashboard]\nthis is wrong");
    let began = Instant::now();
    for ledger in [
        "dynamodb://jiti?region=eu-west-1",
        "s3://nothing",
        "broken.db",
        "missing.db",
    ] {
        let found = names(&sandbox, &["--ledger", ledger, "show", ""]);
        assert_eq!(found, [""; 0], "{ledger}");
    }
    let fifo = sandbox.path("fifo.db");
    let made = Command::new("mkfifo").arg(&fifo).status().unwrap();
    assert!(made.success());
    let fifo = fifo.display().to_string();
    assert_eq!(names(&sandbox, &["--ledger", &fifo, "show", ""]), [""; 0]);
    assert!(began.elapsed() < Duration::from_secs(10));
}

/// Runs a script in a shell with the completion script and `jiti`. `None`: the shell is not on this
/// machine.
fn in_shell(sandbox: &Sandbox, shell: &str, arguments: &[&str], script: &str) -> Option<String> {
    let folder = ["/bin", "/usr/bin", "/usr/local/bin"];
    let program = folder.iter().map(|folder| format!("{folder}/{shell}"));
    let program = program
        .into_iter()
        .find(|path| std::path::Path::new(path).exists())?;
    let jiti = assert_cmd::cargo::cargo_bin("jiti");
    let output = Command::new(program)
        .args(arguments)
        .arg(script)
        .env_clear()
        .env("HOME", sandbox.path("home"))
        .env(
            "PATH",
            format!("{}:/usr/bin:/bin", jiti.parent().unwrap().display()),
        )
        .env("TERM", "dumb")
        .current_dir(sandbox.path("."))
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{shell}");
    Some(String::from_utf8(output.stdout).unwrap())
}

/// Bash completes the names of stacks, and everything else as before.
#[test]
fn bash_completes_names() {
    let sandbox = Sandbox::new();
    five_stacks(&sandbox);
    let completed = |line: &str| {
        let script = format!(
            "source <(jiti completions bash)\n\
             COMP_LINE={line:?}; COMP_POINT=${{#COMP_LINE}}\n\
             COMP_WORDS=({line}); [[ $COMP_LINE == *' ' ]] && COMP_WORDS+=('')\n\
             COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))\n\
             _jiti_with_stacks jiti \"${{COMP_WORDS[COMP_CWORD]}}\" \"${{COMP_WORDS[COMP_CWORD-1]}}\"\n\
             printf '%s\\n' \"${{COMPREPLY[@]}}\""
        );
        in_shell(&sandbox, "bash", &["--norc", "-c"], &script)
    };
    let Some(found) = completed("jiti show ") else {
        return;
    };
    assert_eq!(found.lines().count(), 4, "{found}");
    assert_eq!(completed("jiti show sea").unwrap(), "search-pr-7\n");
    assert_eq!(completed("jiti sho").unwrap(), "show\n");
    assert!(completed("jiti show --ca").unwrap().contains("--cached"));
    assert_eq!(
        completed("jiti teardown --dry-run sea").unwrap(),
        "search-pr-7\n"
    );
}

/// Fish completes the names of stacks, and everything else as before.
#[test]
fn fish_completes_names() {
    let sandbox = Sandbox::new();
    five_stacks(&sandbox);
    let completed = |line: &str| {
        let script = format!("jiti completions fish | source; complete -C {line:?}");
        in_shell(&sandbox, "fish", &["--no-config", "-c"], &script)
    };
    let Some(found) = completed("jiti show ") else {
        return;
    };
    assert!(found.contains("search-pr-7"), "{found}");
    assert_eq!(completed("jiti show sea").unwrap(), "search-pr-7\n");
    assert!(completed("jiti sho").unwrap().starts_with("show\t"));
}

/// The script for zsh completes the names of stacks where a command takes one.
#[test]
fn zsh_completes_names() {
    let sandbox = Sandbox::new();
    let script = sandbox.run(&["completions", "zsh"]).ok().stdout;
    let names = script
        .lines()
        .filter(|line| line.ends_with(":_jiti_stacks' \\"));
    assert!(names.count() >= 12, "{script}");
    assert!(script.contains("_jiti_stacks() {"));
    assert!(script.starts_with("#compdef jiti\n"));
    in_shell(&sandbox, "zsh", &["-f", "-n", "-c"], &script);
}
