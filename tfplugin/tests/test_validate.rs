//! Validation against the schema: null, read-only and nested values, and the location of an error.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};
use tfplugin::testing::{Harness, unknown};
use tfplugin::{
    ApplyContext, Context, DataSource, Failure, Model, Provider, Registry, Resource, Result, Value,
};

struct Mail;

impl Provider for Mail {
    type Config = MailConfig;
    type Client = ();

    async fn configure(&self, _: &mut Context, _: MailConfig) -> Result<()> {
        Ok(())
    }

    fn register(registry: &mut Registry<()>) {
        registry.resource::<Message>().data_source::<Inbox>();
    }
}

#[derive(Clone, Debug, Model)]
#[model(provider)]
struct MailConfig {
    /// The host.
    #[attribute(required)]
    host: Value<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Model)]
#[model(nested)]
struct Part {
    /// The name.
    #[attribute(required)]
    name: Value<String>,
    /// The size in bytes.
    #[attribute(optional)]
    size: Value<u16>,
    /// The hash.
    #[attribute(computed)]
    hash: Value<String>,
}

#[derive(Clone, Debug, Model)]
struct MessageModel {
    /// The subject.
    #[attribute(required)]
    subject: Value<String>,
    /// The id.
    #[attribute(computed)]
    id: Value<String>,
    /// Parts in order.
    #[attribute(optional)]
    attachments: Value<Vec<Part>>,
    /// Parts without order.
    #[attribute(optional)]
    inline: Value<BTreeSet<Part>>,
    /// Ports.
    #[attribute(optional)]
    ports: Value<Vec<u16>>,
    /// Ports without order.
    #[attribute(optional)]
    open_ports: Value<BTreeSet<u16>>,
    /// Parts as blocks.
    #[block(list)]
    part: Vec<Part>,
    /// Parts as unordered blocks.
    #[block(set)]
    extra: Vec<Part>,
    /// A group, which Terraform never leaves out.
    #[block(group)]
    signature: Part,
}

struct Message;

impl Resource for Message {
    type Client = ();
    type Model = MessageModel;

    const NAME: &'static str = "mail_message";

    fn new((): ()) -> Self {
        Self
    }

    fn validate(_: &mut Context, config: &MessageModel) -> Result<()> {
        let subject = config.subject.clone().expect_known("subject")?;
        if subject == "refused" {
            return Err(Failure::new("Spam", "Choose another subject.").at("subject"));
        }
        Ok(())
    }

    async fn create(
        &self,
        _: &mut ApplyContext<'_, MessageModel>,
        planned: MessageModel,
    ) -> Result<MessageModel> {
        Ok(planned)
    }

    async fn read(&self, _: &mut Context, state: MessageModel) -> Result<Option<MessageModel>> {
        Ok(Some(state))
    }

    async fn update(
        &self,
        _: &mut ApplyContext<'_, MessageModel>,
        _: MessageModel,
        planned: MessageModel,
    ) -> Result<MessageModel> {
        Ok(planned)
    }

    async fn delete(&self, _: &mut ApplyContext<'_, MessageModel>, _: MessageModel) -> Result<()> {
        Ok(())
    }
}

#[derive(Clone, Debug, Model)]
struct InboxModel {
    /// The owner.
    #[attribute(required)]
    owner: Value<String>,
    /// The number of messages.
    #[attribute(computed)]
    count_of_messages: Value<u64>,
}

struct Inbox;

impl DataSource for Inbox {
    type Client = ();
    type Model = InboxModel;

    const NAME: &'static str = "mail_inbox";

    fn new((): ()) -> Self {
        Self
    }

    async fn read(&self, _: &mut Context, config: InboxModel) -> Result<InboxModel> {
        Ok(InboxModel {
            count_of_messages: Value::Known(1),
            ..config
        })
    }
}

/// The errors of a resource's configuration: path, summary and detail.
async fn errors(changed: Json) -> Vec<String> {
    let mut config = json!({ "subject": "Hello", "signature": {} });
    for (name, value) in changed.as_object().unwrap() {
        config[name] = value.clone();
    }
    let found = Harness::new(Mail).validate("mail_message", config).await;
    lines(found.err())
}

fn lines(failure: Option<Failure>) -> Vec<String> {
    let diagnostics = failure.into_iter().flat_map(Failure::into_diagnostics);
    diagnostics
        .map(|diagnostic| diagnostic.to_string())
        .collect()
}

/// Asserts that there is one error, which starts and ends with these texts.
#[track_caller]
fn assert_one(errors: &[String], start: &str, end: &str) {
    assert_eq!(errors.len(), 1, "{errors:#?}");
    assert!(errors[0].starts_with(start), "{errors:#?}");
    assert!(errors[0].ends_with(end), "{errors:#?}");
}

