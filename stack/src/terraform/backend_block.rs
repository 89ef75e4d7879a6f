//! What a root module writes about its backend, read without Terraform: the rest of a partial
//! configuration comes from `-backend-config`.

use std::collections::BTreeSet;
use std::iter::Peekable;
use std::path::Path;
use std::str::Chars;

use serde_json::Value;

/// The backend block of a root module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct BackendBlock {
    /// The type of the backend; `cloud` for a `cloud` block.
    pub(crate) kind: String,
    /// The names of the arguments and blocks in it.
    pub(crate) written: BTreeSet<String>,
}

impl BackendBlock {
    /// Reads the block from the files of a root module; `None` if it has none. If several files
    /// have one, because a later file overrides it, the names of all of them count.
    pub(crate) fn of_root(directory: &Path) -> Option<Self> {
        let mut files: Vec<_> = std::fs::read_dir(directory)
            .ok()?
            .flatten()
            .map(|entry| entry.path())
            .collect();
        files.sort();
        let mut found: Option<Self> = None;
        for file in files {
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            let ends = |endings: [&str; 2]| endings.iter().any(|ending| name.ends_with(ending));
            let (is_text, is_json) = (ends([".tf", ".tofu"]), ends([".tf.json", ".tofu.json"]));
            if !is_text && !is_json {
                continue;
            }
            let Ok(text) = crate::regular_file::read_to_string(&file) else {
                continue;
            };
            let block = match is_json {
                true => Self::of_json(&text),
                false => Self::of_text(&text),
            };
            found = match (found, block) {
                (Some(mut before), Some(block)) => {
                    before.kind = block.kind;
                    before.written.extend(block.written);
                    Some(before)
                }
                (before, block) => before.or(block),
            };
        }
        found
    }

    /// `terraform { backend "TYPE" { NAME = … } }`
    fn of_text(text: &str) -> Option<Self> {
        let tokens = tokens(text);
        let mut found: Option<Self> = None;
        // The names of the open blocks; empty for other braces.
        let mut open: Vec<String> = Vec::new();
        for (at, token) in tokens.iter().enumerate() {
            match token {
                Token::Open => {
                    let header = header(&tokens[..at]);
                    if open == ["terraform"] {
                        let kind = match header.as_slice() {
                            [word, kind] if word == "backend" => Some(kind.clone()),
                            [word] if word == "cloud" => Some("cloud".to_owned()),
                            _ => None,
                        };
                        if let Some(kind) = kind {
                            found.get_or_insert_default().kind = kind;
                            open.push("backend".to_owned());
                            continue;
                        }
                    }
                    if open == ["terraform", "backend"]
                        && let ([name], Some(block)) = (header.as_slice(), &mut found)
                    {
                        block.written.insert(name.clone());
                    }
                    let name = match header.as_slice() {
                        [word] if word == "terraform" && open.is_empty() => word.clone(),
                        _ => String::new(),
                    };
                    open.push(name);
                }
                Token::Close => {
                    open.pop();
                }
                Token::Equals if open == ["terraform", "backend"] => {
                    if let (Some(Token::Word(name)), Some(block)) =
                        (at.checked_sub(1).map(|at| &tokens[at]), &mut found)
                    {
                        block.written.insert(name.clone());
                    }
                }
                _ => {}
            }
        }
        found
    }

    /// `{"terraform": {"backend": {"TYPE": {"NAME": …}}}}`, where a block may be in a list.
    fn of_json(text: &str) -> Option<Self> {
        let file: Value = serde_json::from_str(text).ok()?;
        let mut found: Option<Self> = None;
        for terraform in items(file.get("terraform")?) {
            for cloud in terraform.get("cloud").into_iter().flat_map(items) {
                let block = found.get_or_insert_default();
                block.kind = "cloud".to_owned();
                block.written.extend(names(cloud));
            }
            for backend in terraform.get("backend").into_iter().flat_map(items) {
                for (kind, body) in backend.as_object().into_iter().flatten() {
                    let block = found.get_or_insert_default();
                    block.kind.clone_from(kind);
                    block.written.extend(items(body).iter().flat_map(names));
                }
            }
        }
        found
    }
}

fn items(value: &Value) -> &[Value] {
    match value {
        Value::Array(items) => items,
        other => std::slice::from_ref(other),
    }
}

fn names(value: &Value) -> Vec<String> {
    let fields = value.as_object().into_iter().flatten();
    fields.map(|(name, _)| name.clone()).collect()
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    Text(String),
    Open,
    Close,
    Equals,
    Line,
    Other,
}

/// The words and texts in front of a brace, on its line.
fn header(before: &[Token]) -> Vec<String> {
    let words = before.iter().rev().map_while(|token| match token {
        Token::Word(text) | Token::Text(text) => Some(text.clone()),
        _ => None,
    });
    let mut words: Vec<_> = words.collect();
    words.reverse();
    words
}

