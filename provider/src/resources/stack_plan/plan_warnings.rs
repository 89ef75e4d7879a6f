//! Warnings about a configuration that plans without an error and causes trouble later.

use std::collections::BTreeMap;

use tfplugin::{Context, Path, Plan, Result, Value};

use super::TAGS_OF_ATTRIBUTES;
use crate::client::Client;
use crate::resources::stack_model::StackModel;

/// Warns about each tag whose value is known only during apply, at the attribute that has the
/// value.
pub(super) fn unknown_tags(context: &mut Context, plan: &Plan<'_, StackModel>) -> Result<()> {
    for (tag, attribute) in TAGS_OF_ATTRIBUTES {
        if plan.get::<String>(attribute)?.is_unknown() {
            let source = if attribute == "ttl" && super::omits_ttl(plan)? {
                // The policy sets it.
                "config"
            } else {
                attribute
            };
            let subject = format!("The tag {tag:?} is");
            warn_about_unknown_tag(context, Path::new(attribute), &subject, source);
        }
    }
    let path = Path::new("labels");
    match plan.get::<BTreeMap<String, Value<String>>>(path.clone())? {
        Value::Unknown => {
            warn_about_unknown_tag(context, path, "All tags are", "labels");
        }
        Value::Known(labels) => {
            for (key, _) in labels.iter().filter(|(_, value)| value.is_unknown()) {
                let path = path.key(key);
                let source = path.to_string();
                warn_about_unknown_tag(context, path, &format!("The tag {key:?} is"), &source);
            }
        }
        Value::Null => {}
    }
    Ok(())
}

/// The source is the argument that is unknown.
fn warn_about_unknown_tag(context: &mut Context, path: Path, subject: &str, source: &str) {
    let detail = format!(
        "`{source}` depends on a value that is known only during apply. If the AWS provider uses the \
         stack's tags in `default_tags`, it fails during apply with \"Provider produced inconsistent \
         final plan\". Pass the value as a variable, or create what it depends on first: \
         `terraform apply -target=ADDRESS`."
    );
    context.warn_at(path, format!("{subject} unknown until apply"), detail);
}

/// Warns about each stack of a root module after the first, because a teardown refuses to destroy
/// more than one.
///
/// Every process of the provider serves one root module, so the stacks that it plans are in the
/// same one.
pub(super) fn several_stacks(
    client: &Client,
    context: &mut Context,
    plan: &Plan<'_, StackModel>,
) -> Result<()> {
    let name = plan.get::<String>("name")?.known();
    let others = client.add_planned_stack(name.clone());
    if others.is_empty() {
        return Ok(());
    }
    let this = name.map_or_else(|| "this stack".to_owned(), |name| format!("{name:?}"));
    context.warn(
        "Several stacks in one root module",
        format!(
            "This root module contains {this} and {}. A destroy of the root module would delete all \
             of its stacks, so `jiti teardown` and the reaper refuse to tear down any of them. Keep \
             one `jiti_stack` in a root module: move each of the others to a root module of its own.",
            others.join(", ")
        ),
    );
    Ok(())
}
