//! Recorded uses of the stacks that exist, for the line of uses and the verdicts.

use stack::EventKind;

use super::EventBuilder;

/// The apps whose uses are recorded. Of the others, the verdict says that it has not enough
/// history.
const USED_APPS: [&str; 4] = ["checkout", "reports", "billing", "media"];

/// Adds uses to the first half of the life of a ready stack: an idle stack is unused in the second
/// half. The age is in seconds.
pub(super) fn add(builder: &mut EventBuilder, app: &str, kind: u64, age: u64) {
    let mut events = builder.events.iter();
    let ready = events.find(|event| matches!(event.kind, EventKind::Ready));
    let Some(ready) = ready.map(|event| event.at) else {
        return;
    };
    if !USED_APPS.contains(&app) {
        return;
    }
    let gap = (40 + kind) * 60;
    let mut second = gap;
    while second < age / 2 {
        if builder.at(second) > ready {
            let signal = "requests".to_owned();
            builder.event(second, EventKind::Activity { signal });
        }
        second += if second % 7 < 3 { gap } else { gap * 2 };
    }
}
