//! Rechecks of gone stacks.

use super::*;

/// A gone stack is rechecked once after an hour and once after a day, by any reaper, and a found
/// resource reopens it as residue.
#[tokio::test(start_paused = true)]
async fn it_is_looked_again_after_the_end() {
    let world = World::leased([own("sqs", "q")]).await;
    world.sweep().await;
    let looks = || {
        world
            .cloud
            .calls()
            .iter()
            .filter(|(call, _)| *call == CloudCall::Discover)
            .count()
    };
    let before = looks();
    world.clock.advance(Span::minutes(59));
    assert_eq!(world.look().await, RecheckSummary::default());
    world.clock.advance(Span::minutes(1));
    let (service, other) = (world.service(), world.service());
    let (a, b) = tokio::join!(
        service.teardowns().recheck_gone(),
        other.teardowns().recheck_gone()
    );
    assert_eq!(a.unwrap().clean.len() + b.unwrap().clean.len(), 1);
    assert_eq!(world.look().await, RecheckSummary::default());
    assert_eq!(looks() - before, 1);
    // A region that does not answer is checked again later, and does not reopen the stack.
    world.clock.advance(Span::minutes(23 * 60));
    world.cloud.is_silent(&place("eu-west-1"), None, false);
    assert_eq!(world.look().await.incomplete, [shop()]);
    assert_eq!(world.phase().await, Phase::Gone);
    world.cloud.answers();
    assert_eq!(world.look().await, RecheckSummary::default());
    world.cloud.put(own("sqs", "late"));
    world.clock.advance(Span::minutes(31));
    assert_eq!(world.look().await.reopened, [shop()]);
    assert_eq!(world.phase().await, Phase::Residue);
    assert!(world.lease().await.residue.contains_key("sqs/late"));
    assert_eq!(world.sweep().await.residue, []);
}

/// Of several overdue rechecks only the last is made, and none after several days.
#[tokio::test(start_paused = true)]
async fn an_overdue_look_is_made_once() {
    let world = World::leased([own("sqs", "q")]).await;
    world.sweep().await;
    world.clock.advance(Span::minutes(25 * 60));
    assert_eq!(world.look().await.clean, [shop()]);
    world.clock.advance(Span::minutes(60));
    assert_eq!(world.look().await, RecheckSummary::default());

    let world = World::leased([own("sqs", "q")]).await;
    world.sweep().await;
    world.clock.advance(Span::minutes(4 * 24 * 60));
    assert_eq!(world.look().await, RecheckSummary::default());
}
