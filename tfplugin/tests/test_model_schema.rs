//! Schemas from `#[derive(Model)]`, and their validators.

use std::fmt::Write as _;

use tfplugin::schema::{Attribute, Block, Mode, Modifier, Schema, Shape};
use tfplugin::{Dynamic, Failure, Model, Path, Secret, Value};

/// A stack with a lease.
///
/// It ends:
///     * at expiry
#[derive(Clone, Debug, Model)]
#[model(version = 3, deprecated = "use jiti_lease", validate = shorter_than_a_day)]
struct Stack {
    /// The name. Changing it replaces the stack.
    #[attribute(required, requires_replace, validate = not_empty, validate = no_spaces)]
    name: Value<String>,
    /// The TTL.
    #[attribute(optional, default = "8h", requires_replace_if = shrinks)]
    ttl: Value<String>,
    /// The number.
    #[attribute(optional computed, keep, name = "type")]
    kind: Value<u64>,
    #[doc = "A secret."]
    #[attribute(optional, sensitive, write_only, deprecated = "use a role")]
    r#final: Value<Secret<String>>,
    /// The creation time.
    #[attribute(computed, keep)]
    created_at: Value<String>,
    /// The preflight checks.
    #[attribute(optional)]
    preflight: Value<Preflight>,
    /// Extra hours, by day.
    #[attribute(optional, default = -1)]
    extra: Value<i64>,
    /// The renewals.
    #[block(list, max = 2)]
    renewal: Vec<Renewal>,
}

/// Checks that must pass.
#[derive(Clone, Debug, Model)]
#[model(nested)]
struct Preflight {
    /// HTTP checks.
    #[attribute(required)]
    http: Value<Vec<Http>>,
}

/// A request.
#[derive(Clone, Debug, Model)]
#[model(nested, validate = one_target)]
struct Http {
    /// The URL.
    #[attribute(optional, validate = not_empty)]
    url: Value<String>,
    /// The host.
    #[attribute(optional)]
    host: Value<String>,
}

/// A renewal.
#[derive(Clone, Debug, Model)]
#[model(nested, validate = has_a_user)]
struct Renewal {
    /// The user.
    #[attribute(optional)]
    by: Value<String>,
}

fn not_empty(text: &str) -> Result<(), &'static str> {
    if text.is_empty() {
        Err("It is empty.")
    } else {
        Ok(())
    }
}

fn no_spaces(text: &String) -> Result<(), String> {
    if text.contains(' ') {
        Err(format!("{text:?} has spaces."))
    } else {
        Ok(())
    }
}

fn shrinks(prior: &Value<String>, planned: &Value<String>) -> bool {
    let length = |value: &Value<String>| value.as_ref().known().map(String::len);
    length(planned) < length(prior)
}

fn shorter_than_a_day(stack: &Stack) -> tfplugin::Result<()> {
    if stack.ttl.as_ref().is_known_and(|ttl| ttl.ends_with('d')) {
        return Err(Failure::new("Too long", "Use hours.").at("ttl"));
    }
    Ok(())
}

fn one_target(http: &Http) -> tfplugin::Result<()> {
    if http.url.is_null() && http.host.is_null() {
        return Err(Failure::new("No target", "Set url or host."));
    }
    Ok(())
}

fn has_a_user(renewal: &Renewal) -> Result<(), std::fmt::Error> {
    if renewal.by.is_null() {
        Err(std::fmt::Error)
    } else {
        Ok(())
    }
}

#[test]
fn the_schema_matches_the_struct() {
    let schema = Stack::schema();
    assert_eq!(schema.check(), Ok(()));
    assert_eq!(
        format_schema(&schema),
        r#"version 3, deprecated: use jiti_lease
"A stack with a lease.\n\nIt ends:\n    * at expiry"
name: String, Required, [RequiresReplace], 2 validators: "The name. Changing it replaces the stack."
ttl: String, OptionalComputed, default String("8h"), [RequiresReplaceIf]: "The TTL."
type: Number, OptionalComputed, [KeepPrior]: "The number."
final: String, Optional, sensitive, write-only, deprecated: use a role: "A secret."
created_at: String, Computed, [KeepPrior]: "The creation time."
preflight: Single, Optional: "The preflight checks."
  http: List, Required, 1 validators: "HTTP checks."
    url: String, Optional, 1 validators: "The URL."
    host: String, Optional: "The host."
extra: Number, OptionalComputed, default Number(Number(-1)): "Extra hours, by day."
renewal: List block of 0 to 2: "The renewals."
  by: String, Optional: "The user."
"#
    );
}

fn format_schema(schema: &Schema) -> String {
    let mut text = format!("version {}", schema.version);
    if let Some(instead) = &schema.block.deprecated {
        let _ = write!(text, ", deprecated: {instead}");
    }
    let _ = writeln!(text, "\n{:?}", schema.block.description);
    format_block(&mut text, &schema.block, "");
    text
}

fn format_block(text: &mut String, block: &Block, indent: &str) {
    format_attributes(text, &block.attributes, indent);
    for nested in &block.blocks {
        let _ = writeln!(
            text,
            "{indent}{}: {:?} block of {} to {}: {:?}",
            nested.name,
            nested.nesting,
            nested.min_items,
            nested.max_items,
            nested.block.description
        );
        format_block(text, &nested.block, &format!("{indent}  "));
    }
}

