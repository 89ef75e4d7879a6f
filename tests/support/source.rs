//! The source files of the workspace, as the tests of its architecture read them.

use std::path::{Path, PathBuf};

/// A Rust source file.
pub struct SourceFile {
    /// Its path below the project's folder: `stack/src/clock.rs`.
    pub name: String,
    text: String,
}

/// The project's folder.
pub fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// Every Rust file below these folders of the project, without generated code.
pub fn files(folders: &[&str]) -> Vec<SourceFile> {
    let mut paths = Vec::new();
    for folder in folders {
        collect(&project().join(folder), &mut paths);
    }
    paths.sort();
    let generated = project().join("tfplugin/src/proto");
    let written = paths.iter().filter(|path| !path.starts_with(&generated));
    written.map(|path| SourceFile::read(path)).collect()
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap();
        if path.is_dir() && name != "target" {
            collect(&path, paths);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            paths.push(path);
        }
    }
}

impl SourceFile {
    pub fn new(name: &str, text: String) -> Self {
        let name = name.to_owned();
        Self { name, text }
    }

    fn read(path: &Path) -> Self {
        let name = path.strip_prefix(project()).unwrap();
        let text = std::fs::read_to_string(path).unwrap();
        Self::new(name.to_str().unwrap(), text)
    }

    /// Whether the whole file is test code.
    pub fn is_test(&self) -> bool {
        let test = |part: &str| part == "tests" || part == "tests.rs" || part.starts_with("test_");
        self.name.split('/').any(test)
    }

    /// The lines with their numbers.
    pub fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text
            .lines()
            .enumerate()
            .map(|(at, line)| (at + 1, line))
    }

    /// The lines of shipped code with their numbers, without comments. What follows the first test
    /// module of a file is test code.
    pub fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let shipped = self.text.split("#[cfg(test)]\nmod ").next().unwrap();
        let lines = shipped.lines().enumerate();
        lines.map(|(at, line)| (at + 1, line.split("//").next().unwrap()))
    }

    /// The names of the types and traits that the file's code makes visible outside its module.
    pub fn public_types(&self) -> Vec<&str> {
        let kinds = ["struct ", "enum ", "union ", "trait ", "type "];
        let lines = self.code().filter_map(|(_, line)| {
            let line = line.trim_start().strip_prefix("pub")?;
            let item = match line.strip_prefix('(') {
                Some(scope) => scope.split_once(')')?.1,
                None => line,
            };
            let item = item.strip_prefix(' ')?;
            kinds.iter().find_map(|kind| item.strip_prefix(kind))
        });
        let name = |rest: &'_ str| rest.find(|c: char| !c.is_alphanumeric() && c != '_');
        lines
            .map(|rest| &rest[..name(rest).unwrap_or(rest.len())])
            .collect()
    }

    /// The paths that the code imports, from the root of its package: `service::teardown::Plan`.
    pub fn imports(&self) -> Vec<String> {
        let code: Vec<&str> = self.code().map(|(_, line)| line.trim()).collect();
        let code = code.join(" ");
        let statements = code.split(';').filter_map(|statement| {
            let start = statement.rfind("use ")?;
            Some(statement[start + "use ".len()..].replace(' ', ""))
        });
        let module = self.module();
        statements
            .flat_map(|tree| expand(&tree))
            .filter_map(|path| absolute(&module, &path))
            .collect()
    }

    /// The module of the file: `["service", "teardown"]` for `src/service/teardown.rs`.
    fn module(&self) -> Vec<&str> {
        let inside = self
            .name
            .split_once("src/")
            .map_or("", |(_, inside)| inside);
        let inside = inside.trim_end_matches(".rs");
        let parts = inside.split('/');
        parts
            .filter(|part| !["lib", "main", "mod"].contains(part))
            .collect()
    }
}

/// The single paths of a tree of imports: `a::{b, c::d}` is `a::b` and `a::c::d`.
fn expand(tree: &str) -> Vec<String> {
    let Some(open) = tree.find('{') else {
        return vec![tree.to_owned()];
    };
    let (prefix, rest) = tree.split_at(open);
    let inside = &rest[1..rest.rfind('}').unwrap_or(rest.len())];
    let (mut parts, mut depth, mut start) = (Vec::new(), 0, 0);
    for (at, character) in inside.char_indices() {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&inside[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&inside[start..]);
    let parts = parts.into_iter().filter(|part| !part.is_empty());
    parts
        .flat_map(|part| expand(&format!("{prefix}{part}")))
        .collect()
}

/// A path from the root of the package; `None` where it leads to another package.
fn absolute(module: &[&str], path: &str) -> Option<String> {
    if let Some(path) = path.strip_prefix("crate::") {
        return Some(path.to_owned());
    }
    let mut up = 0;
    let mut rest = path.strip_prefix("self::").unwrap_or(path);
    while let Some(after) = rest.strip_prefix("super::") {
        up += 1;
        rest = after;
    }
    let relative = up > 0 || path.starts_with("self::");
    let parent = module.get(..module.len().checked_sub(up)?)?;
    relative.then(|| [parent, &[rest]].concat().join("::"))
}
