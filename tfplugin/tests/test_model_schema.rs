//! Schemas that `#[derive(Model)]` makes, and what their validators say.

use std::fmt::Write as _;

use tfplugin::schema::{Attribute, Block, Mode, Modifier, Schema, Shape};
use tfplugin::{Dynamic, Failure, Model, Path, Value};

/// A stack, leased for a while.
///
/// It ends by itself:
///     * at expiry
#[derive(Clone, Debug, Model)]
#[model(version = 3, deprecated = "use jiti_lease", validate = shorter_than_a_day)]
struct Stack {
    /// The name. A change replaces it.
    #[attribute(required, requires_replace, validate = not_empty, validate = no_spaces)]
    name: Value<String>,
    /// How long it lives.
    #[attribute(optional, default = "8h", requires_replace_if = shrinks)]
    ttl: Value<String>,
    /// How many.
    #[attribute(optional computed, keep, name = "type")]
    kind: Value<u64>,
    #[doc = "A secret."]
    #[attribute(optional, sensitive, write_only, deprecated = "use a role")]
    r#final: Value<String>,
    /// When it was made.
    #[attribute(computed, keep)]
    created_at: Value<String>,
    /// Before it is registered.
    #[attribute(optional)]
    preflight: Value<Preflight>,
    /// Extra hours, by day.
    #[attribute(optional, default = -1)]
    extra: Value<i64>,
    /// Who renews it.
    #[block(list, max = 2)]
    renewal: Vec<Renewal>,
}

/// What has to pass.
#[derive(Clone, Debug, Model)]
#[model(nested)]
struct Preflight {
    /// Requests.
    #[attribute(required)]
    http: Value<Vec<Http>>,
}

/// A request.
#[derive(Clone, Debug, Model)]
#[model(nested, validate = one_target)]
struct Http {
    /// Where to.
    #[attribute(optional, validate = not_empty)]
    url: Value<String>,
    /// Or where to.
    #[attribute(optional)]
    host: Value<String>,
}

/// A renewal.
#[derive(Clone, Debug, Model)]
#[model(nested, validate = renewed_by_somebody)]
struct Renewal {
    /// By whom.
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
        return Err(Failure::new("Too long", "Write hours.").at("ttl"));
    }
    Ok(())
}

fn one_target(http: &Http) -> tfplugin::Result<()> {
    if http.url.is_null() && http.host.is_null() {
        return Err(Failure::new("No target", "Give url or host."));
    }
    Ok(())
}

fn renewed_by_somebody(renewal: &Renewal) -> Result<(), std::fmt::Error> {
    if renewal.by.is_null() {
        Err(std::fmt::Error)
    } else {
        Ok(())
    }
}

#[test]
fn the_schema_of_a_whole_model_is_what_its_struct_says() {
    let schema = Stack::schema();
    assert_eq!(schema.check(), Ok(()));
    assert_eq!(
        shown(&schema),
        r#"version 3, deprecated: use jiti_lease
"A stack, leased for a while.\n\nIt ends by itself:\n    * at expiry"
name: String, Required, [RequiresReplace], 2 validators: "The name. A change replaces it."
ttl: String, OptionalComputed, default String("8h"), [RequiresReplaceIf]: "How long it lives."
type: Number, OptionalComputed, [KeepPrior]: "How many."
final: String, Optional, sensitive, write-only, deprecated: use a role: "A secret."
created_at: String, Computed, [KeepPrior]: "When it was made."
preflight: Single, Optional: "Before it is registered."
  http: List, Required, 1 validators: "Requests."
    url: String, Optional, 1 validators: "Where to."
    host: String, Optional: "Or where to."
extra: Number, OptionalComputed, default Number(Number(-1)): "Extra hours, by day."
renewal: List block of 0 to 2: "Who renews it."
  by: String, Optional: "By whom."
"#
    );
}

