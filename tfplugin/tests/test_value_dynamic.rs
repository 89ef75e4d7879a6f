//! The methods of values, paths and types.

use tfplugin::{Dynamic, Path, Refinements, Type, Value};

fn sample() -> Dynamic {
    Dynamic::object([
        ("name", Dynamic::from("web")),
        ("ports", Dynamic::list([80, 443])),
        (
            "any",
            Dynamic::typed(Type::map(Type::Bool), Dynamic::object([("on", true)])),
        ),
    ])
}

/// `get` returns the value at a path, also inside dynamic values.
#[test]
fn get() {
    let root = Path::root();
    let value = sample();
    assert_eq!(value.get(&root), Some(&value));
    assert_eq!(
        value.get(&root.attribute("ports").index(1)),
        Some(&443.into())
    );
    assert_eq!(
        value.get(&root.attribute("any").key("on")),
        Some(&true.into())
    );
    for missing in [
        root.attribute("nothing"),
        root.attribute("ports").index(2),
        root.attribute("ports").join(tfplugin::Step::Index(-1)),
        root.attribute("ports").attribute("x"),
        root.attribute("name").index(0),
        root.index(0),
    ] {
        assert_eq!(value.get(&missing), None, "{missing}");
    }
}

/// `set` replaces or adds a value. An error has the path of the first missing part.
#[test]
fn set() {
    let root = Path::root();
    let mut value = sample();
    for path in [
        root.attribute("name"),
        root.attribute("new"),
        root.attribute("ports").index(0),
        root.attribute("any").key("off"),
    ] {
        value.set(&path, "changed").unwrap();
        assert_eq!(value.get(&path), Some(&"changed".into()), "{path}");
    }
    let failures = [
        (root.attribute("a").attribute("b"), "a"),
        (root.attribute("ports").index(2), "ports[2]"),
        (root.attribute("name").attribute("x"), "name.x"),
    ];
    for (path, missing) in failures {
        let failure = value.set(&path, 1).unwrap_err();
        assert_eq!(failure.diagnostics()[0].path.to_string(), missing);
    }
    value.set(&root, 1).unwrap();
    assert_eq!(value, 1.into());
}

/// `transform` replaces a value with one computed from it.
#[test]
fn transform() {
    let mut value = sample();
    let port = Path::new("ports").index(0);
    value
        .transform(&port, |old| Dynamic::list([old, Dynamic::Null]))
        .unwrap();
    assert_eq!(
        value.get(&port),
        Some(&Dynamic::list([80.into(), Dynamic::Null]))
    );
    assert!(value.transform(&Path::new("no"), |old| old).is_err());
}

/// `find` returns the path of a value, or of its set.
#[test]
fn find() {
    let object = Type::object([("v", Type::String)]);
    let ty = Type::object([
        ("a", Type::map(Type::list(object.clone()))),
        ("b", Type::set(object)),
        ("c", Type::Dynamic),
    ]);
    let leaf = |value| Dynamic::object([("v", value)]);
    let value = |a, b, c| {
        Dynamic::object([
            (
                "a",
                Dynamic::object([("k", Dynamic::list([leaf(Dynamic::Null), leaf(a)]))]),
            ),
            ("b", Dynamic::list([leaf(b)])),
            (
                "c",
                Dynamic::typed(Type::map(Type::Bool), Dynamic::object([("x", c)])),
            ),
        ])
    };
    let found = |value: Dynamic| {
        assert_eq!(
            value.is_wholly_known(),
            value.find(&ty, Dynamic::is_unknown).is_none()
        );
        value
            .find(&ty, Dynamic::is_unknown)
            .map(|path| path.to_string())
    };
    let unknown = Dynamic::unknown;
    assert_eq!(
        found(value(unknown(), unknown(), unknown())).unwrap(),
        "a[\"k\"][1].v"
    );
    assert_eq!(
        found(value(Dynamic::Null, unknown(), unknown())).unwrap(),
        "b"
    );
    assert_eq!(
        found(value(Dynamic::Null, Dynamic::Null, unknown())).unwrap(),
        "c[\"x\"]"
    );
    assert_eq!(
        found(value(Dynamic::Null, Dynamic::Null, Dynamic::Null)),
        None
    );
}

