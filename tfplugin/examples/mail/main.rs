//! Manages mailboxes: a resource with a set of objects, a list of it, a data source, a function, an
//! ephemeral resource and an action. The mail service is a file, and its client implements all.

use std::collections::{BTreeMap, BTreeSet};
use std::{fs, path::PathBuf, process::ExitCode};

use tfplugin::{
    Action, ApplyContext, Context, DataSource, EphemeralContext, EphemeralResource, Failure,
    Function, Identify, Import, InvokeContext, ListContext, ListResource, Model, NoConfig,
    Provider, Registry, Resource, Result, Secret, UnorderedSet, Value, serde_json,
    validators::matches,
};

#[cfg(test)]
mod tests;

fn main() -> ExitCode {
    tfplugin::serve("registry.terraform.io/example/mail", Mail)
}

struct Mail;

#[derive(Model)]
#[model(provider)]
struct Config {
    /// The file of the mail service. An empty service is `{}`.
    #[attribute(required)]
    file: Value<String>,
}

impl Provider for Mail {
    type Config = Config;
    type Client = Service;

    async fn configure(&self, _: &mut Context, config: Config) -> Result<Service> {
        Ok(Service(config.expect_file()?.into()))
    }

    fn register(registry: &mut Registry<Service>) {
        let mailboxes = registry.resource::<Service>();
        mailboxes.importable().identifiable().listable();
        registry.data_source::<Service>().function::<Address>();
        registry.ephemeral_resource::<Service>().action::<Service>();
    }
}

/// A mailbox.
#[derive(Clone, Model)]
struct Mailbox {
    /// The address, such as `ana@example.com`. Changing it replaces the mailbox.
    #[attribute(required, requires_replace, validate = matches("^[^@]+@[^@]+$", "Add a domain."))]
    address: Value<String>,
    /// Other addresses that receive each message. Default: none.
    #[attribute(optional, default = UnorderedSet::default())]
    forwards: Value<UnorderedSet<Forward>>,
}

/// An address that receives each message.
#[derive(Clone, Model)]
#[model(nested)]
struct Forward {
    /// The address.
    #[attribute(required)]
    to: Value<String>,
    /// Whether its owner has agreed.
    #[attribute(computed, keep)]
    confirmed: Value<bool>,
}

type Apply<'c> = ApplyContext<'c, Mailbox>;

impl Resource for Service {
    type Client = Self;
    type Model = Mailbox;
    const NAME: &'static str = "mail_mailbox";

    fn new(service: Self) -> Self {
        service
    }

    async fn create(&self, _: &mut Apply<'_>, planned: Mailbox) -> Result<Mailbox> {
        if self.load()?.contains_key(planned.expect_address()?) {
            return Err(Failure::new("The mailbox exists", "Import it instead.").at("address"));
        }
        self.store(planned)
    }

    async fn read(&self, _: &mut Context, mut state: Mailbox) -> Result<Option<Mailbox>> {
        let Some(stored) = self.load()?.remove(state.expect_address()?) else {
            return Ok(None);
        };
        let forwards = stored.forwards.into_iter().map(|(to, confirmed)| Forward {
            to: to.into(),
            confirmed: confirmed.into(),
        });
        state.forwards = Value::Known(forwards.collect());
        Ok(Some(state))
    }

    async fn update(&self, _: &mut Apply<'_>, _: Mailbox, planned: Mailbox) -> Result<Mailbox> {
        self.store(planned)
    }

    async fn delete(&self, _: &mut Apply<'_>, prior: Mailbox) -> Result<()> {
        let mut mailboxes = self.load()?;
        mailboxes.remove(prior.expect_address()?);
        self.save(&mailboxes)
    }
}

/// What identifies a mailbox.
#[derive(Model)]
struct Address {
    /// The address, such as `ana@example.com`.
    #[attribute(required)]
    address: Value<String>,
}

impl Identify for Service {
    type Identity = Address;

    fn identity(&self, mailbox: &Mailbox) -> Address {
        let address = mailbox.address.clone();
        Address { address }
    }

    async fn import_by_identity(&self, _: &mut Context, identity: Address) -> Result<Mailbox> {
        let (address, forwards) = (identity.address, Value::Null);
        Ok(Mailbox { address, forwards })
    }
}

impl Import for Service {
    async fn import(&self, context: &mut Context, id: String) -> Result<Mailbox> {
        let address = Address { address: id.into() };
        self.import_by_identity(context, address).await
    }
}

impl ListResource for Service {
    type Filter = NoConfig;

    async fn list(&self, found: &mut ListContext<'_, Self>, _: NoConfig) -> Result<()> {
        for name in self.load()?.into_keys() {
            let address = name.clone().into();
            found.send(name, Address { address }).await?;
        }
        Ok(())
    }
}

