//! Tests of the config parser and its error messages.

use std::path::Path;

use super::*;
use crate::policy::BreakerMode;

fn parse(text: &str) -> Result<Config, ConfigError> {
    Config::parse(text, Path::new("jiti.toml"))
}

fn refusal(text: &str) -> String {
    parse(text).expect_err(text).to_string()
}

/// A config file that is not a regular file is an error that names it, and not a wait for a writer.
#[test]
fn only_a_regular_file_is_a_config() {
    let folder = tempfile::tempdir().unwrap();
    let fifo = folder.path().join("jiti.toml");
    let made = std::process::Command::new("mkfifo").arg(&fifo).status();
    assert!(made.unwrap().success());
    for (path, what) in [(fifo.as_path(), "a FIFO"), (folder.path(), "a directory")] {
        let error = Config::read(path).unwrap_err();
        assert!(!error.is_missing());
        assert_eq!(
            error.to_string(),
            format!(
                "cannot read the config file {}: it is {what}, not a regular file",
                path.display()
            )
        );
    }
}

/// Every documented key is read.
#[test]
fn the_documented_file_is_read() {
    let config = parse(
        r#"
[policy]
default_ttl = "8h"
max_ttl = "7d"
max_hold = "3d"
grace = "30m"
owner_pattern = '^[^@]+@example\.com$'
required_labels = ["cost-center"]
max_hourly_usd = "5.00"
max_live_per_owner = 5
max_concurrent_inits = 4
max_wait = "30m"
preflight_breaker = "wait"
preflight_window = "10m"
protected = ["prod-*"]

[reaper]
interval = "10m"
concurrency = 2
max_stacks = 10
max_resources = 100
sweep = true

[notify]
webhook = "https://hooks.example.com/x"
before = ["30m", "24h", "2h"]

[[account]]
name = "sandbox"
id = "123456789012"
profile = "sandbox"
regions = ["eu-west-1", "us-east-1"]

[[account]]
name = "other"
id = "210987654321"
role_arn = "arn:aws:iam::210987654321:role/jiti"
external_id = "x"
regions = ["eu-west-1"]

[dashboard]
read_only = true
refresh = "1m"
theme = "high-contrast"
open_command = ["firefox", "--new-tab", "{url}"]

[dashboard.keys]
teardown = "D"
down = ["j", "down"]

[report]
engineer_hourly_usd = "80"
"#,
    )
    .expect("a right file");
    let span = |text: &str| text.parse::<Span>().expect(text);
    assert_eq!(
        config.policy,
        Policy {
            default_ttl: Some(span("8h")),
            max_ttl: Some(span("7d")),
            max_hold: Some(span("3d")),
            grace: span("30m"),
            owner_pattern: Some(r"^[^@]+@example\.com$".to_owned()),
            required_labels: vec!["cost-center".to_owned()],
            max_hourly_usd: Some("5".parse().expect("a rate")),
            max_live_per_owner: Some(5),
            max_concurrent_inits: Some(4),
            max_wait: span("30m"),
            preflight_breaker: BreakerMode::Wait,
            preflight_window: span("10m"),
            protected: vec!["prod-*".to_owned()],
        }
    );
    assert_eq!(
        config.reaper,
        ReaperConfig {
            interval: span("10m"),
            concurrency: 2,
            max_stacks: 10,
            max_resources: 100,
            sweep: true,
            budgets: Vec::new(),
        }
    );
    assert_eq!(
        config.notify.webhook.as_deref(),
        Some("https://hooks.example.com/x")
    );
    assert_eq!(config.notify.before, [span("24h"), span("2h"), span("30m")]);
    assert_eq!(
        config.accounts[0].access,
        CredentialSource::Profile("sandbox".to_owned())
    );
    assert_eq!(config.accounts[0].regions, ["eu-west-1", "us-east-1"]);
    let arn = "arn:aws:iam::210987654321:role/jiti".to_owned();
    assert_eq!(
        config.accounts[1].access,
        CredentialSource::Role {
            arn,
            external_id: Some("x".to_owned())
        }
    );
    assert_eq!(
        config.dashboard,
        DashboardConfig {
            read_only: true,
            refresh: span("1m"),
            theme: Some(named("theme", &["high-contrast"], 44)),
            keys: vec![
                named("down", &["j", "down"], 49),
                named("teardown", &["D"], 48),
            ],
            open_command: ["firefox", "--new-tab", "{url}"]
                .map(str::to_owned)
                .to_vec(),
        }
    );
    assert_eq!(config.report.engineer_hourly_usd, "80".parse().ok());
}

