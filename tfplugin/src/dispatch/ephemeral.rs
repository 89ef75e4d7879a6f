//! Function pointers to the methods of each ephemeral resource, on untyped values.

use super::{BoxFuture, CreateFn, ValidateFn, decode, validate_model};
use crate::context::Context;
use crate::ephemeral::{EphemeralContext, EphemeralResource};
use crate::model::Model;

pub(crate) type RenewFn<C> = for<'a> fn(C, &'a mut Context) -> BoxFuture<'a, ()>;

/// The methods of an ephemeral resource.
pub(crate) struct EphemeralCalls<C> {
    pub(crate) validate: ValidateFn,
    pub(crate) open: CreateFn<C>,
    pub(crate) renew: RenewFn<C>,
    pub(crate) close: RenewFn<C>,
}

impl<C: Send + Sync + 'static> EphemeralCalls<C> {
    pub(crate) fn new<E: EphemeralResource<Client = C>>() -> Self {
        Self {
            validate: |context, config| validate_model(context, config, E::validate),
            open: |client, context, config| {
                Box::pin(async move {
                    let config = decode(config)?;
                    let mut context = EphemeralContext::new(context);
                    Ok(E::new(client).open(&mut context, config).await?.encode())
                })
            },
            renew: |client, context| {
                Box::pin(async move {
                    let mut context = EphemeralContext::new(context);
                    E::new(client).renew(&mut context).await
                })
            },
            close: |client, context| Box::pin(async move { E::new(client).close(context).await }),
        }
    }
}
