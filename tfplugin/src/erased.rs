//! The untyped twins of the public traits: trees in, trees out, futures in boxes.
//!
//! Each function knows its resource's type and nothing else does. An instance is made for a call
//! and dropped after it: what calls share lives in the client.

use std::pin::Pin;

use crate::context::Cx;
use crate::data_source::DataSource;
use crate::diag::{Failure, Result};
use crate::dynamic::Dynamic;
use crate::model::Model;
use crate::path::Path;
use crate::resource::{Draft, Import, MoveFrom, MoveSource, Plan, Prior, Resource, Upgrade};

/// A future that says nothing of its type.
pub(crate) type Boxed<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

pub(crate) type ValidateFn = fn(&mut Cx, Dynamic) -> Result<()>;
pub(crate) type PlanFn<C> = for<'a> fn(C, &'a mut Cx, &'a mut Draft) -> Boxed<'a, ()>;
pub(crate) type CreateFn<C> = for<'a> fn(C, &'a mut Cx, Dynamic) -> Boxed<'a, Dynamic>;
pub(crate) type ReadFn<C> = for<'a> fn(C, &'a mut Cx, Dynamic) -> Boxed<'a, Option<Dynamic>>;
pub(crate) type UpdateFn<C> = for<'a> fn(C, &'a mut Cx, Dynamic, Dynamic) -> Boxed<'a, Dynamic>;
pub(crate) type DeleteFn<C> = for<'a> fn(C, &'a mut Cx, Dynamic) -> Boxed<'a, ()>;
pub(crate) type ImportFn<C> = for<'a> fn(C, &'a mut Cx, String) -> Boxed<'a, Dynamic>;
pub(crate) type UpgradeFn = fn(&mut Cx, Prior) -> Result<Dynamic>;
pub(crate) type MoveFn = fn(&mut Cx, MoveSource) -> Result<Option<Dynamic>>;

/// What a resource can do.
pub(crate) struct ResourceCalls<C> {
    pub(crate) validate: ValidateFn,
    pub(crate) plan: PlanFn<C>,
    pub(crate) create: CreateFn<C>,
    pub(crate) read: ReadFn<C>,
    pub(crate) update: UpdateFn<C>,
    pub(crate) delete: DeleteFn<C>,
    pub(crate) import: Option<ImportFn<C>>,
    pub(crate) upgrade: Option<UpgradeFn>,
    pub(crate) move_from: Option<MoveFn>,
}

impl<C: Send + Sync + 'static> ResourceCalls<C> {
    pub(crate) fn of<R: Resource<Client = C>>() -> Self {
        Self {
            validate: |cx, config| validated(cx, config, R::validate),
            plan: |client, cx, draft| {
                Box::pin(async move {
                    let resource = R::new(client);
                    let mut plan = Plan::<R::Model>::new(draft);
                    resource.plan(cx, &mut plan).await
                })
            },
            create: |client, cx, planned| {
                Box::pin(async move {
                    let planned = decode(planned)?;
                    Ok(R::new(client).create(cx, planned).await?.encode())
                })
            },
            read: |client, cx, state| {
                Box::pin(async move {
                    let state = decode(state)?;
                    let found = R::new(client).read(cx, state).await?;
                    Ok(found.map(Model::encode))
                })
            },
            update: |client, cx, prior, planned| {
                Box::pin(async move {
                    let (prior, planned) = (decode(prior)?, decode(planned)?);
                    Ok(R::new(client).update(cx, prior, planned).await?.encode())
                })
            },
            delete: |client, cx, prior| {
                Box::pin(async move {
                    let prior = decode(prior)?;
                    R::new(client).delete(cx, prior).await
                })
            },
            import: None,
            upgrade: None,
            move_from: None,
        }
    }
}

pub(crate) fn import<R>() -> ImportFn<R::Client>
where
    R: Import,
    R::Client: Send + Sync + 'static,
{
    |client, cx, id| Box::pin(async move { Ok(R::new(client).import(cx, id).await?.encode()) })
}

pub(crate) fn upgrade<R: Upgrade>() -> UpgradeFn {
    |cx, prior| R::upgrade(cx, prior).map(Model::encode)
}

pub(crate) fn move_from<R: MoveFrom>() -> MoveFn {
    |cx, source| Ok(R::move_from(cx, source)?.map(Model::encode))
}

/// What a data source can do.
pub(crate) struct DataSourceCalls<C> {
    pub(crate) validate: ValidateFn,
    pub(crate) read: CreateFn<C>,
}

impl<C: Send + Sync + 'static> DataSourceCalls<C> {
    pub(crate) fn of<D: DataSource<Client = C>>() -> Self {
        Self {
            validate: |cx, config| validated(cx, config, D::validate),
            read: |client, cx, config| {
                Box::pin(async move {
                    let config = decode(config)?;
                    Ok(D::new(client).read(cx, config).await?.encode())
                })
            },
        }
    }
}

/// Runs an author's validation, unless the model has no room for a value that is not known yet:
/// Terraform validates again when it is.
pub(crate) fn validated<M: Model>(
    cx: &mut Cx,
    config: Dynamic,
    validate: impl FnOnce(&mut Cx, &M) -> Result<()>,
) -> Result<()> {
    let known = config.is_wholly_known();
    match decode::<M>(config) {
        Ok(model) => validate(cx, &model),
        Err(_) if !known => Ok(()),
        Err(failure) => Err(failure),
    }
}

fn decode<M: Model>(value: Dynamic) -> Result<M, Failure> {
    M::decode(value, &Path::root())
}
