//! Keeps the snapshot of the cloud fresh: loads the cache first, then queries the cloud when the
//! snapshot is older than `refresh` or the user asks.

use std::time::Duration;

use stack::service::{Service, ServiceError, SyncMode};
use tokio::sync::mpsc;

use crate::dashboard::event::{CloudData, Event};
use crate::dashboard::problem::Problem;

/// How often to check whether the snapshot is older than `refresh`.
const CHECK_INTERVAL: Duration = Duration::from_secs(15);

/// A request for a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CloudRequest {
    /// Read the stored data: another process has changed it.
    Load,
    /// Query the cloud now.
    Query,
}

/// Sends snapshots until the dashboard ends. Runs in its own task, so a slow cloud delays nothing.
pub(crate) async fn serve(
    service: Service,
    mut wanted: mpsc::Receiver<CloudRequest>,
    events: mpsc::UnboundedSender<Event>,
) {
    let send = |answer: Result<CloudData, ServiceError>| {
        let tried_at = answer.as_ref().ok().and_then(CloudData::tried_at);
        let answer = answer.map(Box::new).map_err(Problem::from);
        (events.send(Event::CloudLoaded(answer)).is_ok(), tried_at)
    };
    let (mut has_receiver, mut tried_at) = send(cached_snapshot(&service, false).await);
    let (mut mode, mut pause) = (SyncMode::WhenOld, CHECK_INTERVAL);
    while has_receiver {
        // Decide by the time of the last query; reading the cache again is not necessary.
        if mode == SyncMode::Always || service.config().dashboard.is_stale(tried_at, service.now())
        {
            let _ = events.send(Event::CloudSyncStarted);
            let answer = match service.cloud().sync(mode).await {
                // No report: another process queried the cloud in the meantime.
                Ok(report) => cached_snapshot(&service, report.is_some()).await,
                Err(error) => Err(error),
            };
            let failed = answer.is_err();
            let tried;
            (has_receiver, tried) = send(answer);
            tried_at = tried.or(tried_at);
            // After a failure, wait longer before the next automatic attempt and error message.
            pause = if failed {
                CHECK_INTERVAL * 20
            } else {
                CHECK_INTERVAL
            };
        }
        mode = match tokio::time::timeout(pause, wanted.recv()).await {
            Ok(Some(CloudRequest::Query)) => SyncMode::Always,
            Ok(Some(CloudRequest::Load)) => {
                let stored = cached_snapshot(&service, false).await;
                // Data that cannot be read stays as it was; the next query reports the error.
                if stored.is_ok() {
                    has_receiver = send(stored).0;
                }
                SyncMode::WhenOld
            }
            Ok(None) => return,
            Err(_) => SyncMode::WhenOld,
        };
    }
}

