//! The dashboard without a terminal: what tests, benches and pictures play on.

use std::time::{Duration, Instant};

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use jiff::Timestamp;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier};
use stack::inventory::{BillHistory, PlaceScan};
use stack::service::teardown::TeardownPlan;
use stack::{Lease, NewEvent, Policy, ReaperStatus, StackName};

use crate::dashboard::effect::Effect;
use crate::dashboard::event::{Event, Loaded, Problem, Sighting};
use crate::dashboard::model::world::Key;
use crate::dashboard::model::{Model, Setting, Size};
use crate::dashboard::update::update;
use crate::dashboard::view::{screen_text, view};
use crate::demo;

/// What a harness is set with.
#[derive(Clone, Debug)]
pub struct HarnessConfig {
    /// How many columns.
    pub columns: u16,
    /// How many rows.
    pub rows: u16,
    /// With colours.
    pub colour: bool,
    /// Why nothing may be changed.
    pub read_only: Option<String>,
    /// Marked as made up.
    pub demo: bool,
    /// There is a cloud to ask.
    pub cloud: bool,
    /// The policy in force.
    pub policy: Policy,
    /// What time it is.
    pub now: Timestamp,
}

impl HarnessConfig {
    /// The made-up world's policy, in colour, at a size and a moment.
    #[must_use]
    pub fn new(columns: u16, rows: u16, now: Timestamp) -> Self {
        Self {
            columns,
            rows,
            colour: true,
            read_only: None,
            demo: false,
            cloud: false,
            policy: demo::policy(),
            now,
        }
    }
}

/// A dashboard whose terminal is a buffer and whose world is whatever it is told.
///
/// What it wants done is not done, but kept: see [`Harness::take_effects`].
pub struct Harness {
    model: Model,
    terminal: Terminal<TestBackend>,
    wanted: Vec<Effect>,
}

impl Harness {
    /// A dashboard that has read nothing yet.
    #[must_use]
    pub fn new(config: HarnessConfig) -> Self {
        let HarnessConfig {
            columns,
            rows,
            colour,
            read_only,
            demo,
            cloud,
            policy,
            now,
        } = config;
        let setting = Setting {
            place: "/home/ana/.local/share/jiti/ledger.db".to_owned(),
            policy,
            read_only,
            demo,
            cloud,
            colour,
        };
        let backend = TestBackend::new(columns, rows);
        let Ok(terminal) = Terminal::new(backend);
        let mut harness = Self {
            model: Model::new(setting, Size { columns, rows }, now),
            terminal,
            wanted: Vec::new(),
        };
        harness.draw();
        harness
    }

    /// So many stacks of the made-up world.
    #[must_use]
    pub fn demo_leases(now: Timestamp, stacks: usize) -> Vec<Lease> {
        demo::leases(now, stacks)
    }

    /// The events that the same come from.
    #[must_use]
    pub fn demo_events(now: Timestamp, stacks: usize) -> Vec<(StackName, Vec<NewEvent>)> {
        demo::stories(now, stacks)
    }

    /// The ledger was read, and this was in it.
    pub fn load(&mut self, leases: Vec<Lease>, reaper: ReaperStatus) {
        let loaded = Loaded {
            leases,
            ended: None,
            reaper,
            exists: true,
        };
        self.happens(Event::Loaded(Ok(Box::new(loaded))));
    }

    /// The ledger was read again: these have changed, those have ended, the others are as they were.
    pub fn load_changes(
        &mut self,
        leases: Vec<Lease>,
        ended: Vec<StackName>,
        reaper: ReaperStatus,
    ) {
        let loaded = Loaded {
            leases,
            ended: Some(ended),
            reaper,
            exists: true,
        };
        self.happens(Event::Loaded(Ok(Box::new(loaded))));
    }

    /// There is no ledger.
    pub fn load_missing_ledger(&mut self) {
        let loaded = Loaded {
            leases: Vec::new(),
            ended: None,
            reaper: ReaperStatus::default(),
            exists: false,
        };
        self.happens(Event::Loaded(Ok(Box::new(loaded))));
    }

    /// The ledger could not be read.
    pub fn fail_load(&mut self, said: &str) {
        self.happens(Event::Loaded(Err(Problem {
            said: said.to_owned(),
            refused: false,
        })));
    }

    /// The events of a stack were read.
    pub fn load_events(&mut self, stack: &StackName, events: Vec<stack::Event>) {
        self.happens(Event::Told {
            stack: stack.clone(),
            answer: Ok(events),
            wake_duration: None,
        });
    }

    /// What a teardown would remove is known.
    pub fn plan(&mut self, plan: TeardownPlan) {
        self.happens(Event::Planned {
            stack: self.asked_about(&plan),
            answer: Ok(Some(Box::new(plan))),
        });
    }

