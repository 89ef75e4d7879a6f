//! Panics, said in the words that Terraform listens for.

use std::any::Any;
use std::backtrace::Backtrace;
use std::fmt::Write as _;
use std::io::Write as _;
use std::panic::PanicHookInfo;
use std::thread;
use std::time::Duration;

/// Terraform keeps a hundred lines of a panic, and shows them to its user when the process is over.
const LINES: usize = 90;

/// How long Terraform has for reading a panic. What it has not read when its run is over it does not show, and the
/// answer to the call that panicked may be what ends the run.
const READING: Duration = Duration::from_millis(500);

/// Reports every panic of this process such that Terraform takes it for one: it looks for the words
/// at the start of the line, and shows what follows even when logging is off. The thread that panicked goes on when
/// Terraform has had time to read.
pub(super) fn report_to_terraform() {
    std::panic::set_hook(Box::new(|panic| {
        // Whole, in one write, so that no log line comes between. A closed stderr must not make a
        // second panic.
        let _ = std::io::stderr().lock().write_all(report(panic).as_bytes());
        thread::sleep(READING);
    }));
}

fn report(panic: &PanicHookInfo<'_>) -> String {
    let mut report = format!("panic: {}", first_line(message(panic.payload())));
    if let Some(location) = panic.location() {
        let _ = write!(report, " at {}:{}", location.file(), location.line());
    }
    report.push('\n');
    for line in message(panic.payload()).lines().skip(1).take(LINES / 3) {
        let _ = writeln!(report, "  {line}");
    }
    let backtrace = Backtrace::force_capture().to_string();
    let room = LINES.saturating_sub(report.lines().count());
    for line in backtrace.lines().take(room) {
        let _ = writeln!(report, "{line}");
    }
    report
}

/// What the panic said, as far as it is text.
pub(super) fn message(payload: &(dyn Any + Send)) -> &str {
    if let Some(text) = payload.downcast_ref::<&'static str>() {
        text
    } else if let Some(text) = payload.downcast_ref::<String>() {
        text
    } else {
        "something that is not text"
    }
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}
