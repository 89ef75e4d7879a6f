//! Function pointers to the methods of each registered type, on untyped values.
//!
//! Only these functions know the concrete types. Each call creates an instance and drops it
//! afterwards: calls share data through the client.

mod action;
mod ephemeral;
mod identity;
mod list;

use std::pin::Pin;

pub(crate) use action::ActionCalls;
pub(crate) use ephemeral::EphemeralCalls;
pub(crate) use identity::{IdentityCalls, upgrade_identity};
pub(crate) use list::ListCalls;

use crate::context::{ApplyContext, Context};
use crate::data_source::DataSource;
use crate::diag::{Failure, Result};
use crate::dynamic::Dynamic;
use crate::model::Model;
use crate::path::Path;
use crate::resource::{Draft, Import, MoveFrom, MoveSource, Plan, Resource, StoredState, Upgrade};

/// A boxed future of a fallible call.
pub(crate) type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

pub(crate) type ValidateFn = fn(&mut Context, Dynamic) -> Result<()>;
pub(crate) type PlanFn<C> = for<'a> fn(C, &'a mut Context, &'a mut Draft) -> BoxFuture<'a, ()>;
pub(crate) type CreateFn<C> = for<'a> fn(C, &'a mut Context, Dynamic) -> BoxFuture<'a, Dynamic>;
pub(crate) type ReadFn<C> =
    for<'a> fn(C, &'a mut Context, Dynamic) -> BoxFuture<'a, Option<Dynamic>>;
pub(crate) type UpdateFn<C> =
    for<'a> fn(C, &'a mut Context, Dynamic, Dynamic) -> BoxFuture<'a, Dynamic>;
pub(crate) type DeleteFn<C> = for<'a> fn(C, &'a mut Context, Dynamic) -> BoxFuture<'a, ()>;
pub(crate) type ImportFn<C> = for<'a> fn(C, &'a mut Context, String) -> BoxFuture<'a, Dynamic>;
pub(crate) type GenerateFn = fn(Dynamic) -> Result<Dynamic>;
pub(crate) type UpgradeFn = fn(&mut Context, StoredState) -> Result<Dynamic>;
pub(crate) type MoveFn = fn(&mut Context, MoveSource) -> Result<Option<Dynamic>>;

/// The methods of a resource. The last five are optional capabilities.
pub(crate) struct ResourceCalls<C> {
    pub(crate) validate: ValidateFn,
    pub(crate) plan: PlanFn<C>,
    pub(crate) create: CreateFn<C>,
    pub(crate) read: ReadFn<C>,
    pub(crate) update: UpdateFn<C>,
    pub(crate) delete: DeleteFn<C>,
    pub(crate) generate_config: GenerateFn,
    pub(crate) import: Option<ImportFn<C>>,
    pub(crate) upgrade: Option<UpgradeFn>,
    pub(crate) move_from: Option<MoveFn>,
    pub(crate) identity: Option<IdentityCalls<C>>,
    pub(crate) list: Option<ListCalls<C>>,
}

impl<C: Send + Sync + 'static> ResourceCalls<C> {
    pub(crate) fn new<R: Resource<Client = C>>() -> Self {
        Self {
            validate: |context, config| validate_model(context, config, R::validate),
            plan: |client, context, draft| {
                Box::pin(async move {
                    let resource = R::new(client);
                    let mut plan = Plan::<R::Model>::new(draft);
                    resource.plan(context, &mut plan).await
                })
            },
            create: |client, context, planned| {
                Box::pin(async move {
                    let planned = decode(planned)?;
                    let mut context = ApplyContext::new(context);
                    let created = R::new(client).create(&mut context, planned).await?;
                    Ok(created.encode())
                })
            },
            read: |client, context, state| {
                Box::pin(async move {
                    let state = decode(state)?;
                    let found = R::new(client).read(context, state).await?;
                    Ok(found.map(Model::encode))
                })
            },
            update: |client, context, prior, planned| {
                Box::pin(async move {
                    let (prior, planned) = (decode(prior)?, decode(planned)?);
                    let mut context = ApplyContext::new(context);
                    let updated = R::new(client).update(&mut context, prior, planned).await?;
                    Ok(updated.encode())
                })
            },
            delete: |client, context, prior| {
                Box::pin(async move {
                    let prior = decode(prior)?;
                    let mut context = ApplyContext::new(context);
                    R::new(client).delete(&mut context, prior).await
                })
            },
            generate_config: |config| Ok(R::generate_config(decode(config)?)?.encode()),
            import: None,
            upgrade: None,
            move_from: None,
            identity: None,
            list: None,
        }
    }
}

pub(crate) fn import<R>() -> ImportFn<R::Client>
where
    R: Import,
    R::Client: Send + Sync + 'static,
{
    |client, context, id| {
        Box::pin(async move { Ok(R::new(client).import(context, id).await?.encode()) })
    }
}

pub(crate) fn upgrade<R: Upgrade>() -> UpgradeFn {
    |context, prior| R::upgrade(context, prior).map(Model::encode)
}

pub(crate) fn move_from<R: MoveFrom>() -> MoveFn {
    |context, source| Ok(R::move_from(context, source)?.map(Model::encode))
}

/// The methods of a data source.
pub(crate) struct DataSourceCalls<C> {
    pub(crate) validate: ValidateFn,
    pub(crate) read: CreateFn<C>,
}

impl<C: Send + Sync + 'static> DataSourceCalls<C> {
    pub(crate) fn new<D: DataSource<Client = C>>() -> Self {
        Self {
            validate: |context, config| validate_model(context, config, D::validate),
            read: |client, context, config| {
                Box::pin(async move {
                    let config = decode(config)?;
                    Ok(D::new(client).read(context, config).await?.encode())
                })
            },
        }
    }
}

/// Runs the provider's own validation. It is skipped when the model cannot hold the configuration.
pub(crate) fn validate_model<M: Model>(
    context: &mut Context,
    config: Dynamic,
    validate: impl FnOnce(&mut Context, &M) -> Result<()>,
) -> Result<()> {
    validate(context, &decode::<M>(config)?)
}

fn decode<M: Model>(value: Dynamic) -> Result<M, Failure> {
    M::decode(value, &Path::root())
}
