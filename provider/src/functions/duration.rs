//! `provider::jiti::duration`: a duration in seconds.

use stack::Span;
use tfplugin::{Failure, Function, Model, Result, Value};

/// The function.
pub(crate) struct Duration;

/// Its parameters.
#[derive(Model)]
pub(crate) struct Args {
    /// The duration, such as `90m`, `8h`, `3d` or `1d12h` (units s, m, h, d, w).
    #[attribute(required)]
    text: Value<String>,
}

impl Function for Duration {
    const NAME: &'static str = "duration";
    const SUMMARY: &'static str = "A duration in seconds";
    const DESCRIPTION: &'static str =
        "Turns a duration as `jiti_stack` takes it, such as `1d12h`, into seconds.";

    type Args = Args;
    type Output = u64;

    fn call(args: Args) -> Result<u64> {
        let text = args.text.expect_known("text")?;
        let span: Span = text
            .parse()
            .map_err(|error: stack::values::ttl::SpanError| {
                Failure::new(error.to_string(), "").at("text")
            })?;
        Ok(span.seconds())
    }
}