    /// What a teardown would remove was found out for the stack's page.
    pub fn preview_teardown(&mut self, plan: TeardownPlan) {
        self.happens(Event::Foreseen {
            stack: self.asked_about(&plan),
            answer: Ok(Some(Box::new(plan))),
        });
    }

    /// What a sleep would stop is known.
    pub fn plan_sleep(&mut self, plan: stack::service::power::SleepPlan) {
        self.happens(Event::Drowsy {
            stack: plan.name.clone(),
            answer: Ok(Box::new(plan)),
        });
    }

    /// The cloud was asked just now, and this was found in these places.
    pub fn load_cloud(&mut self, resources: Vec<stack::Resource>, configured: Vec<stack::Place>) {
        self.load_cloud_and_bill(resources, configured, BillHistory::default());
    }

    /// The same, and this was billed.
    pub fn load_cloud_and_bill(
        &mut self,
        resources: Vec<stack::Resource>,
        configured: Vec<stack::Place>,
        bill: BillHistory,
    ) {
        let now = self.model.now();
        let looked = PlaceScan {
            tried_at: now,
            answered_at: Some(now),
            gaps: Vec::new(),
        };
        let places = configured.iter().cloned();
        let sighting = Sighting {
            resources,
            places: places.map(|place| (place, looked.clone())).collect(),
            bill,
            configured,
            asked: true,
            ..Sighting::default()
        };
        self.happens(Event::Sighted(Ok(Box::new(sighting))));
    }

    /// The reaper of the made-up world.
    #[must_use]
    pub fn demo_reaper(now: Timestamp) -> ReaperStatus {
        ReaperStatus::default().fold(demo::reaper(now))
    }

    /// A look at the made-up cloud, in which leases of the made-up world stand.
    pub fn load_demo_cloud(&mut self, leases: &[Lease]) {
        let sighting = demo::sighting(self.model.now(), leases);
        self.happens(Event::Sighted(Ok(Box::new(sighting))));
    }

    /// The cloud begins to be asked.
    pub fn start_cloud_sync(&mut self) {
        self.happens(Event::Asking);
    }

    /// The same, but nothing was drawn since: as when a key is pressed at that very moment.
    pub fn plan_before_draw(&mut self, plan: TeardownPlan) {
        let stack = self.asked_about(&plan);
        let answer = Ok(Some(Box::new(plan)));
        self.take(Event::Planned { stack, answer });
    }

    /// The stack that a plan is about: the open or selected one, where that has its name.
    fn asked_about(&self, plan: &TeardownPlan) -> Key {
        let current = self.model.current().cloned();
        let named = current.filter(|key| key.name() == plan.name);
        named.unwrap_or_else(|| Key::from(&plan.name))
    }

    /// A teardown has said something.
    pub fn progress(&mut self, stack: &StackName, steps: Vec<stack::service::teardown::Progress>) {
        self.happens(Event::Progress {
            stack: stack.clone(),
            steps,
        });
    }

    /// A sleep or a wake has said something.
    pub fn power_progress(
        &mut self,
        stack: &StackName,
        steps: Vec<stack::service::power::PowerStep>,
    ) {
        for step in steps {
            let stack = stack.clone();
            self.happens(Event::Turning { stack, step });
        }
    }

    /// A sleep or a wake has ended.
    pub fn power_finished(&mut self, turned: stack::service::power::PowerOutcome) {
        self.happens(Event::Turned {
            stack: turned.name.clone(),
            answer: Ok(Box::new(turned)),
        });
    }

    /// The events of a stack that sleeps were read, and how long waking it takes.
    pub fn load_events_asleep(&mut self, stack: &StackName, wake_duration: stack::Elapsed) {
        self.happens(Event::Told {
            stack: stack.clone(),
            answer: Ok(Vec::new()),
            wake_duration: Some(wake_duration),
        });
    }

    /// It is another time.
    pub fn set_time(&mut self, now: Timestamp) {
        self.happens(Event::Clock(now));
    }

    /// The terminal has another size.
    pub fn resize(&mut self, columns: u16, rows: u16) {
        self.terminal.backend_mut().resize(columns, rows);
        self.happens(Event::Resize { columns, rows });
    }

    /// Keys are pressed, one after the other and each with a frame after it: characters, or names in angle
    /// brackets such as `<enter>`, `<esc>`, `<down>`, `<ctrl-c>`.
    pub fn keys(&mut self, keys: &str) {
        for key in named(keys) {
            self.happens(Event::Key(key));
        }
    }

    /// A key is pressed before anything new was drawn.
    pub fn key_before_draw(&mut self, key: &str) {
        for key in named(key) {
            self.take(Event::Key(key));
        }
    }

    /// A key is let go, as some terminals tell.
    pub fn release_key(&mut self, key: &str) {
        for mut key in named(key) {
            key.kind = crossterm::event::KeyEventKind::Release;
            self.happens(Event::Key(key));
        }
    }

    /// Text is pasted.
    pub fn paste(&mut self, text: &str) {
        self.happens(Event::Paste(text.to_owned()));
    }

