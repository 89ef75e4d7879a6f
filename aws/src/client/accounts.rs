//! The configured accounts: their credentials, and the check that these belong to the account.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use aws_config::sts::AssumeRoleProvider;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, ConfigLoader};
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_types::retry::RetryConfig;
use aws_types::region::Region;
use stack::cloud::{CloudError, CloudErrorKind};
use stack::config::{Account, CredentialSource};
use stack::{Config, Place};
use tokio::sync::OnceCell;

use crate::client::clients::{BILLING, Clients};
use crate::client::error::{failed, own_error};
use crate::client::rate_limit::RateLimiter;

/// How often the SDK tries a call, with a back-off between the tries.
const MAX_ATTEMPTS: u32 = 5;

/// The limit for one call, including the wait for the rate limit and all attempts.
const CALL_TIMEOUT: Duration = Duration::from_secs(180);

/// The configured accounts.
pub(crate) struct Accounts {
    accounts: Vec<AccountAccess>,
}

struct AccountAccess {
    account: Account,
    /// The clients of each region, created once. They load credentials on first use.
    clients: OnceCell<BTreeMap<String, Arc<Clients>>>,
    /// Set once the credentials are known to belong to the account.
    verified: OnceCell<()>,
    limiter: Arc<RateLimiter>,
    http: SharedHttpClient,
}

impl Accounts {
    /// The accounts of a configuration. This makes no call.
    pub(crate) fn new(config: &Config, limiter: &Arc<RateLimiter>) -> Self {
        let http = aws_smithy_http_client::Builder::new()
            .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
            .build_https();
        let accounts = config.accounts.iter().map(|account| AccountAccess {
            account: account.clone(),
            clients: OnceCell::new(),
            verified: OnceCell::new(),
            limiter: Arc::clone(limiter),
            http: http.clone(),
        });
        Self {
            accounts: accounts.collect(),
        }
    }

    /// Clients for the bill and the price list, in the first configured account.
    ///
    /// # Errors
    ///
    /// No account is configured, or the errors of [`Self::clients`].
    pub(crate) async fn billing(&self) -> Result<Arc<Clients>, CloudError> {
        let first = self.accounts.first().ok_or_else(|| {
            let message = "no account is configured: add one under [[account]]";
            own_error("jiti", "access", None, CloudErrorKind::Denied, message)
        })?;
        let (account, region) = (first.account.id.clone(), BILLING.to_owned());
        self.clients(&Place { account, region }).await
    }

    /// The clients of a place, after a check that the credentials belong to its account.
    ///
    /// # Errors
    ///
    /// The account or region is not configured, or the credentials are missing or belong to another
    /// account.
    pub(crate) async fn clients(&self, place: &Place) -> Result<Arc<Clients>, CloudError> {
        let access = self
            .accounts
            .iter()
            .find(|access| access.account.id == place.account)
            .ok_or_else(|| not_configured(place, "account"))?;
        let clients = access
            .clients
            .get_or_init(|| access.load())
            .await
            .get(&place.region)
            .ok_or_else(|| not_configured(place, "region"))?;
        access
            .verified
            .get_or_try_init(|| access.verify(clients))
            .await?;
        Ok(Arc::clone(clients))
    }
}

impl AccountAccess {
    async fn load(&self) -> BTreeMap<String, Arc<Clients>> {
        let Account {
            id,
            access,
            regions,
            ..
        } = &self.account;
        let first = regions.first().map_or("us-east-1", String::as_str);
        let mut config = match access {
            CredentialSource::Profile(profile) => {
                self.loader(first).profile_name(profile).load().await
            }
            CredentialSource::Standard | CredentialSource::Role { .. } => {
                self.loader(first).load().await
            }
        };
        if let CredentialSource::Role { arn, external_id } = access {
            let mut role = AssumeRoleProvider::builder(arn)
                .configure(&config)
                .session_name("jiti");
            if let Some(external_id) = external_id {
                role = role.external_id(external_id);
            }
            let role =
                aws_credential_types::provider::SharedCredentialsProvider::new(role.build().await);
            config = config.into_builder().credentials_provider(role).build();
        }
        let make = |region: &str, calls_go_to: &str| {
            let place = Place {
                account: id.clone(),
                region: region.to_owned(),
            };
            let (limiter, http) = (Arc::clone(&self.limiter), self.http.clone());
            let clients = Clients::new(place, calls_go_to, config.clone(), limiter, http);
            (region.to_owned(), Arc::new(clients))
        };
        let regional = regions.iter().map(|region| make(region, region));
        let china = first.starts_with("cn-");
        let billing = if china { "cn-northwest-1" } else { "us-east-1" };
        regional
            .chain([make(Place::GLOBAL, first), make(BILLING, billing)])
            .collect()
    }

    fn loader(&self, region: &str) -> ConfigLoader {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(5))
            .operation_timeout(CALL_TIMEOUT)
            .build();
        aws_config::defaults(BehaviorVersion::latest())
            .http_client(self.http.clone())
            .region(Region::new(region.to_owned()))
            .retry_config(RetryConfig::standard().with_max_attempts(MAX_ATTEMPTS))
            .timeout_config(timeouts)
    }

    /// Checks that the credentials belong to the configured account.
    async fn verify(&self, clients: &Clients) -> Result<(), CloudError> {
        let identity = clients
            .sts()
            .get_caller_identity()
            .send()
            .await
            .map_err(failed!("sts", "GetCallerIdentity"))
            .map_err(|error| CloudError {
                kind: match error.kind {
                    CloudErrorKind::Unreachable | CloudErrorKind::Throttled => error.kind,
                    _ => CloudErrorKind::Credentials,
                },
                ..error
            })?;
        match identity.account() {
            Some(account) if account == self.account.id => Ok(()),
            account => {
                let message = format!(
                    "the credentials belong to account {}, but the configuration gives {} for \
                     \"{}\"",
                    account.unwrap_or("unknown"),
                    self.account.id,
                    self.account.name
                );
                let kind = CloudErrorKind::Credentials;
                Err(own_error("sts", "GetCallerIdentity", None, kind, message))
            }
        }
    }
}

fn not_configured(place: &Place, what: &str) -> CloudError {
    let message = format!("this {what} is not in the configuration: add it under [[account]]");
    let place = place.to_string();
    own_error(
        "jiti",
        "access",
        Some(&place),
        CloudErrorKind::Denied,
        message,
    )
}
