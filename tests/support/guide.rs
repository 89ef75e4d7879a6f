//! The code blocks of a guide, and what comments before a block say about it.

use std::path::Path;

/// A code block of a Markdown file.
#[derive(Debug, PartialEq, Eq)]
pub struct CodeBlock {
    /// The line of its first line of code, counted from 1.
    pub line: usize,
    /// `sh`, `toml`, …; empty without one.
    pub language: String,
    pub text: String,
    pub marks: Vec<Mark>,
}

/// A comment before a code block. Readers do not see it.
#[derive(Debug, PartialEq, Eq)]
pub enum Mark {
    /// `<!-- not run: REASON -->`: the test does not run this block.
    NotRun(String),
    /// `<!-- exits: 3 -->`: the block ends with this exit code.
    Exits(i32),
    /// `<!-- answers: y -->`: the block runs in a terminal and asks, and this is the answer.
    Answers(String),
    /// `<!-- file: main.tf -->`: the test writes the block to this file.
    File(String),
}

impl CodeBlock {
    /// The reason why the test does not run this block.
    pub fn not_run(&self) -> Option<&str> {
        self.marks.iter().find_map(|mark| match mark {
            Mark::NotRun(reason) => Some(reason.as_str()),
            _ => None,
        })
    }

    /// The exit code that the block must have.
    pub fn exit_code(&self) -> i32 {
        let mut marks = self.marks.iter();
        let code = marks.find_map(|mark| match mark {
            Mark::Exits(code) => Some(*code),
            _ => None,
        });
        code.unwrap_or(0)
    }

    /// The answer to what the block asks.
    pub fn answer(&self) -> Option<&str> {
        self.marks.iter().find_map(|mark| match mark {
            Mark::Answers(answer) => Some(answer.as_str()),
            _ => None,
        })
    }

    /// The file that the block is.
    pub fn file(&self) -> Option<&str> {
        self.marks.iter().find_map(|mark| match mark {
            Mark::File(name) => Some(name.as_str()),
            _ => None,
        })
    }
}

/// Reads the code blocks of a file.
///
/// # Panics
/// If the file cannot be read, a comment before a block begins like a mark and is none, or a block
/// does not end.
pub fn code_blocks(path: &Path) -> Vec<CodeBlock> {
    blocks_of(&std::fs::read_to_string(path).unwrap())
}

fn blocks_of(text: &str) -> Vec<CodeBlock> {
    let mut blocks = Vec::new();
    let mut marks = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((at, line)) = lines.next() {
        // Blocks in lists are indented.
        let indent = line.len() - line.trim_start().len();
        let line = line.trim();
        let comment = line
            .strip_prefix("<!--")
            .and_then(|it| it.strip_suffix("-->"));
        if let Some(comment) = comment {
            marks.extend(mark(comment.trim()));
        } else if let Some(language) = line.strip_prefix("```") {
            let mut code = String::new();
            loop {
                let (_, line) = lines.next().expect("a code block does not end");
                if line.trim() == "```" {
                    break;
                }
                code += line.get(indent..).unwrap_or_default();
                code.push('\n');
            }
            blocks.push(CodeBlock {
                line: at + 2,
                language: language.to_owned(),
                text: code,
                marks: std::mem::take(&mut marks),
            });
        } else if !line.is_empty() {
            assert_eq!(marks, [], "line {}: no code block follows", at + 1);
        }
    }
    blocks
}

/// What a comment says about the next block; `None` if it says something else.
fn mark(comment: &str) -> Option<Mark> {
    let (kind, value) = comment.split_once(": ")?;
    let value = value.to_owned();
    match kind {
        "not run" => Some(Mark::NotRun(value)),
        "exits" => Some(Mark::Exits(value.parse().unwrap())),
        "answers" => Some(Mark::Answers(value)),
        "file" => Some(Mark::File(value)),
        _ => None,
    }
}