/// `same_as` compares numbers by value, sets without order, and unknowns without refinements.
#[test]
fn same_as() {
    let refined = || {
        Dynamic::Unknown(Some(Box::new(Refinements {
            not_null: true,
            ..Refinements::default()
        })))
    };
    let ty = Type::Tuple(vec![Type::set(Type::list(Type::Number)), Type::String]);
    let list = |numbers: &[i64]| Dynamic::list(numbers.iter().copied());
    let left = Dynamic::list([Dynamic::list([list(&[1, 2]), list(&[3])]), refined()]);
    let same = Dynamic::list([
        Dynamic::list([list(&[3]), list(&[1, 2])]),
        Dynamic::unknown(),
    ]);
    let other = Dynamic::list([
        Dynamic::list([list(&[3]), list(&[2, 1])]),
        Dynamic::unknown(),
    ]);
    assert!(left.same_as(&same, &ty) && left != same);
    assert!(!left.same_as(&other, &ty));
    assert_eq!(Dynamic::Number("1.0".parse().unwrap()), Dynamic::from(1));
}

/// A typed null is null, and a typed unknown is unknown.
#[test]
fn methods_ignore_the_type_of_a_dynamic_value() {
    assert!(Dynamic::typed(Type::Bool, Dynamic::Null).is_null());
    assert!(Dynamic::typed(Type::Bool, Dynamic::unknown()).is_unknown());
    assert_eq!(Dynamic::typed(Type::Bool, true).as_bool(), Some(true));
    assert_eq!(Dynamic::typed(Type::Bool, true).into_untyped(), true.into());
    assert_eq!(Dynamic::from(Value::<i64>::Unknown), Dynamic::unknown());
    assert_eq!(Dynamic::from(Some("a")), Dynamic::from(Value::Known("a")));
}

/// `Value` has the methods of `Option`.
#[test]
fn methods_of_values() {
    assert_eq!(Value::Null.or(Value::Known(1)), Value::Known(1));
    assert_eq!(Value::Unknown.or(Value::Known(1)), Value::Unknown);
    assert_eq!(Value::Known(2).or(Value::Known(1)), Value::Known(2));
    assert_eq!(Value::<i64>::Unknown.unwrap_or(3), 3);
    assert_eq!(Value::<String>::from("a").as_deref(), Value::Known("a"));
    assert_eq!(Value::Known(1).try_map(i8::try_from), Ok(Value::Known(1)));
    assert!(Value::Known(1000).try_map(i8::try_from).is_err());
    let path = Path::new("region");
    assert!(Value::Known(1).expect_known(&path).is_ok());
    for none in [Value::<i64>::Null, Value::Unknown] {
        let failure = none.expect_known(&path).unwrap_err();
        assert_eq!(failure.diagnostics()[0].path, path);
    }
    let mut taken = Value::Known(1);
    assert_eq!((taken.take(), taken), (Value::Known(1), Value::Null));
}

/// `Display` prints types as in HCL.
#[test]
fn types_print_as_constraints() {
    let ty = Type::list(Type::object([
        ("a", Type::Tuple(vec![Type::Bool, Type::Number])),
        ("b", Type::set(Type::map(Type::Dynamic))),
        ("c", Type::object::<&str>([])),
    ]));
    assert_eq!(
        ty.to_string(),
        "list(object({ a = tuple([bool, number]), b = set(map(any)), c = object({}) }))"
    );
    assert!(ty.has_dynamic());
}

/// Anything but exactly one type is an error.
#[test]
fn invalid_types_are_errors() {
    for json in [
        "",
        "\"text\"",
        "7",
        "null",
        "[]",
        "[\"list\"]",
        "[\"list\",\"bool\",\"bool\"]",
        "[\"tuple\",\"bool\"]",
        "[\"object\",[]]",
        "[\"object\",{\"a\":\"bool\"},[\"a\"]]",
        "[\"object\",{\"a\":\"bool\",\"a\":\"bool\"}]",
        "[\"enum\",\"bool\"]",
        "\"bool\" x",
        "[[\"list\"],\"bool\"]",
    ] {
        assert!(Type::from_json(json.as_bytes()).is_err(), "{json}");
    }
}

/// Paths have parents and prefixes.
#[test]
fn paths() {
    let path = Path::new("http").index(0).attribute("headers").key("a\"b");
    assert_eq!(path.to_string(), r#"http[0].headers["a\"b"]"#);
    let parent = path.parent().unwrap();
    assert_eq!(parent.to_string(), "http[0].headers");
    assert!(path.starts_with(&parent) && !parent.starts_with(&path));
    assert_eq!(Path::root().parent(), None);
}
