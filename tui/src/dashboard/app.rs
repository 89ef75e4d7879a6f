//! The main loop: wait for an event, handle all queued events, then draw once if the model changed.

use std::io;
use std::time::Duration;

use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use rustix::process::Signal;
use stack::{Clock, Elapsed};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::UnboundedReceiver;

use crate::dashboard::effect::Effect;
use crate::dashboard::event::Event;
use crate::dashboard::model::Model;
use crate::dashboard::record::Recorder;
use crate::dashboard::tasks::EffectRunner;
use crate::dashboard::terminal::TerminalGuard;
use crate::dashboard::update::{next_tick, update};
use crate::dashboard::view::view;
use crate::error::CommandError;

/// Handles at most this many events before it draws, so that a flood of events cannot freeze the
/// screen.
const MAX_EVENTS_PER_FRAME: usize = 512;

/// How long to wait for SIGCONT. The kernel ignores a stop signal for an orphaned process group,
/// and then no SIGCONT ever comes.
const CONTINUE_TIMEOUT: Duration = Duration::from_millis(300);

/// The terminal backend that frames are drawn into.
type Drawn = Terminal<CrosstermBackend<io::BufWriter<io::Stdout>>>;

/// The state of a running dashboard.
pub(crate) struct App {
    pub(crate) model: Model,
    pub(crate) runner: EffectRunner,
    pub(crate) events: UnboundedReceiver<Event>,
    pub(crate) recorder: Option<Recorder>,
    pub(crate) screen: TerminalGuard,
    /// The user pressed Ctrl-Z: stop the process after the current batch of events.
    pub(crate) suspend_requested: bool,
}

impl App {
    /// Runs until the model is finished.
    pub(crate) async fn run(mut self, clock: &dyn Clock) -> Result<(), CommandError> {
        let mut terminal = Self::terminal()?;
        self.runner.run(Effect::Load);
        // Let the ledger task start before the first frame is drawn.
        tokio::task::yield_now().await;
        self.draw(&mut terminal)?;
        while !self.model.finished {
            let first = self.next(clock).await;
            self.update_clock(clock)?;
            if let Some(first) = first {
                self.handle(first)?;
            }
            for _ in 1..MAX_EVENTS_PER_FRAME {
                match self.events.try_recv() {
                    Ok(event) => self.handle(event)?,
                    Err(_) => break,
                }
            }
            if std::mem::take(&mut self.suspend_requested) {
                self.suspend(&mut terminal).await?;
            }
            if self.model.dirty && !self.model.finished {
                self.draw(&mut terminal)?;
                self.handle(Event::Drawn)?;
            }
        }
        // The user gets the terminal back at once.
        drop(self.screen);
        self.runner.finish().await;
        Ok(())
    }

    /// Waits for the next event; `None` when the next clock tick comes first.
    async fn next(&mut self, clock: &dyn Clock) -> Option<Event> {
        let wait = Elapsed::between(clock.now(), next_tick(&self.model)).millis();
        let wait = Duration::from_millis(wait.max(1));
        match tokio::time::timeout(wait, self.events.recv()).await {
            Ok(Some(event)) => Some(event),
            // Every sender is gone, so no event can arrive.
            Ok(None) => Some(Event::Stop),
            Err(_) => None,
        }
    }

    /// Sends a clock event first, so that the model handles every event at a time known to the
    /// second.
    fn update_clock(&mut self, clock: &dyn Clock) -> Result<(), CommandError> {
        let now = clock.now();
        if now.as_second() == self.model.now().as_second() {
            return Ok(());
        }
        self.handle(Event::Clock(now))
    }

    fn handle(&mut self, event: Event) -> Result<(), CommandError> {
        if let Some(recorder) = &mut self.recorder {
            recorder.record(&event)?;
        }
        for effect in update(&mut self.model, event) {
            match effect {
                Effect::Copy(text) => self.screen.copy(&text)?,
                Effect::Suspend => self.suspend_requested = true,
                effect => self.runner.run(effect),
            }
        }
        Ok(())
    }

    fn terminal() -> io::Result<Drawn> {
        Terminal::new(CrosstermBackend::new(io::BufWriter::new(io::stdout())))
    }

    /// Stops the process as Ctrl-Z does, and redraws after the shell continues it.
    async fn suspend(&mut self, terminal: &mut Drawn) -> Result<(), CommandError> {
        let mut continued = signal(SignalKind::from_raw(Signal::CONT.as_raw()))?;
        self.screen.suspend();
        // Stop the whole process group, as the terminal does. A waiting parent shell notices the
        // stop.
        rustix::process::kill_current_process_group(Signal::TSTP).map_err(io::Error::from)?;
        // Another thread may receive the signal a moment later.
        let _ = tokio::time::timeout(CONTINUE_TIMEOUT, continued.recv()).await;
        self.screen.resume()?;
        let (columns, rows) = crossterm::terminal::size()?;
        // A new terminal assumes an empty screen and draws every cell.
        *terminal = Self::terminal()?;
        self.handle(Event::Resize { columns, rows })
    }

    fn draw(&mut self, terminal: &mut Drawn) -> Result<(), CommandError> {
        self.model.dirty = false;
        terminal.draw(|frame| view(frame, &self.model))?;
        Ok(())
    }
}
