//! A reader for the XML in services' answers.

/// An element with its text and its children.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Element {
    pub name: String,
    pub text: String,
    pub children: Vec<Element>,
}

impl Element {
    /// Parses a document and returns its root. Attributes, comments and declarations are ignored.
    pub fn parse(text: &str) -> Self {
        let mut open = vec![Self::default()];
        let mut rest = text;
        while let Some(at) = rest.find('<') {
            let (before, tag) = rest.split_at(at);
            open.last_mut().unwrap().text.push_str(before.trim());
            let Some(end) = tag.find('>') else { break };
            let (inside, after) = (&tag[1..end], &tag[end + 1..]);
            rest = after;
            if inside.starts_with(['?', '!']) {
                continue;
            }
            if inside.starts_with('/') {
                if open.len() > 1 {
                    let done = open.pop().unwrap();
                    open.last_mut().unwrap().children.push(done);
                }
                continue;
            }
            let name = inside.split([' ', '/', '\n']).next().unwrap_or_default();
            let element = Self {
                name: name.to_owned(),
                ..Self::default()
            };
            if inside.ends_with('/') {
                open.last_mut().unwrap().children.push(element);
            } else {
                open.push(element);
            }
        }
        let root = open.swap_remove(0);
        root.children.into_iter().next().unwrap_or_default()
    }

    /// The elements at the end of a path of names that begins anywhere below this element.
    pub fn all(&self, path: &str) -> Vec<&Self> {
        let (first, rest) = path.split_once('/').unwrap_or((path, ""));
        let mut found = Vec::new();
        for child in &self.children {
            if child.name == first {
                if rest.is_empty() {
                    found.push(child);
                } else {
                    found.extend(child.at(rest));
                }
            }
            found.extend(child.all(path));
        }
        found
    }

    /// The elements at the end of a path that begins at this element's children.
    fn at(&self, path: &str) -> Vec<&Self> {
        let (first, rest) = path.split_once('/').unwrap_or((path, ""));
        let children = self.children.iter().filter(|child| child.name == first);
        if rest.is_empty() {
            return children.collect();
        }
        children.flat_map(|child| child.at(rest)).collect()
    }

    /// The text of the first element at the end of a path; empty if there is none.
    pub fn first(&self, path: &str) -> &str {
        self.all(path)
            .first()
            .map_or("", |element| element.text.as_str())
    }
}
