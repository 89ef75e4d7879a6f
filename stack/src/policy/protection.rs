//! Protected stacks, by patterns on their name or app.

use globset::{Glob, GlobSet, GlobSetBuilder};

use super::Policy;
use crate::values::id::{AppName, StackName};

/// The longest pattern, in bytes. The time to compile a pattern grows with its length, and each
/// reader of the policy compiles it.
const MAX_PATTERN_BYTES: usize = 1_024;

/// Compiles a pattern of names or apps.
///
/// # Errors
/// If the pattern is invalid or too long.
pub(crate) fn compile_pattern(pattern: &str) -> Result<Glob, String> {
    if pattern.len() > MAX_PATTERN_BYTES {
        return Err(format!(
            "the pattern is longer than {MAX_PATTERN_BYTES} bytes"
        ));
    }
    Glob::new(pattern).map_err(|error| error.to_string())
}

/// The compiled `protected` patterns of a policy.
#[derive(Clone, Debug, Default)]
pub struct Protection {
    patterns: GlobSet,
    /// Set by an invalid pattern, which protects everything: otherwise, a typing error would delete
    /// what the user meant to keep.
    everything: bool,
}

impl Protection {
    /// Compiles the patterns of a policy.
    #[must_use]
    pub fn new(policy: &Policy) -> Self {
        let mut patterns = GlobSetBuilder::new();
        let mut everything = false;
        for pattern in &policy.protected {
            match compile_pattern(pattern) {
                Ok(glob) => {
                    patterns.add(glob);
                }
                Err(_) => everything = true,
            }
        }
        match patterns.build() {
            Ok(patterns) => Self {
                patterns,
                everything,
            },
            Err(_) => Self {
                patterns: GlobSet::empty(),
                everything: true,
            },
        }
    }

    /// Whether a stack is protected.
    #[must_use]
    pub fn covers(&self, name: &StackName, app: &AppName) -> bool {
        self.everything
            || self.patterns.is_match(name.as_str())
            || self.patterns.is_match(app.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covers(pattern: &str, name: &str, app: &str) -> bool {
        let policy = Policy {
            protected: vec![pattern.to_owned()],
            ..Policy::default()
        };
        let (name, app) = (StackName::new(name), AppName::new(app));
        Protection::new(&policy).covers(&name.expect("legal"), &app.expect("legal"))
    }

    /// A pattern matches the name or the app, and slashes are ordinary characters.
    #[test]
    fn a_pattern_fits_name_or_app() {
        assert!(covers("prod-*", "prod-7", "checkout"));
        assert!(covers("checkout", "x", "checkout"));
        assert!(covers("prod-*", "prod-a/b", "x"));
        assert!(!covers("prod-*", "preprod-7", "checkout"));
    }

    /// An invalid pattern protects everything.
    #[test]
    fn a_broken_pattern_protects_everything() {
        assert!(covers("[", "a", "b"));
        assert!(covers(&"pro".repeat(400), "a", "b"));
    }
}
