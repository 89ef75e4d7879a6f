//! A strict check of HTML: every tag is closed and in a place where it may be, every attribute is
//! known, every link leads to a part of the same page, and nothing is loaded from outside.
//!
//! It accepts only what jiti's pages use. A page that passes is valid HTML5 without scripts.

use std::collections::{BTreeMap, BTreeSet};

/// Elements without content.
const VOID: [&str; 2] = ["meta", "input"];

/// Elements that are closed in their own tag, inside an image.
const SHAPES: [&str; 3] = ["rect", "line", "circle"];

/// Each element with the parents in which it may be.
const PARENTS: [(&str, &[&str]); 43] = [
    ("html", &[]),
    ("head", &["html"]),
    ("body", &["html"]),
    ("meta", &["head"]),
    ("title", &["head", "svg", "a"]),
    ("style", &["head"]),
    ("main", &["body"]),
    ("header", &["main"]),
    ("nav", &["main"]),
    ("section", &["main"]),
    ("h1", &["header"]),
    ("h2", &["section"]),
    ("p", &["header", "section", "figure"]),
    ("ul", &["nav"]),
    ("li", &["ul"]),
    ("dl", &["main", "details"]),
    ("div", &["dl", "section"]),
    ("dt", &["div"]),
    ("dd", &["div"]),
    ("strong", &["dd"]),
    ("span", &["dd", "p", "figcaption", "span"]),
    ("a", &["li", "dt", "figcaption", "svg"]),
    ("b", &["figcaption"]),
    ("i", &["span"]),
    ("code", &["p"]),
    ("figure", &["div"]),
    ("figcaption", &["figure"]),
    ("svg", &["figure"]),
    ("desc", &["svg"]),
    ("rect", &["svg", "a"]),
    ("line", &["svg", "a"]),
    ("circle", &["svg", "a"]),
    ("text", &["svg", "a"]),
    ("table", &["div"]),
    ("caption", &["table"]),
    ("thead", &["table"]),
    ("tbody", &["table"]),
    ("tr", &["thead", "tbody"]),
    ("th", &["tr"]),
    ("td", &["tr"]),
    ("label", &["th"]),
    ("input", &["label"]),
    ("details", &["section"]),
];

/// `summary` is apart, because it must come first.
const FIRST: [(&str, &str); 3] = [
    ("details", "summary"),
    ("table", "caption"),
    ("figure", "figcaption"),
];

/// The attributes that an element may have, besides those in [`GLOBAL`].
const ATTRIBUTES: [(&str, &[&str]); 14] = [
    ("html", &["lang"]),
    ("meta", &["charset", "name", "content"]),
    ("a", &["href", "tabindex"]),
    ("svg", &["role", "width", "height"]),
    ("rect", &["x", "y", "width", "height"]),
    ("line", &["x1", "y1", "x2", "y2"]),
    ("circle", &["cx", "cy", "r"]),
    ("text", &["x", "y", "text-anchor"]),
    ("table", &["style"]),
    ("tr", &["style"]),
    ("th", &["scope"]),
    ("input", &["type", "name", "checked"]),
    ("div", &["role", "tabindex"]),
    ("section", &[]),
];

const GLOBAL: [&str; 5] = ["id", "class", "title", "aria-label", "aria-labelledby"];

/// What an open element has contained so far.
struct OpenElement {
    name: String,
    children: Vec<String>,
}

/// A page in the making.
#[derive(Default)]
struct Checker {
    open: Vec<OpenElement>,
    ids: BTreeSet<String>,
    references: BTreeSet<String>,
    radios: BTreeMap<String, u32>,
    root_is_closed: bool,
}

