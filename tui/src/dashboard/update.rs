//! What an event changes, and what it wants done: never waits, never draws.

mod keys;
mod mouse;
mod popup;
mod sleep;
mod stack_actions;
mod teardown;

use jiff::Timestamp;
use stack::{Elapsed, StackName};

use crate::dashboard::effect::Effect;
use crate::dashboard::event::{Event, Loaded, Problem, Sighting};
use crate::dashboard::keymap;
use crate::dashboard::model::list::Line;
use crate::dashboard::model::world::{Reading, Stack};
use crate::dashboard::model::{Model, Screen, Size};
use crate::dashboard::view::layout;
use crate::format::style::Tone;

/// How long what was said stays at the foot of the screen.
const SAID_FOR: u64 = 15;

/// The only way to change the model.
pub(crate) fn update(model: &mut Model, event: Event) -> Vec<Effect> {
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
            model.list.scroll_to_selected(layout::rows(model.size));
            Vec::new()
        }
        Event::Clock(now) => clock(model, now),
        Event::Drawn => {
            popup::drawn(model);
            Vec::new()
        }
        Event::Loaded(answer) => loaded(model, answer),
        Event::Told {
            stack,
            answer,
            wake_duration,
        } => {
            told(model, &stack, answer, wake_duration);
            Vec::new()
        }
        Event::Changed { stack, answer } => changed(model, stack, answer),
        Event::Planned { stack, answer } => teardown::planned(model, &stack, answer),
        Event::Drowsy { stack, answer } => {
            sleep::drowsy(model, &stack, answer);
            Vec::new()
        }
        Event::Turning { stack, step } => {
            sleep::turning(model, &stack, step);
            Vec::new()
        }
        Event::Turned { stack, answer } => sleep::turned(model, &stack, answer),
        Event::Asking => {
            (model.asking, model.dirty) = (true, true);
            Vec::new()
        }
        Event::Sighted(answer) => {
            sighted(model, answer);
            Vec::new()
        }
        Event::Foreseen { stack, answer } => {
            let now = model.now();
            model.foresights.tell(stack, now, answer);
            model.dirty = true;
            Vec::new()
        }
        Event::Progress { stack, steps } => teardown::progress(model, &stack, steps),
        Event::Stop => {
            model.over = true;
            Vec::new()
        }
    }
}

fn clock(model: &mut Model, now: Timestamp) -> Vec<Effect> {
    // Whoever sends the clock knows when something that is shown changes with it.
    model.dirty = true;
    if model.world.advance(now) {
        let rows = layout::rows(model.size);
        model.list.follow_time(&model.world, rows);
    }
    let old = |at| Elapsed::between(at, now).seconds() >= SAID_FOR;
    if model.said.as_ref().is_some_and(|said| old(said.at)) {
        model.said = None;
    }
    Vec::new()
}

fn loaded(model: &mut Model, answer: Result<Box<Loaded>, Problem>) -> Vec<Effect> {
    model.dirty = true;
    match answer {
        Ok(loaded) => model.world.load(*loaded),
        // What was read before stays on the screen.
        Err(problem) => model.world.reading = Reading::Failed(problem),
    }
    model.list.measure(&model.world);
    model.list.arrange(&model.world, layout::rows(model.size));
    let world = &model.world;
    model
        .foresights
        .retain(|stack| world.stack(stack).is_some());
    let mut effects = teardown::found(model);
    effects.extend(follow_detail(model));
    effects
}

/// The open stack's events are read again. One that only tags told of may have a lease by now.
fn follow_detail(model: &mut Model) -> Option<Effect> {
    let Screen::Detail(detail) = &mut model.screen else {
        return None;
    };
    if let Some(became) = model.world.become_of(&detail.stack) {
        (detail.stack, detail.events) = (became, None);
    }
    let stack = detail.stack.leased()?;
    Some(Effect::Tell(stack.clone()))
}

/// What is known of the cloud is other than it was. What was known before stays when it could not be asked.
fn sighted(model: &mut Model, answer: Result<Box<Sighting>, Problem>) {
    model.asking = false;
    match answer {
        Ok(sighting) => {
            model.world.sight(*sighting);
            model.list.measure(&model.world);
            model.list.arrange(&model.world, layout::rows(model.size));
            model.dirty = true;
        }
        Err(problem) => model.complain(&problem),
    }
}

fn told(
    model: &mut Model,
    stack: &StackName,
    answer: Result<Vec<stack::Event>, Problem>,
    wake_duration: Option<Elapsed>,
) {
    if let Screen::Detail(detail) = &mut model.screen
        && detail.stack.leased() == Some(stack)
    {
        (detail.events, detail.wake_duration) = (Some(answer), wake_duration);
        model.dirty = true;
    }
}

fn changed(model: &mut Model, _stack: StackName, answer: Result<String, Problem>) -> Vec<Effect> {
    match answer {
        Ok(said) => {
            model.say(Tone::Good, said);
            vec![Effect::Load]
        }
        Err(problem) => {
            model.complain(&problem);
            Vec::new()
        }
    }
}

/// When something that is shown will next change by time alone: the next second while something young is
/// counted in seconds, else the next ten seconds. Whoever waits for it sends the clock.
pub(crate) fn next_clock(model: &Model) -> Timestamp {
    let now = model.now();
    let seconds = if counts_seconds(model) { 1 } else { 10 };
    let next = now.as_second() / seconds * seconds + seconds;
    Timestamp::from_second(next).unwrap_or(Timestamp::MAX)
}

/// Whether a figure on the screen is counted in seconds: an age, a time left or a start-up of less than
/// a minute.
fn counts_seconds(model: &Model) -> bool {
    let now = model.now();
    let young = |stack: &Stack| {
        let near = |at: Timestamp| at.duration_since(now).abs().as_secs() < 60;
        stack.created_at().is_some_and(near) || stack.expires_at().is_some_and(near)
    };
    if let Screen::Detail(detail) = &model.screen {
        let works = detail
            .stack
            .leased()
            .and_then(|name| model.works.running(name));
        return works.is_some() || model.world.stack(&detail.stack).is_some_and(young);
    }
    let rows = layout::rows(model.size);
    model.list.shown(rows).any(|line| match line {
        Line::Stack(at) => model.world.stacks().get(*at).is_some_and(young),
        Line::Group(_) => false,
    })
}
