//! Drives the dashboard with a buffer in place of the terminal.

use std::time::{Duration, Instant};

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use jiff::Timestamp;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier};
use stack::config::NamedTexts;
use stack::init_queue::InitQueue;
use stack::inventory::{BillHistory, PlaceScan};
use stack::service::teardown::TeardownPlan;
use stack::{Lease, NewEvent, Policy, ReaperStatus, RunId, Seq, StackName};

use crate::dashboard::effect::Effect;
use crate::dashboard::event::{CloudData, Event, LedgerData, RunLog};
use crate::dashboard::keymap::Keymap;
use crate::dashboard::model::economics::ReportData;
use crate::dashboard::model::saved_view::SavedView;
use crate::dashboard::model::{Model, Settings, Size};
use crate::dashboard::problem::Problem;
use crate::dashboard::stack_key::StackKey;
use crate::dashboard::theme::ThemeName;
use crate::dashboard::update::update;
use crate::dashboard::view::{screen_text, view};
use crate::demo;
use stack::config::NoncomplianceSetting;

/// The configuration of a [`Harness`].
#[derive(Clone, Debug)]
pub struct HarnessConfig {
    /// The width of the terminal.
    pub columns: u16,
    /// The height of the terminal.
    pub rows: u16,
    /// Whether the terminal has colours.
    pub colour: bool,
    /// Why changes are refused, if they are.
    pub read_only: Option<String>,
    /// Whether the screen says that this is demo data.
    pub demo: bool,
    /// Whether accounts are configured.
    pub cloud: bool,
    /// The policy.
    pub policy: Policy,
    /// The current time.
    pub now: Timestamp,
    /// The keys that the user has changed: an action and its key.
    pub keys: Vec<(&'static str, &'static str)>,
}

impl HarnessConfig {
    /// The demo's policy, in colour, with this size and time.
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
            keys: Vec::new(),
        }
    }
}

/// A dashboard that draws into a buffer and gets its data from the test.
///
/// It carries out no effects, but stores them: see [`Harness::take_effects`].
pub struct Harness {
    model: Model,
    terminal: Terminal<TestBackend>,
    effects: Vec<Effect>,
}

