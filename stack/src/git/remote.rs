//! The address of a repository that jiti may clone, and a clone of one of its commits.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use thiserror::Error;

use super::Git;
use crate::lease::{Repository, without_credentials};
use crate::process::output_within;

/// How long a clone may take.
const CLONE_LIMIT: Duration = Duration::from_secs(10 * 60);

/// How long each other run of git may take.
const STEP_LIMIT: Duration = Duration::from_secs(2 * 60);

/// The only transport that a clone may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transport {
    Https,
    Ssh,
    File,
}

impl Transport {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Https => "https",
            Self::Ssh => "ssh",
            Self::File => "file",
        }
    }

    /// The transport of an address: `https://…`, `ssh://…`, `USER@HOST:PATH`, `file:///…` or an
    /// absolute path. `None` for every other form, for an address with a credential, and for one
    /// that could be taken for another than it seems.
    pub(crate) fn of(url: &str) -> Option<Self> {
        if without_credentials(url).as_deref() != Some(url)
            || url.starts_with('-')
            || url.contains(|c: char| c.is_whitespace() || "\\?#\"'<>|`".contains(c))
        {
            return None;
        }
        let lower = url.to_ascii_lowercase();
        let is_relative = |part: &str| part == "." || part == "..";
        if lower.contains("%2e") || lower.contains("%2f") || url.split('/').any(is_relative) {
            return None;
        }
        if let Some((scheme, rest)) = url.split_once("://") {
            let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
            let transport = match scheme {
                "https" => Self::Https,
                "ssh" => Self::Ssh,
                "file" => return rest.starts_with('/').then_some(Self::File),
                _ => return None,
            };
            let is_host = !host.starts_with(['-', '/']) && !rest.starts_with('-');
            return is_host.then_some(transport);
        }
        if url.starts_with('/') {
            return Some(Self::File);
        }
        let (host, path) = url.split_once(':')?;
        let host_name = host.rsplit_once('@').map_or(host, |(_, host)| host);
        let is_host = !host_name.is_empty() && !host_name.starts_with('-') && !host.contains('/');
        (is_host && !path.is_empty() && !path.starts_with('-')).then_some(Self::Ssh)
    }
}

/// Why a commit could not be checked out. Its texts are git's own and may hold secrets.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub(crate) enum CheckoutError {
    #[error("jiti clones only https, ssh and local repositories, and not {url}")]
    Address { url: String },
    #[error("\"{commit}\" is not the full id of a commit")]
    NoCommit { commit: String },
    #[error("no branch or tag of {url} contains the commit {commit}")]
    NotReachable { url: String, commit: String },
    #[error("`git {what}` failed: {reason}")]
    Git { what: &'static str, reason: String },
}

/// Clones a repository into a new folder, and checks out exactly this commit. Nothing of the
/// repository runs: no hook, no filter of large files, no submodule; symbolic links become files.
/// Takes up to some minutes.
///
/// A branch or a tag must contain the commit: a code host also serves the commits of forks, and the
/// owners of the repository have never accepted these.
pub(crate) fn check_out(
    git: &Git,
    repository: &Repository,
    folder: &Path,
) -> Result<(), CheckoutError> {
    let Repository { url, commit, .. } = repository;
    let transport =
        Transport::of(url).ok_or_else(|| CheckoutError::Address { url: url.clone() })?;
    if !Repository::is_commit(commit) {
        return Err(CheckoutError::NoCommit {
            commit: commit.clone(),
        });
    }
    let parent = folder.parent().unwrap_or(folder);
    let run = |directory: &Path, what, arguments: &[&str], limit| {
        let mut command = git.command(directory, arguments);
        command
            .env("GIT_ALLOW_PROTOCOL", transport.as_str())
            .env("GIT_LFS_SKIP_SMUDGE", "1");
        output(command, what, limit)
    };
    let into = folder.to_string_lossy();
    let clone = [
        "clone",
        "--quiet",
        "--no-checkout",
        "--no-recurse-submodules",
        "--no-local",
        "--template=",
        "--origin=origin",
        "--config=core.symlinks=false",
        "--config=core.hooksPath=/dev/null",
        "--config=submodule.recurse=false",
        "--",
        url,
        &into,
    ];
    run(parent, "clone", &clone, CLONE_LIMIT)?;
    let contains = format!("--contains={commit}");
    let refs = [
        "for-each-ref",
        "--count=1",
        "--format=%(refname)",
        &contains,
        "refs/remotes/origin",
        "refs/tags",
    ];
    let found = run(folder, "for-each-ref", &refs, STEP_LIMIT);
    // Git fails if it does not know the commit at all.
    if !found.is_ok_and(|refs| !refs.trim().is_empty()) {
        return Err(CheckoutError::NotReachable {
            url: url.clone(),
            commit: commit.clone(),
        });
    }
    let checkout = ["checkout", "--quiet", "--force", "--detach", commit, "--"];
    run(folder, "checkout", &checkout, STEP_LIMIT)?;
    let head = run(
        folder,
        "rev-parse",
        &["rev-parse", "--verify", "HEAD"],
        STEP_LIMIT,
    )?;
    if head.trim() != commit {
        return Err(CheckoutError::Git {
            what: "checkout",
            reason: format!("the checkout is {}", head.trim()),
        });
    }
    Ok(())
}