#[tokio::test]
async fn a_complete_configuration_is_valid() {
    let part = json!({ "name": "a", "size": 1 });
    let parts = json!([part]);
    let found = errors(json!({
        "attachments": parts, "inline": parts, "part": parts, "extra": parts, "signature": part,
    }));
    assert_eq!(found.await, Vec::<String>::new());
}

#[tokio::test]
async fn a_required_attribute_cannot_be_null_at_any_depth() {
    let missing = "Missing required argument: The argument";
    let found = errors(json!({ "subject": null })).await;
    assert_one(
        &found,
        &format!("subject: {missing} `subject`"),
        "comes from.",
    );
    let nameless = json!([{ "name": "a" }, { "name": null, "size": 1 }]);
    for (place, path, location) in [
        ("attachments", "attachments[1].name", "attachments[1].name"),
        ("part", "part[1].name", "part[1].name"),
        ("inline", "inline", "inline[*].name"),
        ("extra", "extra", "extra[*].name"),
    ] {
        let found = errors(json!({ place: nameless })).await;
        let end = format!("This is at {location}.");
        assert_one(&found, &format!("{path}: {missing} `name`"), &end);
    }
    let found = errors(json!({ "signature": { "size": 1 } })).await;
    assert_one(
        &found,
        &format!("signature.name: {missing}"),
        "signature.name.",
    );
    assert_eq!(
        errors(json!({ "subject": unknown() })).await,
        Vec::<String>::new()
    );
}

#[tokio::test]
async fn a_required_attribute_of_a_provider_or_a_data_source_cannot_be_null() {
    let harness = Harness::new(Mail);
    let found = lines(harness.configure(json!({ "host": null })).await.err());
    assert_one(&found, "host: Missing required argument", "");
    harness.configure(json!({ "host": "a" })).await.unwrap();
    let found = lines(harness.data_source("mail_inbox", json!({})).await.err());
    assert_one(&found, "owner: Missing required argument", "");
}

#[tokio::test]
async fn an_attribute_of_the_provider_cannot_be_configured_at_any_depth() {
    let read_only = "Read-only attribute: Only the provider sets";
    for value in [json!("mine"), unknown()] {
        let found = errors(json!({ "id": value })).await;
        assert_one(&found, &format!("id: {read_only} `id`"), "configuration.");
        let hashed = json!([{ "name": "a", "hash": value }]);
        for (place, path) in [
            ("attachments", "attachments[0].hash"),
            ("part", "part[0].hash"),
            ("inline", "inline"),
            ("extra", "extra"),
        ] {
            let found = errors(json!({ place: hashed })).await;
            assert_one(&found, &format!("{path}: {read_only} `hash`"), "hash.");
        }
    }
    let harness = Harness::new(Mail);
    let config = json!({ "owner": "a", "count_of_messages": 7 });
    let found = harness.validate_data_source("mail_inbox", config).await;
    assert_one(
        &lines(found.err()),
        "count_of_messages: Read-only attribute",
        "",
    );
}

#[tokio::test]
async fn an_unknown_value_hides_no_other_error() {
    let unknown_blocks = json!({ "part": unknown(), "ports": [99_999] });
    let out_of_range = "Number out of range: Expected a whole number from 0 to 65535, found 99999.";
    for config in [
        unknown_blocks,
        json!({ "subject": unknown(), "ports": [99_999] }),
        json!({ "ports": [99_999, unknown()] }),
        json!({ "attachments": [{ "name": unknown() }], "ports": [99_999] }),
    ] {
        let found = errors(config).await;
        let end = format!("{out_of_range}\n\nThis is at ports[0].");
        assert_one(&found, "ports[0]: ", &end);
    }
    let parts = json!([{ "name": unknown() }, { "name": "b", "size": 99_999 }, unknown()]);
    let found = errors(json!({ "attachments": parts })).await;
    assert_one(
        &found,
        "attachments[1].size: ",
        "This is at attachments[1].size.",
    );
    let found = errors(json!({ "inline": [{ "name": "b", "size": 99_999 }, unknown()] })).await;
    assert_one(&found, "inline: ", "This is at inline[*].size.");
    let found = errors(json!({ "open_ports": [unknown(), 99_999] })).await;
    assert_one(&found, "open_ports: ", "This is at open_ports[*].");
    let found = errors(json!({ "subject": "refused", "id": null, "ports": unknown() })).await;
    assert_one(&found, "subject: Spam", "");
}

#[tokio::test]
async fn only_an_error_about_the_unknown_value_itself_waits() {
    let none = Vec::<String>::new();
    assert_eq!(errors(json!({ "subject": unknown() })).await, none);
    assert_eq!(errors(json!({ "part": unknown() })).await, none);
    assert_eq!(errors(json!({ "extra": unknown() })).await, none);
}
