//! The packages: that they are reproducible, what they need, and that they install. Tests that need
//! real binaries use what `make dist` has made, and say so if there is nothing.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use e2e::package::{self, VERSION, as_root, made_by_dist, newest_glibc, stand_ins};
use e2e::source::project;
use e2e::{CommandOutput, Sandbox, binary, lease};
use portable_pty::CommandBuilder;
use test_support::terminal::Terminal;

/// The oldest C library that the packages promise to run with.
const OLDEST_GLIBC: (u32, u32) = (2, 28);

/// The same binaries give the same packages, whenever and wherever their files were written. Both
/// lists of checksums name every package, and are right.
#[test]
fn packages_are_reproducible() {
    let sandbox = Sandbox::new();
    let first = stand_ins(&sandbox, "first");
    let second = stand_ins(&sandbox, "second");
    let files = contents(&first);
    assert_eq!(files, contents(&second));
    let mut listed = Vec::new();
    for name in files.keys().filter(|name| name.ends_with("SHA256SUMS")) {
        let sums = String::from_utf8(files[name].clone()).unwrap();
        listed.extend(
            sums.lines()
                .map(|line| line.split_once("  ").unwrap().1.to_owned()),
        );
        let mut check = sandbox.command("sha256sum");
        check
            .args(["--check", "--strict", name])
            .current_dir(&first);
        CommandOutput::of(&mut check).ok();
    }
    listed.sort();
    let packages: Vec<&String> = files
        .keys()
        .filter(|name| !name.ends_with("SHA256SUMS"))
        .collect();
    assert_eq!(packages, listed.iter().collect::<Vec<_>>());
    let provider = format!("terraform-provider-jiti_{VERSION}");
    assert!(files.contains_key(&format!("{provider}_manifest.json")));
    let zips = packages.iter().filter(|name| name.ends_with(".zip"));
    assert_eq!(zips.count(), 1, "{packages:?}");
    // The formula has the checksum of the archive.
    let formula = String::from_utf8(files["jiti.rb"].clone()).unwrap();
    let sums = String::from_utf8(files[&format!("jiti_{VERSION}_SHA256SUMS")].clone()).unwrap();
    let archive = sums.lines().find(|line| line.ends_with(".tar.gz")).unwrap();
    let (sum, name) = archive.split_once("  ").unwrap();
    assert!(formula.contains(sum) && formula.contains(name), "{formula}");
}

/// `install.sh` installs the program, its man pages and completions, and the provider on request.
#[test]
fn the_script_installs() {
    let sandbox = Sandbox::new();
    let packages = stand_ins(&sandbox, "release");
    package::install(&sandbox, &packages, &["--provider"])
        .ok()
        .says(&format!("Installed jiti {VERSION}"))
        .says("into your PATH");
    let home = sandbox.path("home");
    let mut jiti = sandbox.command(home.join(".local/bin/jiti"));
    CommandOutput::of(&mut jiti).ok().says(VERSION);
    for name in [
        "share/man/man1/jiti-ls.1",
        "share/bash-completion/completions/jiti",
    ] {
        assert!(home.join(".local").join(name).is_file(), "{name}");
    }
    let plugins = home.join(".terraform.d/plugins/registry.terraform.io/jiti-dev/jiti");
    let zips = std::fs::read_dir(plugins).unwrap();
    assert_eq!(zips.count(), 1);
    // The script in a release knows its version.
    let own = std::fs::read_to_string(packages.join("install.sh")).unwrap();
    assert!(own.contains(&format!("\nrelease=\"{VERSION}\"\n")));
}

