//! The log popup: the steps of a stack's last teardown, sleep or wake.

use stack::StackName;

use crate::dashboard::event::RunLog;
use crate::dashboard::problem::Problem;

/// The popup.
#[derive(Debug)]
pub(crate) struct LogView {
    pub(crate) stack: StackName,
    /// How many lines are scrolled out at the top; `None`: the end stays on the screen.
    pub(crate) scroll: Option<usize>,
    /// The files of the last teardown.
    pub(crate) file: LogFile,
}

/// The files of a stack's last teardown.
#[derive(Debug)]
pub(crate) enum LogFile {
    /// They are being read.
    Pending,
    /// No file is on this machine.
    None,
    /// They were read.
    Read(Box<RunLog>),
    /// They cannot be read.
    Failed(Problem),
}

impl LogView {
    pub(crate) fn new(stack: StackName) -> Self {
        Self {
            stack,
            scroll: None,
            file: LogFile::Pending,
        }
    }
}
