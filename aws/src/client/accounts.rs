//! Into which accounts, as whom, and whether they are the configured ones.

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
use stack::config::{Access, Account};
use stack::{Config, Place};
use tokio::sync::OnceCell;

use crate::client::clients::{BILLING, Clients};
use crate::client::error::failed;
use crate::client::rate_limit::Pace;

/// Tries of one call. The SDK waits between them; what waits for another resource is not its matter.
const TRIES: u32 = 5;

/// The whole of one call, waiting for its turn and all tries included.
const WHOLE_CALL: Duration = Duration::from_secs(180);

/// The configured accounts.
pub(crate) struct Accounts {
    accounts: Vec<Entry>,
}

struct Entry {
    account: Account,
    /// The clients of each place, made once: their credentials are asked for when they are first used.
    clients: OnceCell<BTreeMap<String, Arc<Clients>>>,
    /// That the credentials are those of the account.
    verified: OnceCell<()>,
    pace: Arc<Pace>,
    http: SharedHttpClient,
}

impl Accounts {
    /// The accounts of a configuration. Nothing is read or asked yet.
    pub(crate) fn new(config: &Config, pace: &Arc<Pace>) -> Self {
        let http = aws_smithy_http_client::Builder::new()
            .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
            .build_https();
        let accounts = config.accounts.iter().map(|account| Entry {
            account: account.clone(),
            clients: OnceCell::new(),
            verified: OnceCell::new(),
            pace: Arc::clone(pace),
            http: http.clone(),
        });
        Self {
            accounts: accounts.collect(),
        }
    }

    /// Clients for what knows of money: in the first account of the configuration, where the bill and the price list are
    /// served. `None` when no account is configured.
    pub(crate) async fn billing(&self) -> Option<Result<Arc<Clients>, CloudError>> {
        let account = self.accounts.first()?.account.id.clone();
        let region = BILLING.to_owned();
        Some(self.clients(&Place { account, region }).await)
    }

    /// The clients of a place, once it is sure that the credentials are those of its account.
    pub(crate) async fn clients(&self, place: &Place) -> Result<Arc<Clients>, CloudError> {
        let entry = self
            .entry(&place.account)
            .ok_or_else(|| refused(place, "this account is not in the configuration"))?;
        let clients = entry.clients.get_or_init(|| entry.load()).await;
        let clients = clients
            .get(&place.region)
            .ok_or_else(|| refused(place, "this region is not in the configuration"))?;
        entry
            .verified
            .get_or_try_init(|| entry.verify(clients))
            .await?;
        Ok(Arc::clone(clients))
    }

    fn entry(&self, id: &str) -> Option<&Entry> {
        self.accounts.iter().find(|entry| entry.account.id == id)
    }
}

impl Entry {
    async fn load(&self) -> BTreeMap<String, Arc<Clients>> {
        let Account {
            id,
            access,
            regions,
            ..
        } = &self.account;
        let first = regions.first().map_or("us-east-1", String::as_str);
        let mut config = match access {
            Access::Profile(profile) => self.loader(first).profile_name(profile).load().await,
            Access::Standard | Access::Role { .. } => self.loader(first).load().await,
        };
        if let Access::Role { arn, external_id } = access {
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
        let make = |region: &str, calls: &str| {
            let place = Place {
                account: id.clone(),
                region: region.to_owned(),
            };
            let (pace, http) = (Arc::clone(&self.pace), self.http.clone());
            let clients = Clients::new(place, calls, config.clone(), pace, http);
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
            .operation_timeout(WHOLE_CALL)
            .build();
        aws_config::defaults(BehaviorVersion::latest())
            .http_client(self.http.clone())
            .region(Region::new(region.to_owned()))
            .retry_config(RetryConfig::standard().with_max_attempts(TRIES))
            .timeout_config(timeouts)
    }

    /// That the credentials belong to the configured account.
    async fn verify(&self, clients: &Clients) -> Result<(), CloudError> {
        let answer = clients.sts().get_caller_identity().send().await;
        let answer = answer.map_err(failed!("sts", "GetCallerIdentity"));
        let answer = answer.map_err(|error| CloudError {
            kind: match error.kind {
                CloudErrorKind::Unreachable | CloudErrorKind::Throttled => error.kind,
                _ => CloudErrorKind::Credentials,
            },
            ..error
        })?;
        match answer.account() {
            Some(account) if account == self.account.id => Ok(()),
            account => Err(CloudError {
                service: "sts".to_owned(),
                call: "GetCallerIdentity".to_owned(),
                resource: None,
                code: None,
                message: format!(
                    "the credentials belong to account {}, and the configuration says {} for \"{}\"",
                    account.unwrap_or("unknown"),
                    self.account.id,
                    self.account.name
                ),
                kind: CloudErrorKind::Credentials,
            }),
        }
    }
}

fn refused(place: &Place, why: &str) -> CloudError {
    CloudError {
        service: "jiti".to_owned(),
        call: "access".to_owned(),
        resource: Some(place.to_string()),
        code: None,
        message: why.to_owned(),
        kind: CloudErrorKind::Denied,
    }
}