fn output(command: Command, what: &'static str, limit: Duration) -> Result<String, CheckoutError> {
    let failed = |reason: String| CheckoutError::Git { what, reason };
    let output = output_within(command, limit)
        .map_err(|error| failed(error.to_string()))?
        .ok_or_else(|| failed(format!("it took longer than {} s", limit.as_secs())))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let mut lines = said.lines().map(str::trim).filter(|line| !line.is_empty());
    // The first line that says what failed; git adds general advice after it.
    let fatal = lines.clone().find(|line| line.starts_with("fatal:"));
    let reason = fatal.or_else(|| lines.next_back()).unwrap_or("no message");
    Err(failed(reason.to_owned()))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::git::testing::{commit, git, run};

    /// Each form has one transport. Other forms, credentials and detours are refused.
    #[test]
    fn an_address_has_one_transport() {
        for (url, expected) in [
            ("https://github.com/acme/shop.git", Some(Transport::Https)),
            (
                "https://dev.test/acme/My%20Shop/_git/x",
                Some(Transport::Https),
            ),
            ("ssh://git@git.test:22/acme/shop", Some(Transport::Ssh)),
            ("git@github.com:acme/shop.git", Some(Transport::Ssh)),
            ("/srv/git/shop", Some(Transport::File)),
            ("file:///srv/git/shop", Some(Transport::File)),
            ("file://host/shop", None),
            ("http://github.com/acme/shop", None),
            ("git://github.com/acme/shop", None),
            ("ext::sh -c id", None),
            ("https://u:p@github.com/acme/shop", None),
            ("https://github.com/acme/../evil/shop", None),
            ("https://github.com/acme/%2e%2e/evil", None),
            ("https://github.com/acme/shop?x=y", None),
            ("ssh://-oProxyCommand=id/shop", None),
            ("-oProxyCommand=id:shop", None),
            ("git@-oProxyCommand=id:shop", None),
            ("--upload-pack=id", None),
            ("../shop", None),
            ("shop", None),
            ("/srv/git/../evil", None),
            ("", None),
        ] {
            assert_eq!(Transport::of(url), expected, "{url}");
        }
    }

    /// A clone is exactly the commit, also if the branch has moved on. Links become files, hooks do
    /// not run, and a commit that no branch contains is refused.
    #[test]
    fn a_checkout_is_exactly_the_commit() {
        let dir = tempfile::tempdir().unwrap();
        let source = dir.path().join("source");
        std::fs::create_dir(&source).unwrap();
        run(&source, &["init", "--quiet", "--initial-branch=main"]);
        std::fs::write(source.join("main.tf"), "# first").unwrap();
        std::os::unix::fs::symlink("/etc/passwd", source.join("link")).unwrap();
        let first = commit(&source);
        std::fs::write(source.join("main.tf"), "# second").unwrap();
        let second = commit(&source);
        run(&source, &["reset", "--quiet", "--hard", &first]);

        let repository = |commit: &str| Repository {
            url: source.to_string_lossy().into_owned(),
            commit: commit.to_owned(),
            directory: String::new(),
            clean: true,
        };
        let into = |name: &str| -> PathBuf { dir.path().join(name) };
        check_out(&git(), &repository(&first), &into("a")).unwrap();
        let text = |path: PathBuf| std::fs::read_to_string(path).unwrap();
        assert_eq!(text(into("a").join("main.tf")), "# first");
        assert_eq!(text(into("a").join("link")), "/etc/passwd");
        assert!(into("a").join("link").symlink_metadata().unwrap().is_file());

        for unknown in [&second, &"0".repeat(40)] {
            let error = check_out(&git(), &repository(unknown), &into(unknown)).unwrap_err();
            assert!(
                matches!(error, CheckoutError::NotReachable { .. }),
                "{error}"
            );
        }
        run(&source, &["branch", "other", &second]);
        check_out(&git(), &repository(&second), &into("b")).unwrap();
        assert_eq!(text(into("b").join("main.tf")), "# second");
        let error = check_out(&git(), &repository("main"), &into("c")).unwrap_err();
        assert!(matches!(error, CheckoutError::NoCommit { .. }), "{error}");
    }

    /// A repository that does not exist is an error with git's own reason.
    #[test]
    fn a_missing_repository_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        let repository = Repository {
            url: dir.path().join("missing").to_string_lossy().into_owned(),
            commit: "0".repeat(40),
            directory: String::new(),
            clean: true,
        };
        let error = check_out(&git(), &repository, &dir.path().join("a")).unwrap_err();
        let text = error.to_string();
        assert!(text.starts_with("`git clone` failed: fatal:"), "{text}");
    }
}
