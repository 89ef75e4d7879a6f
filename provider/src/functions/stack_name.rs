//! `provider::jiti::stack_name`: a name that no other app and version has.

use stack::{AppName, AppVersion};
use tfplugin::{Failure, Function, Model, Result, Value};

/// The function.
pub(crate) struct Name;

/// Its parameters.
#[derive(Model)]
pub(crate) struct Args {
    /// The application.
    #[attribute(required)]
    app: Value<String>,
    /// Its version.
    #[attribute(required)]
    version: Value<String>,
}

impl Function for Name {
    const NAME: &'static str = "stack_name";
    const SUMMARY: &'static str = "A stack's name from its app and version";
    const DESCRIPTION: &'static str = "Makes a readable name that never collides: \
        `stack_name(\"a-b\", \"c\")` and `stack_name(\"a\", \"b-c\")` differ.";

    type Args = Args;
    type Output = String;

    fn call(args: Args) -> Result<String> {
        let app = AppName::new(args.app.expect_known("app")?)
            .map_err(|error| Failure::new(error.to_string(), "").at("app"))?;
        let version = AppVersion::new(args.version.expect_known("version")?)
            .map_err(|error| Failure::new(error.to_string(), "").at("version"))?;
        Ok(stack::values::naming::stack_name(&app, &version).to_string())
    }
}
