//! Marks, and actions on several stacks: one combined plan, one confirmation, and a result for each
//! stack.

use stack::service::teardown::Progress;
use tui::testing::{Harness, HarnessConfig};

use crate::fixtures::{
    finished_teardown, half_done_teardown, harness_with, hides, marked_harness, name, now, plan,
    planned_harness, reaper, running_harness, shows, sleep_plan, teardown_with_residue,
    three_stacks, unleased_harness, usual_lease,
};

fn config() -> HarnessConfig {
    HarnessConfig::new(120, 40, now())
}

fn three() -> Harness {
    three_stacks(config())
}

/// The line of the list about a stack.
fn row(harness: &Harness, stack: &str) -> String {
    let text = harness.text();
    let mut lines = text.lines();
    let row = lines.find(|line| {
        let name = line.trim_start_matches(['▌', '✓', ' ']);
        name.split(' ').next() == Some(stack)
    });
    row.unwrap_or_default().to_owned()
}

fn is_marked(harness: &Harness, stack: &str) -> bool {
    row(harness, stack).contains('✓')
}

/// Space marks the selected stack, and a second one removes the mark. Marks survive a new sort
/// order, a filter and a read of the ledger, and a stack that is gone loses its mark.
#[test]
fn marks_stay_with_their_stacks() {
    let mut harness = three();
    harness.keys(" jj ");
    assert!(is_marked(&harness, "a") && is_marked(&harness, "c"));
    assert!(!is_marked(&harness, "b"));
    shows(&harness, "✓ 2 marked");
    harness.keys(" ");
    shows(&harness, "✓ 1 marked");
    harness.keys(" s1s1/b<enter>");
    shows(&harness, "✓ 2 marked");
    harness.keys("<esc>:group app<enter>:group none<enter>");
    assert!(is_marked(&harness, "a") && is_marked(&harness, "c"));
    harness.load(["a", "b", "c"].map(usual_lease).to_vec(), reaper());
    assert!(is_marked(&harness, "a") && is_marked(&harness, "c"));
    harness.load_changes(Vec::new(), vec![name("a")], reaper());
    shows(&harness, "✓ 1 marked");
    assert!(is_marked(&harness, "c"));
    harness.load(Vec::new(), reaper());
    hides(&harness, "marked");
}

/// `*` marks every stack that the filter shows, and then unmarks them. Esc first clears the filter,
/// and then the marks.
#[test]
fn all_stacks_of_the_filter() {
    let mut harness = three();
    harness.keys("/b<enter>*");
    shows(&harness, "✓ 1 marked");
    harness.keys("<esc>");
    shows(&harness, "✓ 1 marked");
    assert!(is_marked(&harness, "b"));
    harness.keys("*");
    shows(&harness, "✓ 3 marked");
    harness.keys("/b<enter>*");
    shows(&harness, "✓ 2 marked");
    harness.keys("<esc><esc>");
    hides(&harness, "marked");
    harness.keys("/nothing<enter>*");
    shows(&harness, "no stack is in the list");
}

/// With one mark, a key acts on the marked stack as on a selected one. On a stack's page, marks do
/// not count.
#[test]
fn one_mark_is_a_selection() {
    let mut harness = three();
    harness.keys("j kd");
    shows(&harness, "Tear down b");
    harness.keys("<esc>jj ");
    harness.take_effects();
    harness.keys("k<enter>d");
    shows(&harness, "Tear down b");
}

