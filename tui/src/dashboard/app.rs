//! The loop: wait for an event, take all that are there, then draw once if anything has changed.

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
use crate::dashboard::tasks::Runner;
use crate::dashboard::terminal::Screen;
use crate::dashboard::update::{next_clock, update};
use crate::dashboard::view::view;
use crate::error::CommandError;

/// More events than this are not taken at once: whatever floods us, the screen still moves.
const AT_ONCE: usize = 512;

/// Where no shell could continue a stopped program, the system does not stop it: so long it is waited for that.
const UNSTOPPABLE: Duration = Duration::from_millis(300);

/// What frames are drawn into.
type Drawn = Terminal<CrosstermBackend<io::BufWriter<io::Stdout>>>;

/// Everything the loop needs.
pub(crate) struct App {
    pub(crate) model: Model,
    pub(crate) runner: Runner,
    pub(crate) events: UnboundedReceiver<Event>,
    pub(crate) recorder: Option<Recorder>,
    pub(crate) screen: Screen,
    /// The shell is to have the terminal.
    pub(crate) suspends: bool,
}

impl App {
    /// Runs until the model says that it is over.
    pub(crate) async fn run(mut self, clock: &dyn Clock) -> Result<(), CommandError> {
        let mut terminal = Self::terminal()?;
        self.runner.run(Effect::Load);
        // Reading has its own thread: it begins before the first frame is drawn.
        tokio::task::yield_now().await;
        self.draw(&mut terminal)?;
        while !self.model.over {
            let first = self.next(clock).await;
            self.tell_time(clock)?;
            if let Some(first) = first {
                self.take(first)?;
            }
            for _ in 1..AT_ONCE {
                match self.events.try_recv() {
                    Ok(event) => self.take(event)?,
                    Err(_) => break,
                }
            }
            if std::mem::take(&mut self.suspends) {
                self.suspend(&mut terminal).await?;
            }
            if self.model.dirty && !self.model.over {
                self.draw(&mut terminal)?;
                self.take(Event::Drawn)?;
            }
        }
        Ok(())
    }

    /// The next event; `None` when nothing else happens until something on the screen changes by time.
    async fn next(&mut self, clock: &dyn Clock) -> Option<Event> {
        let wait = Elapsed::between(clock.now(), next_clock(&self.model)).millis();
        let wait = Duration::from_millis(wait.max(1));
        match tokio::time::timeout(wait, self.events.recv()).await {
            Ok(Some(event)) => Some(event),
            // Nobody is left who could send anything.
            Ok(None) => Some(Event::Stop),
            Err(_) => None,
        }
    }

    /// Whatever happens, happens at a time that the model knows to the second.
    fn tell_time(&mut self, clock: &dyn Clock) -> Result<(), CommandError> {
        let now = clock.now();
        if now.as_second() == self.model.now().as_second() {
            return Ok(());
        }
        self.take(Event::Clock(now))
    }

    fn take(&mut self, event: Event) -> Result<(), CommandError> {
        if let Some(recorder) = &mut self.recorder {
            recorder.note(&event)?;
        }
        for effect in update(&mut self.model, event) {
            match effect {
                Effect::Copy(text) => self.screen.copy(&text)?,
                Effect::Suspend => self.suspends = true,
                effect => self.runner.run(effect),
            }
        }
        Ok(())
    }

    fn terminal() -> io::Result<Drawn> {
        Terminal::new(CrosstermBackend::new(io::BufWriter::new(io::stdout())))
    }

    /// Stops, as Ctrl-Z does with any program, and goes on where it was when the shell says so.
    async fn suspend(&mut self, terminal: &mut Drawn) -> Result<(), CommandError> {
        let mut goes_on = signal(SignalKind::from_raw(Signal::CONT.as_raw()))?;
        self.screen.suspend();
        // The whole group, as the terminal itself would: a shell that waits for us has to notice.
        rustix::process::kill_current_process_group(Signal::TSTP).map_err(io::Error::from)?;
        // The signal may arrive in another thread a moment later. Where no shell could continue us it has no effect.
        let _ = tokio::time::timeout(UNSTOPPABLE, goes_on.recv()).await;
        self.screen.resume()?;
        let (columns, rows) = crossterm::terminal::size()?;
        // A new one knows nothing of what was on the screen, and asks the terminal nothing.
        *terminal = Self::terminal()?;
        self.take(Event::Resize { columns, rows })
    }

    fn draw(&mut self, terminal: &mut Drawn) -> Result<(), CommandError> {
        self.model.dirty = false;
        terminal.draw(|frame| view(frame, &self.model))?;
        Ok(())
    }
}
