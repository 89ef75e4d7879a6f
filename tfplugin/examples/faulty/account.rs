//! A resource whose service writes durations in its own form, never returns the password, and may
//! be slow.

use std::time::Duration;

use tfplugin::{
    ApplyContext, Context, Model, Resource, Result, Secret, Text, Timeout, Timeouts, Value,
};

/// An account.
#[derive(Clone, Debug, Model)]
pub(crate) struct AccountModel {
    /// How long a session lasts. The service writes `90m` as `1h30m`.
    #[attribute(required, requires_replace)]
    pub(crate) session: Value<Text<Timeout>>,
    /// The password.
    #[attribute(optional, write_only, versioned_by = "password_version")]
    pub(crate) password: Value<Secret<String>>,
    /// The version of the password. A new version sets the password again.
    #[attribute(optional)]
    pub(crate) password_version: Value<u64>,
    /// The length of the password that the service has.
    #[attribute(computed)]
    pub(crate) password_length: Value<u64>,
    /// How often the password was set.
    #[attribute(computed)]
    pub(crate) passwords: Value<u64>,
    /// How long the service needs for a change, in milliseconds. Default: 0.
    #[attribute(optional, default = 0)]
    pub(crate) delay: Value<u64>,
    /// How long each operation may take. Default: one minute.
    #[attribute(optional)]
    pub(crate) timeouts: Value<Timeouts>,
}

/// The resource.
pub(crate) struct Account;

impl Resource for Account {
    type Client = ();
    type Model = AccountModel;

    const NAME: &'static str = "faulty_account";

    fn new((): ()) -> Self {
        Self
    }

    async fn create(
        &self,
        context: &mut ApplyContext<'_, AccountModel>,
        planned: AccountModel,
    ) -> Result<AccountModel> {
        context.save(&planned);
        let limit = planned.timeouts.create(Duration::from_secs(60));
        limit.run(self.change(context, planned, None)).await
    }

    async fn read(&self, _: &mut Context, mut state: AccountModel) -> Result<Option<AccountModel>> {
        state.session = in_the_services_form(state.session);
        Ok(Some(state))
    }

    async fn update(
        &self,
        context: &mut ApplyContext<'_, AccountModel>,
        prior: AccountModel,
        planned: AccountModel,
    ) -> Result<AccountModel> {
        let limit = planned.timeouts.update(Duration::from_secs(60));
        limit.run(self.change(context, planned, Some(prior))).await
    }

    async fn delete(&self, _: &mut ApplyContext<'_, AccountModel>, _: AccountModel) -> Result<()> {
        Ok(())
    }
}

impl Account {
    async fn change(
        &self,
        context: &ApplyContext<'_, AccountModel>,
        mut account: AccountModel,
        prior: Option<AccountModel>,
    ) -> Result<AccountModel> {
        tokio::time::sleep(Duration::from_millis(*account.expect_delay()?)).await;
        account.session = in_the_services_form(account.session);
        let (length, passwords) = prior.map_or((Value::Null, 0), |prior| {
            (prior.password_length, prior.passwords.unwrap_or_default())
        });
        account.password_length = length;
        account.passwords = Value::Known(passwords);
        if let Some(password) = context.changed_write_only::<Secret<String>>("password")? {
            account.password_length = Value::Known(password.expose().len() as u64);
            account.passwords = Value::Known(passwords + 1);
        }
        Ok(account)
    }
}

fn in_the_services_form(session: Value<Text<Timeout>>) -> Value<Text<Timeout>> {
    session.map(|session| Text::from(*session))
}
