//! The pages that the Terraform Registry reads, generated from the provider's schema and the
//! examples.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use serde_json::{Map, Value};

/// Every generated page: its path below `docs/`, and its text.
pub fn pages(schema: &Value, examples: &Path) -> BTreeMap<String, String> {
    let mut pages = BTreeMap::new();
    pages.insert("index.md".to_owned(), index(schema, examples));
    for kind in KINDS {
        for (name, entry) in object(&schema[kind.schemas]) {
            let example = examples.join(kind.folder).join(name);
            let short = name.strip_prefix("jiti_").unwrap_or(name);
            let identity = &schema["resource_identity_schemas"][name];
            let text = block_page(name, kind, &entry["block"], identity, &example);
            pages.insert(format!("{}/{short}.md", kind.folder), text);
        }
    }
    for (name, function) in object(&schema["functions"]) {
        let example = examples.join("functions").join(name);
        pages.insert(
            format!("functions/{name}.md"),
            function_page(name, function, &example),
        );
    }
    pages
}

/// What has a page with attributes.
struct Kind {
    /// The key of `terraform providers schema -json`.
    schemas: &'static str,
    /// The folder of the pages and of the examples.
    folder: &'static str,
    /// The file with the example.
    file: &'static str,
    title: &'static str,
}

const KINDS: &[Kind] = &[
    Kind {
        schemas: "resource_schemas",
        folder: "resources",
        file: "resource.tf",
        title: "Resource",
    },
    Kind {
        schemas: "data_source_schemas",
        folder: "data-sources",
        file: "data-source.tf",
        title: "Data Source",
    },
    Kind {
        schemas: "list_resource_schemas",
        folder: "list-resources",
        file: "list-resource.tfquery.hcl",
        title: "List Resource",
    },
];

fn index(schema: &Value, examples: &Path) -> String {
    let block = &schema["provider"]["block"];
    let mut page = front("jiti Provider", first_sentence(text(&block["description"])));
    let _ = write!(
        page,
        "# jiti Provider\n\n{}\n\n",
        text(&block["description"])
    );
    example(
        &mut page,
        &examples.join("provider/provider.tf"),
        "terraform",
    );
    schema_section(&mut page, block);
    page
}

fn block_page(name: &str, kind: &Kind, block: &Value, identity: &Value, folder: &Path) -> String {
    let what = kind.title;
    let mut page = front(
        &format!("{name} {what}"),
        first_sentence(text(&block["description"])),
    );
    let _ = write!(
        page,
        "# {name} ({what})\n\n{}\n\n",
        text(&block["description"])
    );
    example(&mut page, &folder.join(kind.file), "terraform");
    schema_section(&mut page, block);
    if kind.folder == "resources" {
        import_section(&mut page, identity, folder);
    }
    page
}

fn import_section(page: &mut String, identity: &Value, folder: &Path) {
    let by_identity = std::fs::read_to_string(folder.join("import-by-identity.tf"));
    let by_id = std::fs::read_to_string(folder.join("import.sh"));
    if by_identity.is_ok() || by_id.is_ok() {
        page.push_str("\n## Import\n");
    }
    if let Ok(command) = by_id {
        let _ = write!(page, "\n```shell\n{command}```\n");
    }
    if let Ok(block) = by_identity {
        let _ = write!(
            page,
            "\nFrom Terraform 1.12 on, an `import` block can use the identity:\n\n\
             ```terraform\n{block}```\n\n### Identity Schema\n\n"
        );
        for (name, attribute) in object(&identity["attributes"]) {
            let optional = if attribute["required_for_import"] == true {
                ""
            } else {
                ", Optional"
            };
            let _ = writeln!(
                page,
                "- `{name}` ({}{optional}) {}",
                title(&type_name(&attribute["type"])),
                one_line(text(&attribute["description"]))
            );
        }
    }
}