/// `c` copies the names of all marked stacks.
#[test]
fn names_are_copied() {
    let mut harness = three();
    harness.keys("*c");
    assert_eq!(harness.take_effects(), [r#"Copy("a b c")"#]);
    shows(&harness, "copied 3 names");
}

/// Read-only mode refuses every action on marked stacks.
#[test]
fn read_only_refuses() {
    let mut harness = harness_with(
        HarnessConfig {
            read_only: Some("--read-only is set".to_owned()),
            cloud: true,
            ..config()
        },
        ["a", "b"].map(usual_lease).to_vec(),
    );
    harness.keys("*");
    for key in ["d", "e", "h", "u", "z", "w"] {
        harness.keys(key);
        shows(&harness, "read-only: --read-only is set");
        assert_eq!(harness.take_effects(), [""; 0], "{key}");
        harness.keys("<esc>*");
    }
}

/// `d` plans the teardown of each marked stack. Neither `y` nor the number confirms anything before
/// every plan is on the screen. The number then starts each teardown with its own plan, and the
/// plan of a stack that stays is deleted.
#[test]
fn one_confirmation_for_all() {
    let mut harness = marked_harness(config());
    harness.keys("d");
    shows(&harness, "Tear down 4 stacks");
    shows(&harness, "Planning 4 teardowns: 0 of 4 done…");
    let effects = harness.take_effects();
    assert_eq!(effects.len(), 4, "{effects:?}");
    assert!(
        effects
            .iter()
            .all(|effect| effect.starts_with("PlanTeardown("))
    );
    harness.plan(plan("alpha", false, 5));
    harness.plan(plan("beta", false, 2));
    harness.keys("y2<enter>");
    shows(
        &harness,
        "nothing can be confirmed before every plan is on the screen",
    );
    harness.fail_plan(&name("gamma"), "gamma: a guardrail", true);
    harness.plan_before_draw(plan("prod-1", true, 3));
    harness.key_before_draw("2");
    harness.key_before_draw("<enter>");
    assert_eq!(harness.take_effects(), [""; 0]);
    harness.keys("<backspace>");
    shows(
        &harness,
        "7 resources of 2 stacks will be destroyed, saving $0.84/h",
    );
    shows(&harness, "1 stack stays as it is");
    shows(
        &harness,
        "▲ prod-1 is protected or unleased. To include it, type: 3 prod-1",
    );
    shows(&harness, "Type 2 to tear down 2 stacks:");
    for wrong in ["y", "1", "3", "2 prod-1", "3 beta"] {
        harness.keys(&format!("{wrong}<enter>"));
        assert_eq!(harness.take_effects(), [""; 0], "{wrong}");
        harness.keys("<ctrl-u>");
    }
    harness.keys("2<enter>");
    let effects = harness.take_effects();
    let started = effects.iter().filter(|one| one.starts_with("Teardown {"));
    assert_eq!(started.count(), 2, "{effects:?}");
    let mut discarded = effects.iter().filter(|one| one.starts_with("DiscardPlan"));
    let first = discarded.next().unwrap();
    assert!(
        first.contains("prod-1") && discarded.next().is_none(),
        "{effects:?}"
    );
}

/// The number and the name of a protected stack include it, with the name as its confirmation.
#[test]
fn a_protected_stack_needs_its_name() {
    let mut harness = planned_harness(config());
    harness.take_effects();
    harness.keys("3 prod-1");
    let all = "10 resources of 3 stacks will be destroyed, saving $1.26/h";
    shows(&harness, all);
    harness.keys("<enter>");
    let effects = harness.take_effects();
    let prod = effects.iter().find(|one| one.contains("prod-1")).unwrap();
    assert!(
        prod.starts_with("Teardown {") && !prod.contains("typed: None"),
        "{prod}"
    );
    let typed = effects.iter().filter(|one| !one.contains("typed: None"));
    assert_eq!(typed.count(), 1, "{effects:?}");
}

/// While the teardowns run, each stack shows its own progress, and then its own result, in the
/// popup and in the list. The one that is refused stays marked.
#[test]
fn each_stack_has_its_own_result() {
    let mut harness = running_harness(config());
    shows(
        &harness,
        "1 running, 1 waiting, 0 of 4 torn down, 2 refused",
    );
    for text in [
        "▼ alpha   1 of 3 destroyed, 1 failed",
        "· beta    waiting",
        "✗ gamma   refused: the plan would delete the jiti_stack of another stack",
        "✗ prod-1  refused: protected or unleased, and its name was not typed",
    ] {
        shows(&harness, text);
    }
    harness.keys("<esc>");
    for (stack, state) in [
        ("alpha", "▼ 1 of 3 destroyed"),
        ("beta", "· waits: teardown"),
        ("gamma", "✗ teardown refused"),
        ("prod-1", "✗ teardown refused"),
        ("delta", "● ready"),
    ] {
        assert!(row(&harness, stack).contains(state), "{}", harness.text());
    }
    harness.progress(&name("alpha"), vec![finished_teardown("alpha")]);
    shows(&harness, "1 of 4 torn down, 2 refused; b shows each");
    let failed = Progress::Failed {
        reason: "the state is locked".to_owned(),
        refused: false,
    };
    harness.progress(&name("beta"), vec![failed]);
    harness.load_changes(Vec::new(), vec![name("alpha")], reaper());
    assert!(row(&harness, "beta").contains("✗ teardown failed"));
    harness.keys("b");
    for text in [
        "1 of 4 torn down, 1 failed, 2 refused",
        "○ alpha   gone: 3 resources deleted",
        "✗ beta    failed: the state is locked",
    ] {
        shows(&harness, text);
    }
    harness.keys("<esc>");
    shows(&harness, "✓ 3 marked");
    harness.keys("<esc>");
    assert!(
        row(&harness, "beta").contains("● ready"),
        "{}",
        harness.text()
    );
    harness.keys("b");
    shows(&harness, "no action on several stacks yet");
}

/// What a teardown left is the stack's result, and the messages say which stack it was.
#[test]
fn residue_is_a_result() {
    let mut harness = running_harness(config());
    harness.progress(&name("beta"), half_done_teardown("beta"));
    harness.progress(&name("beta"), vec![teardown_with_residue("beta")]);
    shows(
        &harness,
        "✗ beta    1 left: aws_instance.web[2]: termination protection is on",
    );
    harness.progress(&name("alpha"), vec![finished_teardown("alpha")]);
    shows(&harness, "1 of 4 torn down, 1 incomplete, 2 refused");
    harness.keys("<esc>m");
    shows(
        &harness,
        "✗ beta: 1 left: aws_instance.web[2]: termination protection is on",
    );
}

/// Esc discards every plan, also those that are still being made: none of them can be confirmed
/// later.
#[test]
fn esc_discards_every_plan() {
    let mut harness = marked_harness(config());
    harness.keys("d");
    harness.plan(plan("alpha", false, 5));
    harness.take_effects();
    harness.keys("<esc>");
    let effects = harness.take_effects();
    assert_eq!(effects.len(), 4, "{effects:?}");
    assert!(
        effects
            .iter()
            .all(|effect| effect.starts_with("DiscardPlan("))
    );
    harness.plan(plan("beta", false, 2));
    let effects = harness.take_effects();
    assert!(
        effects.len() == 1 && effects[0].starts_with("DiscardPlan("),
        "{effects:?}"
    );
}

/// A stack that is gone while the popup is open is left out, and its plan is deleted.
#[test]
fn a_stack_that_is_gone_is_left_out() {
    let mut harness = planned_harness(config());
    harness.take_effects();
    harness.load_changes(Vec::new(), vec![name("beta")], reaper());
    shows(&harness, "✗ beta    gone");
    shows(&harness, "Type 1 to tear down 1 stack:");
    let effects = harness.take_effects();
    assert!(
        effects.iter().any(|one| one.starts_with("DiscardPlan(")),
        "{effects:?}"
    );
}

/// When the plans do not fit on the screen, the number confirms nothing until the user has scrolled
/// through all of them.
#[test]
fn every_plan_is_read() {
    let names: Vec<String> = (10..60).map(|n| format!("shop-{n}")).collect();
    let leases = names.iter().map(|name| usual_lease(name)).collect();
    let mut harness = harness_with(HarnessConfig::new(80, 24, now()), leases);
    harness.keys("*d");
    for name in &names {
        harness.plan(plan(name, false, 1));
    }
    harness.take_effects();
    harness.keys("50<enter>");
    shows(&harness, "read every plan first: PgDn shows the others");
    assert_eq!(harness.take_effects(), [""; 0]);
    harness.keys("<pagedown><pagedown><pagedown><pagedown><pagedown><enter>");
    assert_eq!(harness.take_effects().len(), 50);
}

/// In the smallest terminal, the plans can be read and confirmed too.
#[test]
fn plans_fit_in_the_smallest_terminal() {
    let mut harness = planned_harness(HarnessConfig::new(60, 14, now()));
    harness.take_effects();
    harness.keys("2<enter><pagedown><pagedown><enter>");
    let effects = harness.take_effects();
    let started = effects.iter().filter(|one| one.starts_with("Teardown {"));
    assert_eq!(started.count(), 2, "{}", harness.text());
}

/// `e` extends every marked stack by one duration. The popup shows the new expiry of each, and the
/// policy's limit leaves a stack out.
#[test]
fn several_leases_are_extended() {
    let mut harness = marked_harness(config());
    harness.take_effects();
    harness.keys("e");
    shows(&harness, "Extend 4 stacks");
    harness.keys("later<enter>");
    shows(&harness, "invalid duration");
    harness.keys("<ctrl-u>2h<enter>");
    shows(&harness, "Type 4 to extend 4 stacks:");
    shows(&harness, "● alpha   expires 2026-03-02 19:00 UTC");
    harness.keys("4<enter>");
    let effects = harness.take_effects();
    assert_eq!(effects.len(), 4, "{effects:?}");
    assert!(effects.iter().all(|effect| effect.starts_with("Extend {")));
    harness.change_finished(&name("alpha"), Ok("alpha expires 2026-03-02 19:00 UTC"));
    shows(&harness, "1 of 4 extended");
    for stack in ["beta", "gamma"] {
        harness.change_finished(&name(stack), Ok("expires"));
    }
    harness.change_finished(&name("prod-1"), Err("past the policy's max_ttl"));
    shows(&harness, "3 of 4 extended, 1 refused");
    shows(&harness, "✗ prod-1  refused: past the policy's max_ttl");
}

/// A duration that the policy does not allow leaves every stack out: there is nothing to confirm.
#[test]
fn the_policy_limits_several_leases() {
    let mut harness = marked_harness(config());
    harness.keys("e90d<enter>");
    shows(&harness, "Nothing to do");
    shows(&harness, "4 stacks stay as they are");
    harness.take_effects();
    harness.keys("4<enter>0<enter>");
    assert_eq!(harness.take_effects(), [""; 0]);
}

/// `h` holds every marked stack with one reason. `u` ends the holds, and leaves out the stacks
/// without one.
#[test]
fn several_stacks_are_held() {
    let mut harness = marked_harness(config());
    harness.take_effects();
    harness.keys("h6h<enter><enter>");
    shows(&harness, "enter a reason");
    harness.keys("demo<enter>4<enter>");
    let effects = harness.take_effects();
    assert_eq!(effects.len(), 4, "{effects:?}");
    assert!(
        effects
            .iter()
            .all(|one| one.starts_with("Hold {") && one.contains("demo"))
    );
    harness.keys("<esc>u");
    shows(&harness, "Type 1 to end the hold on 1 stack:");
    shows(&harness, "✗ alpha   not held");
    harness.keys("1<enter>");
    let effects = harness.take_effects();
    assert!(
        effects.len() == 1 && effects[0].contains("beta"),
        "{effects:?}"
    );
}

/// `z` plans the sleep of each marked stack, and the number starts them. `w` leaves out the stacks
/// that are awake.
#[test]
fn several_stacks_sleep() {
    let mut harness = marked_harness(HarnessConfig {
        cloud: true,
        ..config()
    });
    harness.take_effects();
    harness.keys("z");
    assert_eq!(harness.take_effects().len(), 4);
    for stack in ["alpha", "beta", "gamma", "prod-1"] {
        harness.plan_sleep(sleep_plan(stack));
    }
    shows(&harness, "stops 2 resources; ≥ $0.03/h remains");
    harness.keys("<up>12h<down>4<enter>");
    let effects = harness.take_effects();
    assert_eq!(effects.len(), 4, "{effects:?}");
    assert!(
        effects
            .iter()
            .all(|one| one.starts_with("Sleep {") && !one.contains("until: None"))
    );
    shows(&harness, "4 waiting, 0 of 4 asleep");
    harness.keys("<esc>w");
    shows(&harness, "Nothing to do");
    harness.keys("<esc>");
}

/// Stacks that were found by their tags only are swept, and each needs its name.
#[test]
fn unleased_stacks_need_their_names() {
    let mut harness = unleased_harness(config());
    harness.keys("/chi<enter> <esc>/alpha<enter> <esc>d");
    shows(&harness, "Tear down 2 stacks");
    let effects = harness.take_effects();
    assert_eq!(effects.len(), 2, "{effects:?}");
    harness.keys("<esc>e");
    shows(&harness, "no lease (found by tags only): nothing to extend");
}

/// Of two unleased stacks with the same name, only the first is acted on: their progress could not
/// be told apart.
#[test]
fn a_name_is_acted_on_once() {
    let mut harness = unleased_harness(config());
    harness.keys("/forgotten<enter>*d");
    shows(&harness, "Tear down 2 stacks");
    shows(
        &harness,
        "another marked stack has this name: tear down one after the other",
    );
    assert_eq!(harness.take_effects().len(), 1);
}

/// Paste writes into the confirmation, and never confirms it.
#[test]
fn paste_does_not_confirm() {
    let mut harness = planned_harness(config());
    harness.take_effects();
    harness.paste("2\n");
    shows(&harness, "Type 2 to tear down 2 stacks: 2");
    assert_eq!(harness.take_effects(), [""; 0]);
}
