//! Damage to a ledger's file, for tests.

use std::path::Path;

/// Damages the first event of a stack in a ledger's file, so that the stack cannot be read.
///
/// # Panics
/// When the file is not a ledger with this stack.
#[expect(clippy::expect_used, reason = "a test without the damage is none")]
pub fn damage(ledger: &Path, stack: &str) {
    let db = rusqlite::Connection::open(ledger).expect("the ledger opens");
    let event = "UPDATE event SET kind = 'damaged' WHERE seq = 1 \
                 AND stack = (SELECT stack FROM stack WHERE name = ?1)";
    // Without a usable snapshot, a lease is folded from its events.
    for statement in [event, "UPDATE stack SET format = 0 WHERE name = ?1"] {
        let changed = db
            .execute(statement, [stack])
            .expect("the ledger is written");
        assert_eq!(changed, 1, "{statement}");
    }
}
