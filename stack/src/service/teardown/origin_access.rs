//! The rule that chooses where a teardown through Terraform runs.
//!
//! | way | possible when |
//! |---|---|
//! | 1. folder | it is here and exists; with a shared ledger, this user's own record names it |
//! | 2. rebuilt | a clean commit of an allowed repository, and no state in the folder itself |
//! | 3. dispatched | the configuration has a command, and every value in it is known |
//!
//! The first way that is possible is taken. If none is, the origin is unreachable. With a shared
//! ledger, nothing of a folder is read, and Terraform does not run in it, before this user's record
//! was checked: any user of the ledger could have named the folder.

use std::path::Path;

use super::blocker::Blocker;
use crate::config::{Config, DispatchConfig, Placeholder};
use crate::git::{Transport, is_inside};
use crate::lease::{Backend, Lease, Origin, Repository};
use crate::origin_record::UnrecordedOrigin;
use crate::values::id::StackName;

/// Checks whether the folder of an origin may be used.
///
/// `here`: this machine. `record`: whether this user's own record names the origin, if the ledger
/// is shared.
pub(super) fn folder(
    stack: &StackName,
    origin: &Origin,
    here: &str,
    record: Option<Result<(), UnrecordedOrigin>>,
) -> Result<(), Blocker> {
    let directory = origin.directory.clone();
    if origin.process.host != here {
        return Err(Blocker::OtherHost {
            stack: stack.clone(),
            directory,
            host: origin.process.host.clone(),
            here: here.to_owned(),
        });
    }
    if let Some(Err(unrecorded)) = record {
        return Err(Blocker::NotAppliedHere {
            directory,
            reason: unrecorded.to_string(),
        });
    }
    if !Path::new(&directory).is_dir() {
        return Err(Blocker::FolderGone { directory });
    }
    Ok(())
}

/// What a rebuild needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RebuildSource {
    pub(super) repository: Repository,
    pub(super) backend: Backend,
    pub(super) workspace: String,
}

/// Checks whether the root module may be rebuilt from its commit; otherwise, why not.
pub(super) fn rebuild(lease: &Lease, config: &Config) -> Result<RebuildSource, String> {
    let Origin {
        repository,
        backend,
        workspace,
        ..
    } = &lease.origin;
    let repository = repository
        .as_ref()
        .ok_or("the commit that it was applied from is unknown")?;
    let Repository {
        url,
        commit,
        directory,
        clean,
    } = repository;
    if !clean {
        return Err(format!(
            "it was applied from {commit} with changes that were not committed"
        ));
    }
    if !config.teardown.allows(url) {
        return Err(format!(
            "`repositories` under [teardown] does not allow {url}"
        ));
    }
    if Transport::of(url).is_none() {
        return Err(format!(
            "jiti clones only https, ssh and local repositories, and not {url}"
        ));
    }
    if !Repository::is_commit(commit) {
        return Err(format!("{commit:?} is not the full id of a commit"));
    }
    if !is_inside(directory) {
        return Err(format!("{directory:?} is not inside of the repository"));
    }
    if !is_workspace(workspace) {
        return Err(format!("{workspace:?} is not the name of a workspace"));
    }
    let backend = backend.as_ref().map(Backend::recorded);
    let backend = backend
        .filter(|backend| !backend.is_in_root())
        .ok_or("its state is a file in the folder, or its backend is unknown")?;
    let files = &lease.terms.teardown.var_files;
    if let Some(file) = files.iter().find(|file| !stays_inside(directory, file)) {
        return Err(format!(
            "the variable file {file} is outside of the repository"
        ));
    }
    Ok(RebuildSource {
        repository: repository.clone(),
        backend,
        workspace: workspace.clone(),
    })
}

/// The arguments of the command that dispatches the teardown; otherwise, why there are none.
pub(super) fn dispatch_arguments(
    lease: &Lease,
    config: &DispatchConfig,
) -> Result<Vec<String>, String> {
    let value = |placeholder| value(lease, placeholder);
    let mut arguments = Vec::with_capacity(config.arguments.len());
    for argument in &config.arguments {
        let filled = argument.fill(value)?;
        if let Some(placeholder) = argument.leading()
            && filled.starts_with('-')
        {
            return Err(format!("{placeholder} would be an option: {filled:?}"));
        }
        arguments.push(filled);
    }
    Ok(arguments)
}

