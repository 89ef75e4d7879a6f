//! The provider in `examples/mail/`, with the real Terraform. Its own tests run it in process.

use serde_json::{Value as Json, json};
use test_support::client::{Feature, client};

use crate::test_acceptance::acceptance;

const ANA: &str = "mail_mailbox.ana";

/// A mail service with one mailbox that Terraform does not manage.
struct Service {
    folder: tempfile::TempDir,
}

impl Service {
    fn new() -> Self {
        let service = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        let mailbox = json!({ "forwards": {}, "messages": ["hello"], "tokens": [] });
        service.set(&json!({ "bo@example.org": mailbox }));
        service
    }

    fn file(&self) -> String {
        self.folder.path().join("mail.json").display().to_string()
    }

    fn content(&self) -> Json {
        serde_json::from_slice(&std::fs::read(self.file()).unwrap()).unwrap()
    }

    fn set(&self, content: &Json) {
        std::fs::write(self.file(), content.to_string()).unwrap();
    }

    fn provider(&self) -> String {
        format!("provider \"mail\" {{\n  file = {:?}\n}}\n", self.file())
    }

    /// A mailbox with these arguments.
    fn ana(&self, arguments: &str) -> String {
        let provider = self.provider();
        format!(
            "{provider}resource \"mail_mailbox\" \"ana\" {{\n  address = \"ana@example.com\"\n  {arguments}\n}}\n"
        )
    }
}

/// The example stays small enough to read at once.
#[test]
fn the_example_has_fewer_than_300_lines() {
    let lines = include_str!("../examples/mail/main.rs").lines().count();
    assert!(lines < 300, "{lines}");
}

/// The provider passes the steps of terraform-plugin-testing: without the optional set, with an
/// empty one, and with objects that are added, changed and removed.
#[test]
fn the_steps_of_the_acceptance_harness_find_no_change() -> tfplugin::Result<()> {
    let service = Service::new();
    let mut test = acceptance("mail")?;
    for (arguments, imports) in [
        ("", true),
        ("forwards = []", false),
        (
            "forwards = [{ to = \"bo@example.org\" }, { to = \"cy@example.net\" }]",
            true,
        ),
        (
            "forwards = [{ to = \"di@example.net\" }, { to = \"cy@example.net\" }]",
            false,
        ),
        ("forwards = [{ to = \"cy@example.net\" }]", false),
    ] {
        test.apply(&service.ana(arguments))?;
        if imports {
            test.import(ANA, "ana@example.com")?;
        }
        if imports && test.terraform_is_at_least(1, 12)? {
            test.import_by_identity(ANA, &json!({ "address": "ana@example.com" }))?;
        }
    }
    let forwards = json!([{ "to": "cy@example.net", "confirmed": false }]);
    assert_eq!(test.attributes(ANA)?["forwards"], forwards);

    // The owner of the other address agrees, which is a change that Terraform did not make.
    let mut content = service.content();
    content["ana@example.com"]["forwards"]["cy@example.net"] = json!(true);
    service.set(&content);
    assert_eq!(test.planned_actions(ANA)?, ["no-op"]);
    let forwards = "forwards = [{ to = \"cy@example.net\" }, { to = \"bo@example.org\" }]";
    test.apply(&service.ana(forwards))?;
    let content = service.content();
    let stored = &content["ana@example.com"]["forwards"];
    assert_eq!(
        *stored,
        json!({ "cy@example.net": true, "bo@example.org": false })
    );

    // A mailbox that was deleted elsewhere is created again.
    service.set(&json!({}));
    assert_eq!(test.planned_actions(ANA)?, ["create"]);
    test.apply(&service.ana(""))?;
    let renamed = service.ana("").replace("ana@", "ana.lima@");
    test.expect_error(&service.ana("").replace("ana@", ""), "Add a domain.")?;
    test.apply(&renamed)?;
    test.destroy()?;
    assert_eq!(service.content(), json!({}));
    Ok(())
}

/// The data source, the function and the ephemeral resource work with Terraform.
#[test]
fn terraform_reads_calls_and_opens() -> tfplugin::Result<()> {
    if !client().runs(Feature::WriteOnly, "the ephemeral resource of the example") {
        return Ok(());
    }
    let service = Service::new();
    let provider = service.provider();
    let config = format!(
        r#"{provider}
data "mail_inbox" "bo" {{ mailbox = "bo@example.org" }}
ephemeral "mail_session" "bo" {{ mailbox = "bo@example.org" }}
output "messages" {{ value = data.mail_inbox.bo.messages }}
output "domain" {{ value = provider::mail::domain("bo@example.org") }}
resource "terraform_data" "session" {{
  lifecycle {{
    precondition {{
      condition     = startswith(ephemeral.mail_session.bo.token, "token-")
      error_message = "There is no session."
    }}
  }}
}}
"#
    );
    let mut test = acceptance("mail")?;
    test.apply(&config)?;
    assert_eq!(test.output("messages")?, json!(["hello"]));
    assert_eq!(test.output("domain")?, json!("example.org"));
    let tokens = &service.content()["bo@example.org"]["tokens"];
    assert_eq!(*tokens, json!([]), "every session was closed");
    test.destroy()
}
