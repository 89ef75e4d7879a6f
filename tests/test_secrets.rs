//! Secrets in readiness checks, in the environment and in the configuration: they are in
//! Terraform's state and in no other output.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use e2e::{Root, Sandbox, binary};
use portable_pty::CommandBuilder;
use test_support::http::{Answer, Server};
use test_support::terminal::Terminal;

/// The secrets, one for each kind of input. None is part of another text.
const SECRETS: [&str; 7] = [
    "usr-Zq81mmLx",
    "pwd-Hw72kkPd",
    "query-Vn53jjRt",
    "bare-Ys64hhWc",
    "frag-Kd95ggBn",
    "arg-Tm36ffQv",
    "word-Xr27eeLz",
];

/// The configuration of a stack whose checks have a secret in every part. Terraform itself hides
/// the values, because the variables are sensitive.
fn configuration(name: &str, checks: &str, preflight: &str) -> String {
    let [user, password, query, bare, fragment, argument, word] = SECRETS;
    let variables: String = [
        ("user", user),
        ("password", password),
        ("query", query),
        ("bare", bare),
        ("fragment", fragment),
        ("argument", argument),
        ("word", word),
    ]
    .iter()
    .map(|(name, secret)| {
        format!("variable \"{name}\" {{\n  default   = \"{secret}\"\n  sensitive = true\n}}\n")
    })
    .collect();
    let lease = e2e::lease(name, &format!("ready_timeout = \"2s\"\n  {preflight}"));
    format!(
        "{variables}{lease}\nresource \"jiti_readiness\" \"this\" {{\n  stack = jiti_stack.this.id\n  {checks}\n}}\n\
         output \"phases\" {{\n  value = jiti_readiness.this.phases[*].name\n}}\n"
    )
}

/// The checks with secrets, for a server at this address.
fn checks(port: u16, exit_code: u8) -> String {
    format!(
        r#"http = [
    {{ url = "http://${{var.user}}:${{var.password}}@127.0.0.1:{port}/healthz?token=${{var.query}}&${{var.bare}}#${{var.fragment}}" }},
    {{ url = "http://127.0.0.1:{port}/healthz?token=${{var.query}}" }},
  ]
  exec = [
    {{ command = ["sh", "-c", "echo ran with $0 >&2; exit {exit_code}", var.argument] }},
    {{ command = ["sh", "-c", "echo Authorization: ${{var.word}} >&2; exit {exit_code}"] }},
  ]"#
    )
}

#[track_caller]
fn has_no_secret(place: &str, bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for secret in SECRETS {
        if let Some(position) = text.find(secret) {
            let start = position.saturating_sub(120);
            let context: String = text.chars().skip(start).take(300).collect();
            panic!("{place} contains {secret}: …{context}…");
        }
    }
}

/// Runs Terraform with the provider's full log. Its output must not have a secret.
fn terraform(root: &Root<'_>, arguments: &[&str]) -> String {
    let mut command = root.command(arguments);
    command.env("TF_LOG_PROVIDER", "TRACE");
    let output = command.output().unwrap();
    has_no_secret(
        &format!("the output of terraform {arguments:?}"),
        &output.stdout,
    );
    has_no_secret(
        &format!("the log of terraform {arguments:?}"),
        &output.stderr,
    );
    String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
}

/// Searches every output of jiti, and the files of the ledger.
fn jiti_has_no_secret(sandbox: &Sandbox, name: &str) {
    for arguments in [
        &["show", name][..],
        &["show", name, "--json"],
        &["ls", "--all"],
        &["ls", "--all", "--json"],
        &["ls", "--all", "--csv"],
        &["events", name],
        &["events", name, "--json"],
        &["report"],
        &["report", "--json"],
        &["cost", name, "--json"],
        &["teardown", name, "--dry-run"],
        &["teardown", name, "--dry-run", "--json"],
    ] {
        let output = sandbox.jiti(arguments);
        has_no_secret(&format!("jiti {arguments:?}"), output.stdout.as_bytes());
        has_no_secret(&format!("jiti {arguments:?}"), output.stderr.as_bytes());
    }
    for entry in std::fs::read_dir(sandbox.path("")).unwrap().flatten() {
        if entry.file_name().to_string_lossy().starts_with("ledger.db") && entry.path().is_file() {
            has_no_secret("the ledger", &std::fs::read(entry.path()).unwrap());
        }
    }
}