fn named(key: &str, texts: &[&str], line: usize) -> NamedTexts {
    NamedTexts {
        key: key.to_owned(),
        texts: texts.iter().map(|text| (*text).to_owned()).collect(),
        line,
    }
}

/// A section whose keys are free still has typed values, and its full name is in the errors.
#[test]
fn free_keys_have_typed_values() {
    assert_eq!(
        refusal("[dashboard.keys]\nteardown = 1\n"),
        "jiti.toml:2: teardown is of type integer, expected a string in quotes, or a list of them"
    );
    assert_eq!(
        refusal("[dashboard]\nkeys = 1\n"),
        "jiti.toml:2: keys is of type integer, expected a section"
    );
    assert_eq!(
        refusal("[dashboard]\nopen_command = [\"\"]\n"),
        "jiti.toml:2: open_command: it is empty"
    );
}

/// An empty file has the documented defaults.
#[test]
fn an_empty_file_is_the_defaults() {
    let config = parse("").expect("an empty file");
    assert_eq!(config, Config::default());
    assert_eq!(config.policy.grace.to_string(), "1h");
    assert_eq!(config.reaper.interval.to_string(), "15m");
    assert_eq!(
        (config.reaper.concurrency, config.reaper.max_stacks),
        (4, 20)
    );
    assert_eq!(
        (config.reaper.max_resources, config.reaper.sweep),
        (200, false)
    );
    assert_eq!(config.sweep.secret_recovery_days, 30);
    assert_eq!(config.dashboard.refresh.to_string(), "5m");
}

/// A secret can be recovered for 7 to 30 days, or not at all.
#[test]
fn recovery_days_have_limits() {
    let text = |days: &str| format!("[sweep]\nsecret_recovery_days = {days}\n");
    for days in [0, 7, 30] {
        let config = parse(&text(&days.to_string())).expect("a valid number");
        assert_eq!(config.sweep.secret_recovery_days, days);
    }
    for days in ["1", "6", "31", "-7"] {
        assert_eq!(
            refusal(&text(days)),
            format!(
                "jiti.toml:2: secret_recovery_days: {days} is not between 7 and 30, or 0 to delete at once"
            )
        );
    }
    assert_eq!(
        refusal(&text("\"30d\"")),
        "jiti.toml:2: secret_recovery_days is of type string, expected a whole number of days"
    );
}

/// An unknown key is refused with the file, the line and the nearest known key.
#[test]
fn unknown_keys_are_refused() {
    assert_eq!(
        refusal("[policy]\ngrace = \"1h\"\nmax_tll = \"7d\"\n"),
        "jiti.toml:3: unknown key \"max_tll\" in [policy]: did you mean \"max_ttl\"?"
    );
    assert_eq!(
        refusal("\n[polcy]\n"),
        "jiti.toml:2: unknown key \"polcy\" in the file: did you mean \"policy\"?"
    );
    assert_eq!(
        refusal("[dashboard]\nxyz = 1\n"),
        "jiti.toml:2: unknown key \"xyz\" in [dashboard]; known keys: read_only, refresh, theme, \
         keys, open_command"
    );
    assert!(
        refusal(
            "[[account]]\nname = \"a\"\nid = \"123456789012\"\nregions = [\"x\"]\nregion = \"x\""
        )
        .ends_with("5: unknown key \"region\" in [[account]]: did you mean \"regions\"?")
    );
}