/// The messages in a mailbox.
#[derive(Model)]
struct Inbox {
    /// The address of the mailbox.
    #[attribute(required)]
    mailbox: Value<String>,
    /// The messages, oldest first.
    #[attribute(computed)]
    messages: Value<Vec<String>>,
}

impl DataSource for Service {
    type Client = Self;
    type Model = Inbox;
    const NAME: &'static str = "mail_inbox";

    fn new(service: Self) -> Self {
        service
    }

    async fn read(&self, _: &mut Context, mut inbox: Inbox) -> Result<Inbox> {
        let stored = self.load()?.remove(inbox.expect_mailbox()?);
        inbox.messages = stored.ok_or_else(missing)?.messages.into();
        Ok(inbox)
    }
}

impl Function for Address {
    const NAME: &'static str = "domain";
    const SUMMARY: &'static str = "The domain of a mail address";
    type Args = Self;
    type Output = String;

    fn call(args: Self) -> Result<String> {
        let parts = args.expect_address()?.split_once('@');
        Ok(parts.unwrap_or_default().1.to_owned())
    }
}

/// A session in a mailbox, which ends when Terraform ends.
#[derive(Model)]
struct Session {
    /// The address of the mailbox.
    #[attribute(required)]
    mailbox: Value<String>,
    /// The token of the session.
    #[attribute(computed, sensitive)]
    token: Value<Secret<String>>,
}

impl EphemeralResource for Service {
    type Client = Self;
    type Model = Session;
    const NAME: &'static str = "mail_session";

    fn new(service: Self) -> Self {
        service
    }

    async fn open(&self, context: &mut EphemeralContext<'_>, mut new: Session) -> Result<Session> {
        let token = format!("token-{}", std::process::id());
        let mut mailboxes = self.load()?;
        let mailbox = mailboxes.get_mut(new.expect_mailbox()?);
        mailbox.ok_or_else(missing)?.tokens.insert(token.clone());
        self.save(&mailboxes)?;
        context.set_private("session", &(new.expect_mailbox()?, &token))?;
        new.token = Secret::new(token).into();
        Ok(new)
    }

    async fn close(&self, context: &mut Context) -> Result<()> {
        let mut mailboxes = self.load()?;
        if let Some((mailbox, token)) = context.private::<(String, String)>("session")?
            && let Some(mailbox) = mailboxes.get_mut(&mailbox)
        {
            mailbox.tokens.remove(&token);
        }
        self.save(&mailboxes)
    }
}

impl Action for Service {
    type Client = Self;
    type Model = Address;
    const NAME: &'static str = "mail_empty";

    fn new(service: Self) -> Self {
        service
    }

    async fn invoke(&self, context: &mut InvokeContext<'_>, config: Address) -> Result<()> {
        let mut mailboxes = self.load()?;
        let mailbox = mailboxes.get_mut(config.expect_address()?);
        let messages = &mut mailbox.ok_or_else(missing)?.messages;
        context.progress(format!("Deleting {} messages", messages.len()));
        messages.clear();
        self.save(&mailboxes)
    }
}

/// The client of the mail service.
#[derive(Clone)]
struct Service(PathBuf);

/// A mailbox as the service stores it.
#[derive(Default, tfplugin::serde::Serialize, tfplugin::serde::Deserialize)]
#[serde(crate = "tfplugin::serde")]
struct Stored {
    forwards: BTreeMap<String, bool>,
    messages: Vec<String>,
    tokens: BTreeSet<String>,
}

type Mailboxes = BTreeMap<String, Stored>;

fn missing() -> Failure {
    Failure::new("No such mailbox", "Create the mailbox first.")
}

impl Service {
    fn load(&self) -> Result<Mailboxes> {
        Ok(serde_json::from_str(&fs::read_to_string(&self.0)?)?)
    }

    fn save(&self, mailboxes: &Mailboxes) -> Result<()> {
        Ok(fs::write(&self.0, serde_json::to_string(mailboxes)?)?)
    }

    fn store(&self, mut planned: Mailbox) -> Result<Mailbox> {
        let mut mailboxes = self.load()?;
        let address = planned.expect_address()?.clone();
        let stored = mailboxes.entry(address).or_default();
        stored.forwards.clear();
        for forward in planned.forwards.as_mut().known().into_iter().flatten() {
            let to = forward.expect_to()?.clone();
            let confirmed = forward.confirmed.unwrap_or(false);
            stored.forwards.insert(to, confirmed);
            forward.confirmed = confirmed.into();
        }
        self.save(&mailboxes)?;
        Ok(planned)
    }
}
