//! `provider::jiti::stack_name`: a unique stack name for an app and a version.

use stack::{AppName, AppVersion};
use tfplugin::{Failure, Function, Model, Result, Value};

/// The function.
pub(crate) struct StackNameFunction;

/// The parameters of the function.
#[derive(Model)]
pub(crate) struct StackNameArgs {
    /// The application.
    #[attribute(required)]
    app: Value<String>,
    /// The version of the app.
    #[attribute(required)]
    version: Value<String>,
}

impl Function for StackNameFunction {
    const NAME: &'static str = "stack_name";
    const SUMMARY: &'static str = "Create a stack name from an app and a version";
    const DESCRIPTION: &'static str = "Returns a readable name that is unique for the app and the \
        version: `stack_name(\"a-b\", \"c\")` and `stack_name(\"a\", \"b-c\")` differ.";

    type Args = StackNameArgs;
    type Output = String;

    fn call(args: StackNameArgs) -> Result<String> {
        let app = AppName::new(args.app.expect_known("app")?)
            .map_err(|error| Failure::new(error.to_string(), "").at("app"))?;
        let version = AppVersion::new(args.version.expect_known("version")?)
            .map_err(|error| Failure::new(error.to_string(), "").at("version"))?;
        Ok(stack::values::naming::stack_name(&app, &version).to_string())
    }
}
