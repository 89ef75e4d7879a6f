//! `ValidateListResourceConfig` and `ListResource`: the objects of a resource that exist.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Poll, ready};

use futures_util::Stream;
use futures_util::stream;
use tokio::sync::mpsc;

use super::catch_panic::catch_panic_sync;
use super::codec::{normalise_state, null_remaining_unknowns};
use super::identity::check_complete;
use super::{Encoded, Server, catch_panic, diagnostics, in_call_span, not_registered};
use crate::context::Context;
use crate::diag::{Diagnostic, Failure, Result, Severity};
use crate::dispatch::ListCalls;
use crate::dynamic::Dynamic;
use crate::provider::Provider;
use crate::resource::{ListQuery, ListedObject};
use crate::schema::PreparedSchema;
use crate::wire::conform;

#[derive(Clone, Debug, Default)]
pub(crate) struct ListRequest {
    pub(crate) type_name: String,
    pub(crate) config: Encoded,
    pub(crate) includes_objects: bool,
    /// 0 and less is no limit.
    pub(crate) limit: i64,
}

/// An object that was found, or the end of a list with its diagnostics.
#[derive(Clone, Debug, Default)]
pub(crate) struct ListEvent {
    pub(crate) identity: Option<Encoded>,
    pub(crate) display_name: String,
    pub(crate) object: Option<Encoded>,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

impl ListEvent {
    fn end(diagnostics: Vec<Diagnostic>) -> Self {
        Self {
            diagnostics,
            ..Self::default()
        }
    }

    fn is_error(&self) -> bool {
        let mut diagnostics = self.diagnostics.iter();
        diagnostics.any(|diagnostic| diagnostic.severity == Severity::Error)
    }
}

/// Decodes a filter. A `list` block without `config` has one in which everything is null.
fn filter(schema: &PreparedSchema, config: Encoded) -> Result<Dynamic> {
    let config = config.into_value(schema)?;
    if config.is_null() {
        return Ok(conform(schema.block(), Dynamic::Map(BTreeMap::new())));
    }
    Ok(config)
}

/// The work of a list, which runs while the stream of its objects is polled.
type Work = Pin<Box<dyn Future<Output = Vec<Diagnostic>> + Send>>;

impl<P: Provider> Server<P> {
    pub(crate) fn validate_list(&self, type_name: &str, config: Encoded) -> Vec<Diagnostic> {
        let list = match self.list(type_name) {
            Ok(list) => list,
            Err(failure) => return failure.into_diagnostics(),
        };
        let config = catch_panic_sync(|| {
            let config = filter(&list.schema, config)?;
            Encoded::from_value(&list.schema, &config)
        });
        match config {
            Ok(config) => self.validate(true, config, || Ok((&list.schema, list.validate))),
            Err(failure) => failure.into_diagnostics(),
        }
    }

    /// The stream ends at the limit and after an error. Dropping it drops the provider's future.
    pub(crate) fn list_resource(
        self: Arc<Self>,
        request: ListRequest,
    ) -> impl Stream<Item = ListEvent> + Send + use<P> {
        let limit = u64::try_from(request.limit).ok().filter(|limit| *limit > 0);
        let type_name = request.type_name.clone();
        let (objects, mut found) = mpsc::channel(1);
        let query = ListQuery {
            limit,
            includes_objects: request.includes_objects,
            objects,
        };
        let server = Arc::clone(&self);
        let mut work: Option<Work> = Some(Box::pin(async move { self.run(request, query).await }));
        let mut left = limit.unwrap_or(u64::MAX);
        let mut last = Vec::new();
        stream::poll_fn(move |context| {
            if left == 0 {
                work = None;
                return Poll::Ready(None);
            }
            if let Some(running) = &mut work
                && let Poll::Ready(diagnostics) = running.as_mut().poll(context)
            {
                work = None;
                last = diagnostics;
            }
            // The channel closes when the work has ended and every object is taken.
            let Some(object) = ready!(found.poll_recv(context)) else {
                left = 0;
                let last = std::mem::take(&mut last);
                return Poll::Ready((!last.is_empty()).then(|| ListEvent::end(last)));
            };
            let event = server.event(&type_name, object);
            left = if event.is_error() { 0 } else { left - 1 };
            Poll::Ready(Some(event))
        })
    }

    /// Runs the provider's list; returns its last diagnostics.
    async fn run(&self, request: ListRequest, query: ListQuery) -> Vec<Diagnostic> {
        let type_name = request.type_name.clone();
        let mut context = self.context();
        let work = catch_panic(self.try_list(&mut context, request, &query));
        let outcome = in_call_span("ListResource", &type_name, work).await;
        diagnostics(context, outcome.err())
    }

    async fn try_list(
        &self,
        context: &mut Context,
        request: ListRequest,
        query: &ListQuery,
    ) -> Result<()> {
        let list = self.list(&request.type_name)?;
        let mut config = filter(&list.schema, request.config)?;
        list.schema.block().fill_defaults(&mut config);
        (list.list)(self.client()?, context, config, query).await
    }

    pub(super) fn list(&self, type_name: &str) -> Result<&ListCalls<P::Client>> {
        // Terraform names the list after the resource.
        let entry = self.resource(type_name);
        let list = entry.ok().and_then(|entry| entry.calls.list.as_ref());
        list.ok_or_else(|| not_registered("list resource", type_name))
    }

    fn event(&self, type_name: &str, listed: ListedObject) -> ListEvent {
        let warnings = listed.warnings.clone();
        match self.encode_listed(type_name, listed) {
            Ok(event) => ListEvent {
                diagnostics: warnings,
                ..event
            },
            Err(failure) => ListEvent::end([warnings, failure.into_diagnostics()].concat()),
        }
    }

    fn encode_listed(&self, type_name: &str, listed: ListedObject) -> Result<ListEvent> {
        let identity = self.identity(type_name)?;
        let value = conform(identity.schema.block(), listed.identity);
        check_complete(identity, &value)?;
        let schema = &*self.resource(type_name)?.schema;
        let object = listed.object.map(|object| {
            let mut object = normalise_state(schema, object);
            match Failure::from_diagnostics(null_remaining_unknowns(schema, &mut object)) {
                None => Encoded::from_value(schema, &object),
                Some(failure) => Err(failure),
            }
        });
        Ok(ListEvent {
            identity: Some(Encoded::from_value(&identity.schema, &value)?),
            display_name: listed.display_name,
            object: object.transpose()?,
            diagnostics: Vec::new(),
        })
    }
}
