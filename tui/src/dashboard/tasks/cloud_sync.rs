//! Asking the cloud in the background: at first what is remembered, then again whenever that is old or somebody wants it.

use std::time::Duration;

use stack::service::{Service, ServiceError, SyncMode};
use tokio::sync::mpsc;

use crate::dashboard::event::{Event, Sighting};
use crate::dashboard::tasks::problem;

/// How often it is looked whether what is known has become old.
const LOOK: Duration = Duration::from_secs(15);

/// Tells what is known, and asks again. Nothing else waits for it.
pub(crate) async fn serve(
    service: Service,
    mut wanted: mpsc::Receiver<()>,
    events: mpsc::UnboundedSender<Event>,
) {
    let tell = |answer: Result<Sighting, ServiceError>| {
        let tried_at = answer.as_ref().ok().and_then(Sighting::tried_at);
        let answer = answer.map(Box::new).map_err(problem);
        (events.send(Event::Sighted(answer)).is_ok(), tried_at)
    };
    let (mut listened_to, mut tried_at) = tell(remembered(&service, false).await);
    let (mut mode, mut pause) = (SyncMode::WhenOld, LOOK);
    while listened_to {
        // What was told is young or old: nobody has to read it again to know.
        if mode == SyncMode::Always || service.config().dashboard.is_stale(tried_at, service.now())
        {
            let _ = events.send(Event::Asking);
            let answer = match service.sync(mode).await {
                // Where nothing was asked, somebody else has asked meanwhile.
                Ok(report) => remembered(&service, report.is_some()).await,
                Err(error) => Err(error),
            };
            let failed = answer.is_err();
            let tried;
            (listened_to, tried) = tell(answer);
            tried_at = tried.or(tried_at);
            // What fails by itself is tried again, and told again, only after a while.
            pause = if failed { LOOK * 20 } else { LOOK };
        }
        mode = match tokio::time::timeout(pause, wanted.recv()).await {
            Ok(Some(())) => SyncMode::Always,
            Ok(None) => return,
            Err(_) => SyncMode::WhenOld,
        };
    }
}

async fn remembered(service: &Service, asked: bool) -> Result<Sighting, ServiceError> {
    let Some(view) = service.cloud_view().await? else {
        return Ok(Sighting::default());
    };
    Ok(Sighting::of(&view, service.places(), asked))
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
    use crate::dashboard::event::Loaded;
    use crate::dashboard::model::{Model, Setting, Size};
    use crate::dashboard::update::update;
    use crate::dashboard::view::view;

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
        let seen = Arc::clone(cloud) as Arc<dyn Cloud>;
        service.with_cloud(stack::service::CloudAccess::new(
            seen,
            Arc::new(MemoryInventory::new()),
        ))
    }

    fn model() -> Model {
        let setting = Setting {
            place: "ledger.db".to_owned(),
            policy: crate::demo::policy(),
            read_only: None,
            demo: false,
            cloud: true,
            colour: true,
        };
        let size = Size {
            columns: 120,
            rows: 40,
        };
        let mut model = Model::new(setting, size, noon());
        let loaded = Loaded {
            leases: crate::demo::leases(noon(), 60),
            ended: None,
            reaper: ReaperStatus::default(),
            exists: true,
        };
        update(&mut model, Event::Loaded(Ok(Box::new(loaded))));
        model
    }

    /// While the cloud is slow to tell of 5,000 resources in two accounts and three regions, every key does what it
    /// does otherwise, in its order; what was found is there at last, and no drawing asks the cloud anything.
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
                    assert_eq!(*key, keys[pressed], "in its order");
                    update(&mut alone, event.clone());
                    pressed += 1;
                }
                Event::Sighted(Ok(sighting)) if sighting.asked => {
                    found = Some((sighting.resources.len(), pressed));
                }
                _ => {}
            }
            update(&mut model, event);
            let Ok(_) = terminal.draw(|frame| view(frame, &model));
            // The cloud has its turn, as it has in the loop.
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        assert_eq!(found, Some((5_000, keys.len())), "every key came before it");
        assert_eq!(model.list.selected(), alone.list.selected());
        assert_eq!(model.world.cloud().unwrap().known().resources.len(), 5_000);
        asking.abort();
        let calls = cloud.calls().len();
        for _ in 0..50 {
            let Ok(_) = terminal.draw(|frame| view(frame, &model));
        }
        assert_eq!(cloud.calls().len(), calls, "drawing asks nothing");
    }
}