/// `install.sh` installs nothing if a checksum is wrong or missing, or if the release is broken.
#[test]
fn the_script_verifies_first() {
    let sandbox = Sandbox::new();
    let packages = stand_ins(&sandbox, "release");
    let installed = sandbox.path("home/.local/bin/jiti");
    let refuses = |text: &str| {
        let refused = package::install(&sandbox, &packages, &["--provider"]);
        refused.exits(1).says(text);
        assert!(!installed.exists(), "{text}");
        assert!(!sandbox.path("home/.terraform.d").exists(), "{text}");
    };
    let zip = only(&packages, ".zip");
    let right = std::fs::read(&zip).unwrap();
    std::fs::write(&zip, [right.as_slice(), b"x"].concat()).unwrap();
    refuses("the checksum of terraform-provider-jiti");
    std::fs::write(&zip, right).unwrap();
    let sums = packages.join(format!("jiti_{VERSION}_SHA256SUMS"));
    std::fs::write(&sums, "").unwrap();
    refuses("has no checksum of jiti");
    std::fs::remove_file(&sums).unwrap();
    refuses("has no jiti");
}

/// After `make install`, `terraform init` and `apply` work in a new folder, with no configuration
/// of Terraform.
#[test]
fn terraform_finds_the_installed_provider() {
    let sandbox = Sandbox::new();
    let mut install = sandbox.command(project().join("packaging/install-local.sh"));
    install
        .arg(binary("jiti").parent().unwrap())
        .arg(sandbox.path("home/.cargo/bin"))
        .env_remove("TF_CLI_CONFIG_FILE");
    CommandOutput::of(&mut install).ok().says("into your PATH");
    applies_without_configuration(&sandbox);
    let mut jiti = sandbox.command(sandbox.path("home/.cargo/bin/jiti"));
    let listed = CommandOutput::of(jiti.args(["ls", "--json"])).ok();
    assert!(listed.stdout.contains("checkout-pr-412"), "{listed:?}");
}

/// The packaged provider is found and applied in the same way.
#[test]
fn terraform_finds_the_packaged_provider() {
    let Some(packages) = made_by_dist("packages") else {
        return;
    };
    let sandbox = Sandbox::new();
    package::install(&sandbox, &packages, &["--provider"]).ok();
    applies_without_configuration(&sandbox);
}

fn applies_without_configuration(sandbox: &Sandbox) {
    let root = sandbox.path("new");
    std::fs::create_dir(&root).unwrap();
    let block =
        "terraform {\n  required_providers {\n    jiti = { source = \"jiti-dev/jiti\" }\n  }\n}\n";
    let text = format!("{block}{}", lease("checkout-pr-412", ""));
    std::fs::write(root.join("main.tf"), text).unwrap();
    for arguments in [&["init"][..], &["apply", "-auto-approve"]] {
        let mut terraform = sandbox.command("terraform");
        terraform
            .args(arguments)
            .arg("-input=false")
            .current_dir(&root)
            .env_remove("TF_CLI_CONFIG_FILE");
        CommandOutput::of(&mut terraform).ok();
    }
}

/// No packaged binary asks for a newer C library than the packages promise.
#[test]
fn packaged_binaries_need_an_old_glibc() {
    let own = std::fs::read(std::env::current_exe().unwrap()).unwrap();
    assert!(newest_glibc(&own).is_some(), "the reader finds nothing");
    assert_eq!(
        newest_glibc(b"\0GLIBC_2.4\0GLIBC_2.17\0GLIBC_"),
        Some((2, 17))
    );
    let Some(binaries) = made_by_dist("binaries") else {
        return;
    };
    for platform in ["linux_amd64", "linux_arm64"] {
        for name in ["jiti", "terraform-provider-jiti"] {
            let path = binaries.join(platform).join(name);
            if let Ok(content) = std::fs::read(&path) {
                let newest = newest_glibc(&content).unwrap();
                assert!(newest <= OLDEST_GLIBC, "{}: {newest:?}", path.display());
                println!("{}: glibc {newest:?}", path.display());
            }
        }
    }
}

