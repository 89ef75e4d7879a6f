//! `provider::jiti::tags`: the tags of a stack, computed from variables.

use std::collections::BTreeMap;

use stack::{AppName, AppVersion, Labels, Owner, StackName, Ttl};
use tfplugin::{Failure, Function, Model, Path, Result, Value};

/// The function.
pub(crate) struct TagsFunction;

/// The parameters of the function.
#[derive(Model)]
pub(crate) struct TagsArgs {
    /// The name of the stack.
    #[attribute(required)]
    name: Value<String>,
    /// The application.
    #[attribute(required)]
    app: Value<String>,
    /// The version of the app.
    #[attribute(required)]
    version: Value<String>,
    /// The owner.
    #[attribute(required)]
    owner: Value<String>,
    /// The TTL, as in `jiti_stack`. Functions cannot read the policy: if you rely on its
    /// `default_ttl`, pass that value.
    #[attribute(required)]
    ttl: Value<String>,
    /// The labels. Use `{}` for no labels.
    #[attribute(optional)]
    labels: Value<BTreeMap<String, String>>,
}

impl Function for TagsFunction {
    const NAME: &'static str = "tags";
    const SUMMARY: &'static str = "Compute the tags of a stack's resources";
    const DESCRIPTION: &'static str = "Returns the same map as the attribute `tags` of a `jiti_stack` with these \
        arguments. Use it where the tags cannot wait for the resource: for an import into an empty \
        state, or in another root module.";

    type Args = TagsArgs;
    type Output = BTreeMap<String, String>;

    fn call(args: TagsArgs) -> Result<BTreeMap<String, String>> {
        let labels = match args.labels {
            Value::Known(labels) => labels,
            Value::Null | Value::Unknown => BTreeMap::new(),
        };
        let labels = Labels::new(labels).map_err(|error| {
            let path = Path::new("labels");
            let path = error.key().map_or(path.clone(), |key| path.key(key));
            Failure::new(error.to_string(), "").at(path)
        })?;
        Ok(stack::values::tags::tags(
            &parse_argument("name", args.name, StackName::new)?,
            &parse_argument("app", args.app, AppName::new)?,
            &parse_argument("version", args.version, AppVersion::new)?,
            &parse_argument("owner", args.owner, Owner::new)?,
            &parse_argument("ttl", args.ttl, |text| text.parse::<Ttl>())?,
            &labels,
        ))
    }
}

fn parse_argument<T, E: std::error::Error>(
    argument: &str,
    value: Value<String>,
    parse: impl FnOnce(String) -> std::result::Result<T, E>,
) -> Result<T> {
    let text = value.expect_known(argument)?;
    parse(text).map_err(|error| Failure::new(error.to_string(), "").at(argument))
}