/// A wrong type or value is refused with the file, the line and what was expected.
#[test]
fn wrong_values_are_refused() {
    for (text, says) in [
        (
            "[policy]\nmax_ttl = 7\n",
            "jiti.toml:2: max_ttl is of type integer, expected a duration in quotes, such as \"8h\"",
        ),
        (
            "[policy]\n\nmax_ttl = \"7 days\"\n",
            "jiti.toml:3: max_ttl: invalid duration \"7 days\": ' ' is not a unit; write it like 90m, 8h, 3d or 1d12h (s, m, h, d, w)",
        ),
        (
            "[policy]\nmax_hourly_usd = 5.0\n",
            "jiti.toml:2: max_hourly_usd is of type float, expected dollars in quotes, such as \"5.00\"",
        ),
        (
            "[policy]\nmax_hourly_usd = \"-5\"\n",
            "jiti.toml:2: max_hourly_usd: invalid amount of dollars \"-5\": it is negative; write zero or more, such as 0.42",
        ),
        (
            "[policy]\nmax_live_per_owner = 0\n",
            "jiti.toml:2: max_live_per_owner: 0 is not a whole number from 1, such as 4",
        ),
        (
            "[policy]\nmax_live_per_owner = 99999999999\n",
            "jiti.toml:2: max_live_per_owner: 99999999999 is not a whole number from 1, such as 4",
        ),
        (
            "[policy]\nprotected = \"prod-*\"\n",
            "jiti.toml:2: protected is of type string, expected a list of strings, such as [\"a\", \"b\"]",
        ),
        (
            "[policy]\nprotected = [\n\"a\",\n\"[\"]\n",
            "jiti.toml:4: protected: error parsing glob '[': unclosed character class; missing ']'",
        ),
        (
            "[policy]\ndefault_ttl = \"8d\"\nmax_ttl = \"7d\"\n",
            "jiti.toml:2: default_ttl: 8d is longer than max_ttl, 7d",
        ),
        (
            "[reaper]\nsweep = \"yes\"\n",
            "jiti.toml:2: sweep is of type string, expected true or false",
        ),
        (
            "[notify]\nbefore = [\"2h\", \"0m\"]\n",
            "jiti.toml:2: before: invalid duration \"0m\": it is zero; write it like 90m, 8h, 3d or 1d12h (s, m, h, d, w)",
        ),
        (
            "[notify]\nwebhook = \"hooks\"\n",
            "jiti.toml:2: webhook: a URL starts with https://",
        ),
        (
            "policy = 1\n",
            "jiti.toml:1: policy is of type integer, expected a section",
        ),
        (
            "[account]\nname = \"a\"\n",
            "jiti.toml:1: account is of type table, expected sections in double brackets",
        ),
        (
            "\n[[account]]\nname = \"a\"\n",
            "jiti.toml:2: [[account]] has no regions: at least one region, such as [\"eu-west-1\"]",
        ),
        (
            "[[account]]\nregions = [\"a\"]\nid = \"123\"\n",
            "jiti.toml:3: id: an account number has twelve digits",
        ),
        (
            "[[account]]\nprofile = \"a\"\nrole_arn = \"arn:a\"\n",
            "jiti.toml:3: role_arn: profile is also set: keep only one of the two",
        ),
        (
            "[[account]]\nexternal_id = \"a\"\n",
            "jiti.toml:2: external_id: it needs role_arn, which is not set",
        ),
    ] {
        assert_eq!(refusal(text), says);
    }
    assert!(
        refusal("[policy]\nowner_pattern = \"(\"\n").starts_with("jiti.toml:2: owner_pattern: ")
    );
}

/// Invalid TOML is refused with the file and the line.
#[test]
fn broken_toml_is_refused() {
    assert!(refusal("[policy]\nmax_ttl = \n").starts_with("jiti.toml:2: "));
    assert!(refusal("[policy]\nmax_ttl = \"1h\"\nmax_ttl = \"2h\"\n").starts_with("jiti.toml:3: "));
}