impl Harness {
    /// A dashboard without data.
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
            keys,
        } = config;
        let keys: Vec<NamedTexts> = keys
            .iter()
            .map(|(action, key)| NamedTexts {
                key: (*action).to_owned(),
                texts: vec![(*key).to_owned()],
                line: 1,
            })
            .collect();
        // A test of wrong keys reads a config file.
        let keymap = Keymap::read(&keys).unwrap_or_default();
        let setting = Settings {
            ledger: "/home/ana/.local/share/jiti/ledger.db".to_owned(),
            policy,
            noncompliance: NoncomplianceSetting::default(),
            read_only,
            demo,
            cloud,
            colour,
            replay: false,
            keymap,
            theme: ThemeName::default(),
            view: SavedView::default(),
        };
        let backend = TestBackend::new(columns, rows);
        let Ok(terminal) = Terminal::new(backend);
        let mut harness = Self {
            model: Model::new(setting, Size { columns, rows }, now),
            terminal,
            effects: Vec::new(),
        };
        harness.draw();
        harness
    }

    /// The leases of this many demo stacks.
    #[must_use]
    pub fn demo_leases(now: Timestamp, stacks: usize) -> Vec<Lease> {
        demo::leases(now, stacks)
    }

    /// The events of this many demo stacks.
    #[must_use]
    pub fn demo_events(now: Timestamp, stacks: usize) -> Vec<(StackName, Vec<NewEvent>)> {
        demo::events(now, stacks)
    }

    /// The ledger was loaded, with these leases.
    pub fn load(&mut self, leases: Vec<Lease>, reaper: ReaperStatus) {
        let loaded = LedgerData {
            leases,
            ended: None,
            unreadable: None,
            reaper,
            policy: None,
            init_queue: None,
            exists: true,
        };
        self.handle(Event::LedgerLoaded(Ok(Box::new(loaded))));
    }

    /// The ledger was loaded again: these leases changed, and these stacks ended.
    pub fn load_changes(
        &mut self,
        leases: Vec<Lease>,
        ended: Vec<StackName>,
        reaper: ReaperStatus,
    ) {
        let loaded = LedgerData {
            leases,
            ended: Some(ended),
            unreadable: None,
            reaper,
            policy: None,
            init_queue: None,
            exists: true,
        };
        self.handle(Event::LedgerLoaded(Ok(Box::new(loaded))));
    }

    /// The ledger was loaded again: only its policy changed.
    pub fn load_policy(&mut self, policy: Policy, reaper: ReaperStatus) {
        let loaded = LedgerData {
            leases: Vec::new(),
            ended: Some(Vec::new()),
            unreadable: None,
            reaper,
            policy: Some(policy),
            init_queue: None,
            exists: true,
        };
        self.handle(Event::LedgerLoaded(Ok(Box::new(loaded))));
    }

    /// The ledger was loaded again: only the queue of `max_concurrent_inits` changed.
    pub fn load_init_queue(&mut self, queue: InitQueue, reaper: ReaperStatus) {
        let loaded = LedgerData {
            leases: Vec::new(),
            ended: Some(Vec::new()),
            unreadable: None,
            reaper,
            policy: None,
            init_queue: Some(queue),
            exists: true,
        };
        self.handle(Event::LedgerLoaded(Ok(Box::new(loaded))));
    }

    /// The ledger does not exist.
    pub fn load_missing_ledger(&mut self) {
        let loaded = LedgerData {
            leases: Vec::new(),
            ended: None,
            unreadable: None,
            reaper: ReaperStatus::default(),
            policy: None,
            init_queue: None,
            exists: false,
        };
        self.handle(Event::LedgerLoaded(Ok(Box::new(loaded))));
    }

    /// Loading the ledger failed.
    pub fn fail_load(&mut self, message: &str) {
        self.handle(Event::LedgerLoaded(Err(Problem {
            message: message.to_owned(),
            refused: false,
        })));
    }

    /// The events of a stack were loaded.
    pub fn load_events(&mut self, stack: &StackName, events: Vec<stack::Event>) {
        self.handle(Event::EventsLoaded {
            stack: stack.clone(),
            after: Seq::NONE,
            answer: Ok(events),
            wake_duration: None,
        });
    }

    /// The report on all stacks was read.
    pub fn load_report(&mut self, by_app: stack::report::Report, by_owner: stack::report::Report) {
        let report = ReportData { by_app, by_owner };
        self.handle(Event::ReportLoaded(Ok(Box::new(report))));
    }

    /// Reading the report on all stacks failed.
    pub fn fail_report(&mut self, message: &str) {
        self.handle(Event::ReportLoaded(Err(Problem {
            message: message.to_owned(),
            refused: false,
        })));
    }

    /// The report of the demo on the last 30 days: this many live stacks, and those that are gone.
    #[must_use]
    pub fn demo_report(
        now: Timestamp,
        stacks: usize,
        by: &stack::report::GroupBy,
    ) -> stack::report::Report {
        let since = stack::Span::minutes(30 * 24 * 60).before(now);
        let all = demo::history(now)
            .into_iter()
            .chain(demo::events(now, stacks));
        let all = all.map(|(name, events)| {
            let events = events.into_iter().zip(1..);
            let events = events.map(|(event, seq)| event.into_event(name.clone(), Seq(seq)));
            let events = events.collect();
            (name, events)
        });
        let cloud = demo::snapshot(now, &demo::leases(now, stacks), true);
        demo::report::report((since, now), by.clone(), &all.collect(), &cloud)
    }

    /// The plan of a teardown is ready.
    pub fn plan(&mut self, plan: TeardownPlan) {
        self.handle(Event::TeardownPlanned {
            stack: self.key_of(&plan),
            answer: Ok(Some(Box::new(plan))),
        });
    }

    /// The plan of a teardown could not be made, because a rule refuses it or it failed.
    pub fn fail_plan(&mut self, stack: &StackName, message: &str, refused: bool) {
        let message = message.to_owned();
        self.handle(Event::TeardownPlanned {
            stack: StackKey::from(stack),
            answer: Err(Problem { message, refused }),
        });
    }

    /// A change of a lease has ended, with a sentence or with the reason why it was refused.
    pub fn change_finished(&mut self, stack: &StackName, answer: Result<&str, &str>) {
        self.handle(Event::ChangeFinished {
            stack: stack.clone(),
            answer: answer.map(str::to_owned).map_err(Problem::refused),
        });
    }

    /// The preview of a teardown for the stack's page is ready.
    pub fn preview_teardown(&mut self, plan: TeardownPlan) {
        self.handle(Event::TeardownPreviewed {
            stack: self.key_of(&plan),
            answer: Ok(Some(Box::new(plan))),
        });
    }

    /// The plan of a sleep is ready.
    pub fn plan_sleep(&mut self, plan: stack::service::power::SleepPlan) {
        self.handle(Event::SleepPlanned {
            stack: plan.name.clone(),
            answer: Ok(Box::new(plan)),
        });
    }

    /// The cloud was queried just now, with these resources in these places.
    pub fn load_cloud(&mut self, resources: Vec<stack::Resource>, configured: Vec<stack::Place>) {
        self.load_cloud_and_bill(resources, configured, BillHistory::default());
    }

    /// The cloud was queried just now, with these resources and this bill.
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
        let snapshot = CloudData {
            resources,
            places: places.map(|place| (place, looked.clone())).collect(),
            bill,
            configured,
            asked: true,
            ..CloudData::default()
        };
        self.handle(Event::CloudLoaded(Ok(Box::new(snapshot))));
    }

    /// The reaper of the demo.
    #[must_use]
    pub fn demo_reaper(now: Timestamp) -> ReaperStatus {
        ReaperStatus::default().fold(demo::reaper(now, stack::Span::minutes(15)))
    }

    /// The cloud was queried, with the demo resources of these leases.
    pub fn load_demo_cloud(&mut self, leases: &[Lease]) {
        let snapshot = demo::snapshot(self.model.now(), leases, true);
        self.handle(Event::CloudLoaded(Ok(Box::new(snapshot))));
    }

    /// A query of the cloud has started.
    pub fn start_cloud_sync(&mut self) {
        self.handle(Event::CloudSyncStarted);
    }

    /// The plan of a teardown is ready, but not drawn yet, as if a key is pressed at that moment.
    pub fn plan_before_draw(&mut self, plan: TeardownPlan) {
        let stack = self.key_of(&plan);
        let answer = Ok(Some(Box::new(plan)));
        self.apply(Event::TeardownPlanned { stack, answer });
    }

    /// The stack of a plan: the open or selected one, if it has that name.
    fn key_of(&self, plan: &TeardownPlan) -> StackKey {
        let current = self.model.current().cloned();
        let named = current.filter(|key| key.name() == plan.name);
        named.unwrap_or_else(|| StackKey::from(&plan.name))
    }

    /// A teardown has made progress.
    pub fn progress(&mut self, stack: &StackName, steps: Vec<stack::service::teardown::Progress>) {
        self.handle(Event::TeardownProgress {
            stack: stack.clone(),
            steps,
        });
    }

    /// A sleep or a wake has made progress.
    pub fn power_progress(
        &mut self,
        stack: &StackName,
        steps: Vec<stack::service::power::PowerStep>,
    ) {
        for step in steps {
            let stack = stack.clone();
            self.handle(Event::PowerProgress { stack, step });
        }
    }

    /// A sleep or a wake has ended.
    pub fn power_finished(&mut self, turned: stack::service::power::PowerOutcome) {
        self.handle(Event::PowerFinished {
            stack: turned.name.clone(),
            answer: Ok(Box::new(turned)),
        });
    }

    /// The events of a sleeping stack were loaded, with the time that waking it takes.
    pub fn load_events_asleep(&mut self, stack: &StackName, wake_duration: stack::Elapsed) {
        self.handle(Event::EventsLoaded {
            stack: stack.clone(),
            after: Seq::NONE,
            answer: Ok(Vec::new()),
            wake_duration: Some(wake_duration),
        });
    }

    /// The clock has advanced.
    pub fn set_time(&mut self, now: Timestamp) {
        self.handle(Event::Clock(now));
    }

    /// The terminal was resized.
    pub fn resize(&mut self, columns: u16, rows: u16) {
        self.terminal.backend_mut().resize(columns, rows);
        self.handle(Event::Resize { columns, rows });
    }

    /// Presses keys, and draws after each: characters, or names in angle brackets such as
    /// `<enter>`, `<esc>`, `<down>`, `<ctrl-c>`. In `<pause>`, no other key of a sequence comes in
    /// time.
    pub fn keys(&mut self, keys: &str) {
        for (at, keys) in keys.split("<pause>").enumerate() {
            if at > 0 {
                let wait = self.model.waits;
                self.handle(Event::KeyTimedOut { wait });
            }
            for key in parse_keys(keys) {
                self.handle(Event::Key(key));
            }
        }
    }

    /// A program has opened a URL, or none did.
    pub fn url_opened(&mut self, url: &str, answer: Result<(), String>) {
        let url = url.to_owned();
        self.handle(Event::UrlOpened { url, answer });
    }

    /// The files of a stack's last teardown were read.
    pub fn load_run_log(
        &mut self,
        stack: &StackName,
        run: RunId,
        steps: Vec<stack::service::teardown::Progress>,
        failures: &str,
    ) {
        let log = RunLog {
            run,
            started_at: self.model.now(),
            steps,
            failures: Some(failures.to_owned()),
        };
        self.handle(Event::RunLogLoaded {
            stack: stack.clone(),
            answer: Ok(Some(Box::new(log))),
        });
    }

    /// Presses a key before the next draw.
    pub fn key_before_draw(&mut self, key: &str) {
        for key in parse_keys(key) {
            self.apply(Event::Key(key));
        }
    }

    /// Releases a key, which some terminals report.
    pub fn release_key(&mut self, key: &str) {
        for mut key in parse_keys(key) {
            key.kind = crossterm::event::KeyEventKind::Release;
            self.handle(Event::Key(key));
        }
    }

    /// Pastes a text.
    pub fn paste(&mut self, text: &str) {
        self.handle(Event::Paste(text.to_owned()));
    }

    /// Clicks the left button.
    pub fn click(&mut self, column: u16, row: u16) {
        self.mouse(MouseEventKind::Down(MouseButton::Left), column, row);
    }

    /// Turns the wheel by one notch, down or up.
    pub fn wheel(&mut self, down: bool) {
        let kind = if down {
            MouseEventKind::ScrollDown
        } else {
            MouseEventKind::ScrollUp
        };
        self.mouse(kind, 0, 0);
    }

    fn mouse(&mut self, kind: MouseEventKind, column: u16, row: u16) {
        self.handle(Event::Mouse(MouseEvent {
            kind,
            column,
            row,
            modifiers: KeyModifiers::NONE,
        }));
    }

    /// The effects since the last call, in their debug format.
    pub fn take_effects(&mut self) -> Vec<String> {
        self.effects
            .drain(..)
            .map(|effect| format!("{effect:?}"))
            .collect()
    }

    /// Whether the dashboard has ended.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.model.finished
    }

    /// The selected stack.
    #[must_use]
    pub fn selected(&self) -> Option<StackName> {
        self.model.list.selected().map(StackKey::name)
    }

    /// The screen as text.
    #[must_use]
    pub fn text(&self) -> String {
        screen_text(self.terminal.backend().buffer())
    }

    /// How the screen looks: a letter for each cell that is not plain. See
    /// [`Harness::style_legend`].
    #[must_use]
    pub fn style_map(&self) -> String {
        style_map(self.terminal.backend().buffer())
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

    /// Draws the screen again, and returns the time that it took.
    pub fn draw_again(&mut self) -> Duration {
        let began = Instant::now();
        self.draw();
        began.elapsed()
    }

    fn handle(&mut self, event: Event) {
        self.apply(event);
        if std::mem::take(&mut self.model.dirty) {
            self.draw();
            self.apply(Event::Drawn);
        }
    }

    fn apply(&mut self, event: Event) {
        let effects = update(&mut self.model, event);
        self.effects.extend(effects);
    }

    fn draw(&mut self) {
        let Self {
            model, terminal, ..
        } = self;
        let Ok(_) = terminal.draw(|frame| view(frame, model));
    }
}

/// Parses keys, see [`Harness::keys`].
fn parse_keys(keys: &str) -> Vec<KeyEvent> {
    let mut found = Vec::new();
    let mut rest = keys;
    while let Some(c) = rest.chars().next() {
        let name = rest
            .strip_prefix('<')
            .and_then(|after| after.split_once('>'));
        let special = name.and_then(|(name, after)| Some((special_key(name)?, after)));
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

fn special_key(name: &str) -> Option<KeyEvent> {
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
        "ctrl-d" => return Some(KeyEvent::new(KeyCode::Char('d'), KeyModifiers::CONTROL)),
        "backtab" => KeyCode::BackTab,
        "ctrl-u" => return Some(KeyEvent::new(KeyCode::Char('u'), KeyModifiers::CONTROL)),
        _ => return None,
    };
    Some(KeyEvent::new(code, KeyModifiers::NONE))
}

fn style_map(buffer: &Buffer) -> String {
    let columns = usize::from(buffer.area.width).max(1);
    let mut text = String::new();
    for row in buffer.content().chunks(columns) {
        let line: String = row
            .iter()
            .map(|cell| style_letter(cell.fg, cell.modifier))
            .collect();
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

fn style_letter(colour: Color, modifier: Modifier) -> char {
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