    /// A click.
    pub fn click(&mut self, column: u16, row: u16) {
        self.mouse(MouseEventKind::Down(MouseButton::Left), column, row);
    }

    /// The wheel, one notch: down, or up.
    pub fn wheel(&mut self, down: bool) {
        let kind = if down {
            MouseEventKind::ScrollDown
        } else {
            MouseEventKind::ScrollUp
        };
        self.mouse(kind, 0, 0);
    }

    fn mouse(&mut self, kind: MouseEventKind, column: u16, row: u16) {
        self.happens(Event::Mouse(MouseEvent {
            kind,
            column,
            row,
            modifiers: KeyModifiers::NONE,
        }));
    }

    /// What it wanted done since this was last asked, in words.
    pub fn take_effects(&mut self) -> Vec<String> {
        self.wanted
            .drain(..)
            .map(|effect| format!("{effect:?}"))
            .collect()
    }

    /// Whether it has ended.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.model.over
    }

    /// The selected stack.
    #[must_use]
    pub fn selected(&self) -> Option<StackName> {
        self.model.list.selected().map(Key::name)
    }

    /// The screen as text.
    #[must_use]
    pub fn text(&self) -> String {
        screen_text(self.terminal.backend().buffer())
    }

    /// How the screen looks: a letter for each cell that is not plain. See [`Harness::style_legend`].
    #[must_use]
    pub fn style_map(&self) -> String {
        looks(self.terminal.backend().buffer())
    }

    /// What the letters of [`Harness::style_map`] stand for.
    #[must_use]
    pub fn style_legend() -> &'static str {
        "b bold · d dim · x reversed · r red · g green · y yellow · c cyan · m magenta"
    }

    /// The screen, cell by cell.
    #[must_use]
    pub fn buffer(&self) -> &Buffer {
        self.terminal.backend().buffer()
    }

    /// Draws the screen as it is once more; how long that took.
    pub fn draw_again(&mut self) -> Duration {
        let began = Instant::now();
        self.draw();
        began.elapsed()
    }

    fn happens(&mut self, event: Event) {
        self.take(event);
        if std::mem::take(&mut self.model.dirty) {
            self.draw();
            self.take(Event::Drawn);
        }
    }

    fn take(&mut self, event: Event) {
        let effects = update(&mut self.model, event);
        self.wanted.extend(effects);
    }

    fn draw(&mut self) {
        let Self {
            model, terminal, ..
        } = self;
        let Ok(_) = terminal.draw(|frame| view(frame, model));
    }
}

/// Each key of a text.
fn named(keys: &str) -> Vec<KeyEvent> {
    let mut found = Vec::new();
    let mut rest = keys;
    while let Some(c) = rest.chars().next() {
        let name = rest
            .strip_prefix('<')
            .and_then(|after| after.split_once('>'));
        let special = name.and_then(|(name, after)| Some((special(name)?, after)));
        if let Some((key, after)) = special {
            found.push(key);
            rest = after;
        } else {
            found.push(KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE));
            rest = rest.strip_prefix(c).unwrap_or_default();
        }
    }
    found
}

fn special(name: &str) -> Option<KeyEvent> {
    let code = match name {
        "enter" => KeyCode::Enter,
        "esc" => KeyCode::Esc,
        "up" => KeyCode::Up,
        "down" => KeyCode::Down,
        "left" => KeyCode::Left,
        "right" => KeyCode::Right,
        "tab" => KeyCode::Tab,
        "home" => KeyCode::Home,
        "end" => KeyCode::End,
        "pageup" => KeyCode::PageUp,
        "pagedown" => KeyCode::PageDown,
        "backspace" => KeyCode::Backspace,
        "ctrl-c" => return Some(KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL)),
        "ctrl-z" => return Some(KeyEvent::new(KeyCode::Char('z'), KeyModifiers::CONTROL)),
        "ctrl-u" => return Some(KeyEvent::new(KeyCode::Char('u'), KeyModifiers::CONTROL)),
        _ => return None,
    };
    Some(KeyEvent::new(code, KeyModifiers::NONE))
}

fn looks(buffer: &Buffer) -> String {
    let columns = usize::from(buffer.area.width).max(1);
    let mut text = String::new();
    for row in buffer.content().chunks(columns) {
        let line: String = row
            .iter()
            .map(|cell| letter(cell.fg, cell.modifier))
            .collect();
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

fn letter(colour: Color, modifier: Modifier) -> char {
    match colour {
        Color::Red => 'r',
        Color::Green => 'g',
        Color::Yellow => 'y',
        Color::Cyan => 'c',
        Color::Magenta => 'm',
        _ if modifier.contains(Modifier::REVERSED) => 'x',
        _ if modifier.contains(Modifier::BOLD) => 'b',
        _ if modifier.contains(Modifier::DIM) => 'd',
        _ => ' ',
    }
}
