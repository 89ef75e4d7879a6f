//! The pages that the Terraform Registry reads, generated from the provider's schema and the
//! examples. Apart from comments they are what HashiCorp's `tfplugindocs` generates.

mod schema;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use schema::{identity_section, schema_section, title_of_type, type_name};

/// A kind of things that a provider has, each with a page.
struct Kind {
    /// The key in the output of `terraform providers schema -json`.
    key: &'static str,
    /// The folder of its pages and of its examples.
    folder: &'static str,
    /// What its pages call it.
    title: &'static str,
    /// The beginning and the end of the names of its example files.
    example: (&'static str, &'static str),
}

const KINDS: [Kind; 5] = [
    Kind {
        key: "resource_schemas",
        folder: "resources",
        title: "Resource",
        example: ("resource", ".tf"),
    },
    Kind {
        key: "data_source_schemas",
        folder: "data-sources",
        title: "Data Source",
        example: ("data-source", ".tf"),
    },
    Kind {
        key: "ephemeral_resource_schemas",
        folder: "ephemeral-resources",
        title: "Ephemeral Resource",
        example: ("ephemeral-resource", ".tf"),
    },
    Kind {
        key: "list_resource_schemas",
        folder: "list-resources",
        title: "List Resource",
        example: ("list-resource", ".tfquery.hcl"),
    },
    Kind {
        key: "action_schemas",
        folder: "actions",
        title: "Action",
        example: ("action", ".tf"),
    },
];

