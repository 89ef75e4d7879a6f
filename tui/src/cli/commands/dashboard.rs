//! `jiti` without a command: opens the dashboard

use std::io::IsTerminal;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use crossterm::event::{Event as Input, EventStream};
use futures_util::StreamExt;
use stack::config::LedgerAddress;
use stack::service::Service;
use stack::{Clock, Config, Ledger, Source};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::{self, UnboundedSender};
use tokio::sync::oneshot;

use crate::cli::context::{Context, DashboardSettings, ReadOnly};
use crate::cli::ui::Ui;
use crate::dashboard::app::App;
use crate::dashboard::event::Event;
use crate::dashboard::model::saved_view::SavedView;
use crate::dashboard::model::{Model, Settings, Size};
use crate::dashboard::problem::Problem;
use crate::dashboard::record::{Recorder, RecordingHeader};
use crate::dashboard::replay;
use crate::dashboard::tasks::ledger::LedgerChanges;
use crate::dashboard::tasks::open_url::UrlOpener;
use crate::dashboard::tasks::save_view::ViewSaver;
use crate::dashboard::tasks::teardown::TeardownWorker;
use crate::dashboard::tasks::{Desktop, EffectRunner, SimulatedWorld};
use crate::dashboard::terminal::TerminalGuard;
use crate::dashboard::view_file::ViewFile;
use crate::demo::prepare::prepare;
use crate::demo::simulation::{Pace, Simulation};
use crate::error::CommandError;
use crate::format::style::Tone;
use crate::ledger_store;

/// The options of the dashboard, which is not a command.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Options of the dashboard")]
pub(crate) struct Arguments {
    /// Record the session to a new file
    ///
    /// The file contains everything on the screen and every key. Only its owner can read it.
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,

    /// Replay a recording, without reading or changing anything
    ///
    /// Without a terminal, jiti prints the last screen.
    #[arg(long, value_name = "FILE", conflicts_with = "record")]
    replay: Option<PathBuf>,
}

impl Arguments {
    /// Whether none of these options is set.
    pub(crate) fn is_empty(&self) -> bool {
        self.record.is_none() && self.replay.is_none()
    }
}

/// Opens the dashboard on this user's ledger.
pub(crate) fn run(
    arguments: &Arguments,
    context: &Context,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    if let Some(recording) = &arguments.replay {
        return if std::io::stdout().is_terminal() {
            replay::in_terminal(recording)
        } else {
            replay::as_text(recording, ui)
        };
    }
    needs_terminal(context)?;
    crate::cli::runtime::with_workers()?.block_on(open(
        arguments,
        context,
        context.ledger_address()?,
        Data::Ledger,
    ))
}

/// What the dashboard shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Data {
    /// The stacks of a ledger.
    Ledger,
    /// This many made-up stacks, in a ledger that is created first.
    Demo { stacks: usize },
}

/// Opens the dashboard on a ledger.
pub(crate) async fn open(
    arguments: &Arguments,
    context: &Context,
    address: LedgerAddress,
    data: Data,
) -> Result<(), CommandError> {
    let is_demo = matches!(data, Data::Demo { .. });
    let mut config = context.config()?;
    if is_demo {
        config.policy = crate::demo::policy();
    }
    let config = Arc::new(config);
    let read_only = read_only_reason(context, &config, &address);
    // The demo has no real cloud, even if the configuration has accounts.
    let access = if is_demo {
        None
    } else {
        context.cloud_access(&config, &address)
    };
    let service = |ledger: Arc<dyn Ledger>| {
        let (clock, config) = (Arc::new(*context.clock()), Arc::clone(&config));
        let rules = context.live_check(&config).filter(|_| !is_demo);
        let service = Service::new(ledger, clock, config, context.actor(), Source::Dashboard);
        let service = service.with_live_check(rules);
        match &access {
            Some(access) => service.with_cloud(access.clone()),
            None => service,
        }
    };
    let writer = match &read_only {
        None => Ok(service(ledger_store::open(&address, false)?)),
        Some(why) => Err(Problem::refused(format!("no changes: {why}"))),
    };
    // The demo always looks the same.
    let view_file = context.environment.locations.dashboard();
    let view_file = view_file.filter(|_| !is_demo).map(ViewFile::new);
    let view = view_file
        .as_ref()
        .map_or(Ok(SavedView::default()), ViewFile::read);
    let DashboardSettings { theme, keymap } = context.dashboard_settings(&config)?;
    let settings = Settings {
        ledger: address.to_string(),
        policy: config.policy.clone(),
        noncompliance: config.check.noncompliance,
        read_only,
        demo: is_demo,
        cloud: access.is_some() || is_demo,
        colour: !context.environment.no_color && !context.environment.dumb_terminal,
        replay: false,
        keymap,
        theme,
        view: *view.as_ref().unwrap_or(&SavedView::default()),
    };
    let (columns, rows) = crossterm::terminal::size()?;
    let mut model = Model::new(settings, Size { columns, rows }, context.clock().now());
    let recorder = match &arguments.record {
        Some(file) => Some(Recorder::create(file, &RecordingHeader::new(&model))?),
        None => None,
    };
    let is_newer = view.as_ref().is_err_and(|problem| problem.is_newer);
    if let Err(problem) = view {
        model.set_status(Tone::Notice, problem.message);
    }
    let (sender, events) = mpsc::unbounded_channel();
    let desktop = Desktop {
        opener: UrlOpener::new(&config.dashboard.open_command, &context.environment),
        // An older jiti does not overwrite what a newer one has saved.
        saver: view_file
            .filter(|_| !is_newer)
            .map(|file| ViewSaver::start(file, sender.clone())),
    };
    let simulated = match data {
        Data::Ledger => None,
        Data::Demo { stacks } => {
            model.preparing = Some((0, stacks));
            let world = service(ledger_store::open(&address, false)?);
            let world = Simulation::new(world, context.actor(), sender.clone(), Pace::WATCHABLE);
            Some(start_demo(world, &address, stacks, &sender))
        }
    };
    let changes = address
        .file()
        .map_or_else(LedgerChanges::of_log, LedgerChanges::of_file);
    let reader = service(ledger_store::open(&address, true)?);
    let teardowns = TeardownWorker::new(context.with_ledger(&address))?;
    let runner = EffectRunner::new(
        reader,
        writer,
        teardowns,
        simulated,
        changes,
        desktop,
        sender.clone(),
    );
    let screen = TerminalGuard::enter()?;
    listen(sender)?;
    let app = App {
        model,
        runner,
        events,
        recorder,
        screen,
        suspend_requested: false,
    };
    app.run(context.clock()).await
}