/// The tokens of HCL, as far as they matter here: without comments and the contents of heredocs.
fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '#' => skip_line(&mut chars, &mut tokens),
            '/' if chars.peek() == Some(&'/') => skip_line(&mut chars, &mut tokens),
            '/' if chars.peek() == Some(&'*') => skip_comment(&mut chars),
            '"' => tokens.push(Token::Text(quoted(&mut chars))),
            '<' if chars.peek() == Some(&'<') => {
                chars.next();
                skip_heredoc(&mut chars);
                tokens.push(Token::Other);
            }
            '{' => tokens.push(Token::Open),
            '}' => tokens.push(Token::Close),
            '\n' => tokens.push(Token::Line),
            '=' => match chars.peek() {
                Some('=' | '>') => {
                    chars.next();
                    tokens.push(Token::Other);
                }
                _ => tokens.push(Token::Equals),
            },
            c if is_word(c) => {
                let mut word = String::from(c);
                while let Some(c) = chars.next_if(|c| is_word(*c)) {
                    word.push(c);
                }
                tokens.push(Token::Word(word));
            }
            c if c.is_whitespace() => {}
            _ => tokens.push(Token::Other),
        }
    }
    tokens
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '-'
}

fn skip_line(chars: &mut Peekable<Chars<'_>>, tokens: &mut Vec<Token>) {
    for c in chars.by_ref() {
        if c == '\n' {
            tokens.push(Token::Line);
            return;
        }
    }
}

fn skip_comment(chars: &mut Peekable<Chars<'_>>) {
    let mut before = ' ';
    chars.next();
    for c in chars.by_ref() {
        if before == '*' && c == '/' {
            return;
        }
        before = c;
    }
}

/// The text up to the closing quote. A template in it may contain quotes and braces.
fn quoted(chars: &mut Peekable<Chars<'_>>) -> String {
    let mut text = String::new();
    while let Some(c) = chars.next() {
        match c {
            '"' => return text,
            '\\' => text.extend(chars.next()),
            '$' | '%' if chars.peek() == Some(&'{') => {
                chars.next();
                skip_template(chars);
            }
            c => text.push(c),
        }
    }
    text
}

fn skip_template(chars: &mut Peekable<Chars<'_>>) {
    let mut depth = 1;
    while let Some(c) = chars.next() {
        match c {
            '"' => {
                quoted(chars);
            }
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return;
        }
    }
}

/// Skips `<<EOF` or `<<-EOF` up to the line that is its marker.
fn skip_heredoc(chars: &mut Peekable<Chars<'_>>) {
    let line = |chars: &mut Peekable<Chars<'_>>| -> Option<String> {
        chars.peek()?;
        Some(chars.by_ref().take_while(|c| *c != '\n').collect())
    };
    let marker = line(chars).unwrap_or_default();
    let marker = marker.trim().trim_start_matches('-').to_owned();
    while let Some(line) = line(chars) {
        if line.trim() == marker {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(files: &[(&str, &str)]) -> Option<(String, Vec<String>)> {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(dir.path().join(name), text).unwrap();
        }
        let found = BackendBlock::of_root(dir.path())?;
        Some((found.kind, found.written.into_iter().collect()))
    }

    fn expected(kind: &str, written: &[&str]) -> Option<(String, Vec<String>)> {
        let written = written.iter().map(|name| (*name).to_owned());
        Some((kind.to_owned(), written.collect()))
    }

    /// The block's type and the names that it writes are found, whatever stands around them.
    #[test]
    fn the_written_names_are_found() {
        let text = r#"
locals {
  text = "terraform { backend \"gcs\" { bucket = \"x\" } ${jsonencode({ a = "}" })}"
  doc  = <<-EOF
    terraform { backend "gcs" { prefix = 1 } }
    EOF
}
# terraform { backend "gcs" {} }
/* backend "gcs" { } */
terraform {
  required_version = ">= 1.5" // backend = 1
  required_providers { jiti = { source = "jiti-dev/jiti" } }
  backend "s3" {
    bucket = "states"
    assume_role = { role_arn = "x" }
    endpoints { s3 = "x" }
  }
}
resource "x" "y" { key = 1 }
"#;
        assert_eq!(
            block(&[("main.tf", text)]),
            expected("s3", &["assume_role", "bucket", "endpoints"])
        );
        assert_eq!(
            block(&[("main.tf", "terraform {\n backend \"http\" {}\n}")]),
            expected("http", &[])
        );
        let cloud =
            "terraform {\n cloud {\n organization = \"a\"\n workspaces { name = \"b\" }\n }\n}";
        assert_eq!(
            block(&[("main.tofu", cloud)]),
            expected("cloud", &["organization", "workspaces"])
        );
    }

    /// A block in JSON counts, and so do the names of a file that overrides another.
    #[test]
    fn json_and_overrides_count() {
        let json = r#"{"terraform": [{"backend": {"s3": [{"key": "k"}]}}]}"#;
        assert_eq!(block(&[("a.tf.json", json)]), expected("s3", &["key"]));
        let text = "terraform {\n backend \"s3\" {\n bucket = \"b\"\n }\n}";
        assert_eq!(
            block(&[("a.tf", text), ("a_override.tf.json", json)]),
            expected("s3", &["bucket", "key"])
        );
    }

    /// A root module without a block has none.
    #[test]
    fn a_root_without_a_block_has_none() {
        for files in [
            vec![],
            vec![(
                "main.tf",
                "backend \"s3\" {}\nmodule \"terraform\" { x = 1 }",
            )],
            vec![("notes.txt", "terraform { backend \"s3\" {} }")],
            vec![("main.tf.json", "{}"), ("x.tf", "\"")],
        ] {
            assert_eq!(block(&files), None, "{files:?}");
        }
    }
}
