//! The log: its format, and its levels.

use serde_json::Value;

use crate::probe::ProbeCommand;

/// Calls the probe's log function, and returns the log lines as JSON.
async fn lines(settings: &[(&str, &str)]) -> Vec<Value> {
    let mut start = ProbeCommand::plaintext();
    for (name, level) in settings {
        start.set(name, level);
    }
    let (mut probe, handshake) = start.start_and_handshake().await;
    let client = handshake.connect().await;
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
async fn a_line_is_an_object_in_the_format_of_hclog() {
    let lines = lines(&[("TF_LOG", "info")]).await;
    let [line] = lines.as_slice() else {
        panic!("expected one line: {lines:#?}")
    };
    assert_eq!(line["@level"], "info");
    assert_eq!(line["@message"], "the probe was asked to log: tests");
    assert_eq!(line["@module"], "provider.transport_probe");
    assert_eq!(line["answer"], 42);
    assert_eq!(line["ratio"], 0.5);
    assert_eq!(
        line["tf_rpc"], "CallFunction",
        "the line has the fields of its span"
    );
    assert_eq!(line["shared"], "inner", "inner fields override outer ones");
    let time = line["@timestamp"].as_str().unwrap();
    let pattern = "dddd-dd-ddTdd:dd:dd.ddddddZ";
    let format: String = time
        .chars()
        .map(|letter| if letter.is_ascii_digit() { 'd' } else { letter })
        .collect();
    assert_eq!(format, pattern, "{time}");
}

#[tokio::test]
async fn logging_is_off_by_default() {
    assert!(lines(&[]).await.is_empty());
    assert!(lines(&[("TF_LOG", "off")]).await.is_empty());
    assert!(
        lines(&[("TF_LOG", "trace"), ("TF_LOG_PROVIDER_PROBE", "warn")])
            .await
            .is_empty()
    );
}

#[tokio::test]
async fn trace_excludes_the_transport() {
    let lines = lines(&[("TF_LOG", "JSON")]).await;
    let modules: Vec<&str> = lines
        .iter()
        .map(|line| line["@module"].as_str().unwrap())
        .collect();
    assert!(modules.contains(&"sdk.plugin.shutdown"), "{modules:?}");
    assert!(
        modules
            .iter()
            .all(|module| module.starts_with("sdk")
                || module.starts_with("provider.transport_probe")),
        "{modules:?}"
    );
}