/// Creates the demo stacks in the background, while the screen says how far that is, and then
/// starts the simulated world.
fn start_demo(
    world: Arc<Simulation>,
    address: &LedgerAddress,
    stacks: usize,
    events: &UnboundedSender<Event>,
) -> SimulatedWorld {
    let (is_ready, ready) = oneshot::channel();
    let (preparing, path) = (Arc::clone(&world), address.inventory());
    let events = events.clone();
    tokio::spawn(async move {
        match prepare(&path, stacks, preparing.now(), &events).await {
            Ok(cloud) => {
                preparing.begin(cloud);
                let (done, count) = (stacks, stacks);
                let _ = events.send(Event::DemoPrepared { done, count });
                // The receiver is gone only when the dashboard has ended.
                let _ = is_ready.send(());
            }
            Err(error) => {
                let problem = Problem {
                    message: error.message(),
                    refused: false,
                };
                let _ = events.send(Event::LedgerLoaded(Err(problem)));
            }
        }
    });
    SimulatedWorld { world, ready }
}

/// Fails unless standard input and output are a terminal.
pub(super) fn needs_terminal(context: &Context) -> Result<(), CommandError> {
    let terminal = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
    if terminal && !context.environment.dumb_terminal {
        return Ok(());
    }
    Err(CommandError::usage("the dashboard needs a terminal")
        .hint("`jiti ls` works without one; `jiti --help` lists every command"))
}

/// Why changes are refused, if they are.
fn read_only_reason(context: &Context, config: &Config, address: &LedgerAddress) -> Option<String> {
    match context.read_only(config) {
        Some(ReadOnly::Flag) => Some("--read-only is set".to_owned()),
        Some(ReadOnly::Config) => {
            Some("the configuration sets read_only = true under [dashboard]".to_owned())
        }
        None => {
            let path = address.file()?;
            let write = rustix::fs::Access::WRITE_OK;
            let denied = path.exists() && rustix::fs::access(path, write).is_err();
            denied.then(|| "the ledger's file is not writable".to_owned())
        }
    }
}

/// Turns keys, the mouse, resizes and signals into events.
fn listen(events: UnboundedSender<Event>) -> Result<(), CommandError> {
    for kind in [
        SignalKind::terminate(),
        SignalKind::hangup(),
        SignalKind::interrupt(),
    ] {
        let (mut signals, events) = (signal(kind)?, events.clone());
        tokio::spawn(async move {
            if signals.recv().await.is_some() {
                let _ = events.send(Event::Stop);
            }
        });
    }
    tokio::spawn(async move {
        // With crossterm's `use-dev-tty`: its default loses keys that arrive together with a
        // resize.
        let mut inputs = EventStream::new();
        while let Some(Ok(input)) = inputs.next().await {
            let event = match input {
                Input::Key(key) => Event::Key(key),
                Input::Mouse(mouse) => Event::Mouse(mouse),
                Input::Paste(text) => Event::Paste(text),
                Input::Resize(columns, rows) => Event::Resize { columns, rows },
                Input::FocusGained | Input::FocusLost => continue,
            };
            if events.send(event).is_err() {
                return;
            }
        }
        // The terminal is closed.
        let _ = events.send(Event::Stop);
    });
    Ok(())
}
