//! `provider::jiti::tags`: a stack's tags, from variables alone.

use std::collections::BTreeMap;

use stack::{AppName, AppVersion, Labels, Owner, StackName, Ttl};
use tfplugin::{Failure, Function, Model, Path, Result, Value};

/// The function.
pub(crate) struct Tags;

/// Its parameters.
#[derive(Model)]
pub(crate) struct Args {
    /// The name of the stack.
    #[attribute(required)]
    name: Value<String>,
    /// The application.
    #[attribute(required)]
    app: Value<String>,
    /// Its version.
    #[attribute(required)]
    version: Value<String>,
    /// Who is responsible.
    #[attribute(required)]
    owner: Value<String>,
    /// The TTL as `jiti_stack` has it. Functions do not see the policy: where it has a `default_ttl`, pass that.
    #[attribute(required)]
    ttl: Value<String>,
    /// The labels; `{}` for none.
    #[attribute(optional)]
    labels: Value<BTreeMap<String, String>>,
}

impl Function for Tags {
    const NAME: &'static str = "tags";
    const SUMMARY: &'static str = "The tags of a stack's resources";
    const DESCRIPTION: &'static str = "Gives the same map as the `tags` of a `jiti_stack` with these arguments, for what \
        cannot wait for a resource: an import into an empty state, or another root.";

    type Args = Args;
    type Output = BTreeMap<String, String>;

    fn call(args: Args) -> Result<BTreeMap<String, String>> {
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
            &named("name", args.name, StackName::new)?,
            &named("app", args.app, AppName::new)?,
            &named("version", args.version, AppVersion::new)?,
            &named("owner", args.owner, Owner::new)?,
            &named("ttl", args.ttl, |text| text.parse::<Ttl>())?,
            &labels,
        ))
    }
}

fn named<T, E: std::error::Error>(
    argument: &str,
    value: Value<String>,
    parse: impl FnOnce(String) -> std::result::Result<T, E>,
) -> Result<T> {
    let text = value.expect_known(&Path::new(argument))?;
    parse(text).map_err(|error| Failure::new(error.to_string(), "").at(argument))
}
