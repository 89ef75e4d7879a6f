//! An ephemeral resource that writes each of its calls to a log.

use std::fs::OpenOptions;
use std::io::Write;
use std::time::{Duration, SystemTime};

use tfplugin::{
    Context, EphemeralContext, EphemeralResource, Failure, Model, Result, Secret, Value,
};

/// A token.
#[derive(Clone, Debug, Model)]
pub(crate) struct TokenModel {
    /// The owner of the token.
    #[attribute(required)]
    pub(crate) owner: Value<String>,
    /// The file to which every call appends a line.
    #[attribute(optional)]
    pub(crate) log: Value<String>,
    /// When to renew it, in seconds since 1970.
    #[attribute(optional)]
    pub(crate) renew_at: Value<u64>,
    /// The failure to produce, and the call that produces it.
    #[attribute(optional)]
    pub(crate) behaviour: Value<String>,
    /// The length of a token. Default: 4.
    #[attribute(optional, default = 4)]
    pub(crate) length: Value<u32>,
    /// The token.
    #[attribute(computed, sensitive)]
    pub(crate) token: Value<Secret<String>>,
}

/// The ephemeral resource.
pub(crate) struct Token;

impl EphemeralResource for Token {
    type Client = ();
    type Model = TokenModel;

    const NAME: &'static str = "faulty_token";

    fn new((): ()) -> Self {
        Self
    }

    fn validate(_: &mut Context, config: &TokenModel) -> Result<()> {
        if config.owner.as_deref() == Value::Known("refused") {
            return Err(Failure::new("Invalid owner", "Use another owner.").at("owner"));
        }
        Ok(())
    }

    async fn open(
        &self,
        context: &mut EphemeralContext<'_>,
        config: TokenModel,
    ) -> Result<TokenModel> {
        let behaviour = config.behaviour.clone().unwrap_or_default();
        context.set_private("log", &config.log.as_deref().known())?;
        context.set_private("behaviour", &behaviour)?;
        append(context, "open")?;
        if let Some(seconds) = config.renew_at.known() {
            context.renew_at(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
        }
        let length = config.length.expect_known("length")?;
        let token = Value::Known(Secret::new("x".repeat(usize::try_from(length)?)));
        match behaviour.as_str() {
            "open fails" => return Err(Failure::new("Out of tokens", "Come back tomorrow.")),
            "open panics" => fail_by_panic("the token burned"),
            "open returns another owner" => {
                return Ok(TokenModel {
                    owner: "ANOTHER".into(),
                    token,
                    ..config
                });
            }
            "open leaves a value unknown" => {
                return Ok(TokenModel {
                    token: Value::Unknown,
                    ..config
                });
            }
            "open sets what is not computed" => {
                return Ok(TokenModel {
                    log: "invented".into(),
                    token,
                    ..config
                });
            }
            _ => {}
        }
        Ok(TokenModel { token, ..config })
    }

    async fn renew(&self, context: &mut EphemeralContext<'_>) -> Result<()> {
        let renewals = context.private::<u32>("renewals")?.unwrap_or_default() + 1;
        append(context, &format!("renew {renewals}"))?;
        match behaviour(context)?.as_str() {
            "renew fails" => return Err(Failure::new("Cannot renew it", "Open it again.")),
            "renew panics" => fail_by_panic("the token expired"),
            "renew again" => context.renew_at(SystemTime::UNIX_EPOCH),
            _ => {}
        }
        context.set_private("renewals", &renewals)
    }

    async fn close(&self, context: &mut Context) -> Result<()> {
        let renewals = context.private::<u32>("renewals")?.unwrap_or_default();
        append(context, &format!("close after {renewals}"))?;
        match behaviour(context)?.as_str() {
            "close fails" => Err(Failure::new("Cannot close it", "Revoke it yourself.")),
            "close panics" => fail_by_panic("the token stuck"),
            _ => Ok(()),
        }
    }
}

fn behaviour(context: &Context) -> Result<String> {
    Ok(context.private("behaviour")?.unwrap_or_default())
}

/// Appends a line to the log, if there is one.
fn append(context: &Context, line: &str) -> Result<()> {
    let log: Option<Option<String>> = context.private("log")?;
    if let Some(log) = log.flatten() {
        let mut log = OpenOptions::new().create(true).append(true).open(log)?;
        writeln!(log, "{line}")?;
    }
    Ok(())
}

#[track_caller]
#[allow(clippy::panic, reason = "this provider panics on purpose")]
fn fail_by_panic(message: &str) -> ! {
    panic!("{message}")
}