fn format_attributes(text: &mut String, all: &[Attribute], indent: &str) {
    for attribute in all {
        let shape = match &attribute.shape {
            Shape::Type(ty) => format!("{ty:?}"),
            Shape::Nested { nesting, .. } => format!("{nesting:?}"),
        };
        let _ = write!(
            text,
            "{indent}{}: {shape}, {:?}",
            attribute.name, attribute.mode
        );
        if let Some(default) = &attribute.default {
            let _ = write!(text, ", default {default:?}");
        }
        if attribute.sensitive {
            text.push_str(", sensitive");
        }
        if attribute.write_only {
            text.push_str(", write-only");
        }
        if let Some(instead) = &attribute.deprecated {
            let _ = write!(text, ", deprecated: {instead}");
        }
        if !attribute.modifiers.is_empty() {
            let _ = write!(text, ", {:?}", attribute.modifiers);
        }
        if !attribute.validators.is_empty() {
            let _ = write!(text, ", {} validators", attribute.validators.len());
        }
        let _ = writeln!(text, ": {:?}", attribute.description);
        if let Some((_, inner)) = attribute.nested() {
            format_attributes(text, inner, &format!("{indent}  "));
        }
    }
}

#[test]
fn a_path_leads_to_its_attribute() {
    let block = Stack::block();
    let http = Path::new("preflight").attribute("http");
    let name = |path: &Path| block.at(path).map(|a| a.name.as_str());
    assert_eq!(name(&http.index(1).attribute("url")), Some("url"));
    assert_eq!(name(&http), Some("http"));
    assert_eq!(
        name(&Path::new("renewal").index(0).attribute("by")),
        Some("by")
    );
    assert_eq!(name(&Path::new("renewal").index(0)), None);
    assert_eq!(name(&Path::new("renewal").index(0).attribute("name")), None);
    assert_eq!(name(&Path::new("nothing")), None);
}

#[test]
fn a_model_encodes_to_the_type_of_its_schema() {
    let tfplugin::Type::Object(types) = Stack::block().implied_type() else {
        panic!("a block is an object");
    };
    let encoded = stack([]).encode();
    let entries = encoded.as_map().expect("a model is an object");
    assert!(entries.keys().eq(types.keys()));
}

fn stack(values: impl IntoIterator<Item = (&'static str, Dynamic)>) -> Stack {
    Stack::decode(Dynamic::object(values), &Path::root()).expect("the value matches")
}

/// The diagnostics of the validators, one line each.
fn validate(values: impl IntoIterator<Item = (&'static str, Dynamic)>) -> Vec<String> {
    let mut config = Dynamic::object([("name", "checkout")]);
    for (name, value) in values {
        config.set(&Path::new(name), value).expect("an object");
    }
    let diagnostics = Stack::block().validate(&config);
    diagnostics.iter().map(ToString::to_string).collect()
}

#[test]
fn validators_check_known_values_only() {
    assert_eq!(validate([("name", "checkout".into())]), [""; 0]);
    assert_eq!(validate([("name", Dynamic::unknown())]), [""; 0]);
    assert_eq!(
        validate([("name", "".into())]),
        ["name: Invalid value for name: It is empty."]
    );
    assert_eq!(
        validate([("name", "a b".into())]),
        [r#"name: Invalid value for name: "a b" has spaces."#]
    );
}

#[test]
fn errors_of_nested_models_and_blocks_have_their_paths() {
    let empty = || Dynamic::Map([].into());
    let http = Dynamic::list([
        Dynamic::object([("url", "http://a")]),
        Dynamic::object([("url", "")]),
        empty(),
        Dynamic::unknown(),
    ]);
    let preflight = Dynamic::object([("http", http)]);
    let renewal = Dynamic::list([Dynamic::object([("by", "ana")]), empty()]);
    assert_eq!(
        validate([("preflight", preflight), ("renewal", renewal)]),
        [
            "preflight.http[2]: No target: Set url or host.",
            "preflight.http[1].url: Invalid value for url: It is empty.",
            "renewal[1]: an error occurred when formatting an argument",
        ]
    );
}

#[test]
fn a_model_validator_can_point_at_a_field() {
    assert_eq!(
        validate([("ttl", "3d".into())]),
        ["ttl: Too long: Use hours."]
    );
}

#[test]
fn a_replace_condition_gets_both_typed_values() {
    let block = Stack::block();
    let ttl = block.attribute("ttl").expect("the attribute exists");
    let [Modifier::RequiresReplaceIf(condition)] = &ttl.modifiers[..] else {
        panic!("ttl has exactly this modifier");
    };
    assert!(condition(&"100h".into(), &"8h".into()));
    assert!(!condition(&"8h".into(), &"100h".into()));
    assert!(
        condition(&true.into(), &"8h".into()),
        "a prior value that no longer matches the type"
    );
}

/// A provider's configuration may use names that are reserved in resources, and the reverse.
#[derive(Debug, Model)]
#[model(provider, description = "Other names.")]
struct Config {
    /// The number.
    #[attribute(optional)]
    count: Value<u8>,
}

#[test]
fn reserved_names_depend_on_the_use_of_a_model() {
    assert_eq!(Config::block().description, "Other names.");
    assert_eq!(Config::schema().check_provider(), Ok(()));
    assert!(Config::schema().check().is_err());
    let mode = Config::block().attribute("count").map(|a| a.mode);
    assert_eq!(mode, Some(Mode::Optional));
}
