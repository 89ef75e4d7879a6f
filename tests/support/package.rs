//! Packages for tests: of stand-ins, which are scripts and cost nothing, or those that `make dist`
//! has made.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::sandbox::{CommandOutput, Sandbox, binary, platform};
use crate::source::project;

/// The version of the workspace.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What `make dist` has made at this path below `target/`. If it has made nothing, prints what to
/// do, and the caller skips its test.
pub fn made_by_dist(name: &str) -> Option<PathBuf> {
    let target = binary("jiti").ancestors().nth(2).unwrap().to_path_buf();
    let path = target.join(name);
    if !path.exists() {
        eprintln!("SKIPPED: no {}: run `make dist` first", path.display());
        return None;
    }
    Some(path)
}

/// Writes stand-ins for the binaries of this platform, and packages them.
pub fn stand_ins(sandbox: &Sandbox, name: &str) -> PathBuf {
    let folder = sandbox.path(name);
    let own = folder.join("binaries").join(platform());
    let shared = folder.join("binaries/shared");
    std::fs::create_dir_all(&own).unwrap();
    std::fs::create_dir_all(shared.join("completions")).unwrap();
    std::fs::create_dir_all(shared.join("man/man1")).unwrap();
    let script = format!("#!/bin/sh\necho jiti {VERSION}\n");
    stack::testing::program(&own.join("jiti"), &script);
    stack::testing::program(&own.join("terraform-provider-jiti"), &script);
    for name in [
        "completions/jiti.bash",
        "completions/_jiti",
        "completions/jiti.fish",
        "man/man1/jiti.1",
        "man/man1/jiti-ls.1",
    ] {
        std::fs::write(shared.join(name), format!("{name}\n")).unwrap();
    }
    package(sandbox, &folder.join("binaries"), &folder.join("packages")).ok();
    folder.join("packages")
}

/// Runs the step of `make dist` that makes packages from binaries.
#[must_use = "either read the output or assert the exit status"]
pub fn package(sandbox: &Sandbox, binaries: &Path, out: &Path) -> CommandOutput {
    let mut command = sandbox.command("python3");
    command
        .arg(project().join("packaging/package.py"))
        .args(["--epoch", "1790000000", "--binaries"])
        .arg(binaries)
        .arg("--out")
        .arg(out);
    CommandOutput::of(&mut command)
}

/// Runs `install.sh` for the user of this sandbox, with the packages of a folder.
#[must_use = "either read the output or assert the exit status"]
pub fn install(sandbox: &Sandbox, packages: &Path, more: &[&str]) -> CommandOutput {
    let mut command = sandbox.command("sh");
    command
        .arg(project().join("install.sh"))
        .args(["--release", VERSION, "--from"])
        .arg(packages)
        .args(more);
    CommandOutput::of(&mut command)
}

/// A command that runs as root of a user namespace, which needs no privileges.
pub fn as_root(sandbox: &Sandbox) -> Command {
    let mut command = sandbox.command("unshare");
    command.args(["--map-root-user", "--"]);
    command
}

/// The newest version of glibc that a binary asks for, such as `(2, 28)`. It reads the names of the
/// symbol versions, wherever they are in the file, so it never finds too old a version.
pub fn newest_glibc(binary: &[u8]) -> Option<(u32, u32)> {
    const NAME: &[u8] = b"GLIBC_";
    let places = binary
        .windows(NAME.len())
        .enumerate()
        .filter(|(_, window)| *window == NAME);
    let versions = places.filter_map(|(at, _)| {
        let rest = &binary[at + NAME.len()..];
        let is_part = |byte: &&u8| byte.is_ascii_digit() || **byte == b'.';
        let text: Vec<u8> = rest.iter().take(12).take_while(is_part).copied().collect();
        let text = String::from_utf8(text).ok()?;
        let mut parts = text.split('.');
        let major = parts.next()?.parse().ok()?;
        Some((major, parts.next()?.parse().ok()?))
    });
    versions.max()
}
