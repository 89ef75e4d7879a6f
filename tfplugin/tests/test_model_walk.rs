//! Walking a value together with its schema.

use tfplugin::schema::{AttributePosition, Counterparts};
use tfplugin::{Dynamic, Model, Path, Value};

/// A group of servers.
#[derive(Debug, Model)]
struct Group {
    /// Its name.
    #[attribute(required)]
    name: Value<String>,
    /// In order.
    #[attribute(optional)]
    listed: Value<Vec<Server>>,
    /// By name.
    #[attribute(optional)]
    named: Value<std::collections::BTreeMap<String, Server>>,
    /// Unordered.
    #[attribute(optional)]
    unordered: Value<std::collections::BTreeSet<Server>>,
    /// Volumes.
    #[block(list)]
    volume: Vec<Server>,
    #[block(set)]
    rule: Vec<Server>,
}

/// A server.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Model)]
struct Server {
    /// Its host.
    #[attribute(required)]
    host: Value<String>,
    /// Its identity.
    #[attribute(computed)]
    id: Value<String>,
}

fn server(host: &str, id: impl Into<Dynamic>) -> Dynamic {
    Dynamic::object([("host", Dynamic::from(host)), ("id", id.into())])
}

fn group(servers: &[Dynamic]) -> Dynamic {
    Dynamic::object([
        ("name", Dynamic::from("g")),
        ("listed", Dynamic::List(servers.to_vec())),
        ("named", Dynamic::object([("k", servers[0].clone())])),
        ("unordered", Dynamic::List(servers.to_vec())),
        ("volume", Dynamic::list([servers[0].clone()])),
        ("rule", Dynamic::List(servers.to_vec())),
    ])
}

#[test]
fn attributes_are_visited_outer_before_inner() {
    let mut visited = Vec::new();
    Group::block().walk(
        &group(&[server("a", "1")]),
        &mut |path, attribute, value| {
            let text = value.as_str().unwrap_or("…");
            visited.push(format!("{path} {} {text}", attribute.name));
        },
    );
    assert_eq!(
        visited,
        [
            "name name g",
            "listed listed …",
            "listed[0].host host a",
            "listed[0].id id 1",
            "named named …",
            r#"named["k"].host host a"#,
            r#"named["k"].id id 1"#,
            "unordered unordered …",
            "unordered host a",
            "unordered id 1",
            "volume[0].host host a",
            "volume[0].id id 1",
            "rule host a",
            "rule id 1",
        ]
    );
}

#[test]
fn attributes_of_null_and_unknown_objects_are_not_visited() {
    for missing in [Dynamic::Null, Dynamic::unknown()] {
        let mut paths = Vec::new();
        let value = Dynamic::object([("listed", missing.clone()), ("volume", missing)]);
        Group::block().walk(&value, &mut |path, _, _| paths.push(path.to_string()));
        assert_eq!(paths, ["name", "listed", "named", "unordered"]);
    }
}

#[test]
fn the_walk_continues_in_changed_values() {
    let mut value = Dynamic::object([("name", "g")]);
    let mut hosts = Vec::new();
    Group::block().walk_mut(
        &mut value,
        &mut |path, attribute, value| match attribute.name.as_str() {
            "listed" => *value = Dynamic::list([Dynamic::object([("host", "new")])]),
            "host" => hosts.push(path.to_string()),
            "id" => *value = "computed".into(),
            _ => {}
        },
    );
    assert_eq!(hosts, ["listed[0].host"]);
    let id = Path::new("listed").index(0).attribute("id");
    assert_eq!(value.get(&id), Some(&"computed".into()));
    assert_eq!(value.get(&Path::new("named")), Some(&Dynamic::Null));
}

/// The visited ids, each as its path, the planned and the configured host, and the prior id.
fn ids(planned: &Dynamic, config: &Dynamic, prior: &Dynamic) -> Vec<String> {
    let mut planned = planned.clone();
    let mut visited = Vec::new();
    let mut host = String::new();
    let counterparts = Counterparts { config, prior };
    let visit = &mut |position: AttributePosition<'_>,
                      value: &mut Dynamic,
                      counterparts: Counterparts<'_>| {
        let text = |value: &Dynamic| value.as_str().unwrap_or("none").to_owned();
        match position.attribute.name.as_str() {
            "host" => host = format!("{}/{}", text(value), text(counterparts.config)),
            "id" => visited.push(format!(
                "{} {host} {}",
                position.path,
                text(counterparts.prior)
            )),
            _ => {}
        }
    };
    Group::block().walk_correlated(&mut planned, counterparts, visit);
    visited
}

#[test]
fn elements_correspond_by_index_key_or_configured_values() {
    let config = group(&[server("a", Dynamic::Null), server("b", Dynamic::Null)]);
    // Core sorts sets by value, so the same elements may be in another order.
    let prior = group(&[server("b", "2"), server("a", "1")]);
    let planned = group(&[server("a", "1"), server("b", "2")]);
    assert_eq!(
        ids(&planned, &config, &prior),
        [
            "listed[0].id a/a 2",
            "listed[1].id b/b 1",
            r#"named["k"].id a/a 2"#,
            "unordered a/a 1",
            "unordered b/b 2",
            "volume[0].id a/a 2",
            "rule a/a 1",
            "rule b/b 2",
        ]
    );
}

#[test]
fn an_element_of_a_set_may_lack_a_counterpart() {
    let only = |servers: &[Dynamic]| Dynamic::object([("rule", Dynamic::List(servers.to_vec()))]);
    let config = only(&[server("a", Dynamic::Null), server("new", Dynamic::Null)]);
    let prior = only(&[server("a", "1"), server("added", "7")]);
    let planned = only(&[
        server("added", "7"),
        server("new", Dynamic::unknown()),
        server("a", "1"),
    ]);
    assert_eq!(
        ids(&planned, &config, &prior),
        ["rule added/none 7", "rule new/new none", "rule a/a 1"]
    );
}
