//! What a stack is made of, and what a teardown would remove.

use super::super::page::Page;
use crate::model::Model;
use crate::model::world::Stack;
use crate::output::style::Tone;

pub(super) fn fill(page: &mut Page, stack: &Stack, _model: &Model) {
    page.heading("Resources");
    page.text(
        "  None known: nobody has looked into an account, because none is configured.",
        Tone::Quiet,
    );
    page.heading("What a teardown would remove");
    let origin = &stack.lease.origin;
    let text = format!(
        "  d asks Terraform for the destroy plan of {}, workspace {}, and shows it. Nothing is removed before y.",
        origin.directory, origin.workspace
    );
    page.text(&text, Tone::Plain);
}
