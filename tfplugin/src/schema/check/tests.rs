//! A violation of each rule of the check.

use super::*;
use crate::diag::Diagnostic;
use crate::schema::Validator;

/// Asserts that the schema has exactly one problem, with this path and message.
fn assert_problem(schema: &Schema, path: &str, problem: &str) {
    let problems = schema.check().unwrap_err();
    let texts: Vec<_> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(texts.len(), 1, "{texts:?}");
    assert!(texts[0].starts_with(&format!("{path}: ")), "{texts:?}");
    assert!(texts[0].contains(problem), "{texts:?}");
}

fn schema(attributes: impl IntoIterator<Item = Attribute>) -> Schema {
    let attributes = attributes.into_iter().collect();
    Schema {
        version: 0,
        block: Block {
            attributes,
            ..Block::default()
        },
    }
}

fn text(name: &str, mode: Mode) -> Attribute {
    Attribute::new(name, Type::String, mode)
}

fn nested(name: &str, nesting: Nesting, attributes: Vec<Attribute>) -> Attribute {
    let shape = Shape::Nested {
        nesting,
        attributes,
    };
    Attribute::new(name, shape, Mode::Optional)
}

#[test]
fn an_ordinary_schema_has_no_problems() {
    let mut kept = text("id", Mode::Computed);
    kept.modifiers = vec![Modifier::KeepPrior];
    let mut default = text("renew_on", Mode::OptionalComputed);
    default.default = Some(Dynamic::String("version".into()));
    let url = text("url", Mode::Required);
    let ordinary = schema([kept, default, nested("http", Nesting::List, vec![url])]);
    assert_eq!(ordinary.check(), Ok(()));
}

#[test]
fn reserved_names_are_problems_only_at_the_top_level() {
    let count = || text("count", Mode::Optional);
    assert_problem(&schema([count()]), "count", "Terraform reserves this name");
    assert_eq!(schema([count()]).check_provider(), Ok(()));
    assert_eq!(
        schema([nested("a", Nesting::Single, vec![count()])]).check(),
        Ok(())
    );
    let alias = schema([text("alias", Mode::Optional)]);
    assert_eq!(alias.check(), Ok(()));
    assert!(alias.check_provider().is_err());
}

#[test]
fn names_must_be_valid_and_unique() {
    assert_problem(&schema([text("Name", Mode::Optional)]), "Name", "a-z");
    assert_problem(&schema([text("2nd", Mode::Optional)]), "2nd", "digit");
    let mut duplicate = schema([text("rule", Mode::Optional)]);
    duplicate
        .block
        .blocks
        .push(block("rule", Nesting::List, 0, 0));
    assert_problem(&duplicate, "rule", "same name");
}

fn block(name: &str, nesting: Nesting, min_items: i64, max_items: i64) -> NestedBlock {
    NestedBlock {
        name: name.into(),
        nesting,
        min_items,
        max_items,
        block: Block::default(),
    }
}

#[test]
fn block_limits_must_be_valid_for_core() {
    for (nesting, min, max, valid) in [
        (Nesting::Single, 0, 0, true),
        (Nesting::Single, 1, 1, true),
        (Nesting::Single, 0, 1, false),
        (Nesting::Single, 2, 2, false),
        (Nesting::Group, 0, 0, true),
        (Nesting::Group, 1, 1, false),
        (Nesting::Map, 0, 3, false),
        (Nesting::List, 2, 0, true),
        (Nesting::List, 3, 2, false),
        (Nesting::Set, -1, 0, false),
    ] {
        let mut schema = Schema::default();
        schema.block.blocks.push(block("rule", nesting, min, max));
        let result = schema.check();
        assert_eq!(result.is_ok(), valid, "{nesting:?} {min} {max}: {result:?}");
    }
}

#[test]
fn a_default_must_be_known_and_optional_and_computed() {
    let with = |mode, default| {
        let mut attribute = text("ttl", mode);
        attribute.default = Some(default);
        schema([attribute])
    };
    let text = || Dynamic::String("8h".into());
    assert_problem(
        &with(Mode::Optional, text()),
        "ttl",
        "optional and computed",
    );
    let mode = Mode::OptionalComputed;
    assert_problem(&with(mode, Dynamic::Bool(true)), "ttl", "type");
    assert_problem(&with(mode, Dynamic::Unknown(None)), "ttl", "known");
    assert_problem(&with(mode, Dynamic::Null), "ttl", "null");
}

#[test]
fn write_only_attributes_are_not_computed_and_not_in_sets() {
    let write_only = |mode| {
        let mut attribute = text("token", mode);
        attribute.write_only = true;
        attribute
    };
    assert_problem(
        &schema([write_only(Mode::Computed)]),
        "token",
        "cannot be computed",
    );
    let in_set = nested("keys", Nesting::Set, vec![write_only(Mode::Optional)]);
    assert_problem(&schema([in_set]), "keys.token", "set");
    let mut outer = nested("key", Nesting::Single, vec![text("id", Mode::Optional)]);
    outer.write_only = true;
    assert_problem(&schema([outer]), "key.id", "must be write-only");
}

#[test]
fn modifiers_must_fit_their_attributes() {
    let with = |mode, modifier| {
        let mut attribute = text("name", mode);
        attribute.modifiers = vec![modifier];
        attribute
    };
    let keep = with(Mode::Required, Modifier::KeepPrior);
    assert_problem(&schema([keep]), "name", "only a computed attribute");
    let replace = || with(Mode::Required, Modifier::RequiresReplace);
    assert_eq!(schema([replace()]).check(), Ok(()));
    let computed = with(Mode::Computed, Modifier::RequiresReplace);
    assert_problem(&schema([computed]), "name", "only the provider");
    let in_set = nested("rules", Nesting::Set, vec![replace()]);
    assert_problem(&schema([in_set]), "rules.name", "no address");
}

#[test]
fn dynamic_values_cannot_be_in_collections() {
    let any = || Attribute::new("any", Type::Dynamic, Mode::Optional);
    assert_eq!(schema([any()]).check(), Ok(()));
    let single = nested("one", Nesting::Single, vec![any()]);
    assert_eq!(schema([single]).check(), Ok(()));
    let listed = nested("many", Nesting::List, vec![any()]);
    assert_problem(&schema([listed]), "many.any", "dynamic values");
    let list = Type::List(Box::new(Type::Dynamic));
    let list = Attribute::new("list", list, Mode::Optional);
    assert_problem(&schema([list]), "list", "dynamic values");
    let mut inside = block("rule", Nesting::List, 0, 0);
    inside.block.attributes = vec![any()];
    let mut schema = Schema::default();
    schema.block.blocks = vec![inside];
    assert_problem(&schema, "rule.any", "dynamic values");
}

#[test]
fn only_blocks_can_be_groups() {
    let group = nested("g", Nesting::Group, vec![]);
    assert_problem(&schema([group]), "g", "only blocks");
}

#[test]
fn a_default_that_a_validator_refuses_is_a_problem() {
    let mut size = text("size", Mode::OptionalComputed);
    size.default = Some(Dynamic::String("huge".into()));
    size.validators = vec![Validator::new(|_, path| {
        vec![Diagnostic::error("Invalid value", "Use `small`.").at(path.clone())]
    })];
    let problem = "a validator refuses the default: Use `small`.";
    assert_problem(&schema([size]), "size", problem);
}
