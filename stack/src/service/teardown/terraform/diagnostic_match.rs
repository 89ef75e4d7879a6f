//! Matches the diagnostics of a failed destroy to the resources that failed.
//!
//! Terraform ties most of them to no resource. A diagnostic belongs to the resource whose address
//! it has or names. Otherwise it belongs to the resource whose whole id it names, and if several
//! resources have that id, to the one whose type stands before it.

use std::collections::{BTreeMap, BTreeSet};

use crate::terraform::Diagnostic;

/// How many words before an id may name its type: `deleting S3 Bucket (two)`.
const TYPE_WINDOW: usize = 12;

/// A resource whose delete failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FailedResource<'a> {
    pub(super) address: &'a str,
    /// Its type, such as `aws_s3_bucket`.
    pub(super) kind: &'a str,
    /// The provider's id for it, where that is known and not secret.
    pub(super) id: Option<&'a str>,
}

/// The errors of each failed resource, and those that belong to none.
#[derive(Debug, Default)]
pub(super) struct MatchedErrors<'a> {
    pub(super) by_address: BTreeMap<&'a str, Vec<&'a Diagnostic>>,
    pub(super) unmatched: Vec<&'a Diagnostic>,
}

/// How strongly a text points to a resource; the greater, the more strongly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Evidence {
    names_address: bool,
    /// The share of the type's words that stand before the id, in thousandths.
    type_share: usize,
    /// How many of them.
    type_words: usize,
}

/// Matches the errors among the diagnostics.
pub(super) fn match_errors<'a>(
    failed: &[FailedResource<'a>],
    diagnostics: &'a [Diagnostic],
) -> MatchedErrors<'a> {
    let mut matched = MatchedErrors::default();
    for diagnostic in diagnostics.iter().filter(|one| one.is_error()) {
        let owners = owners(failed, diagnostic);
        for owner in &owners {
            let own = matched.by_address.entry(owner).or_default();
            own.push(diagnostic);
        }
        // An error of a resource that did not fail is none of the others' reasons.
        if owners.is_empty() && diagnostic.address.is_none() {
            matched.unmatched.push(diagnostic);
        }
    }
    matched
}

/// The addresses of the resources that a diagnostic belongs to: several only if nothing in it
/// distinguishes them.
fn owners<'a>(failed: &[FailedResource<'a>], diagnostic: &Diagnostic) -> Vec<&'a str> {
    if let Some(address) = &diagnostic.address {
        let own = failed.iter().filter(|one| one.address == address);
        return own.map(|one| one.address).collect();
    }
    let text = format!("{}: {}", diagnostic.summary, diagnostic.detail);
    let evidence = failed
        .iter()
        .filter_map(|one| Some((evidence(one, &text)?, one.address)));
    let evidence: Vec<_> = evidence.collect();
    let strongest = evidence.iter().map(|(evidence, _)| *evidence).max();
    let own = evidence
        .into_iter()
        .filter(|(evidence, _)| Some(*evidence) == strongest);
    own.map(|(_, address)| address).collect()
}

/// What in a text points to a resource; `None` if nothing does.
fn evidence(resource: &FailedResource<'_>, text: &str) -> Option<Evidence> {
    let names_address = !occurrences(text, resource.address).is_empty();
    let id = resource.id.filter(|id| !id.is_empty());
    let by_id = id.and_then(|id| {
        let found = occurrences(text, id).into_iter();
        found
            .map(|at| type_before(resource.kind, &text[..at]))
            .max()
    });
    if by_id.is_none() && !names_address {
        return None;
    }
    let (type_share, type_words) = by_id.unwrap_or_default();
    Some(Evidence {
        names_address,
        type_share,
        type_words,
    })
}

