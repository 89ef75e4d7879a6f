//! The summary of an action on several stacks: the totals, and which names have to be typed.

use crate::dashboard::model::Model;
use crate::dashboard::model::bulk_action::BulkAction;
use crate::dashboard::model::popup::{CombinedDialog, EntryPlan, Outlook};
use crate::dashboard::view::page::Page;
use crate::dashboard::view::popup::teardown::sentence_case;
use crate::format::combined_plan::CombinedPlan;
use crate::format::style::Tone;
use crate::format::{describe, values};

/// What the action does in total, what it leaves out, and which names have to be typed.
pub(super) fn summary(
    popup: &CombinedDialog,
    outlooks: &[Outlook],
    model: &Model,
    width: u16,
) -> Page {
    let mut page = Page::new(width);
    if popup.is_pending() {
        let (all, pending) = (popup.entries.len(), popup.pending());
        let noun = popup.action.noun();
        page.text(
            &format!(
                "Planning {}: {} of {all} done… nothing changes yet.",
                values::count(all, noun),
                all - pending
            ),
            Tone::Quiet,
        );
        page.blank();
        return page;
    }
    if let Some(headline) = headline(popup, outlooks) {
        page.text(&headline, Tone::Heading);
    }
    let ask = popup.ask(outlooks);
    match popup.action {
        _ if ask.is_empty() => {}
        BulkAction::Hold => page.text(
            "The reaper leaves the stacks alone until then; costs continue.",
            Tone::Quiet,
        ),
        BulkAction::Sleep => page.text(
            "Data is kept. The leases keep running and can still expire.",
            Tone::Quiet,
        ),
        BulkAction::Teardown | BulkAction::Extend | BulkAction::Unhold | BulkAction::Wake => {}
    }
    let left_out = outlooks
        .iter()
        .filter(|outlook| matches!(outlook, Outlook::LeftOut(_)));
    match left_out.count() {
        0 => {}
        1 => page.text("1 stack stays as it is", Tone::Notice),
        count => page.text(
            &format!("{} stay as they are", values::count(count, "stack")),
            Tone::Notice,
        ),
    }
    if let Some(kept) = total(popup, outlooks).kept() {
        page.text(&kept, Tone::Plain);
    }
    match ask.names.len() {
        0 => {}
        1 if ask.number > 0 => {
            let name = ask.names.first().map(ToString::to_string);
            let name = name.unwrap_or_default();
            page.text(
                &format!(
                    "▲ {name} is protected or unleased. To include it, type: {}",
                    ask.text()
                ),
                Tone::Notice,
            );
        }
        _ if ask.number == 0 => page.text(
            "▲ Protected or unleased: type the number and each name",
            Tone::Notice,
        ),
        count => page.text(
            &format!(
                "▲ {count} are protected or unleased. To include them, type: {}",
                ask.text()
            ),
            Tone::Notice,
        ),
    }
    if let (BulkAction::Sleep, Some(why)) = (
        popup.action,
        model.store.view().reaper.inactivity(model.now()),
    ) && popup.wakes_at(model.now()).is_ok_and(|at| at.is_some())
    {
        let why = describe::why_inactive(&why);
        page.text(
            &format!("▲ Only a reaper can wake them: {why}"),
            Tone::Notice,
        );
    }
    if page.len() > 0 {
        page.blank();
    }
    page
}

/// What the action does to the stacks that it includes. `None`: the title says it.
fn headline(popup: &CombinedDialog, outlooks: &[Outlook]) -> Option<String> {
    let acts = outlooks
        .iter()
        .filter(|outlook| matches!(outlook, Outlook::Acts(_) | Outlook::NeedsName(_)))
        .count();
    match popup.action {
        BulkAction::Teardown => Some(total(popup, outlooks).headline()),
        _ if acts == 0 => Some("Nothing to do".to_owned()),
        _ if acts == popup.entries.len() => None,
        action => Some(sentence_case(&action.on(&values::count(acts, "stack")))),
    }
}

/// The totals of the teardowns that the confirmation includes as it is typed.
fn total(popup: &CombinedDialog, outlooks: &[Outlook]) -> CombinedPlan {
    let included = popup.entries.iter().zip(popup.included(outlooks));
    let plans = included.filter_map(|(entry, is_included)| match &entry.plan {
        EntryPlan::Teardown(plan) if is_included => Some(&**plan),
        _ => None,
    });
    CombinedPlan::of(&plans.collect::<Vec<_>>())
}