/// A missing file is distinct from an unreadable one.
#[test]
fn a_missing_file_is_not_unreadable() {
    let folder = tempfile::tempdir().expect("a folder");
    let missing = Config::read(&folder.path().join("none.toml")).expect_err("missing");
    assert!(missing.is_missing(), "{missing}");
    let unreadable = Config::read(folder.path()).expect_err("a folder");
    assert!(!unreadable.is_missing(), "{unreadable}");
}

/// Cloud data is stale after `refresh`, if it was never fetched, and if it is from the future.
#[test]
fn cloud_data_becomes_stale() {
    let config = DashboardConfig::default();
    let now = crate::testing::noon();
    let age = |minutes: u32| Some(Span::minutes(minutes).before(now));
    assert!(config.is_stale(None, now));
    assert!(config.is_stale(age(5), now));
    assert!(!config.is_stale(age(4), now));
    assert!(config.is_stale(Some(Span::minutes(1).after(now)), now));
}

/// Patterns on addresses match no slash, unless they say so.
#[test]
fn repositories_are_patterns() {
    let text =
        "[teardown]\nrepositories = [\"https://git.test/acme/*\", \"git@git.test:acme/**\"]\n";
    let config = parse(text).expect("patterns");
    for (url, allowed) in [
        ("https://git.test/acme/shop", true),
        ("https://git.test/acme/a/shop", false),
        ("https://git.test/evil/shop", false),
        ("https://evil.test/https://git.test/acme/shop", false),
        ("git@git.test:acme/a/shop", true),
        ("git@evil.test:acme/shop", false),
    ] {
        assert_eq!(config.teardown.allows(url), allowed, "{url}");
    }
    assert!(
        !Config::default()
            .teardown
            .allows("https://git.test/acme/shop")
    );
    assert_eq!(
        refusal("[teardown]\nrepository = []\n"),
        "jiti.toml:2: unknown key \"repository\" in [teardown]: did you mean \"repositories\"?"
    );
    let invalid = refusal("[teardown]\nrepositories = [\"a\",\n  \"[\"]\n");
    assert!(
        invalid.starts_with("jiti.toml:3: repositories: "),
        "{invalid}"
    );
}

/// A dispatch needs a program, and its placeholders must be known.
#[test]
fn a_dispatch_is_a_command() {
    let text = "[dispatch]\ncommand = [\"gh\", \"run\", \"name={name}\"]\ntimeout = \"1h\"\n";
    let dispatch = parse(text).expect("a command").dispatch.expect("a section");
    assert_eq!(
        (dispatch.program.as_str(), dispatch.arguments.len()),
        ("gh", 2)
    );
    assert_eq!(dispatch.timeout.to_string(), "1h");
    let usual = parse("[dispatch]\ncommand = [\"/opt/start\"]\n").expect("a command");
    assert_eq!(
        usual.dispatch.expect("a section").timeout.to_string(),
        "30m"
    );
    assert_eq!(parse("").expect("an empty file").dispatch, None);
    for (text, says) in [
        (
            "\n[dispatch]\ntimeout = \"1h\"\n",
            "jiti.toml:2: [dispatch] has no command: the command that starts a teardown",
        ),
        (
            "[dispatch]\ncommand = [\"gh\",\n  \"-f\",\n  \"host={host}\"]\n",
            "jiti.toml:4: command: unknown placeholder {host}: use {name}, {app}",
        ),
        (
            "[dispatch]\ncommand = [\"gh\", \"{name\"]\n",
            "jiti.toml:2: command: \"{name\" has a brace that belongs to no placeholder",
        ),
        (
            "[dispatch]\ncommand = [\"./start\"]\n",
            "jiti.toml:2: command: it starts with a program: an absolute path",
        ),
        (
            "[dispatch]\ncommand = [\"{name}\"]\n",
            "jiti.toml:2: command: it starts with a program: an absolute path",
        ),
        (
            "[dispatch]\ncommand = \"gh\"\n",
            "jiti.toml:2: command is of type string, expected a list of strings",
        ),
    ] {
        let refused = refusal(text);
        assert!(refused.starts_with(says), "{refused}");
    }
}

