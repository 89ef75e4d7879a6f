//! The log: one JSON object per line on stderr, in the form that Terraform takes apart again.

mod level;
mod line;

use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::Registry;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::{LookupSpan, Scope};

use self::level::Levels;
use self::line::Fields;
use super::environment::Log;

/// Begins to log what the environment asks for. When it asks for nothing, nothing is set up and an
/// event costs no more than a comparison.
pub(super) fn install(address: &str, wishes: &Log) {
    let levels = Levels::choose(address, wishes);
    if levels.most() == LevelFilter::OFF {
        return;
    }
    // A program that has set up its own log keeps it.
    let _ = tracing::subscriber::set_global_default(Registry::default().with(ToStderr { levels }));
}

/// Writes events, with the fields of the spans around them.
struct ToStderr {
    levels: Levels,
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for ToStderr {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if self.wants(metadata) {
            Interest::always()
        } else {
            Interest::never()
        }
    }

    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        self.wants(metadata)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.levels.most())
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if let Some(span) = context.span(id) {
            let mut fields = Fields::default();
            attributes.record(&mut fields);
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
        {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        // From the outermost span inwards: what is nearer to the event has the last word.
        for span in context
            .event_scope(event)
            .into_iter()
            .flat_map(Scope::from_root)
        {
            if let Some(outer) = span.extensions().get::<Fields>() {
                fields.extend(outer);
            }
        }
        event.record(&mut fields);
        line::write(event.metadata(), fields);
    }
}

impl ToStderr {
    fn wants(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= self.levels.of(metadata.target())
    }
}

/// The level's name in a log line.
fn name(level: Level) -> &'static str {
    match level {
        Level::TRACE => "trace",
        Level::DEBUG => "debug",
        Level::INFO => "info",
        Level::WARN => "warn",
        Level::ERROR => "error",
    }
}
