//! Panics, printed in the format that Terraform recognizes.

use std::any::Any;
use std::backtrace::Backtrace;
use std::fmt::Write as _;
use std::io::Write as _;
use std::panic::PanicHookInfo;
use std::thread;
use std::time::Duration;

/// The maximum number of printed lines. Terraform keeps 100 lines of a panic and shows them to its
/// user after the process ends.
const MAX_LINES: usize = 90;

/// How long Terraform gets to read a panic. The response to the call that panicked may end its run,
/// and it does not show what it has not read by then.
const READ_DELAY: Duration = Duration::from_millis(500);

/// Prints every panic so that Terraform recognizes it by the words at the start of the line, and
/// shows it even when logging is off. The panicking thread then waits for Terraform to read it.
pub(super) fn report_to_terraform() {
    std::panic::set_hook(Box::new(|panic| {
        // In one write, so that no log line comes between. A closed stderr must not cause another
        // panic.
        let _ = std::io::stderr().lock().write_all(report(panic).as_bytes());
        thread::sleep(READ_DELAY);
    }));
}

fn report(panic: &PanicHookInfo<'_>) -> String {
    let mut report = format!("panic: {}", first_line(message(panic.payload())));
    if let Some(location) = panic.location() {
        let _ = write!(report, " at {}:{}", location.file(), location.line());
    }
    report.push('\n');
    for line in message(panic.payload()).lines().skip(1).take(MAX_LINES / 3) {
        let _ = writeln!(report, "  {line}");
    }
    let backtrace = Backtrace::force_capture().to_string();
    let room = MAX_LINES.saturating_sub(report.lines().count());
    for line in backtrace.lines().take(room) {
        let _ = writeln!(report, "{line}");
    }
    report
}

/// The message of the panic.
pub(super) fn message(payload: &(dyn Any + Send)) -> &str {
    if let Some(text) = payload.downcast_ref::<&'static str>() {
        text
    } else if let Some(text) = payload.downcast_ref::<String>() {
        text
    } else {
        "no text message"
    }
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}