fn function_page(name: &str, function: &Value, folder: &Path) -> String {
    let mut page = front(&format!("{name} function"), text(&function["summary"]));
    let _ = write!(
        page,
        "# function: {name}\n\n{}\n\n",
        text(&function["description"])
    );
    example(&mut page, &folder.join("function.tf"), "terraform");
    let parameters: Vec<&Value> = function["parameters"]
        .as_array()
        .map(|list| list.iter().collect())
        .unwrap_or_default();
    let signature: Vec<String> = parameters
        .iter()
        .map(|parameter| {
            format!(
                "{} {}",
                text(&parameter["name"]),
                type_name(&parameter["type"])
            )
        })
        .collect();
    let returns = type_name(&function["return_type"]);
    let _ = write!(
        page,
        "## Signature\n\n```text\n{name}({}) {returns}\n```\n",
        signature.join(", ")
    );
    page.push_str("\n## Arguments\n\n");
    for (place, parameter) in parameters.iter().enumerate() {
        let nullable = if parameter["is_nullable"] == true {
            ", Nullable"
        } else {
            ""
        };
        let _ = writeln!(
            page,
            "{}. `{}` ({}{nullable}) {}",
            place + 1,
            text(&parameter["name"]),
            title(&type_name(&parameter["type"])),
            one_line(text(&parameter["description"]))
        );
    }
    page
}

fn front(title: &str, description: &str) -> String {
    format!(
        "---\npage_title: \"{title} - jiti\"\nsubcategory: \"\"\ndescription: |-\n  {}\n---\n\n\
         <!-- Made by `make docs` from the provider's schema and examples/; changes here are lost. -->\n\n",
        one_line(description)
    )
}

fn example(page: &mut String, file: &Path, language: &str) {
    if let Ok(text) = std::fs::read_to_string(file) {
        let _ = write!(page, "## Example Usage\n\n```{language}\n{text}```\n\n");
    }
}

fn schema_section(page: &mut String, block: &Value) {
    page.push_str("## Schema\n");
    let mut nested = Vec::new();
    attributes(page, object(&block["attributes"]), "", &mut nested);
    while !nested.is_empty() {
        let (path, inner) = nested.remove(0);
        let anchor = path.replace('.', "--");
        let _ = write!(
            page,
            "\n<a id=\"nestedatt--{anchor}\"></a>\n### Nested Schema for `{path}`\n"
        );
        attributes(page, &inner, &path, &mut nested);
    }
}

fn attributes(
    page: &mut String,
    attributes: &Map<String, Value>,
    below: &str,
    nested: &mut Vec<(String, Map<String, Value>)>,
) {
    for (heading, wanted) in [
        ("Required", "required"),
        ("Optional", "optional"),
        ("Read-Only", ""),
    ] {
        let chosen: Vec<_> = attributes
            .iter()
            .filter(|(_, attribute)| match wanted {
                "" => attribute["required"] != true && attribute["optional"] != true,
                flag => attribute[flag] == true,
            })
            .collect();
        if chosen.is_empty() {
            continue;
        }
        let hashes = if below.is_empty() { "\n### " } else { "\n" };
        let _ = write!(
            page,
            "{hashes}{heading}{}\n\n",
            if below.is_empty() { "" } else { ":" }
        );
        for (name, attribute) in chosen {
            let shape = if attribute["nested_type"].is_object() {
                format!(
                    "Attributes {}",
                    title(text(&attribute["nested_type"]["nesting_mode"]))
                )
            } else {
                title(&type_name(&attribute["type"]))
            };
            let _ = write!(
                page,
                "- `{name}` ({shape}) {}",
                one_line(text(&attribute["description"]))
            );
            if attribute["nested_type"].is_object() {
                let path = if below.is_empty() {
                    name.clone()
                } else {
                    format!("{below}.{name}")
                };
                let anchor = path.replace('.', "--");
                let _ = write!(
                    page,
                    " (see [below for nested schema](#nestedatt--{anchor}))"
                );
                nested.push((
                    path,
                    object(&attribute["nested_type"]["attributes"]).clone(),
                ));
            }
            page.push('\n');
        }
    }
}

/// `string`, `list of string`, `map of number`, as the Registry writes types.
fn type_name(ty: &Value) -> String {
    match ty {
        Value::String(name) => name.clone(),
        Value::Array(parts) => {
            let inner = parts.get(1).map(type_name).unwrap_or_default();
            format!("{} of {inner}", parts.first().map(text).unwrap_or_default())
        }
        _ => "object".to_owned(),
    }
}

fn title(text: &str) -> String {
    text.split(' ')
        .map(|word| match word {
            "of" => word.to_owned(),
            _ => word[..1].to_uppercase() + &word[1..],
        })
        .collect::<Vec<_>>()
        .join(" ")
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn first_sentence(text: &str) -> &str {
    text.split("\n\n").next().unwrap_or_default()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn object(value: &Value) -> &Map<String, Value> {
    static EMPTY: std::sync::LazyLock<Map<String, Value>> = std::sync::LazyLock::new(Map::new);
    value.as_object().unwrap_or(&EMPTY)
}
