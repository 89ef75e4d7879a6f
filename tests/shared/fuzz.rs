//! Random input for a decoder, without a fuzzer and its nightly compiler.
//!
//! Inputs are mutations of valid ones. An input with an outcome that no earlier one had is mutated
//! further, which takes the place of a fuzzer's coverage. The same seed gives the same inputs.
//!
//! | variable | meaning | default |
//! |---|---|---|
//! | `JITI_FUZZ_SECONDS` | how long each target runs | a fixed number of inputs |
//! | `JITI_FUZZ_SEED` | where the random numbers begin | 1 |

use std::collections::{BTreeSet, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

/// The longest input, in bytes.
const LONGEST: usize = 64 * 1024;

/// How many inputs with an outcome of their own are mutated further.
const MAX_CORPUS: usize = 4096;

/// How often a part is repeated at most. Repeated brackets are a nesting deeper than any stack.
const MAX_REPEATS: usize = 20_000;

/// A decoder that takes longer than this for one input does not come to an end, even in a debug
/// build. It is processor time, where the system reports it, because other programs run too.
const MAX_TIME: Duration = Duration::from_secs(20);

/// Texts that decoders treat in a special way.
const TOKENS: [&[u8]; 30] = [
    b"null",
    b"true",
    b"-1",
    b"0",
    b"1e309",
    b"-0.0",
    b"18446744073709551616",
    b"9223372036854775807",
    b"-9223372036854775808",
    b"0.00000000000000000000000000001",
    b"\"\"",
    b"[]",
    b"{}",
    b"\\u0000",
    b"\\ud800",
    b"\xff\xff\xff\xff",
    b"\xdd\xff\xff\xff\xff",
    b"\xc7\x00\x0c",
    b"${",
    b"\x1b[2J",
    b"\xe2\x80\xae",
    b"9999-12-31T23:59:59.999999999Z",
    b"-009999-01-01T00:00:00Z",
    b"1970-01-01T00:00:00Z",
    b"99999999999w",
    b"0s",
    b"<![CDATA[",
    b"&#x0;",
    b"\r\n",
    b"--",
];

/// Calls `check` with many inputs that are made of these. It returns a short text that says what
/// became of the input, such as the kind of the error.
///
/// # Panics
/// If `check` panics or takes too long. The input is written into the temporary folder.
pub fn fuzz(target: &str, corpus: &[&[u8]], inputs: u64, mut check: impl FnMut(&[u8]) -> String) {
    let seconds = number("JITI_FUZZ_SECONDS");
    let mut random = Random(number("JITI_FUZZ_SEED").unwrap_or(1).max(1));
    let mut pool: Vec<Vec<u8>> = corpus.iter().map(|input| input.to_vec()).collect();
    let mut outcomes = BTreeSet::new();
    let began = Instant::now();
    let mut tried = 0_u64;
    let mut slowest = Duration::ZERO;
    let valid = pool.clone().into_iter();
    let mut next: VecDeque<_> = valid.collect();
    while match seconds {
        Some(seconds) => began.elapsed() < Duration::from_secs(seconds),
        None => tried < inputs,
    } {
        let input = next.pop_front();
        let input = input.unwrap_or_else(|| random.mutated(&pool));
        let (start, used) = (Instant::now(), processor_time());
        let outcome = catch_unwind(AssertUnwindSafe(|| check(&input)));
        let used = used.zip(processor_time());
        let took = used.map_or_else(|| start.elapsed(), |(before, after)| after - before);
        slowest = slowest.max(took);
        let outcome = match outcome {
            Ok(outcome) if took <= MAX_TIME => outcome,
            Ok(_) => report(target, tried, &input, &format!("took {took:.0?}")),
            Err(_) => report(target, tried, &input, "panicked"),
        };
        tried += 1;
        if pool.len() < MAX_CORPUS && outcomes.insert(outcome) {
            pool.push(input);
        }
    }
    println!(
        "{target}: {tried} inputs in {:.0} s, {} outcomes, the slowest took {slowest:.1?}, no panic",
        began.elapsed().as_secs_f64(),
        outcomes.len()
    );
}

/// The processor time of this thread; `None` if the system does not report it.
fn processor_time() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanoseconds = text.split_whitespace().next()?.parse().ok()?;
    Some(Duration::from_nanos(nanoseconds))
}

/// Fails the test, with the input in a file.
fn report(target: &str, number: u64, input: &[u8], what: &str) -> ! {
    let file = std::env::temp_dir().join(format!("jiti-fuzz-{target}-{number}"));
    std::fs::write(&file, input).unwrap();
    let start = input[..input.len().min(500)].escape_ascii();
    panic!(
        "{target}: input {number} {what}: {} ({start})",
        file.display()
    );
}

/// An error without its details, as an outcome: digits and quoted texts differ with every input.
pub fn kind(error: &impl std::fmt::Display) -> String {
    let text = error.to_string();
    let parts = text.split(['"', '\'', '`']).step_by(2);
    let text: String = parts.collect::<Vec<_>>().join("…");
    text.chars()
        .filter(|c| !c.is_ascii_digit())
        .take(120)
        .collect()
}

#[expect(
    clippy::disallowed_methods,
    reason = "only the environment can ask for a long run"
)]
fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

/// Pseudo-random numbers: xorshift, which is fast and always the same.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A number below `end`; 0 if that is 0.
    fn below(&mut self, end: usize) -> usize {
        match u64::try_from(end).unwrap() {
            0 => 0,
            end => usize::try_from(self.next() % end).unwrap(),
        }
    }

    /// One of the pool with a few changes.
    fn mutated(&mut self, pool: &[Vec<u8>]) -> Vec<u8> {
        let mut input = pool[self.below(pool.len())].clone();
        for _ in 0..=self.below(4) {
            self.mutate(&mut input, pool);
        }
        input.truncate(LONGEST);
        input
    }

    fn mutate(&mut self, input: &mut Vec<u8>, pool: &[Vec<u8>]) {
        let at = self.below(input.len() + 1);
        let end = (at + 1 + self.below(16)).min(input.len());
        match self.below(10) {
            0 if at < input.len() => input[at] ^= 1 << self.below(8),
            1 if at < input.len() => input[at] = self.next().to_le_bytes()[0],
            2 => drop(input.drain(at.min(end)..end)),
            3 => {
                let part = input[at.min(end)..end].to_vec();
                input.splice(at..at, part);
            }
            4 => {
                let token = TOKENS[self.below(TOKENS.len())];
                input.splice(at..at, token.iter().copied());
            }
            5 => self.replace_value(input, at),
            6 => input.truncate(at),
            7 => {
                let other = &pool[self.below(pool.len())];
                let from = self.below(other.len());
                let to = (from + self.below(64)).min(other.len());
                input.splice(at..at, other[from..to].iter().copied());
            }
            8 => {
                let part = input[at.min(end)..end].repeat(1 + self.below(MAX_REPEATS));
                input.splice(at..at, part.into_iter().take(LONGEST));
            }
            _ => {
                let bytes = self.next().to_le_bytes();
                input.splice(at..at, bytes);
            }
        }
    }

    /// Replaces the word at a place, which may be a number or a name, by a token.
    fn replace_value(&mut self, input: &mut Vec<u8>, at: usize) {
        let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || b"-+.:_".contains(byte);
        let before = input[..at].iter().rev().take_while(|it| is_word(it));
        let start = at - before.count();
        let after = input[at..].iter().take_while(|it| is_word(it));
        let end = at + after.count();
        let token = TOKENS[self.below(TOKENS.len())];
        input.splice(start..end, token.iter().copied());
    }
}
