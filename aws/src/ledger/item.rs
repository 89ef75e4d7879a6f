//! Events and snapshots as attributes of items.

use std::collections::HashMap;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use stack::lease::{Event, EventKind, Lease, Source};
use stack::ledger::row;
use stack::{Actor, Seq, StackName};

use super::keys::{self, Item, Key};

/// The largest snapshot that is stored. DynamoDB's limit for an item is 400 KB. A larger lease is
/// stored without its snapshot, and reads fold its events.
const MAX_SNAPSHOT_BYTES: usize = 300 * 1024;

/// The largest event that is stored, with room for the item's other attributes, and for the log
/// entry that repeats it.
pub(super) const MAX_EVENT_BYTES: usize = 350 * 1024;

/// The attribute with the id of the append that wrote an event.
pub(super) const APPEND: &str = "append";

/// The attribute with the number of a snapshot's last event.
pub(super) const SEQ: &str = "seq";

pub(super) fn text(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

pub(super) fn whole(number: impl Into<i128>) -> AttributeValue {
    AttributeValue::N(number.into().to_string())
}

/// Reads a text attribute.
pub(super) fn read_text<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.get(name)?.as_s().ok().map(String::as_str)
}

/// Reads a number attribute.
pub(super) fn read_number<T: std::str::FromStr>(item: &Item, name: &str) -> Option<T> {
    item.get(name)?.as_n().ok()?.parse().ok()
}

/// The number of the item that a sort key ends with.
pub(super) fn sort_number(item: &Item) -> Option<u64> {
    read_text(item, keys::SK)?.parse().ok()
}

/// The fields of an event that are not in its key.
pub(super) fn event_fields(event: &Event) -> Result<Item, serde_json::Error> {
    let kind = serde_json::to_string(&event.kind)?;
    Ok(Item::from([
        ("at".to_owned(), whole(event.at.as_millisecond())),
        ("actor".to_owned(), text(event.actor.as_str())),
        ("source".to_owned(), text(event.source.word())),
        ("kind".to_owned(), text(kind)),
    ]))
}

/// Reads an event from its fields.
pub(super) fn read_event(item: &Item, stack: &StackName, seq: Seq) -> Result<Event, String> {
    let missing = |name: &str| format!("event {seq} of stack \"{stack}\" has no valid {name}");
    let at: i64 = read_number(item, "at").ok_or_else(|| missing("time"))?;
    let actor = read_text(item, "actor").ok_or_else(|| missing("actor"))?;
    let source = read_text(item, "source").and_then(Source::from_word);
    let kind = read_text(item, "kind").ok_or_else(|| missing("kind"))?;
    let kind: EventKind = serde_json::from_str(kind)
        .map_err(|error| format!("event {seq} of stack \"{stack}\": {error}"))?;
    Ok(Event {
        seq,
        stack: stack.clone(),
        at: Timestamp::from_millisecond(at).map_err(|_| missing("time"))?,
        actor: Actor::new(actor).map_err(|_| missing("actor"))?,
        source: source.ok_or_else(|| missing("source"))?,
        kind,
    })
}

/// The item of a snapshot. A lease that is too large for an item is stored without its contents.
pub(super) fn snapshot(key: &Key, lease: &Lease) -> Item {
    let mut item = key.attributes();
    item.insert(SEQ.to_owned(), whole(lease.last_seq().0));
    let encoded = row::encode(lease).ok();
    if let Some(bytes) = encoded.filter(|bytes| bytes.len() <= MAX_SNAPSHOT_BYTES) {
        item.insert("format".to_owned(), whole(Lease::FORMAT));
        item.insert("snapshot".to_owned(), AttributeValue::B(Blob::new(bytes)));
    }
    item
}

/// Reads a snapshot; `None` if it has another format, or no contents.
pub(super) fn read_snapshot(item: &Item) -> Option<Lease> {
    let seq = Seq(read_number(item, SEQ)?);
    let format = read_number(item, "format")?;
    let bytes = item.get("snapshot")?.as_b().ok()?;
    row::decode(format, seq, bytes.as_ref())
}

/// The entry of the log with the events of one append.
pub(super) fn log_entry(key: &Key, events: &[Event]) -> Result<Item, serde_json::Error> {
    let mut item = key.attributes();
    if let Some(first) = events.first() {
        item.insert("stack".to_owned(), text(first.stack.as_str()));
        item.insert(SEQ.to_owned(), whole(first.seq.0));
    }
    let fields: Result<Vec<_>, _> = events
        .iter()
        .map(|event| event_fields(event).map(AttributeValue::M))
        .collect();
    item.insert("events".to_owned(), AttributeValue::L(fields?));
    Ok(item)
}

/// The events of a log entry, or the name of the stack and what is wrong with them.
pub(super) fn read_log_entry(item: &Item) -> (Vec<Event>, Vec<(String, String)>) {
    let name = read_text(item, "stack").unwrap_or("?");
    let (mut events, mut damaged) = (Vec::new(), Vec::new());
    let first = read_number::<u64>(item, SEQ);
    let list = item.get("events").and_then(|list| list.as_l().ok());
    let (Ok(stack), Some(first), Some(list)) = (StackName::new(name), first, list) else {
        damaged.push((name.to_owned(), "an entry of the log is damaged".to_owned()));
        return (events, damaged);
    };
    for (fields, number) in list.iter().zip(first..) {
        let empty = HashMap::new();
        let fields = fields.as_m().unwrap_or(&empty);
        match read_event(fields, &stack, Seq(number)) {
            Ok(event) => events.push(event),
            Err(problem) => damaged.push((name.to_owned(), problem)),
        }
    }
    (events, damaged)
}

/// The size of an item as DynamoDB counts it, at most a little too large.
pub(super) fn size(item: &Item) -> usize {
    item.iter()
        .map(|(name, value)| name.len() + value_size(value))
        .sum()
}

fn value_size(value: &AttributeValue) -> usize {
    match value {
        AttributeValue::S(text) | AttributeValue::N(text) => text.len() + 1,
        AttributeValue::B(bytes) => bytes.as_ref().len(),
        AttributeValue::L(list) => {
            3 + list
                .iter()
                .map(|value| 1 + value_size(value))
                .sum::<usize>()
        }
        AttributeValue::M(map) => 3 + map.len() + size(map),
        _ => 1,
    }
}