/// Searches every tab of the dashboard, and its recording.
fn dashboard_has_no_secret(sandbox: &Sandbox, name: &str) {
    let recording = sandbox.path("recording");
    let mut command = CommandBuilder::new(binary("jiti"));
    command.env_clear();
    for (variable, value) in sandbox.command("jiti").get_envs() {
        command.env(variable, value.unwrap_or_default());
    }
    command.env("TERM", "xterm-256color");
    command.arg("--record");
    command.arg(&recording);
    command.cwd(sandbox.path(""));
    let mut terminal = Terminal::run(command, (160, 50));
    terminal.waits_for(name);
    for (keys, text) in [
        ("\r", "Lease"),
        ("2", "Init"),
        ("3", "Resources"),
        ("4", "Events"),
    ] {
        terminal.types(keys);
        terminal.waits_for(text);
        has_no_secret("the dashboard", terminal.text().as_bytes());
    }
    terminal.types("\u{1b}q");
    terminal.types("q");
    terminal.ends();
    has_no_secret("the recording", &std::fs::read(&recording).unwrap());
    std::fs::remove_file(&recording).unwrap();
}

/// A server that repeats the request and a secret of the check in its body.
fn echo(status: u16) -> u16 {
    Server::start(move |request| Answer::text(status, &format!("cannot serve {}", request.path)))
        .port()
}

/// Checks that pass name scheme, host, port and path, or the program. Equal names are numbered.
#[test]
fn checks_that_pass_show_no_secret() {
    let sandbox = Sandbox::new();
    let port = echo(200);
    let checks = checks(port, 0);
    let preflight = format!(
        "preflight = {{ {} }}",
        checks.replace("\n  exec", "\n exec")
    );
    let root = sandbox.root("root", &configuration("passing", &checks, &preflight));
    terraform(&root, &["plan", "-input=false"]);
    let output = terraform(&root, &["apply", "-auto-approve", "-input=false"]);
    assert!(output.contains("Apply complete!"), "{output}");
    assert_eq!(sandbox.listing("passing")["phase"], "ready");
    for name in [
        format!("http http://127.0.0.1:{port}/healthz"),
        format!("http http://127.0.0.1:{port}/healthz (2)"),
        "exec sh".to_owned(),
        "exec sh (2)".to_owned(),
    ] {
        assert!(
            output.contains(&format!("{name:?}")),
            "no {name:?}: {output}"
        );
    }
    terraform(&root, &["plan", "-input=false"]);
    terraform(&root, &["output"]);
    jiti_has_no_secret(&sandbox, "passing");
    dashboard_has_no_secret(&sandbox, "passing");
    // An import finds no change, although the ledger does not have the secrets. Terraform plans an
    // update all the same, because it must mark the values as sensitive.
    terraform(&root, &["state", "rm", "jiti_stack.this"]);
    terraform(
        &root,
        &["import", "-input=false", "jiti_stack.this", "passing"],
    );
    let plan = root.plan_json();
    let changes = plan["resource_changes"].as_array().unwrap();
    let stack = changes.iter().find(|change| change["type"] == "jiti_stack");
    let change = &stack.unwrap()["change"];
    assert!(change["before"]["preflight"]["http"].is_array(), "{change}");
    assert_eq!(change["before"], change["after"]);
    terraform(&root, &["destroy", "-auto-approve", "-input=false"]);
    jiti_has_no_secret(&sandbox, "passing");
}

/// Checks that fail show no secret: not in the error, the warning and the output of a command, and
/// not when the server repeats it.
#[test]
fn checks_that_fail_show_no_secret() {
    let sandbox = Sandbox::new();
    let port = echo(500);
    for (folder, on_timeout) in [("failing", "fail"), ("warning", "warn")] {
        let checks = format!("{}\n  on_timeout = {on_timeout:?}", checks(port, 7));
        let root = sandbox.root(folder, &configuration(folder, &checks, ""));
        let output = terraform(&root, &["apply", "-auto-approve", "-input=false"]);
        for text in ["cannot serve", "exited with 7", "ran with", "500"] {
            assert!(output.contains(text), "no {text:?}: {output}");
        }
        assert_eq!(sandbox.listing(folder)["phase"], "purgatory");
        jiti_has_no_secret(&sandbox, folder);
        dashboard_has_no_secret(&sandbox, folder);
    }
    let preflight = format!("preflight = {{ {} }}", checks(port, 7));
    let root = sandbox.root(
        "preflight",
        &configuration("preflight", "exec = [{ command = [\"true\"] }]", &preflight),
    );
    let output = terraform(&root, &["apply", "-auto-approve", "-input=false"]);
    assert!(output.contains("The preflight failed"), "{output}");
}

