//! Function pointers to the list of a resource.

use super::{BoxFuture, ValidateFn, decode, validate_model};
use crate::context::Context;
use crate::dynamic::Dynamic;
use crate::model::Model;
use crate::resource::{ListContext, ListQuery, ListResource};
use crate::schema::{LazySchema, PreparedSchema};

pub(crate) type ListFn<C> =
    for<'a> fn(C, &'a mut Context, Dynamic, &'a ListQuery) -> BoxFuture<'a, ()>;

/// The list of a resource.
pub(crate) struct ListCalls<C> {
    pub(crate) schema: LazySchema,
    pub(crate) validate: ValidateFn,
    pub(crate) list: ListFn<C>,
}

impl<C: Send + Sync + 'static> ListCalls<C> {
    pub(crate) fn new<R: ListResource<Client = C>>() -> Self {
        Self {
            schema: PreparedSchema::lazy::<R::Filter>(R::Filter::VERSION),
            validate: |context, filter| validate_model(context, filter, R::validate_filter),
            list: |client, context, filter, query| {
                Box::pin(async move {
                    let filter = decode(filter)?;
                    let resource = R::new(client);
                    let mut context = ListContext::new(context, &resource, query);
                    resource.list(&mut context, filter).await
                })
            },
        }
    }
}