/// Panics if the page is not valid, or would load something from outside.
#[track_caller]
pub(crate) fn check(page: &str) {
    let Some(rest) = page.strip_prefix("<!doctype html>\n") else {
        panic!("the page has no doctype");
    };
    assert!(
        !page.chars().any(|c| c.is_control() && c != '\n'),
        "the page has a control character"
    );
    let mut checker = Checker::default();
    let mut rest = rest;
    while !rest.is_empty() {
        rest = match rest.strip_prefix('<') {
            Some(tag) => {
                let (tag, after) = tag.split_once('>').expect("a tag ends");
                checker.tag(tag);
                if tag == "style" {
                    let (style, after) = after.split_once("</style>").expect("the style ends");
                    check_style(style);
                    checker.tag("/style");
                    after
                } else {
                    after
                }
            }
            None => {
                let end = rest.find('<').unwrap_or(rest.len());
                let (text, after) = rest.split_at(end);
                checker.text(text);
                after
            }
        };
    }
    checker.finish();
}

/// A style that loads nothing.
fn check_style(style: &str) {
    for word in [
        "url(",
        "@import",
        "@font-face",
        "image-set(",
        "http",
        "//",
        "<",
    ] {
        assert!(!style.contains(word), "the style has {word}");
    }
    let opened = style.matches('{').count();
    assert_eq!(opened, style.matches('}').count(), "the style's braces");
}

impl Checker {
    fn tag(&mut self, tag: &str) {
        if let Some(name) = tag.strip_prefix('/') {
            let open = self.open.pop();
            let open = open.unwrap_or_else(|| panic!("</{name}> closes nothing"));
            assert_eq!(open.name, name, "</{name}> closes <{}>", open.name);
            check_content(&open);
            self.root_is_closed = self.open.is_empty();
            return;
        }
        assert!(!self.root_is_closed, "<{tag}> is after the end");
        let (tag, is_closed) = match tag.strip_suffix('/') {
            Some(tag) => (tag, true),
            None => (tag, false),
        };
        let (name, attributes) = tag.split_once([' ', '\n']).unwrap_or((tag, ""));
        self.check_place(name);
        self.attributes(name, attributes);
        if let Some(parent) = self.open.last_mut() {
            parent.children.push(name.to_owned());
        }
        assert_eq!(is_closed, SHAPES.contains(&name), "<{tag}> and its slash");
        if !is_closed && !VOID.contains(&name) {
            self.open.push(OpenElement {
                name: name.to_owned(),
                children: Vec::new(),
            });
        }
    }

    fn check_place(&self, name: &str) {
        let parent = self.open.last();
        if name == "summary" {
            let is_first =
                parent.is_some_and(|open| open.name == "details" && open.children.is_empty());
            assert!(is_first, "<summary> is not first in <details>");
            return;
        }
        let known = PARENTS.iter().find(|(known, _)| *known == name);
        let (_, parents) = known.unwrap_or_else(|| panic!("<{name}> is not expected"));
        match parent {
            Some(open) => assert!(
                parents.contains(&open.name.as_str()),
                "<{name}> may not be in <{}>",
                open.name
            ),
            None => assert!(parents.is_empty(), "<{name}> needs a parent"),
        }
    }

    fn attributes(&mut self, element: &str, text: &str) {
        let mut seen = BTreeSet::new();
        let mut rest = text.trim();
        while !rest.is_empty() {
            let end = rest.find(['=', ' ', '\n']).unwrap_or(rest.len());
            let (name, after) = rest.split_at(end);
            let value;
            (value, rest) = match after.strip_prefix("=\"") {
                Some(quoted) => {
                    let (value, after) = quoted.split_once('"').expect("a quoted value");
                    check_text(value);
                    (Some(value), after.trim_start())
                }
                None => {
                    assert_eq!(name, "checked", "{name} of <{element}> has no value");
                    (None, after.trim_start())
                }
            };
            assert!(seen.insert(name.to_owned()), "<{element}> has {name} twice");
            let own = ATTRIBUTES.iter().find(|(known, _)| *known == element);
            let is_known =
                GLOBAL.contains(&name) || own.is_some_and(|(_, names)| names.contains(&name));
            assert!(is_known, "<{element}> may not have {name}");
            self.attribute(element, name, value.unwrap_or_default());
        }
        let needs = |name: &str| assert!(seen.contains(name), "<{element}> needs {name}");
        match element {
            "html" => needs("lang"),
            "a" => needs("href"),
            "svg" => needs("aria-labelledby"),
            "th" => needs("scope"),
            _ => {}
        }
        if element == "input" {
            let name = text
                .split("name=\"")
                .nth(1)
                .and_then(|name| name.split('"').next());
            let count = self.radios.entry(name.unwrap().to_owned()).or_default();
            *count += u32::from(seen.contains("checked"));
        }
    }

