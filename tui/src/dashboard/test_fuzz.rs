//! Random input for recordings of a session. `make fuzz` runs it for long.

use test_support::fuzz::{fuzz, kind};

use super::record;
use super::replay::replayed_screen;

/// How many inputs a short run tries.
const INPUTS: u64 = 300;

/// Any file is a recording or an error, and any recording can be replayed.
#[test]
fn fuzz_recordings() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("recording.jsonl");
    let valid = include_str!("../../tests/data/recording.jsonl");
    // An event in a corpus of its own is mutated more often than one among many.
    let (header, events) = valid.split_once('\n').unwrap();
    let one = |event: &str| format!("{header}\n{event}\n");
    let mut corpus: Vec<String> = events.lines().map(one).collect();
    corpus.push(valid.to_owned());
    for recording in &corpus {
        std::fs::write(&path, recording).unwrap();
        record::read(&path)
            .map_err(|error| error.message())
            .unwrap();
    }
    let corpus: Vec<&[u8]> = corpus.iter().map(String::as_bytes).collect();
    fuzz("recordings", &corpus, INPUTS, |input| {
        std::fs::write(&path, input).unwrap();
        match record::read(&path) {
            Ok((beginning, events)) => {
                let count = events.len();
                let screen = replayed_screen(beginning, events);
                format!("{count} {}", screen.lines().next().unwrap_or_default())
            }
            Err(error) => kind(&error.message()),
        }
    });
}
