//! Findings that the configuration ignores: `name_kept`, or `public_endpoint aws_lb.web`.

use globset::{Glob, GlobMatcher};

use crate::finding::CheckReport;

/// An entry that is no rule with a pattern.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is neither a rule nor a rule and a pattern on addresses")]
pub struct InvalidIgnore(String);

/// What to ignore.
#[derive(Clone, Debug, Default)]
pub struct IgnoreList(Vec<(String, GlobMatcher)>);

impl IgnoreList {
    /// Parses the entries.
    ///
    /// # Errors
    /// [`InvalidIgnore`] for the first entry that cannot be used.
    pub fn parse(entries: &[String]) -> Result<Self, InvalidIgnore> {
        let parsed = entries.iter().map(|entry| {
            let mut words = entry.split_whitespace();
            let (rule, pattern) = (words.next(), words.next().unwrap_or("*"));
            let glob = Glob::new(pattern).ok().filter(|_| words.next().is_none());
            rule.zip(glob)
                .map(|(rule, glob)| (rule.to_owned(), glob.compile_matcher()))
                .ok_or_else(|| InvalidIgnore(entry.clone()))
        });
        parsed.collect::<Result<_, _>>().map(Self)
    }

    /// Removes what is ignored from a report, and counts it.
    pub fn apply(&self, report: &mut CheckReport) {
        let before = report.findings.len();
        report
            .findings
            .retain(|finding| !self.covers(&finding.rule, &finding.address));
        report
            .undecided
            .retain(|open| !self.covers(&open.rule, &open.address));
        report.ignored += before - report.findings.len();
    }

    fn covers(&self, rule: &str, address: &str) -> bool {
        // The brackets of an address are no pattern: they are matched as they are.
        let is_match = |glob: &GlobMatcher| glob.is_match(address) || glob.glob().glob() == address;
        self.0
            .iter()
            .any(|(ignored, glob)| ignored == rule && is_match(glob))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::{Finding, Severity};

    fn left(entries: &[&str]) -> (Vec<String>, usize) {
        let finding = |rule: &str, address: &str| Finding {
            stack: None,
            address: address.to_owned(),
            rule: rule.to_owned(),
            severity: Severity::Error,
            attribute: None,
            why: String::new(),
            fix: None,
        };
        let mut report = CheckReport {
            findings: vec![
                finding("name_kept", "aws_sqs_queue.a"),
                finding("public_endpoint", "aws_lb.web"),
                finding("public_endpoint", "module.a.aws_lb.web[0]"),
            ],
            ..CheckReport::default()
        };
        let entries: Vec<String> = entries.iter().map(|entry| (*entry).to_owned()).collect();
        IgnoreList::parse(&entries).unwrap().apply(&mut report);
        let left = report.findings.into_iter().map(|finding| finding.address);
        (left.collect(), report.ignored)
    }

    /// An entry ignores a rule everywhere, or at the addresses that a pattern matches.
    #[test]
    fn rules_are_ignored_by_address() {
        assert_eq!(left(&[]).1, 0);
        assert_eq!(left(&["name_kept"]).1, 1);
        assert_eq!(left(&["public_endpoint aws_lb.*"]).0.len(), 2);
        assert_eq!(left(&["public_endpoint module.a.aws_lb.web[0]"]).1, 1);
        assert_eq!(left(&["unencrypted"]).1, 0);
    }

    /// What is no entry is refused.
    #[test]
    fn nonsense_is_refused() {
        for entry in ["", "a b c", "name_kept [z-a]"] {
            assert!(IgnoreList::parse(&[entry.to_owned()]).is_err(), "{entry}");
        }
    }
}
