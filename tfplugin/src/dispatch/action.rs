//! Function pointers to the methods of each action, on untyped values.

use super::{BoxFuture, ValidateFn, decode, validate_model};
use crate::action::{Action, InvokeContext, ProgressSender};
use crate::context::Context;
use crate::dynamic::Dynamic;

pub(crate) type PlanActionFn<C> = for<'a> fn(C, &'a mut Context, Dynamic) -> BoxFuture<'a, ()>;
pub(crate) type InvokeFn<C> =
    for<'a> fn(C, &'a mut Context, Dynamic, ProgressSender) -> BoxFuture<'a, ()>;

/// The methods of an action.
pub(crate) struct ActionCalls<C> {
    pub(crate) validate: ValidateFn,
    pub(crate) plan: PlanActionFn<C>,
    pub(crate) invoke: InvokeFn<C>,
}

impl<C: Send + Sync + 'static> ActionCalls<C> {
    pub(crate) fn new<A: Action<Client = C>>() -> Self {
        Self {
            validate: |context, config| validate_model(context, config, A::validate),
            plan: |client, context, config| {
                Box::pin(async move {
                    let config = decode(config)?;
                    A::new(client).plan(context, config).await
                })
            },
            invoke: |client, context, config, progress| {
                Box::pin(async move {
                    let config = decode(config)?;
                    let mut context = InvokeContext::new(context, progress);
                    A::new(client).invoke(&mut context, config).await
                })
            },
        }
    }
}