/// The value of a placeholder. Those that no type checks are checked here.
fn value(lease: &Lease, placeholder: Placeholder) -> Result<String, String> {
    let origin = &lease.origin;
    let repository = origin.repository.as_ref();
    let found = match placeholder {
        Placeholder::Name => Some(lease.name.to_string()),
        Placeholder::App => Some(lease.app.to_string()),
        Placeholder::Version => Some(lease.version.to_string()),
        Placeholder::Owner => Some(lease.owner.to_string()),
        Placeholder::Workspace => Some(origin.workspace.clone()).filter(|name| is_workspace(name)),
        Placeholder::Repository => repository
            .map(|repository| repository.url.clone())
            .filter(|url| Transport::of(url).is_some()),
        Placeholder::Commit => repository
            .map(|repository| repository.commit.clone())
            .filter(|commit| Repository::is_commit(commit)),
    };
    found.ok_or_else(|| format!("{placeholder} is unknown"))
}

/// Whether a text is the name of a workspace, and no option.
fn is_workspace(name: &str) -> bool {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || "._~+@:-".contains(c);
    !name.is_empty() && !name.starts_with('-') && name.chars().all(is_allowed)
}

/// Whether a path that starts at a folder of a repository stays inside of the repository.
fn stays_inside(directory: &str, path: &str) -> bool {
    let mut depth = 0_usize;
    if path.starts_with(['/', '-']) || path.chars().any(char::is_control) {
        return false;
    }
    for part in directory.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." if depth == 0 => return false,
            ".." => depth -= 1,
            _ => depth += 1,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lease::EventKind;
    use crate::testing::{new_event, noon, registration, stack_name};
    use crate::values::id::Seq;

    const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

    fn config() -> Config {
        let text = "[teardown]\nrepositories = [\"https://git.test/acme/*\", \"/srv/git/*\", \"http://**\"]\n";
        Config::parse(text, Path::new("jiti.toml")).unwrap()
    }

    fn lease(change: impl FnOnce(&mut crate::Registration)) -> Lease {
        let mut registration = registration();
        registration.origin.repository = Some(Repository {
            url: "https://git.test/acme/shop".to_owned(),
            commit: COMMIT.to_owned(),
            directory: "infra/app".to_owned(),
            clean: true,
        });
        registration.origin.backend = Some(Backend {
            kind: "s3".to_owned(),
            keys: [("bucket".to_owned(), "states".to_owned())].into(),
        });
        change(&mut registration);
        let kind = EventKind::Requested {
            registration: Box::new(registration),
        };
        let event = new_event(noon(), kind).into_event(stack_name("shop"), Seq(1));
        Lease::apply(None, &event).unwrap()
    }

    /// A folder is used only on its own machine, if it exists. With a shared ledger, this user's
    /// record must name it, which is checked first.
    #[test]
    fn the_table_of_folders() {
        let dir = tempfile::tempdir().unwrap();
        let existing = dir.path().to_str().unwrap();
        let name = stack_name("shop");
        let recorded = || Some(Ok(()));
        let missing = || Some(Err(UnrecordedOrigin::Missing));
        for (host, directory, record, expected) in [
            ("here", existing, None, ""),
            ("here", existing, recorded(), ""),
            ("here", existing, missing(), "NotAppliedHere"),
            ("here", "/nonexistent", None, "FolderGone"),
            ("here", "/nonexistent", recorded(), "FolderGone"),
            ("here", "/nonexistent", missing(), "NotAppliedHere"),
            ("there", existing, None, "OtherHost"),
            ("there", existing, recorded(), "OtherHost"),
            ("there", existing, missing(), "OtherHost"),
        ] {
            let mut origin = registration().origin;
            origin.directory = directory.to_owned();
            origin.process.host = host.to_owned();
            let found = folder(&name, &origin, "here", record.clone());
            let found = found.map_or_else(|blocker| format!("{blocker:?}"), |()| String::new());
            assert!(
                found.starts_with(expected) && found.is_empty() == expected.is_empty(),
                "{host} {directory} {record:?}: {found}"
            );
        }
    }

    /// Only a clean, complete commit of an allowed repository is rebuilt, and only if its state can
    /// be found without the folder.
    #[test]
    fn the_table_of_rebuilds() {
        type Change = fn(&mut crate::Registration);
        fn repository(registration: &mut crate::Registration) -> &mut Repository {
            registration.origin.repository.as_mut().unwrap()
        }
        let source = rebuild(&lease(|_| {}), &config()).unwrap();
        assert_eq!(source.repository.commit, COMMIT);
        let changes: [(Change, &str); 14] = [
            (
                |r| r.origin.repository = None,
                "commit that it was applied from is unknown",
            ),
            (
                |r| repository(r).clean = false,
                "changes that were not committed",
            ),
            (
                |r| repository(r).url = "https://git.test/evil/shop".to_owned(),
                "[teardown] does not allow",
            ),
            (
                |r| repository(r).url = "https://git.test/acme/a/b".to_owned(),
                "[teardown] does not allow",
            ),
            (
                |r| repository(r).url = "http://git.test/acme/shop".to_owned(),
                "only https, ssh and local",
            ),
            (
                |r| repository(r).url = "https://git.test/acme/..".to_owned(),
                "only https, ssh and local",
            ),
            (|r| repository(r).commit = "main".to_owned(), "full id"),
            (
                |r| repository(r).directory = "../x".to_owned(),
                "not inside",
            ),
            (
                |r| repository(r).directory = "/etc".to_owned(),
                "not inside",
            ),
            (
                |r| r.origin.workspace = "-or-create".to_owned(),
                "workspace",
            ),
            (|r| r.origin.backend = None, "state is a file"),
            (
                |r| {
                    r.origin.backend = Some(Backend {
                        kind: "local".to_owned(),
                        ..Backend::default()
                    });
                },
                "state is a file",
            ),
            (
                |r| r.terms.teardown.var_files = vec!["/etc/passwd".to_owned()],
                "/etc/passwd is outside",
            ),
            (
                |r| {
                    r.terms.teardown.var_files =
                        vec!["a.tfvars".to_owned(), "../../../x".to_owned()];
                },
                "../../../x is outside",
            ),
        ];
        for (change, expected) in changes {
            let refused = rebuild(&lease(change), &config()).unwrap_err();
            assert!(refused.contains(expected), "{refused}");
        }
        let allowed: [Change; 2] = [
            |r| repository(r).url = "/srv/git/shop".to_owned(),
            |r| r.terms.teardown.var_files = vec!["../../common.tfvars".to_owned()],
        ];
        for change in allowed {
            rebuild(&lease(change), &config()).unwrap();
        }
        let nothing = rebuild(&lease(|_| {}), &Config::default()).unwrap_err();
        assert!(nothing.contains("does not allow"), "{nothing}");
    }

    /// Every value in a command is known and of its form, and none becomes an option.
    #[test]
    fn the_values_of_a_command_are_checked() {
        let command = |argument: &str, lease: &Lease| {
            let text = format!("[dispatch]\ncommand = [\"start\", \"{argument}\"]\n");
            let config = Config::parse(&text, Path::new("jiti.toml")).unwrap();
            dispatch_arguments(lease, &config.dispatch.unwrap())
        };
        let all = "{name} {app} {version} {owner} {workspace} {repository} {commit}";
        let usual = lease(|_| {});
        assert_eq!(
            command(all, &usual).unwrap(),
            [format!(
                "shop checkout v1 ana@example.com default https://git.test/acme/shop {COMMIT}"
            )]
        );
        let unknown = lease(|r| {
            r.origin.repository = None;
            r.origin.workspace = "a b".to_owned();
        });
        for (argument, expected) in [
            ("{repository}", "{repository} is unknown"),
            ("{commit}", "{commit} is unknown"),
            ("{workspace}", "{workspace} is unknown"),
        ] {
            assert_eq!(command(argument, &unknown).unwrap_err(), expected);
        }
        assert_eq!(command("{name}", &unknown).unwrap(), ["shop"]);
        let foreign = lease(|r| {
            let repository = r.origin.repository.as_mut().unwrap();
            repository.url = "--upload-pack=id".to_owned();
            repository.commit = "$(id)".to_owned();
            r.origin.workspace = "-x".to_owned();
        });
        for argument in ["{repository}", "{commit}", "{workspace}"] {
            assert!(command(argument, &foreign).is_err(), "{argument}");
        }
    }
}
