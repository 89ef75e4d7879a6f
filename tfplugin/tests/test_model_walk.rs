//! Walking a value beside its schema.

use tfplugin::schema::{Beside, Spot};
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
    /// Without order.
    #[attribute(optional)]
    loose: Value<std::collections::BTreeSet<Server>>,
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
        ("loose", Dynamic::List(servers.to_vec())),
        ("volume", Dynamic::list([servers[0].clone()])),
        ("rule", Dynamic::List(servers.to_vec())),
    ])
}

#[test]
fn every_attribute_is_visited_outer_before_inner_and_a_set_hides_its_elements_addresses() {
    let mut visited = Vec::new();
    Group::block().walk(
        &group(&[server("a", "1")]),
        &mut |path, attribute, value| {
            let shown = value.as_str().unwrap_or("…");
            visited.push(format!("{path} {} {shown}", attribute.name));
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
            "loose loose …",
            "loose host a",
            "loose id 1",
            "volume[0].host host a",
            "volume[0].id id 1",
            "rule host a",
            "rule id 1",
        ]
    );
}

#[test]
fn what_a_null_or_unknown_object_would_hold_is_not_visited() {
    for hole in [Dynamic::Null, Dynamic::unknown()] {
        let mut paths = Vec::new();
        let value = Dynamic::object([("listed", hole.clone()), ("volume", hole)]);
        Group::block().walk(&value, &mut |path, _, _| paths.push(path.to_string()));
        assert_eq!(paths, ["name", "listed", "named", "loose"]);
    }
}

#[test]
fn a_change_is_what_is_visited_next_and_nothing_is_missing_afterwards() {
    let mut value = Dynamic::object([("name", "g")]);
    let mut hosts = Vec::new();
    Group::block().walk_mut(
        &mut value,
        &mut |path, attribute, value| match attribute.name.as_str() {
            "listed" => *value = Dynamic::list([Dynamic::object([("host", "new")])]),
            "host" => hosts.push(path.to_string()),
            "id" => *value = "made".into(),
            _ => {}
        },
    );
    assert_eq!(hosts, ["listed[0].host"]);
    let id = Path::new("listed").index(0).attribute("id");
    assert_eq!(value.get(&id), Some(&"made".into()));
    assert_eq!(value.get(&Path::new("named")), Some(&Dynamic::Null));
}

/// The places where a computed id is walked, with what the configuration's host and the prior
/// state's id are there.
fn ids(planned: &Dynamic, config: &Dynamic, prior: &Dynamic) -> Vec<String> {
    let mut planned = planned.clone();
    let mut seen = Vec::new();
    let mut host = String::new();
    let beside = Beside { config, prior };
    let visit = &mut |spot: Spot<'_>, value: &mut Dynamic, beside: Beside<'_>| {
        let text = |value: &Dynamic| value.as_str().unwrap_or("none").to_owned();
        match spot.attribute.name.as_str() {
            "host" => host = format!("{}/{}", text(value), text(beside.config)),
            "id" => seen.push(format!("{} {host} {}", spot.path, text(beside.prior))),
            _ => {}
        }
    };
    Group::block().walk_together(&mut planned, beside, visit);
    seen
}

#[test]
fn lists_correspond_by_index_maps_by_key_and_sets_by_what_is_configured() {
    let config = group(&[server("a", Dynamic::Null), server("b", Dynamic::Null)]);
    // Core sorts sets by value, so the same elements may stand in another order.
    let prior = group(&[server("b", "2"), server("a", "1")]);
    let planned = group(&[server("a", "1"), server("b", "2")]);
    assert_eq!(
        ids(&planned, &config, &prior),
        [
            "listed[0].id a/a 2",
            "listed[1].id b/b 1",
            r#"named["k"].id a/a 2"#,
            "loose a/a 1",
            "loose b/b 2",
            "volume[0].id a/a 2",
            "rule a/a 1",
            "rule b/b 2",
        ]
    );
}

#[test]
fn a_new_element_of_a_set_has_no_prior_and_one_that_nobody_configured_has_no_configuration() {
    let only = |servers: &[Dynamic]| Dynamic::object([("rule", Dynamic::List(servers.to_vec()))]);
    let config = only(&[server("a", Dynamic::Null), server("new", Dynamic::Null)]);
    let prior = only(&[server("a", "1"), server("made up", "7")]);
    let planned = only(&[
        server("made up", "7"),
        server("new", Dynamic::unknown()),
        server("a", "1"),
    ]);
    assert_eq!(
        ids(&planned, &config, &prior),
        ["rule made up/none 7", "rule new/new none", "rule a/a 1"]
    );
}