/// Every generated page: its path below `docs/`, and its text.
///
/// `schema` is one provider of the output of `terraform providers schema -json`. A kind that the
/// Terraform which printed it does not know has no pages.
pub fn pages(schema: &Value, examples: &Path) -> BTreeMap<String, String> {
    let mut pages = BTreeMap::new();
    pages.insert("index.md".to_owned(), index(schema, examples));
    for kind in &KINDS {
        for (name, entry) in object(&schema[kind.key]) {
            let short = name.strip_prefix("jiti_").unwrap_or(name);
            let identity = match kind.folder {
                "resources" => &schema["resource_identity_schemas"][name],
                _ => &Value::Null,
            };
            let folder = examples.join(kind.folder).join(name);
            let text = block_page(kind, name, &entry["block"], identity, &folder);
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

/// The folders that hold only generated pages.
pub fn folders() -> impl Iterator<Item = &'static str> {
    let kinds = KINDS.iter().map(|kind| kind.folder);
    kinds.chain(["functions"])
}

fn index(schema: &Value, examples: &Path) -> String {
    let block = &schema["provider"]["block"];
    let description = text(&block["description"]);
    let mut page = format!(
        "---\n{MADE_BY}\npage_title: \"jiti Provider\"\ndescription: |-\n{}\n---\n\n\
         # jiti Provider\n\n{description}\n\n",
        plain(description)
    );
    usage(
        &mut page,
        &example_files(&examples.join("provider"), "provider", ".tf"),
    );
    page.push_str(&schema_section(block));
    page
}

fn block_page(kind: &Kind, name: &str, block: &Value, identity: &Value, folder: &Path) -> String {
    let description = text(&block["description"]);
    let title = kind.title;
    let mut page = front(&format!("{name} {title}"), description);
    let _ = write!(page, "# {name} ({title})\n\n{description}\n\n");
    let (begin, end) = kind.example;
    usage(&mut page, &example_files(folder, begin, end));
    page.push_str(&schema_section(block));
    imports(&mut page, identity, folder);
    page
}

/// The ways to import a resource that have an example: by identity, by id, and by a command.
fn imports(page: &mut String, identity: &Value, folder: &Path) {
    const BLOCK: &str =
        "[`import` block](https://developer.hashicorp.com/terraform/language/import)";
    let file = |name: &str| Some(folder.join(name)).filter(|path| path.exists());
    // A module with an import block can only be a root module, so the example has its own folder.
    let by_identity = file("import-by-identity.tf").or_else(|| file("import/by-identity.tf"));
    let by_id = file("import-by-string-id.tf");
    let command = file("import.sh");
    if by_identity.is_none() && by_id.is_none() && command.is_none() {
        return;
    }
    page.push_str("\n## Import\n\nImport is supported using the following syntax:\n");
    if let Some(path) = by_identity.filter(|_| identity.is_object()) {
        let _ = write!(
            page,
            "\nIn Terraform v1.12.0 and later, the {BLOCK} can be used with the `identity` \
             attribute, for example:\n\n{}\n\n{}",
            code("terraform", &path),
            identity_section(identity)
        );
    }
    if let Some(path) = by_id {
        let _ = write!(
            page,
            "\nIn Terraform v1.5.0 and later, the {BLOCK} can be used with the `id` attribute, \
             for example:\n\n{}\n",
            code("terraform", &path)
        );
    }
    if let Some(path) = command {
        let _ = write!(
            page,
            "\nThe [`terraform import` command]\
             (https://developer.hashicorp.com/terraform/cli/commands/import) can be used, for \
             example:\n\n{}\n",
            code("shell", &path)
        );
    }
}

fn function_page(name: &str, function: &Value, folder: &Path) -> String {
    let mut page = front(&format!("{name} function"), text(&function["summary"]));
    let _ = write!(
        page,
        "# function: {name}\n\n{}\n\n",
        text(&function["description"])
    );
    usage(&mut page, &example_files(folder, "function", ".tf"));
    let parameters: Vec<&Value> = function["parameters"]
        .as_array()
        .map(|list| list.iter().collect())
        .unwrap_or_default();
    let signature: Vec<String> = parameters
        .iter()
        .map(|parameter| {
            let ty = type_name(&parameter["type"]);
            format!("{} {ty}", text(&parameter["name"]))
        })
        .collect();
    let returns = type_name(&function["return_type"]);
    assert!(
        function["variadic_parameter"].is_null(),
        "{name}: the generator knows no variadic parameter"
    );
    let _ = write!(
        page,
        "## Signature\n\n```text\n{name}({}) {returns}\n```\n\n## Arguments\n\n",
        signature.join(", ")
    );
    for parameter in parameters {
        let nullable = match parameter["is_nullable"] == true {
            true => ", Nullable",
            false => "",
        };
        let ty = title_of_type(&parameter["type"]);
        let description = text(&parameter["description"]);
        // Markdown counts for itself.
        let _ = writeln!(
            page,
            "1. `{}` ({ty}{nullable}) {description}",
            text(&parameter["name"])
        );
    }
    page
}

const MADE_BY: &str =
    "# Made by `make docs` from the provider's schema and examples/; changes here are lost.";

fn front(title: &str, description: &str) -> String {
    format!(
        "---\n{MADE_BY}\npage_title: \"{title} - jiti\"\nsubcategory: \"\"\ndescription: |-\n{}\n---\n\n",
        plain(description)
    )
}

/// The text without Markdown, indented for the front matter. Descriptions use only code spans.
fn plain(description: &str) -> String {
    let text = description.replace('`', "");
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    let lines: Vec<String> = lines.map(|line| format!("  {}", line.trim())).collect();
    lines.join("\n")
}

/// The example files of a folder, sorted.
fn example_files(folder: &Path, begin: &str, end: &str) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| {
        let name = path.file_name().unwrap().to_str().unwrap();
        name.starts_with(begin) && name.ends_with(end)
    });
    files.sort();
    files
}

fn usage(page: &mut String, files: &[PathBuf]) {
    if !files.is_empty() {
        page.push_str("## Example Usage\n\n");
    }
    for file in files {
        let _ = write!(page, "{}\n\n", code("terraform", file));
    }
}

fn code(language: &str, file: &Path) -> String {
    let text = std::fs::read_to_string(file).unwrap();
    format!("```{language}\n{}\n```", text.trim())
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default().trim()
}

fn object(value: &Value) -> &Map<String, Value> {
    static EMPTY: std::sync::LazyLock<Map<String, Value>> = std::sync::LazyLock::new(Map::new);
    value.as_object().unwrap_or(&EMPTY)
}
