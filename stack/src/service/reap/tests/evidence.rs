//! The condition that a stack is still due, which its teardown checks again, sees the same evidence
//! as the plan: the measured use, and the broken rules.

use super::*;
use crate::config::{CheckConfig, NoncomplianceSetting, NoncompliantAction};
use crate::idle::{Activity, DEFAULT_WINDOW, Evidence};
use crate::lease::BrokenRule;
use crate::service::SyncMode;
use crate::service::teardown::Condition;

/// The condition of the only task.
async fn condition(service: &Service) -> (ReaperTask, Condition) {
    let survey = service.reaper().survey().await.unwrap();
    let task = survey.docket(service.config(), nowhere()).tasks.remove(0);
    let executor = TeardownExecutor {
        service: service.clone(),
        settings: TeardownSettings::default(),
        stop: StopSignal::default(),
    };
    let request = executor.request(&task).await.unwrap();
    (task, request.only_while.unwrap())
}

async fn holds(world: &World, condition: &Condition) -> bool {
    let lease = world.ledger.lease(&stack_name("a")).await.unwrap().unwrap();
    condition.0(&lease)
}

/// A stack that is due because it is idle stays due until it is used.
#[tokio::test]
async fn an_idle_stack_stays_due() {
    let mut world = World::new();
    world.config.accounts = vec![Account {
        name: "sandbox".to_owned(),
        id: "111111111111".to_owned(),
        access: CredentialSource::Standard,
        regions: vec!["eu-west-1".to_owned()],
    }];
    let machine = resource("ec2:instance", "i", "a");
    let cloud = FakeCloud::new([machine.clone()]);
    cloud.observes(
        &machine.id,
        Activity {
            evidence: vec![Evidence {
                signal: "i CPUUtilization".to_owned(),
                value: Some(0.1),
                threshold: 5.0,
                unit: None,
                window: DEFAULT_WINDOW,
            }],
            quiet_since: Some(noon()),
        },
    );
    let access = CloudAccess::new(Arc::new(cloud), Arc::new(MemoryInventory::new()));
    let idle_after = Some(Span::minutes(60));
    world
        .stack("a", 10_000, |r| r.terms.idle_after = idle_after)
        .await;
    world.clock.advance(Span::minutes(180));
    let service = world.service().with_cloud(access);
    service.cloud().sync(SyncMode::Always).await.unwrap();
    let (task, condition) = condition(&service).await;
    assert_eq!(task.why.as_str(), "idleness");
    assert!(holds(&world, &condition).await);
    let signal = "touch".to_owned();
    world.happens("a", EventKind::Activity { signal }).await;
    assert!(!holds(&world, &condition).await);
}

/// A stack that is due because it breaks a rule stays due until it breaks none.
#[tokio::test]
async fn a_noncompliant_stack_stays_due() {
    let mut world = World::new();
    world.config.check = CheckConfig {
        noncompliance: NoncomplianceSetting {
            action: NoncompliantAction::Due,
            grace: None,
        },
        ..CheckConfig::default()
    };
    world.stack("a", 10_000, |_| {}).await;
    let broken = EventKind::Noncompliant {
        findings: vec![BrokenRule {
            address: "sg-1".to_owned(),
            rule: "public_endpoint".to_owned(),
            why: "it is open".to_owned(),
        }],
        more: 0,
    };
    world.happens("a", broken).await;
    world.clock.advance(Span::minutes(61));
    let service = world.service();
    let (task, condition) = condition(&service).await;
    assert_eq!(task.why.as_str(), "noncompliance");
    assert!(holds(&world, &condition).await);
    world.happens("a", EventKind::Compliant).await;
    assert!(!holds(&world, &condition).await);
}