/// `[check]` names rules, their time limit, and what to ignore; nonsense is refused with its line.
#[test]
fn the_rules_of_a_check_are_read() {
    let text = "[check]\nrules = [\"policy\"]\ntimeout = \"30s\"\n\
                ignore = [\"name_kept\", \"public_endpoint aws_lb.*\"]\n";
    let check = parse(text).unwrap().check;
    assert_eq!(check.rules, [Path::new("policy")]);
    assert_eq!(check.timeout.seconds(), 30);
    assert_eq!(check.ignore.len(), 2);
    assert_eq!(parse("").unwrap().check.timeout.seconds(), 10);
    assert_eq!(
        refusal("[check]\nignore = [\n  \"a b c\",\n]\n"),
        "jiti.toml:3: ignore: write a rule, or a rule and a pattern on addresses"
    );
    let unknown = refusal("[check]\nrule = []\n");
    assert!(unknown.contains("did you mean \"rules\"?"), "{unknown}");
}

/// A budget has a schedule in a zone, a number or a share of stacks, and reasons.
#[test]
fn budgets_are_read() {
    let config = parse(
        "[reaper]\n[[reaper.budget]]\nschedule = \"0 9 * * mon-fri\"\nduration = \"8h\"\n\
         timezone = \"Europe/Berlin\"\nmax = 0\n\n[[reaper.budget]]\nmax = \"10%\"\n\
         reasons = [\"idleness\", \"expiry\"]\n",
    );
    let budgets = config.unwrap().reaper.budgets;
    let text: Vec<_> = budgets.iter().map(ToString::to_string).collect();
    assert_eq!(
        text,
        [
            "no teardown for 8h from \"0 9 * * mon-fri\" (Europe/Berlin)",
            "at most 10% at a time, for expiry, idleness",
        ]
    );
}

/// A budget that could not mean anything is refused, with its line.
#[test]
fn nonsense_budgets_are_refused() {
    for (text, problem) in [
        (
            "duration = \"8h\"",
            "jiti.toml:2: [[reaper.budget]] has no max: ",
        ),
        (
            "max = 1\nduration = \"8h\"",
            "jiti.toml:4: duration: it needs schedule, which is not set",
        ),
        (
            "max = 1\nschedule = \"@daily\"",
            "jiti.toml:4: schedule: it needs duration",
        ),
        (
            "max = 1\ntimezone = \"UTC\"",
            "jiti.toml:4: timezone: it needs schedule",
        ),
        (
            "max = -1",
            "jiti.toml:3: max: \"-1\" is neither a number of stacks, such as 2, nor a percentage",
        ),
        ("max = \"101%\"", "jiti.toml:3: max: \"101%\" is neither"),
        (
            "max = true",
            "jiti.toml:3: max is of type boolean, expected a number of stacks",
        ),
        (
            "max = 1\nschedule = \"9 am\"\nduration = \"8h\"",
            "jiti.toml:4: schedule: \"9 am\" has 2 fields",
        ),
        (
            "max = 1\nschedule = \"@daily\"\nduration = \"8h\"\ntimezone = \"Mars/Phobos\"",
            "jiti.toml:6: timezone: \"Mars/Phobos\" is no time zone",
        ),
        (
            "max = 1\nschedule = \"@daily\"\nduration = \"9000h\"",
            "jiti.toml:5: duration: ",
        ),
        (
            "max = 1\nreasons = [\"boredom\"]",
            "jiti.toml:4: reasons: \"boredom\" is not one of \"expiry\"",
        ),
        (
            "max = 1\nreasons = [\"expiry\", \"expiry\"]",
            "jiti.toml:4: reasons: it names a reason twice",
        ),
        (
            "max = 1\nreason = []",
            "jiti.toml:4: unknown key \"reason\" in [[reaper.budget]]: did you mean \"reasons\"?",
        ),
    ] {
        let refusal = refusal(&format!("[reaper]\n[[reaper.budget]]\n{text}\n"));
        assert!(refusal.starts_with(problem), "{refusal}");
    }
}
