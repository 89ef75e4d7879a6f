//! Applies events to the model and returns the effects to run. It never waits and never draws.

mod batch;
mod combined;
mod command_line;
mod economics;
mod keys;
mod marks;
mod mouse;
mod navigation;
mod open_url;
mod popup;
mod refusal;
mod run_log;
mod sleep;
mod stack_actions;
mod teardown;

use jiff::Timestamp;
use stack::{Elapsed, Phase, Seq, StackName};

use crate::dashboard::effect::Effect;
use crate::dashboard::event::{CloudData, Event, LedgerData};
use crate::dashboard::keymap;
use crate::dashboard::model::list::Line;
use crate::dashboard::model::row::StackRow;
use crate::dashboard::model::store::LoadState;
use crate::dashboard::model::{Model, Screen, Size};
use crate::dashboard::problem::Problem;
use crate::dashboard::view::layout;
use crate::format::style::Tone;

/// Applies one event. Nothing else changes the model.
pub(crate) fn update(model: &mut Model, event: Event) -> Vec<Effect> {
    let before = model.saved_view();
    let mut effects = apply(model, event);
    let after = model.saved_view();
    if after != before {
        effects.push(Effect::SaveView(after));
    }
    effects
}

fn apply(model: &mut Model, event: Event) -> Vec<Effect> {
    model.answers_key = matches!(event, Event::Key(_) | Event::Mouse(_) | Event::Paste(_));
    match event {
        Event::Key(key) if keymap::is_press(&key) => {
            model.dirty = true;
            keys::press(model, &key)
        }
        Event::Key(_) => Vec::new(),
        Event::Mouse(mouse) => mouse::act(model, mouse),
        Event::Paste(text) => keys::paste(model, &text),
        Event::Resize { columns, rows } => {
            model.size = Size { columns, rows };
            model.dirty = true;
            model.list.measure_again(&model.store);
            model.list.scroll_to_selected(layout::rows(model.size));
            Vec::new()
        }
        Event::Clock(now) => clock(model, now),
        Event::Drawn => {
            popup::drawn(model);
            Vec::new()
        }
        Event::LedgerLoaded(answer) => ledger_loaded(model, answer),
        Event::EventsLoaded {
            stack,
            after,
            answer,
            wake_duration,
        } => {
            events_loaded(model, &stack, after, answer, wake_duration);
            Vec::new()
        }
        Event::ChangeFinished { stack, answer } => change_finished(model, &stack, answer),
        Event::TeardownPlanned { stack, answer } => teardown::planned(model, &stack, answer),
        Event::SleepPlanned { stack, answer } => {
            sleep::planned(model, &stack, answer);
            Vec::new()
        }
        Event::PowerProgress { stack, step } => {
            sleep::progress(model, &stack, step);
            Vec::new()
        }
        Event::PowerFinished { stack, answer } => sleep::finished(model, &stack, answer),
        Event::CloudSyncStarted => {
            (model.syncing, model.dirty) = (true, true);
            Vec::new()
        }
        Event::CloudLoaded(answer) => {
            cloud_loaded(model, answer);
            Vec::new()
        }
        Event::TeardownPreviewed { stack, answer } => {
            teardown::previewed(model, stack, answer);
            Vec::new()
        }
        Event::TeardownProgress { stack, steps } => teardown::progress(model, &stack, steps),
        Event::ReportLoaded(answer) => {
            economics::loaded(model, answer);
            Vec::new()
        }
        Event::DemoPrepared { done, count } => {
            model.preparing = (done < count).then_some((done, count));
            model.dirty = true;
            Vec::new()
        }
        Event::KeyTimedOut { wait } => keys::time_out(model, wait),
        Event::UrlOpened { url, answer } => open_url::opened(model, url, answer),
        Event::ViewNotSaved(problem) => {
            let text = format!("the order, groups, columns and theme are not saved: {problem}");
            model.set_status(Tone::Notice, text);
            Vec::new()
        }
        Event::RunLogLoaded { stack, answer } => {
            run_log::loaded(model, &stack, answer);
            Vec::new()
        }
        Event::Stop => {
            model.finished = true;
            Vec::new()
        }
    }
}

fn clock(model: &mut Model, now: Timestamp) -> Vec<Effect> {
    // The loop sends a clock event only when a displayed time changes.
    model.dirty = true;
    if model.store.advance(now) {
        let rows = layout::rows(model.size);
        model.list.follow_time(&model.store, rows);
    }
    model.messages.follow_time(now);
    Vec::new()
}