/// The share of a type's words among the last words of a text, in thousandths, and their number.
fn type_before(kind: &str, before: &str) -> (usize, usize) {
    let words: Vec<String> = before
        .rsplit(|char: char| !char.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .take(TYPE_WINDOW)
        .map(str::to_lowercase)
        .collect();
    // The first word of a type is its provider.
    let type_words: BTreeSet<&str> = kind.split('_').skip(1).collect();
    let found = type_words
        .iter()
        .filter(|word| words.iter().any(|other| other == *word))
        .count();
    (found * 1000 / type_words.len().max(1), found)
}

/// Where a name stands whole in a text, not as a part of a longer one.
fn occurrences(text: &str, name: &str) -> Vec<usize> {
    if name.is_empty() {
        return Vec::new();
    }
    let whole = |at: &usize| starts_whole(&text[..*at]) && ends_whole(&text[at + name.len()..]);
    let found = text.match_indices(name).map(|(at, _)| at);
    found.filter(whole).collect()
}

/// Whether a name may start after this text. The last part of an ARN or a path is a name too.
fn starts_whole(before: &str) -> bool {
    let last = before.chars().next_back();
    last.is_none_or(|char| !(char.is_alphanumeric() || "-_.@+#".contains(char)))
}

/// Whether a name may end before this text.
fn ends_whole(after: &str) -> bool {
    let mut chars = after.chars();
    match chars.next() {
        None => true,
        // The end of a sentence or a clause.
        Some('.' | ':') => chars.next().is_none_or(char::is_whitespace),
        Some(char) => !(char.is_alphanumeric() || "-_/@+#[".contains(char)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(detail: &str) -> Diagnostic {
        Diagnostic {
            severity: "error".to_owned(),
            summary: detail.to_owned(),
            detail: String::new(),
            address: None,
        }
    }

    /// `address:id` of a resource.
    fn failed(resource: &'static str) -> FailedResource<'static> {
        let (address, id) = resource.split_once('=').unwrap();
        FailedResource {
            address,
            kind: address.split('.').next().unwrap(),
            id: Some(id).filter(|id| !id.is_empty()),
        }
    }

    /// For each text, the addresses that it is matched to.
    fn matches(resources: &[&'static str], texts: &[(&str, &[&str])]) {
        let resources: Vec<_> = resources.iter().map(|one| failed(one)).collect();
        for (text, expected) in texts {
            assert_eq!(owners(&resources, &error(text)), *expected, "{text}");
        }
    }

    /// A name that contains another one does not stand for it, in whichever order Terraform prints
    /// the errors.
    #[test]
    fn a_part_of_a_name_is_no_match() {
        matches(
            &[
                "aws_ecr_repository.a=two",
                "aws_s3_bucket.b=two-uploads",
                "aws_sqs_queue.c=http://q/1/two.fifo",
                "aws_iam_role.d=app/two",
            ],
            &[
                (
                    "deleting S3 Bucket (two-uploads): api error BucketNotEmpty: not empty",
                    &["aws_s3_bucket.b"],
                ),
                (
                    "ECR Repository (two) not empty, consider using force_delete",
                    &["aws_ecr_repository.a"],
                ),
                ("two: it is not empty", &["aws_ecr_repository.a"]),
                ("cannot delete \"two\".", &["aws_ecr_repository.a"]),
                (
                    "arn:aws:ecr:eu-west-1:1:repository/two is in use",
                    &["aws_ecr_repository.a"],
                ),
                ("http://q/1/two.fifo: throttled", &["aws_sqs_queue.c"]),
                ("x-two, two_x, two/x and 2two are others", &[]),
            ],
        );
    }

    /// The type distinguishes resources of one id, also when one type's words contain another's.
    #[test]
    fn the_type_distinguishes_one_id() {
        matches(
            &[
                "aws_s3_bucket.a=shop",
                "aws_s3_bucket_policy.b=shop",
                "aws_ecr_repository.c=shop",
                "aws_iam_role.d=shop",
            ],
            &[
                ("deleting S3 Bucket (shop): denied", &["aws_s3_bucket.a"]),
                (
                    "deleting S3 Bucket Policy (shop): denied",
                    &["aws_s3_bucket_policy.b"],
                ),
                ("ECR Repository (shop) not empty", &["aws_ecr_repository.c"]),
                ("deleting IAM Role (shop): in use", &["aws_iam_role.d"]),
            ],
        );
        // Nothing in the text distinguishes them: both may have failed for this reason.
        matches(
            &["aws_x.a=shop", "aws_y.b=shop"],
            &[("shop: denied", &["aws_x.a", "aws_y.b"])],
        );
    }

    /// An address wins over every id, and an error of another address is no match.
    #[test]
    fn an_address_wins() {
        let resources = [failed("aws_x.a=one"), failed("aws_x.b=two")];
        let mut addressed = error("one is in use");
        addressed.address = Some("aws_x.b".to_owned());
        assert_eq!(owners(&resources, &addressed), ["aws_x.b"]);
        addressed.address = Some("aws_x.c".to_owned());
        let diagnostics = [addressed];
        let matched = match_errors(&resources, &diagnostics);
        assert!(matched.by_address.is_empty() && matched.unmatched.is_empty());
        matches(
            &["aws_x.a=one", "aws_x.a[0]=two", "aws_x.ab=three"],
            &[
                ("aws_x.a: two is in use", &["aws_x.a"]),
                ("aws_x.a[0] is in use", &["aws_x.a[0]"]),
            ],
        );
    }
}