/// `jiti` starts in a root file system that has only the C library. `JITI_GLIBC` names a folder
/// with an older one than this machine's.
#[test]
fn jiti_needs_only_the_c_library() {
    let Some(jiti) = made_by_dist("binaries/linux_amd64/jiti") else {
        return;
    };
    let sandbox = Sandbox::new();
    let root = sandbox.path("rootfs");
    for folder in ["lib64", "lib/x86_64-linux-gnu", "tmp"] {
        std::fs::create_dir_all(root.join(folder)).unwrap();
    }
    #[expect(
        clippy::disallowed_methods,
        reason = "only the environment can name another C library"
    )]
    let older = std::env::var_os("JITI_GLIBC").map(PathBuf::from);
    let libraries = older.unwrap_or_else(|| PathBuf::from("/lib/x86_64-linux-gnu"));
    for name in [
        "libc.so.6",
        "libm.so.6",
        "libdl.so.2",
        "libpthread.so.0",
        "librt.so.1",
    ] {
        let to = root.join("lib/x86_64-linux-gnu").join(name);
        std::fs::copy(libraries.join(name), to).unwrap();
    }
    let loader = "ld-linux-x86-64.so.2";
    std::fs::copy(libraries.join(loader), root.join("lib64").join(loader)).unwrap();
    std::fs::copy(jiti, root.join("jiti")).unwrap();
    for arguments in [&["--version"][..], &["ls", "--json"], &["ls", "--help"]] {
        let mut command = sandbox.command("unshare");
        command
            .args(["--map-root-user", "--root"])
            .arg(&root)
            .arg("/jiti")
            .args(arguments)
            .current_dir("/")
            .env("HOME", "/tmp")
            .env("JITI_LEDGER", "/tmp/ledger.db")
            .env_remove("JITI_CONFIG");
        CommandOutput::of(&mut command).ok();
    }
}

/// The Debian package installs its files and removes all of them. With the package of `make dist`,
/// the installed `jiti demo` shows its dashboard.
#[test]
fn the_debian_package_installs_and_uninstalls() {
    if !Path::new("/usr/bin/dpkg").exists() {
        eprintln!("SKIPPED: this machine has no dpkg");
        return;
    }
    let sandbox = Sandbox::new();
    let stand_in = stand_ins(&sandbox, "release");
    let made = made_by_dist("packages");
    for (at, packages) in [Some(stand_in), made.clone()].iter().flatten().enumerate() {
        let root = sandbox.path(format!("root-{at}"));
        std::fs::create_dir_all(root.join("var/lib/dpkg")).unwrap();
        std::fs::write(root.join("var/lib/dpkg/status"), "").unwrap();
        let dpkg = |arguments: &[&str]| {
            let mut command = as_root(&sandbox);
            command
                .arg("dpkg")
                .arg(format!("--root={}", root.display()))
                // The root file system has no C library, and no shell for scripts.
                .args(["--force-depends", "--force-script-chrootless"])
                .args(arguments)
                .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
            CommandOutput::of(&mut command).ok()
        };
        let package = only(packages, "_amd64.deb");
        dpkg(&["--install", package.to_str().unwrap()]);
        dpkg(&["--verify", "jiti"]);
        let jiti = root.join("usr/bin/jiti");
        CommandOutput::of(sandbox.command(&jiti).arg("--version"))
            .ok()
            .says(VERSION);
        assert!(root.join("usr/share/man/man1/jiti-ls.1.gz").is_file());
        if at == 1 {
            shows_the_demo(&sandbox, &jiti);
        }
        dpkg(&["--purge", "jiti"]);
        assert!(!root.join("usr").exists(), "files are left behind");
    }
}

/// Runs `jiti demo` in a terminal until it shows stacks, then ends it.
fn shows_the_demo(sandbox: &Sandbox, jiti: &Path) {
    let mut command = CommandBuilder::new(jiti);
    command.arg("demo");
    command.env_clear();
    command.env("HOME", sandbox.path("home"));
    command.env("TERM", "xterm-256color");
    let mut terminal = Terminal::run(command, (120, 40));
    terminal.waits_for("200 stacks");
    terminal.types("q");
    assert_eq!(terminal.ends(), 0);
}

/// Every file of a folder with its bytes.
fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(folder).unwrap();
    let entries = entries.map(|entry| {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        (name, std::fs::read(path).unwrap())
    });
    entries.collect()
}

/// The file of a folder whose name ends with this.
fn only(folder: &Path, end: &str) -> PathBuf {
    let mut names = contents(folder).into_keys();
    let name = names.find(|name| name.ends_with(end));
    folder.join(name.unwrap_or_else(|| panic!("no {end} in {}", folder.display())))
}
