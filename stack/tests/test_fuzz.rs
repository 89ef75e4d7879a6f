//! Random input for what users and other programs write: tags, configuration files and exported
//! ledgers. `make fuzz` runs each for long.

use std::collections::BTreeMap;
use std::path::Path;

use stack::values::tags::{Labels, tags};
use stack::{AppName, AppVersion, Config, Owner, StackName, Ttl};
use test_support::fuzz::{fuzz, kind};

/// How many inputs a short run tries.
const INPUTS: u64 = 2_000;

/// What AWS accepts in the value of a tag, and PRODUCT promises for jiti's own.
fn is_allowed(c: char) -> bool {
    c.is_ascii_alphanumeric() || " _.:/=+@-".contains(c)
}

/// Any tags can be shown as a stack. What makes valid names and labels makes valid tags, from which
/// the same names come.
#[test]
fn fuzz_tags() {
    let corpus: [&[u8]; 3] = [
        br#"{"jiti:stack":"checkout-pr-412","jiti:app":"checkout","jiti:version":"8f3c2ab","jiti:owner":"ana@example.com","jiti:ttl":"1d12h","cost-center":"42"}"#,
        br#"{"jiti:stack":"a b","jiti:ttl":"90m"}"#,
        br#"{"Name":"x","aws:cloudformation:stack-name":"y"}"#,
    ];
    fuzz("tags", &corpus, INPUTS, |input| {
        let all: BTreeMap<String, String> = match serde_json::from_slice(input) {
            Ok(all) => all,
            Err(error) => return kind(&error),
        };
        let own = |key: &str| all.get(key).cloned().unwrap_or_default();
        for text in all.values() {
            let shown = StackName::lossy(text);
            assert!(StackName::new(shown.as_str()).is_ok(), "{text:?}");
        }
        let labels = all.iter().filter(|(key, _)| !key.starts_with("jiti:"));
        let labels = Labels::new(
            labels
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect(),
        );
        let names = (
            StackName::new(own("jiti:stack")),
            AppName::new(own("jiti:app")),
            AppVersion::new(own("jiti:version")),
            Owner::new(own("jiti:owner")),
            own("jiti:ttl").parse::<Ttl>(),
        );
        match (names, labels) {
            ((Ok(name), Ok(app), Ok(version), Ok(owner), Ok(ttl)), Ok(labels)) => {
                let made = tags(&name, &app, &version, &owner, &ttl, &labels);
                for (key, value) in &made {
                    assert!(value.chars().all(is_allowed), "{key}: {value:?}");
                    assert!(value.chars().count() <= 256, "{key}: {value:?}");
                }
                assert_eq!(StackName::lossy(&made["jiti:stack"]), name);
                format!("{} tags", made.len())
            }
            ((name, app, version, owner, ttl), labels) => {
                let problems = [
                    name.err().as_ref().map(kind),
                    app.err().as_ref().map(kind),
                    version.err().as_ref().map(kind),
                    owner.err().as_ref().map(kind),
                    ttl.err().as_ref().map(kind),
                    labels.err().as_ref().map(kind),
                ];
                problems.into_iter().flatten().collect()
            }
        }
    });
}

/// Any text is a configuration or an error that names the file.
#[test]
fn fuzz_configuration() {
    let everything = include_bytes!("../../examples/ci/reaper.toml");
    let corpus: [&[u8]; 4] = [
        everything,
        include_bytes!("../../examples/ci/jiti.toml"),
        include_bytes!("../../examples/quickstart/config.toml"),
        br#"[policy]
default_ttl = "8h"
max_hold = "3d"
owner_pattern = '^[^@]+@example\.com$'
required_labels = ["cost-center"]
max_hourly_usd = "5.00"
max_concurrent_inits = 4
preflight_breaker = "wait"
protected = ["prod-*"]
[reaper]
interval = "15m"
sweep = true
[sweep]
secret_recovery_days = 7
[notify]
webhook = "https://hooks.example.com/x"
before = ["24h", "2h"]
[[account]]
name = "sandbox"
id = "123456789012"
role_arn = "arn:aws:iam::123456789012:role/jiti"
external_id = "x"
regions = ["eu-west-1"]
[teardown]
repositories = ["https://git.test/acme/*"]
[terraform]
programs = ["/opt/terraform"]
[dashboard]
refresh = "5m"
open_command = ["firefox", "{url}"]
[dashboard.keys]
down = ["j", "ctrl-n"]
[report]
engineer_hourly_usd = "80"
"#,
    ];
    let path = Path::new("jiti.toml");
    for valid in corpus {
        Config::parse(std::str::from_utf8(valid).unwrap(), path).unwrap();
    }
    fuzz("configuration", &corpus, INPUTS, |input| {
        let text = String::from_utf8_lossy(input);
        match Config::parse(&text, path) {
            Ok(config) => format!("{} accounts", config.accounts.len()),
            Err(error) => {
                assert!(error.to_string().contains("jiti.toml"), "{error}");
                kind(&error)
            }
        }
    });
}

/// Any file is an exported ledger or an error.
#[test]
fn fuzz_exported_ledger() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let corpus: [&[u8]; 2] = [
        br#"{"jiti_ledger":1,"id":"0123456789ab","location":"/home/ana/ledger.db"}
{"end":{"events":0}}
"#,
        br#"{"jiti_ledger":1,"id":"0123456789ab","location":"x"}
{"event":{"seq":1,"stack":"checkout","at":"2026-03-02T12:00:00Z","actor":"ana@laptop","source":"cli","kind":"requested"}}
{"pool":"inits","event":{"seq":1,"at":"2026-03-02T12:00:00Z"}}
{"end":{"events":2}}
"#,
    ];
    fuzz("exported-ledger", &corpus, INPUTS, |input| {
        match runtime.block_on(stack::ledger::export::read(input, "x")) {
            Ok(_) => "a ledger".to_owned(),
            Err(error) => kind(&error),
        }
    });
}
