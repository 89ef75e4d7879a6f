//! The log: one JSON object per line on stderr, in the format that Terraform parses.

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
use self::line::LogFields;
use super::environment::LogSettings;

/// Sets up logging with the levels in the environment. Without any, logging stays off, and an event
/// costs only a comparison.
pub(super) fn install(address: &str, settings: &LogSettings) {
    let levels = Levels::from_settings(address, settings);
    if levels.max() == LevelFilter::OFF {
        return;
    }
    // An error means that the program has set up its own logging, which it keeps.
    let _ =
        tracing::subscriber::set_global_default(Registry::default().with(StderrLayer { levels }));
}

/// Writes events to stderr, with the fields of their spans.
struct StderrLayer {
    levels: Levels,
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for StderrLayer {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if self.is_enabled(metadata) {
            Interest::always()
        } else {
            Interest::never()
        }
    }

    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        self.is_enabled(metadata)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.levels.max())
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if let Some(span) = context.span(id) {
            let mut fields = LogFields::default();
            attributes.record(&mut fields);
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<LogFields>()
        {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = LogFields::default();
        // From the outermost span inwards, so that inner fields override outer ones.
        for span in context
            .event_scope(event)
            .into_iter()
            .flat_map(Scope::from_root)
        {
            if let Some(outer) = span.extensions().get::<LogFields>() {
                fields.extend(outer);
            }
        }
        event.record(&mut fields);
        line::write(event.metadata(), fields);
    }
}

impl StderrLayer {
    fn is_enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= self.levels.for_target(metadata.target())
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
