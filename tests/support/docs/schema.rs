//! The section of a page that lists attributes, and the sections of nested attributes below it.

use std::fmt::Write;

use serde_json::{Map, Value};

use super::{object, text};

const WRITE_ONLY: &str =
    "https://developer.hashicorp.com/terraform/language/resources/ephemeral#write-only-arguments";

/// The groups of attributes, in the order of the page.
const GROUPS: [&str; 3] = ["Required", "Optional", "Read-Only"];

/// The attributes of a block, and those nested in them.
pub(super) fn schema_section(block: &Value) -> String {
    assert!(
        object(&block["block_types"]).is_empty(),
        "the generator knows no nested blocks"
    );
    let mut page = "## Schema\n\n".to_owned();
    attributes(&mut page, object(&block["attributes"]), &[]);
    page.trim_end().to_owned() + "\n"
}

/// The attributes of an identity.
pub(super) fn identity_section(identity: &Value) -> String {
    let mut page = "### Identity Schema\n\n".to_owned();
    for (heading, flag) in [
        ("Required", "required_for_import"),
        ("Optional", "optional_for_import"),
    ] {
        let chosen = object(&identity["attributes"]).iter();
        let chosen: Vec<_> = chosen.filter(|(_, it)| it[flag] == true).collect();
        if !chosen.is_empty() {
            let _ = write!(page, "#### {heading}\n\n");
        }
        for (name, attribute) in chosen {
            let ty = title_of_type(&attribute["type"]);
            let description = text(&attribute["description"]);
            let _ = writeln!(
                page,
                "{}",
                format!("- `{name}` ({ty}) {description}").trim_end()
            );
        }
        page.push('\n');
    }
    page.trim_end().to_owned() + "\n"
}

/// Attributes by group, each group followed by an empty line, then what is nested in them.
fn attributes(page: &mut String, attributes: &Map<String, Value>, path: &[&str]) {
    let mut nested = Vec::new();
    for group in GROUPS {
        let in_group = |(_, attribute): &(&String, &Value)| group_of(attribute) == group;
        let chosen: Vec<_> = attributes.iter().filter(in_group).collect();
        if chosen.is_empty() {
            continue;
        }
        let _ = match path.is_empty() {
            true => write!(page, "### {group}\n\n"),
            false => write!(page, "{group}:\n\n"),
        };
        if path.is_empty() && chosen.iter().any(|(_, it)| it["write_only"] == true) {
            let _ = write!(
                page,
                "> **NOTE**: [Write-only arguments]({WRITE_ONLY}) are supported in Terraform 1.11 \
                 and later.\n\n"
            );
        }
        for (name, attribute) in chosen {
            let description = text(&attribute["description"]);
            let line = format!("- `{name}` ({}) {description}", shape(attribute));
            page.push_str(line.trim_end());
            if attribute["nested_type"].is_object() {
                let path = [path, &[name.as_str()]].concat();
                let _ = write!(page, " (see [below for nested schema](#{}))", anchor(&path));
                nested.push((path, object(&attribute["nested_type"]["attributes"])));
            }
            page.push('\n');
        }
        page.push('\n');
    }
    for (path, inner) in nested {
        let _ = write!(
            page,
            "<a id=\"{}\"></a>\n### Nested Schema for `{}`\n\n",
            anchor(&path),
            path.join(".")
        );
        self::attributes(page, inner, &path);
        page.push('\n');
    }
}

fn group_of(attribute: &Value) -> &'static str {
    match attribute {
        _ if attribute["required"] == true => "Required",
        _ if attribute["optional"] == true => "Optional",
        _ => "Read-Only",
    }
}

fn anchor(path: &[&str]) -> String {
    format!("nestedatt--{}", path.join("--"))
}

/// The type of an attribute and what is special about it: `String, Sensitive`.
fn shape(attribute: &Value) -> String {
    let nested = &attribute["nested_type"];
    let mut shape = match text(&nested["nesting_mode"]) {
        "" => title_of_type(&attribute["type"]),
        "single" => "Attributes".to_owned(),
        mode => format!("Attributes {}{}", mode[..1].to_uppercase(), &mode[1..]),
    };
    for (label, limit) in [("Min", "min_items"), ("Max", "max_items")] {
        if let Some(items) = nested[limit].as_u64().filter(|items| *items > 0) {
            let _ = write!(shape, ", {label}: {items}");
        }
    }
    for (label, flag) in [("Sensitive", "sensitive"), ("Deprecated", "deprecated")] {
        if attribute[flag] == true {
            let _ = write!(shape, ", {label}");
        }
    }
    if attribute["write_only"] == true {
        let _ = write!(shape, ", [Write-only]({WRITE_ONLY})");
    }
    shape
}

/// A type in a list of attributes: `String`, `List of Boolean`.
pub(super) fn title_of_type(ty: &Value) -> String {
    match ty {
        Value::Array(parts) if matches!(text(&parts[0]), "list" | "set" | "map") => {
            let kind = text(&parts[0]);
            let inner = title_of_type(&parts[1]);
            format!("{}{} of {inner}", kind[..1].to_uppercase(), &kind[1..])
        }
        Value::String(name) => match name.as_str() {
            "string" => "String".to_owned(),
            "bool" => "Boolean".to_owned(),
            "number" => "Number".to_owned(),
            "dynamic" => "Dynamic".to_owned(),
            other => panic!("the generator knows no type {other}"),
        },
        other => panic!("the generator knows no type {other}"),
    }
}

/// A type in a function's signature: `string`, `map of number`.
pub(super) fn type_name(ty: &Value) -> String {
    match ty {
        Value::Array(parts) => format!("{} of {}", text(&parts[0]), type_name(&parts[1])),
        ty => text(ty).to_owned(),
    }
}
