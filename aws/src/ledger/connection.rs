//! The client of the table: credentials, time limits, retries, and the check that the table is a
//! ledger.

use std::future::Future;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use aws_config::BehaviorVersion;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity, Select};
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::retry::RetryConfig;
use aws_types::SdkConfig;
use aws_types::region::Region;
use stack::backoff::Pauses;
use stack::{LedgerError, LedgerId};
use tokio::sync::OnceCell;

use super::DynamoAddress;
use super::fault::{self, Fault, FaultKind};
use super::keys::{self, Item, Key};
use super::usage::Usage;

/// How long one request may take before it counts as lost.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(4);

/// How long a call is repeated in all.
const DEADLINE: Duration = Duration::from_secs(20);

/// How long after a call that got no answer the next ones are sent only once. Otherwise a command
/// of several calls would wait for the deadline of each.
const SILENCE: Duration = Duration::from_secs(60);

/// The version of the table's items that this program writes.
pub(super) const FORMAT: i64 = 1;

/// The table of a ledger.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) address: DynamoAddress,
    pub(super) location: String,
    pub(super) usage: Usage,
    config: Option<SdkConfig>,
    client: OnceCell<Client>,
    opened: OnceCell<Opened>,
    /// When a call got no answer within the deadline, unless a later one did.
    silent_since: Mutex<Option<Instant>>,
}

/// What the ledger's own item says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Opened {
    pub(super) id: LedgerId,
    /// The number of shards, fixed when the table is created.
    pub(super) shards: usize,
}

impl Connection {
    /// The table at an address. `config` replaces the configuration of the environment.
    pub(super) fn new(address: DynamoAddress, config: Option<SdkConfig>) -> Self {
        Self {
            location: address.to_string(),
            address,
            usage: Usage::default(),
            config,
            client: OnceCell::new(),
            opened: OnceCell::new(),
            silent_since: Mutex::default(),
        }
    }

    /// The patience of one call.
    pub(super) fn patience(&self) -> Patience {
        let silent = *self.silent_since();
        let is_silent = silent.is_some_and(|since| since.elapsed() < SILENCE);
        Patience::new(if is_silent { Duration::ZERO } else { DEADLINE })
    }

    /// The service has answered.
    pub(super) fn answered(&self) {
        *self.silent_since() = None;
    }

    fn silent_since(&self) -> MutexGuard<'_, Option<Instant>> {
        self.silent_since
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// The client, created by the first call.
    pub(super) async fn client(&self) -> Result<&Client, LedgerError> {
        self.client.get_or_try_init(|| self.connect()).await
    }

    async fn connect(&self) -> Result<Client, LedgerError> {
        let config = match &self.config {
            Some(config) => config.clone(),
            None => self.load().await,
        };
        if config.region().is_none() {
            return Err(LedgerError::Address {
                ledger: self.location.clone(),
                why: "no region is configured; add ?region=REGION to the address".to_owned(),
            });
        }
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(ATTEMPT_TIMEOUT / 2)
            .operation_attempt_timeout(ATTEMPT_TIMEOUT)
            .build();
        let config = aws_sdk_dynamodb::config::Builder::from(&config)
            // Retries are counted and limited here, because only this module knows whether a
            // request that was lost may be sent again.
            .retry_config(RetryConfig::disabled())
            .timeout_config(timeouts)
            .build();
        Ok(Client::from_conf(config))
    }

    async fn load(&self) -> SdkConfig {
        let http = aws_smithy_http_client::Builder::new()
            .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
            .build_https();
        let mut loader = aws_config::defaults(BehaviorVersion::latest()).http_client(http);
        if let Some(region) = &self.address.region {
            loader = loader.region(Region::new(region.clone()));
        }
        if let Some(profile) = &self.address.profile {
            loader = loader.profile_name(profile);
        }
        loader.load().await
    }

    /// What the ledger's own item says, read once.
    ///
    /// # Errors
    /// When the table is missing, is not a ledger, or was written by a newer version.
    pub(super) async fn opened(&self) -> Result<&Opened, LedgerError> {
        self.opened
            .get_or_try_init(|| async {
                match self.read_ledger_item().await? {
                    Some(opened) => Ok(opened),
                    None => Err(LedgerError::NotALedger {
                        ledger: self.location.clone(),
                        why: format!("the table {} has no ledger item", self.address.table),
                    }),
                }
            })
            .await
    }

