//! Holds that log lines are what Terraform takes apart, and that silence is silence.

use serde_json::Value;

use crate::probe::Start;

/// Lets the probe log once, and returns its lines as JSON.
async fn lines(settings: &[(&str, &str)]) -> Vec<Value> {
    let mut start = Start::plaintext();
    for (name, level) in settings {
        start.set(name, level);
    }
    let (mut probe, greeting) = start.shake_hands().await;
    let client = greeting.connect().await;
    client.call("log", "tests").await.unwrap();
    client.shut_down().await;
    drop(client);
    probe.exit_code().await;
    probe
        .stderr()
        .lines()
        .map(|line| serde_json::from_str(line).expect("each line is JSON"))
        .collect()
}

#[tokio::test]
async fn a_line_is_an_object_in_the_form_of_hclog() {
    let lines = lines(&[("TF_LOG", "info")]).await;
    let [line] = lines.as_slice() else {
        panic!("one line is expected: {lines:#?}")
    };
    assert_eq!(line["@level"], "info");
    assert_eq!(line["@message"], "the probe was asked to log: tests");
    assert_eq!(line["@module"], "provider.transport_probe");
    assert_eq!(line["answer"], 42);
    assert_eq!(line["ratio"], 0.5);
    assert_eq!(
        line["tf_rpc"], "CallFunction",
        "fields of the span around it are there"
    );
    assert_eq!(
        line["shared"], "inner",
        "what is nearer to the event has the last word"
    );
    let time = line["@timestamp"].as_str().unwrap();
    let pattern = "dddd-dd-ddTdd:dd:dd.ddddddZ";
    let shape: String = time
        .chars()
        .map(|letter| if letter.is_ascii_digit() { 'd' } else { letter })
        .collect();
    assert_eq!(shape, pattern, "{time}");
}

#[tokio::test]
async fn nothing_is_said_unless_it_is_asked_for() {
    assert!(lines(&[]).await.is_empty());
    assert!(lines(&[("TF_LOG", "off")]).await.is_empty());
    assert!(
        lines(&[("TF_LOG", "trace"), ("TF_LOG_PROVIDER_PROBE", "warn")])
            .await
            .is_empty()
    );
}

#[tokio::test]
async fn everything_is_said_without_the_noise_of_the_transport() {
    let lines = lines(&[("TF_LOG", "JSON")]).await;
    let modules: Vec<&str> = lines
        .iter()
        .map(|line| line["@module"].as_str().unwrap())
        .collect();
    assert!(modules.contains(&"sdk.plugin.end"), "{modules:?}");
    assert!(
        modules
            .iter()
            .all(|module| module.starts_with("sdk")
                || module.starts_with("provider.transport_probe")),
        "{modules:?}"
    );
}
