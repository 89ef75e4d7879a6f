//! Whether building it just in time pays: not before costs are measured.

use super::super::page::Page;
use crate::model::Model;
use crate::model::world::Stack;
use crate::output::format;
use crate::output::style::Tone;

pub(super) fn fill(page: &mut Page, stack: &Stack, model: &Model) {
    page.text("Rebuild, sleep or keep?", Tone::Heading);
    page.blank();
    let text = if model.setting.cloud {
        "Which of the three is cheapest takes measured costs and the history of this app. This page does not work it out yet, and jiti does not guess."
    } else {
        "Which of the three is cheapest is worked out from measured costs and from the history of this app. No account is configured, so nothing is measured yet, and jiti does not guess."
    };
    page.text(text, Tone::Plain);
    page.blank();
    page.text("What is known so far:", Tone::Quiet);
    let now = model.now();
    let usd = |usd: Option<_>| usd.map_or_else(|| "unknown".to_owned(), format::usd);
    page.field(
        "spent",
        &format!("{} (estimate)", usd(stack.spent(now))),
        Tone::Plain,
    );
    let init = stack.lease().and_then(|lease| lease.init.as_ref());
    let init_usd = init.and_then(stack::init::Init::usd);
    page.field("one init", &usd(init_usd), Tone::Plain);
}