/// The error about an invalid check does not repeat it.
#[test]
fn invalid_checks_show_no_secret() {
    let sandbox = Sandbox::new();
    for (number, checks) in [
        r#"http = [{ url = "ftp://${var.user}:${var.password}@h/?${var.query}" }]"#,
        r#"http = [{ url = "${var.user} ${var.query}" }]"#,
        r#"tcp = [{ address = "${var.user}:${var.password}@h" }]"#,
        r#"exec = [{ command = ["", var.argument] }]"#,
    ]
    .iter()
    .enumerate()
    {
        let root = sandbox.root(
            &format!("invalid-{number}"),
            &configuration("invalid", checks, ""),
        );
        let output = terraform(&root, &["plan", "-input=false"]);
        assert!(output.contains("Error:"), "{output}");
    }
}

/// A teardown shows no secret, whether the environment, the state or the webhook's address has it:
/// not in the process list, the output, the ledger, what its run keeps, and the dashboard.
#[test]
fn a_teardown_shows_no_secret() {
    let sandbox = Sandbox::new();
    let (hook, password) = (SECRETS[2], SECRETS[6]);
    sandbox.config(&format!(
        "[notify]\nwebhook = \"http://127.0.0.1:{}/{hook}\"\n",
        echo(500)
    ));
    sandbox.set([("TF_VAR_password".to_owned(), password.to_owned())]);
    // Terraform hides the value where it knows it, and it does not know the environment.
    let more = r#"
variable "password" {
  sensitive = true
}

resource "terraform_data" "account" {
  input      = var.password
  depends_on = [jiti_stack.this]
  provisioner "local-exec" {
    when    = destroy
    command = "echo the password is $TF_VAR_password >&2; sleep 1; exit 1"
  }
}
"#;
    let root = sandbox.root("leaving", &format!("{}{more}", e2e::lease("leaving", "")));
    terraform(&root, &["apply", "-auto-approve", "-input=false"]);
    let is_done = AtomicBool::new(false);
    let listed = std::thread::scope(|scope| {
        let watch = scope.spawn(|| process_list(&sandbox, &is_done));
        for (arguments, code) in [
            (&["teardown", "leaving", "--yes", "--json"][..], Some(4)),
            (&["reap", "--yes"], None),
        ] {
            let output = sandbox.jiti(arguments);
            assert!(code.is_none() || output.code == code, "{}", output.text());
            has_no_secret(&format!("jiti {arguments:?}"), output.text().as_bytes());
        }
        is_done.store(true, Ordering::Relaxed);
        watch.join().unwrap()
    });
    assert!(
        listed.contains("leaving"),
        "no process of the teardown: {listed}"
    );
    assert!(listed.contains("sleep 1"), "no destroy: {listed}");
    has_no_secret("the process list", listed.as_bytes());
    let kept = files_below(
        &sandbox.path(""),
        &[root.path(""), sandbox.path("config.toml")],
    );
    assert!(kept.len() > 5, "{kept:?}");
    for file in kept {
        has_no_secret(&file.display().to_string(), &std::fs::read(&file).unwrap());
    }
    jiti_has_no_secret(&sandbox, "leaving");
    dashboard_has_no_secret(&sandbox, "leaving");
}

/// The command lines of the sandbox's processes until a time.
fn process_list(sandbox: &Sandbox, is_done: &AtomicBool) -> String {
    let mut listed = String::new();
    while !is_done.load(Ordering::Relaxed) {
        for pid in sandbox.own_processes() {
            let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            let line = String::from_utf8_lossy(&line).replace('\0', " ");
            if !listed.contains(&line) {
                listed.push_str(&format!("{line}\n"));
            }
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    listed
}

/// Every file below a folder, apart from what is below these.
fn files_below(folder: &Path, without: &[PathBuf]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let (path, kind) = (entry.path(), entry.file_type().unwrap());
        if without.iter().any(|one| path.starts_with(one)) {
            continue;
        }
        if kind.is_dir() {
            found.extend(files_below(&path, without));
        } else if kind.is_file() {
            found.push(path);
        }
    }
    found
}