fn shown(schema: &Schema) -> String {
    let mut text = format!("version {}", schema.version);
    if let Some(instead) = &schema.block.deprecated {
        let _ = write!(text, ", deprecated: {instead}");
    }
    let _ = writeln!(text, "\n{:?}", schema.block.description);
    block(&mut text, &schema.block, "");
    text
}

fn block(text: &mut String, inside: &Block, indent: &str) {
    attributes(text, &inside.attributes, indent);
    for nested in &inside.blocks {
        let _ = writeln!(
            text,
            "{indent}{}: {:?} block of {} to {}: {:?}",
            nested.name,
            nested.nesting,
            nested.min_items,
            nested.max_items,
            nested.block.description
        );
        block(text, &nested.block, &format!("{indent}  "));
    }
}

fn attributes(text: &mut String, all: &[Attribute], indent: &str) {
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
            attributes(text, inner, &format!("{indent}  "));
        }
    }
}

#[test]
fn a_place_leads_to_its_attribute() {
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
fn a_model_encodes_to_its_schemas_type() {
    let tfplugin::Type::Object(types) = Stack::block().implied_type() else {
        panic!("a block is an object");
    };
    let encoded = stack([]).encode();
    let entries = encoded.as_map().expect("a model is an object");
    assert!(entries.keys().eq(types.keys()));
}

fn stack(values: impl IntoIterator<Item = (&'static str, Dynamic)>) -> Stack {
    Stack::decode(Dynamic::object(values), &Path::root()).expect("it fits")
}

/// What the validators say of a configuration, one line each.
fn said(values: impl IntoIterator<Item = (&'static str, Dynamic)>) -> Vec<String> {
    let said = Stack::block().validate(&Dynamic::object(values));
    said.iter().map(ToString::to_string).collect()
}

#[test]
fn validators_speak_of_known_values_at_their_place() {
    assert_eq!(said([("name", "checkout".into())]), [""; 0]);
    assert_eq!(said([("name", Dynamic::unknown())]), [""; 0]);
    assert_eq!(
        said([("name", "".into())]),
        ["name: Invalid value for name: It is empty."]
    );
    assert_eq!(
        said([("name", "a b".into())]),
        [r#"name: Invalid value for name: "a b" has spaces."#]
    );
}

#[test]
fn nested_models_and_blocks_are_validated_each_at_its_own_place() {
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
        said([("preflight", preflight), ("renewal", renewal)]),
        [
            "preflight.http[2]: No target: Give url or host.",
            "preflight.http[1].url: Invalid value for url: It is empty.",
            "renewal[1]: an error occurred when formatting an argument",
        ]
    );
}

#[test]
fn a_model_is_validated_as_a_whole_and_points_at_its_fields() {
    assert_eq!(
        said([("ttl", "3d".into())]),
        ["ttl: Too long: Write hours."]
    );
}

#[test]
fn a_replacement_is_decided_from_both_typed_values() {
    let block = Stack::block();
    let ttl = block.attribute("ttl").expect("it is there");
    let [Modifier::RequiresReplaceIf(decides)] = &ttl.modifiers[..] else {
        panic!("ttl has this one modifier");
    };
    assert!(decides(&"100h".into(), &"8h".into()));
    assert!(!decides(&"8h".into(), &"100h".into()));
    assert!(
        decides(&true.into(), &"8h".into()),
        "a prior value that no longer fits"
    );
}

/// A provider's configuration may use the words that are reserved in resources, and the reverse.
#[derive(Debug, Model)]
#[model(provider, description = "Other words.")]
struct Config {
    /// How many.
    #[attribute(optional)]
    count: Value<u8>,
}

#[test]
fn what_is_reserved_depends_on_where_a_model_stands() {
    assert_eq!(Config::block().description, "Other words.");
    assert_eq!(Config::schema().check_provider(), Ok(()));
    assert!(Config::schema().check().is_err());
    let mode = Config::block().attribute("count").map(|a| a.mode);
    assert_eq!(mode, Some(Mode::Optional));
}