    /// Reads the ledger's own item; `None` when the table does not have one.
    pub(super) async fn read_ledger_item(&self) -> Result<Option<Opened>, LedgerError> {
        let Some(item) = self.get(&keys::ledger(), "opening it").await? else {
            return Ok(None);
        };
        let number = |name: &str| item.get(name)?.as_n().ok()?.parse::<i64>().ok();
        let id = item.get("id").and_then(|id| id.as_s().ok());
        let id = id.and_then(|id| LedgerId::new(id).ok());
        let (Some(format), Some(id)) = (number("format"), id) else {
            return Err(LedgerError::NotALedger {
                ledger: self.location.clone(),
                why: format!(
                    "the ledger item of the table {} is damaged",
                    self.address.table
                ),
            });
        };
        if format > FORMAT {
            return Err(LedgerError::Newer {
                ledger: self.location.clone(),
                found: format,
                known: FORMAT,
            });
        }
        let shards = number("shards").and_then(|shards| usize::try_from(shards).ok());
        Ok(Some(Opened {
            id,
            shards: shards.filter(|shards| *shards > 0).unwrap_or(1),
        }))
    }

    /// Reads one item as it is now.
    pub(super) async fn get(
        &self,
        key: &Key,
        doing: &'static str,
    ) -> Result<Option<Item>, LedgerError> {
        let client = self.client().await?;
        let answer = self
            .repeated("GetItem", doing, || {
                client
                    .get_item()
                    .table_name(&self.address.table)
                    .set_key(Some(key.attributes()))
                    .consistent_read(true)
                    .return_consumed_capacity(ReturnConsumedCapacity::Total)
                    .send()
            })
            .await?;
        self.usage.consumed(
            answer.consumed_capacity().map_or(&[], std::slice::from_ref),
            false,
        );
        Ok(answer.item)
    }

    /// Reads a page of a partition as it is now, after the sort key `after`.
    pub(super) async fn page(
        &self,
        doing: &'static str,
        query: &PartitionQuery<'_>,
    ) -> Result<QueryPage, LedgerError> {
        let client = self.client().await?;
        let condition = match query.after {
            Some(_) => "pk = :pk AND sk > :after",
            None => "pk = :pk",
        };
        let limit = query
            .limit
            .map(|limit| i32::try_from(limit).unwrap_or(i32::MAX));
        let answer = self
            .repeated("Query", doing, || {
                let after = query.after.map(|after| AttributeValue::S(after.to_owned()));
                let mut call = client
                    .query()
                    .table_name(&self.address.table)
                    .key_condition_expression(condition)
                    .expression_attribute_values(":pk", AttributeValue::S(query.pk.to_owned()))
                    .consistent_read(true)
                    .scan_index_forward(!query.backwards)
                    .set_limit(limit)
                    .return_consumed_capacity(ReturnConsumedCapacity::Total);
                if let Some(after) = after {
                    call = call.expression_attribute_values(":after", after);
                }
                if query.keys_only {
                    // Both, because a policy may require what a request asks for by name.
                    call = call
                        .projection_expression("sk")
                        .select(Select::SpecificAttributes);
                }
                call.send()
            })
            .await?;
        self.usage.consumed(
            answer.consumed_capacity().map_or(&[], std::slice::from_ref),
            false,
        );
        let next = answer.last_evaluated_key.as_ref();
        let next = next.and_then(|key| key.get(keys::SK)?.as_s().ok().cloned());
        Ok(QueryPage {
            items: answer.items.unwrap_or_default(),
            next,
        })
    }

