//! The door of `jiti`.

fn main() -> std::process::ExitCode {
    tui::main()
}
