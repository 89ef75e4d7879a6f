//! Each rule of the check, broken alone.

use super::*;

/// Whether the only problem is at this place and says this.
fn refuses(schema: &Schema, place: &str, problem: &str) {
    let problems = schema.check().unwrap_err();
    let texts: Vec<_> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(texts.len(), 1, "{texts:?}");
    assert!(texts[0].starts_with(&format!("{place}: ")), "{texts:?}");
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
fn reserved_words_are_refused_at_the_top_and_nowhere_else() {
    let count = || text("count", Mode::Optional);
    refuses(&schema([count()]), "count", "Terraform's own");
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
fn names_are_words_that_terraform_can_parse_and_unique_among_attributes_and_blocks() {
    refuses(&schema([text("Name", Mode::Optional)]), "Name", "a-z");
    refuses(&schema([text("2nd", Mode::Optional)]), "2nd", "digit");
    let mut twice = schema([text("rule", Mode::Optional)]);
    twice.block.blocks.push(block("rule", Nesting::List, 0, 0));
    refuses(&twice, "rule", "two of this name");
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
fn the_limits_of_blocks_are_those_that_core_allows() {
    for (nesting, min, max, right) in [
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
        let answer = schema.check();
        assert_eq!(answer.is_ok(), right, "{nesting:?} {min} {max}: {answer:?}");
    }
}

#[test]
fn a_default_is_a_known_value_of_an_optional_and_computed_attribute() {
    let with = |mode, default| {
        let mut attribute = text("ttl", mode);
        attribute.default = Some(default);
        schema([attribute])
    };
    let text = || Dynamic::String("8h".into());
    refuses(
        &with(Mode::Optional, text()),
        "ttl",
        "optional and computed",
    );
    let mode = Mode::OptionalComputed;
    refuses(&with(mode, Dynamic::Bool(true)), "ttl", "type");
    refuses(&with(mode, Dynamic::Unknown(None)), "ttl", "known");
    refuses(&with(mode, Dynamic::Null), "ttl", "null");
}

#[test]
fn write_only_is_never_computed_never_in_a_set_and_goes_all_the_way_down() {
    let write_only = |mode| {
        let mut attribute = text("token", mode);
        attribute.write_only = true;
        attribute
    };
    refuses(
        &schema([write_only(Mode::Computed)]),
        "token",
        "never computed",
    );
    let in_set = nested("keys", Nesting::Set, vec![write_only(Mode::Optional)]);
    refuses(&schema([in_set]), "keys.token", "set");
    let mut outer = nested("key", Nesting::Single, vec![text("id", Mode::Optional)]);
    outer.write_only = true;
    refuses(&schema([outer]), "key.id", "everything");
}

#[test]
fn modifiers_stand_where_they_can_work() {
    let with = |mode, modifier| {
        let mut attribute = text("name", mode);
        attribute.modifiers = vec![modifier];
        attribute
    };
    let keep = with(Mode::Required, Modifier::KeepPrior);
    refuses(&schema([keep]), "name", "only a computed value");
    let replace = || with(Mode::Required, Modifier::RequiresReplace);
    assert_eq!(schema([replace()]).check(), Ok(()));
    let computed = with(Mode::Computed, Modifier::RequiresReplace);
    refuses(&schema([computed]), "name", "only the provider");
    let in_set = nested("rules", Nesting::Set, vec![replace()]);
    refuses(&schema([in_set]), "rules.name", "no address");
}

#[test]
fn a_dynamic_value_stands_alone_or_in_a_single_object() {
    let any = || Attribute::new("any", Type::Dynamic, Mode::Optional);
    assert_eq!(schema([any()]).check(), Ok(()));
    let single = nested("one", Nesting::Single, vec![any()]);
    assert_eq!(schema([single]).check(), Ok(()));
    let listed = nested("many", Nesting::List, vec![any()]);
    refuses(&schema([listed]), "many.any", "any type");
    let list = Type::List(Box::new(Type::Dynamic));
    let list = Attribute::new("list", list, Mode::Optional);
    refuses(&schema([list]), "list", "any type");
    let mut inside = block("rule", Nesting::List, 0, 0);
    inside.block.attributes = vec![any()];
    let mut schema = Schema::default();
    schema.block.blocks = vec![inside];
    refuses(&schema, "rule.any", "any type");
}

#[test]
fn group_nesting_is_for_blocks() {
    let group = nested("g", Nesting::Group, vec![]);
    refuses(&schema([group]), "g", "for blocks");
}