    /// Reads a partition to its end.
    pub(super) async fn all(
        &self,
        doing: &'static str,
        pk: &str,
        after: Option<&str>,
    ) -> Result<Vec<Item>, LedgerError> {
        let mut items = Vec::new();
        let mut after = after.map(str::to_owned);
        loop {
            let query = PartitionQuery {
                after: after.as_deref(),
                ..PartitionQuery::of(pk)
            };
            let page = self.page(doing, &query).await?;
            items.extend(page.items);
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(items),
            }
        }
    }

    /// Repeats a call that only reads until it succeeds, fails for good, or the deadline passes.
    pub(super) async fn repeated<T, E, F>(
        &self,
        action: &'static str,
        doing: &'static str,
        attempt: impl Fn() -> F,
    ) -> Result<T, LedgerError>
    where
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let mut patience = self.patience();
        loop {
            self.usage.request();
            let fault = match attempt().await {
                Ok(answer) => {
                    self.answered();
                    return Ok(answer);
                }
                Err(error) => Fault::from_sdk(&error),
            };
            if !fault.is_transient() || !patience.once_more().await {
                return Err(self.failed(fault, action, doing, patience.waited(), false));
            }
        }
    }

    /// The error for a call that failed for good. `unknown`: an append may have taken effect.
    pub(super) fn failed(
        &self,
        fault: Fault,
        action: &'static str,
        doing: &'static str,
        waited: Duration,
        unknown: bool,
    ) -> LedgerError {
        if fault.kind == FaultKind::Unknown {
            *self.silent_since() = Some(Instant::now());
        }
        let denied = fault.denied_action();
        let (ledger, cause) = (self.location.clone(), fault.cause);
        let table = &self.address.table;
        match fault.kind {
            FaultKind::Throttled | FaultKind::Conflict if !unknown => LedgerError::Throttled {
                ledger,
                doing,
                waited,
                cause,
            },
            FaultKind::Unknown | FaultKind::Throttled | FaultKind::Conflict => {
                LedgerError::Unreachable {
                    ledger,
                    doing,
                    waited,
                    unknown,
                    cause,
                }
            }
            FaultKind::Denied => LedgerError::ActionDenied {
                ledger,
                action: denied.unwrap_or_else(|| format!("dynamodb:{action}")),
                resource: format!("table {table}"),
                cause,
            },
            FaultKind::Credentials => LedgerError::Credentials { ledger, cause },
            FaultKind::NoTable => LedgerError::NotCreated {
                ledger,
                why: format!("there is no table {table} in this account and region"),
            },
            FaultKind::Invalid if doing == "opening it" => LedgerError::NotALedger {
                ledger,
                why: format!("the table {table} has other keys"),
            },
            FaultKind::Invalid | FaultKind::Condition | FaultKind::Other => LedgerError::Failed {
                ledger,
                doing,
                cause,
            },
        }
    }

    /// The error for an item that contradicts another one.
    pub(super) fn corrupt(&self, what: impl Into<String>) -> LedgerError {
        LedgerError::Corrupt {
            ledger: self.location.clone(),
            what: what.into(),
        }
    }

    /// The error for a value that has no encoding.
    pub(super) fn unwritable(
        &self,
        error: impl std::error::Error + Send + Sync + 'static,
    ) -> LedgerError {
        LedgerError::Failed {
            ledger: self.location.clone(),
            doing: "writing an event",
            cause: fault::cause(error.to_string()),
        }
    }
}

/// A query of one partition.
#[derive(Clone, Copy, Debug)]
pub(super) struct PartitionQuery<'a> {
    pub(super) pk: &'a str,
    /// Only sort keys after this one.
    pub(super) after: Option<&'a str>,
    pub(super) limit: Option<usize>,
    /// From the last sort key to the first.
    pub(super) backwards: bool,
    /// Only the sort keys, without the other attributes.
    pub(super) keys_only: bool,
}

impl<'a> PartitionQuery<'a> {
    /// The whole partition.
    pub(super) fn of(pk: &'a str) -> Self {
        Self {
            pk,
            after: None,
            limit: None,
            backwards: false,
            keys_only: false,
        }
    }

    /// The last sort key of the partition.
    pub(super) fn last_key_of(pk: &'a str) -> Self {
        Self {
            limit: Some(1),
            backwards: true,
            keys_only: true,
            ..Self::of(pk)
        }
    }
}

/// A page of a partition.
#[derive(Debug)]
pub(super) struct QueryPage {
    pub(super) items: Vec<Item>,
    /// The sort key after which the next page starts; `None` on the last page.
    pub(super) next: Option<String>,
}

/// The pauses of one call, up to the deadline.
pub(super) struct Patience {
    since: Instant,
    limit: Duration,
    pauses: Pauses,
}

impl Patience {
    fn new(limit: Duration) -> Self {
        Self {
            since: Instant::now(),
            limit,
            pauses: Pauses::short(),
        }
    }

    pub(super) fn waited(&self) -> Duration {
        // Whole tenths, as a person reads them.
        let tenths = self.since.elapsed().as_millis() / 100;
        Duration::from_millis(
            u64::try_from(tenths)
                .unwrap_or(u64::MAX)
                .saturating_mul(100),
        )
    }

    /// Pauses, unless the deadline has passed.
    pub(super) async fn once_more(&mut self) -> bool {
        if self.since.elapsed() >= self.limit {
            return false;
        }
        self.pauses.once_more().await;
        true
    }
}