async fn cached_snapshot(service: &Service, asked: bool) -> Result<CloudData, ServiceError> {
    let Some(view) = service.cloud().cloud_view().await? else {
        return Ok(CloudData::default());
    };
    Ok(CloudData::of(&view, service.cloud().places(), asked))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;
    use stack::config::{Account, CredentialSource};
    use stack::testing::fake_cloud::{FakeCloud, resource};
    use stack::testing::{ManualClock, actor, noon};
    use stack::{
        Cloud, Config, Ledger, MemoryInventory, MemoryLedger, Place, ReaperStatus, Resource,
        ResourceId, Source,
    };

    use super::*;
    use crate::dashboard::event::LedgerData;
    use crate::dashboard::keymap::Keymap;
    use crate::dashboard::model::saved_view::SavedView;
    use crate::dashboard::model::{Model, Settings, Size};
    use crate::dashboard::theme::ThemeName;
    use crate::dashboard::update::update;
    use crate::dashboard::view::view;
    use stack::config::NoncomplianceSetting;

    const ACCOUNTS: [&str; 2] = ["111111111111", "222222222222"];
    const REGIONS: [&str; 3] = ["eu-west-1", "us-east-1", "ap-south-1"];

    fn five_thousand() -> Vec<Resource> {
        (0..5_000)
            .map(|at| {
                let stack = format!("checkout-{}", at % 50);
                let mut one = resource("ec2:volume", &at.to_string(), &stack);
                one.place = Place {
                    account: ACCOUNTS[at % 2].to_owned(),
                    region: REGIONS[at % 3].to_owned(),
                };
                one.id = ResourceId(format!("ec2:volume/{at}"));
                one
            })
            .collect()
    }

    fn service(cloud: &Arc<FakeCloud>) -> Service {
        let account = |id: &str| Account {
            name: id.to_owned(),
            id: id.to_owned(),
            access: CredentialSource::Standard,
            regions: REGIONS.map(str::to_owned).to_vec(),
        };
        let config = Config {
            accounts: ACCOUNTS.map(account).to_vec(),
            ..Config::default()
        };
        let service = Service::new(
            Arc::new(MemoryLedger::new()) as Arc<dyn Ledger>,
            Arc::new(ManualClock::at(noon())),
            Arc::new(config),
            actor(),
            Source::Dashboard,
        );
        let cloud = Arc::clone(cloud) as Arc<dyn Cloud>;
        service.with_cloud(stack::service::CloudAccess::new(
            cloud,
            Arc::new(MemoryInventory::new()),
        ))
    }

    fn model() -> Model {
        let settings = Settings {
            ledger: "ledger.db".to_owned(),
            policy: crate::demo::policy(),
            noncompliance: NoncomplianceSetting::default(),
            read_only: None,
            demo: false,
            cloud: true,
            colour: true,
            replay: false,
            keymap: Keymap::default(),
            theme: ThemeName::default(),
            view: SavedView::default(),
        };
        let size = Size {
            columns: 120,
            rows: 40,
        };
        let mut model = Model::new(settings, size, noon());
        let loaded = LedgerData {
            leases: crate::demo::leases(noon(), 60),
            ended: None,
            unreadable: None,
            reaper: ReaperStatus::default(),
            policy: None,
            init_queue: None,
            exists: true,
        };
        update(&mut model, Event::LedgerLoaded(Ok(Box::new(loaded))));
        model
    }

    /// While a slow cloud returns 5,000 resources in two accounts and three regions, every key is
    /// handled in order and works as usual. The resources appear at the end, and drawing makes no
    /// request.
    #[tokio::test]
    async fn a_slow_cloud_costs_no_key() {
        let cloud = Arc::new(FakeCloud::new(five_thousand()));
        cloud.takes_its_time(Duration::from_millis(300));
        let (sender, mut events) = mpsc::unbounded_channel();
        let (_wants, wanted) = mpsc::channel(1);
        let asking = tokio::spawn(serve(service(&cloud), wanted, sender.clone()));
        let (mut model, mut alone) = (model(), model());
        let Ok(mut terminal) = Terminal::new(TestBackend::new(120, 40));
        let keys = "jjjkjjjkkjj/ana".chars().map(KeyCode::Char).chain([
            KeyCode::Enter,
            KeyCode::Esc,
            KeyCode::End,
            KeyCode::Up,
        ]);
        let keys: Vec<KeyEvent> = keys
            .map(|code| KeyEvent::new(code, KeyModifiers::NONE))
            .collect();
        let (mut sent, mut pressed, mut found) = (0, 0, None);
        while pressed < keys.len() || found.is_none() {
            if let Some(key) = keys.get(sent).filter(|_| sent == pressed) {
                sender.send(Event::Key(*key)).unwrap();
                sent += 1;
            }
            let event = events.recv().await.unwrap();
            match &event {
                Event::Key(key) => {
                    assert_eq!(*key, keys[pressed], "keys are handled in order");
                    update(&mut alone, event.clone());
                    pressed += 1;
                }
                Event::CloudLoaded(Ok(snapshot)) if snapshot.asked => {
                    found = Some((snapshot.resources.len(), pressed));
                }
                _ => {}
            }
            update(&mut model, event);
            let Ok(_) = terminal.draw(|frame| view(frame, &model));
            // Let the sync task run, as the real loop does.
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        assert_eq!(
            found,
            Some((5_000, keys.len())),
            "every key was handled before the resources arrived"
        );
        assert_eq!(model.list.selected(), alone.list.selected());
        assert_eq!(model.store.cloud().unwrap().known().resources.len(), 5_000);
        asking.abort();
        let calls = cloud.calls().len();
        for _ in 0..50 {
            let Ok(_) = terminal.draw(|frame| view(frame, &model));
        }
        assert_eq!(cloud.calls().len(), calls, "drawing makes no request");
    }
}