fn ledger_loaded(model: &mut Model, answer: Result<Box<LedgerData>, Problem>) -> Vec<Effect> {
    model.dirty = true;
    let mut effects = Vec::new();
    // The whole list was read: the ledger may be another one.
    let is_full = answer.as_ref().is_ok_and(|loaded| loaded.ended.is_none());
    match answer {
        Ok(loaded) => {
            let has_ended = loaded.ended.as_ref().is_some_and(|ended| !ended.is_empty());
            // The process that ended a stack has stored what it found at the end.
            if has_ended && model.store.cloud().is_some() {
                effects.push(Effect::LoadCloud);
            }
            model.store.load(*loaded);
            model.marks.follow(&model.store);
            effects.extend(popup::close_if_gone(model));
        }
        // Keep showing the stacks from the last successful read.
        Err(problem) => model.store.load_state = LoadState::Failed(problem),
    }
    model.list.measure(&model.store);
    model.list.rebuild(&model.store, layout::rows(model.size));
    let store = &model.store;
    let plannable = |stack: &StackRow| stack.phase != Phase::TearingDown;
    model
        .previews
        .retain(|stack| store.stack(stack).is_some_and(plannable));
    effects.extend(teardown::found(model));
    effects.extend(follow_detail(model, is_full));
    effects
}

/// Reads the new events of the open stack, or all of them after a full read of the ledger. A stack
/// found by its tags may have a lease by now.
fn follow_detail(model: &mut Model, is_full: bool) -> Option<Effect> {
    let Screen::Detail(detail) = &mut model.screen else {
        return None;
    };
    if let Some(became) = model.store.replacement_key(&detail.stack) {
        (detail.stack, detail.events) = (became, None);
    }
    let stack = detail.stack.leased()?.clone();
    let row = model.store.stack(&detail.stack).and_then(StackRow::lease);
    let latest = row.map(stack::Lease::last_seq);
    let after = detail.last_seq().filter(|_| !is_full).unwrap_or_default();
    if after > Seq::NONE && latest == Some(after) {
        return None;
    }
    Some(Effect::LoadEvents { stack, after })
}

/// Stores a new snapshot of the cloud, or keeps the old one if the query failed.
fn cloud_loaded(model: &mut Model, answer: Result<Box<CloudData>, Problem>) {
    model.syncing = false;
    match answer {
        Ok(snapshot) => {
            model.store.set_cloud(*snapshot);
            model.marks.follow(&model.store);
            model.list.measure(&model.store);
            model.list.rebuild(&model.store, layout::rows(model.size));
            model.dirty = true;
        }
        Err(problem) => model.show_problem(&problem),
    }
}

fn events_loaded(
    model: &mut Model,
    stack: &StackName,
    after: Seq,
    answer: Result<Vec<stack::Event>, Problem>,
    wake_duration: Option<Elapsed>,
) {
    let Screen::Detail(detail) = &mut model.screen else {
        return;
    };
    if detail.stack.leased() != Some(stack) {
        return;
    }
    match (&mut detail.events, answer) {
        (_, answer) if after == Seq::NONE => detail.events = Some(answer),
        (Some(Ok(events)), Ok(more)) if events.last().map(|event| event.seq) == Some(after) => {
            events.extend(more);
        }
        (_, Err(problem)) => detail.events = Some(Err(problem)),
        // An answer to an earlier question: the page has read on since.
        (_, Ok(_)) => return,
    }
    detail.wake_duration = wake_duration;
    model.dirty = true;
}

fn change_finished(
    model: &mut Model,
    stack: &StackName,
    answer: Result<String, Problem>,
) -> Vec<Effect> {
    if batch::change_finished(model, stack, &answer) {
        return vec![Effect::Load];
    }
    match answer {
        Ok(said) => {
            model.set_status(Tone::Good, said);
            vec![Effect::Load]
        }
        Err(problem) => {
            model.show_problem(&problem);
            Vec::new()
        }
    }
}

/// When a displayed time next changes without an event: every second while a displayed time is
/// counted in seconds or a message waits for its turn, otherwise every ten seconds. The loop sends
/// a clock event then.
pub(crate) fn next_tick(model: &Model) -> Timestamp {
    let now = model.now();
    let seconds = if model.messages.waiting() > 0 || counts_seconds(model) {
        1
    } else {
        10
    };
    let next = now.as_second() / seconds * seconds + seconds;
    Timestamp::from_second(next).unwrap_or(Timestamp::MAX)
}

/// Whether the screen shows an age, a time left or a start-up time of less than a minute.
fn counts_seconds(model: &Model) -> bool {
    let now = model.now();
    let young = |stack: &StackRow| {
        let near = |at: Timestamp| at.duration_since(now).abs().as_secs() < 60;
        stack.created_at().is_some_and(near) || stack.expires_at().is_some_and(near)
    };
    if let Screen::Detail(detail) = &model.screen {
        let operation = detail
            .stack
            .leased()
            .and_then(|name| model.operations.running(name));
        return operation.is_some() || model.store.stack(&detail.stack).is_some_and(young);
    }
    if matches!(model.screen, Screen::Economics(_)) {
        return false;
    }
    let rows = layout::rows(model.size);
    model.list.shown(rows).any(|line| match line {
        Line::Stack(at) => model.store.stacks().get(*at).is_some_and(young),
        Line::Group(_) => false,
    })
}
