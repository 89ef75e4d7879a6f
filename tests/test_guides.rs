//! Every command of every guide, run against a real ledger with moto in place of AWS. A command
//! that cannot be run here is marked with the reason.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use e2e::guide::{CodeBlock, code_blocks};
use e2e::source::project;
use e2e::world::World;
use e2e::{CommandOutput, Sandbox, binary, lease};
use portable_pty::CommandBuilder;
use stack::Config;
use test_support::terminal::Terminal;

/// The stacks that guides use as examples. All are live before each block of commands.
const STACKS: [&str; 3] = ["checkout-pr-412", "checkout-pr-413", "checkout-pr-7"];

/// A guide that begins with an empty ledger and an empty folder.
const FROM_NOTHING: &str = "getting-started.md";

/// How many guides run at once.
const AT_ONCE: usize = 4;

/// Every block of commands exits as the guide says, in the order of the guide, or says why it
/// cannot be run.
#[test]
fn every_command_of_every_guide_runs() {
    let guides = guides();
    assert!(guides.len() > 15, "{guides:?}");
    let next = AtomicUsize::new(0);
    let failures = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(path) = guides.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Err(failed) = run_guide(path) {
                        failures.lock().unwrap().push(failed);
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap();
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

/// Every block of configuration is a valid configuration of jiti.
#[test]
fn every_configuration_of_every_guide_is_valid() {
    let mut checked = 0;
    for path in guides() {
        for block in code_blocks(&path) {
            if block.language == "toml" && block.not_run().is_none() {
                // An ellipsis stands for what the reader fills in.
                if let Err(error) = Config::parse(&block.text, &path) {
                    panic!("{}:{}: {error}", path.display(), block.line);
                }
                checked += 1;
            }
        }
    }
    assert!(checked > 8, "{checked}");
}

/// The guides, and the other pages with commands for users.
fn guides() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(project().join("docs/guides")).unwrap();
    let mut guides: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    guides.sort();
    for page in [
        "README.md",
        "examples/aws/README.md",
        "examples/ci/README.md",
        "tfplugin/docs/publishing.md",
    ] {
        guides.push(project().join(page));
    }
    guides
}

/// Runs the commands of a guide in a world of its own. An error shows the block that failed.
fn run_guide(path: &Path) -> Result<(), String> {
    let blocks = code_blocks(path);
    let is_command =
        |block: &&CodeBlock| matches!(block.language.as_str(), "sh" | "shell" | "bash");
    let commands = blocks.iter().filter(is_command);
    if commands.filter(|block| block.not_run().is_none()).count() == 0 {
        return Ok(());
    }
    let world = World::new();
    let guide = Guide::new(&world, path);
    for block in &blocks {
        if let Some(name) = block.file() {
            std::fs::write(guide.folder.join(name), &block.text).unwrap();
        }
        if is_command(&block) && block.not_run().is_none() {
            guide.begin();
            guide.run(block)?;
        }
    }
    Ok(())
}

/// A guide, and the folder in which its reader works.
struct Guide<'a> {
    sandbox: &'a Sandbox,
    path: &'a Path,
    folder: PathBuf,
    from_nothing: bool,
}

impl<'a> Guide<'a> {
    fn new(world: &'a World, path: &'a Path) -> Self {
        let sandbox = &world.sandbox;
        let folder = sandbox.path("folder");
        std::fs::create_dir(&folder).unwrap();
        let from_nothing = path.file_name().unwrap() == FROM_NOTHING;
        if from_nothing {
            sandbox.config("");
        } else {
            std::os::unix::fs::symlink(project().join("examples"), folder.join("examples"))
                .unwrap();
            // A program of the reader.
            stack::testing::program(&folder.join("migrate"), "#!/bin/sh\n");
            // The default place of a ledger, which guides name.
            let default = sandbox.path("home/.local/share/jiti");
            std::fs::create_dir_all(&default).unwrap();
            sandbox.set([(
                "JITI_LEDGER".to_owned(),
                default.join("ledger.db").display().to_string(),
            )]);
        }
        Self {
            sandbox,
            path,
            folder,
            from_nothing,
        }
    }

    /// Applies the stacks that are not live.
    fn begin(&self) {
        if self.from_nothing {
            return;
        }
        let listed = self.sandbox.jiti(&["ls", "--cached", "--json"]).stdout;
        for name in STACKS {
            if !listed.contains(&format!("\"{name}\"")) {
                let more = "hourly_cost = 0.42\n  labels = { cost-center = \"42\" }";
                self.sandbox.root(name, &lease(name, more)).apply().ok();
            }
        }
    }

    /// Runs a block in a shell that ends at the first command that fails. What it exports is in the
    /// environment of the next block.
    fn run(&self, block: &CodeBlock) -> Result<(), String> {
        let exports = self.sandbox.path("exports");
        let script = format!(
            "[ ! -e {exports:?} ] || . {exports:?}\ntrap 'export -p >{exports:?}' EXIT\n{}",
            block.text
        );
        let (code, output) = match block.answer() {
            Some(answer) => self.run_in_terminal(&script, answer),
            None => {
                let mut command = self.sandbox.command("bash");
                command
                    .args(["-euo", "pipefail", "-c", &script])
                    .current_dir(&self.folder)
                    .env("STACK", STACKS[0]);
                let output = CommandOutput::of(&mut command);
                let text = format!("{}{}", output.stdout, output.stderr);
                (output.code.unwrap_or(-1), text)
            }
        };
        println!(
            "{}:{}: exit code {code}\n{output}",
            self.path.display(),
            block.line
        );
        if code == block.exit_code() {
            return Ok(());
        }
        Err(format!(
            "{}:{}: exit code {code}, not {}\n{}---\n{output}",
            self.path.display(),
            block.line,
            block.exit_code(),
            block.text
        ))
    }

    fn run_in_terminal(&self, text: &str, answer: &str) -> (i32, String) {
        let command = self.sandbox.command("bash");
        let mut builder = CommandBuilder::new("bash");
        builder.args(["-euo", "pipefail", "-c", text]);
        builder.env_clear();
        for (name, value) in command.get_envs() {
            builder.env(name, value.unwrap_or_default());
        }
        builder.env("TERM", "xterm-256color");
        builder.cwd(&self.folder);
        let mut terminal = Terminal::run(builder, (120, 60));
        terminal.waits_for("[y/N]");
        terminal.types(&format!("{answer}\r"));
        let code = terminal.ends();
        (i32::try_from(code).unwrap(), terminal.text())
    }
}

/// The binary that a guide installs is the one that the tests run.
#[test]
fn the_guides_run_this_jiti() {
    let world = World::new();
    let mut which = world.sandbox.command("which");
    let found = CommandOutput::of(which.arg("jiti")).ok().stdout;
    assert_eq!(Path::new(found.trim()), binary("jiti"));
}
