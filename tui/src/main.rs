//! The binary `jiti`.

fn main() -> std::process::ExitCode {
    tui::main()
}
