//! `provider::jiti::duration`: converts a duration to seconds.

use stack::Span;
use tfplugin::{Failure, Function, Model, Result, Value};

/// The function.
pub(crate) struct DurationFunction;

/// The parameters of the function.
#[derive(Model)]
pub(crate) struct DurationArgs {
    /// The duration, such as `90m`, `8h`, `3d` or `1d12h` (units s, m, h, d, w).
    #[attribute(required)]
    text: Value<String>,
}

impl Function for DurationFunction {
    const NAME: &'static str = "duration";
    const SUMMARY: &'static str = "Convert a duration to seconds";
    const DESCRIPTION: &'static str =
        "Converts a duration in the format of `jiti_stack`, such as `1d12h`, to seconds.";

    type Args = DurationArgs;
    type Output = u64;

    fn call(args: DurationArgs) -> Result<u64> {
        let text = args.text.expect_known("text")?;
        let span: Span = text
            .parse()
            .map_err(|error: stack::values::ttl::SpanError| {
                Failure::new(error.to_string(), "").at("text")
            })?;
        Ok(span.seconds())
    }
}