    fn attribute(&mut self, element: &str, name: &str, value: &str) {
        match name {
            "id" => {
                let is_id = !value.is_empty() && !value.contains(char::is_whitespace);
                assert!(is_id, "invalid id {value:?}");
                assert!(
                    self.ids.insert(value.to_owned()),
                    "the id {value} occurs twice"
                );
            }
            "href" => {
                let target = value.strip_prefix('#');
                let target = target.unwrap_or_else(|| panic!("{value} leads out of the page"));
                self.references.insert(target.to_owned());
            }
            "aria-labelledby" => {
                let ids = value.split(' ').map(str::to_owned);
                self.references.extend(ids);
            }
            "style" => {
                for one in value.split(';').filter(|one| !one.is_empty()) {
                    let (name, number) = one.split_once(':').expect("a declaration");
                    assert!(name.starts_with("--"), "<{element}> sets {name}");
                    number.parse::<u32>().expect("a number");
                }
            }
            "x" | "y" | "x1" | "x2" | "y1" | "y2" | "cx" | "cy" | "r" | "width" | "height" => {
                let number = value.strip_suffix('%').unwrap_or(value);
                let number: f64 = number.parse().expect("a number");
                assert!(number.is_finite(), "{name} of <{element}>");
            }
            "type" => assert_eq!(value, "radio"),
            "scope" => assert!(["col", "row"].contains(&value)),
            _ => {}
        }
    }

    fn text(&self, text: &str) {
        check_text(text);
        let Some(open) = self.open.last() else {
            assert!(text.trim().is_empty(), "text outside of the page: {text:?}");
            return;
        };
        let holds_elements = [
            "html", "head", "body", "main", "nav", "section", "ul", "dl", "div", "figure", "svg",
            "table", "thead", "tbody", "tr", "details",
        ];
        assert!(
            text.trim().is_empty() || !holds_elements.contains(&open.name.as_str()),
            "<{}> may not hold text: {text:?}",
            open.name
        );
    }

    fn finish(self) {
        assert!(self.open.is_empty(), "<{}> is open", self.open[0].name);
        assert!(self.root_is_closed, "the page is empty");
        for id in &self.references {
            assert!(self.ids.contains(id), "nothing has the id {id}");
        }
        for (name, checked) in self.radios {
            assert_eq!(checked, 1, "the choice of {name}");
        }
    }
}

/// Every `&` starts a reference to a character, and no `<` or `>` is in a text.
fn check_text(text: &str) {
    assert!(!text.contains(['<', '>']), "unescaped text {text:?}");
    for part in text.split('&').skip(1) {
        let reference = part.split(';').next().unwrap_or_default();
        assert!(
            ["amp", "lt", "gt", "quot", "#39"].contains(&reference),
            "unescaped & before {part:?}"
        );
    }
}

/// The children that an element must have.
fn check_content(open: &OpenElement) {
    let count = |name: &str| open.children.iter().filter(|child| *child == name).count();
    let needs = |name: &str| assert!(count(name) > 0, "<{}> has no <{name}>", open.name);
    if let Some((_, first)) = FIRST.iter().find(|(name, _)| *name == open.name) {
        assert_eq!(open.children.first().map(String::as_str), Some(*first));
    }
    match open.name.as_str() {
        "html" => assert_eq!(open.children, ["head", "body"]),
        "head" => {
            assert_eq!(open.children.first().map(String::as_str), Some("meta"));
            assert_eq!(count("title"), 1);
        }
        "body" => assert_eq!(open.children, ["main"]),
        "table" => assert_eq!(open.children, ["caption", "thead", "tbody"]),
        "tr" => needs("th"),
        "ul" => needs("li"),
        "svg" => assert_eq!(
            open.children.get(..2),
            Some(&["title".to_owned(), "desc".to_owned()][..])
        ),
        _ => {}
    }
}
