//! How fast an account is called: a bucket of tokens for each service, kind of call and region, and so many calls at once.
//!
//! The buckets are shared by everything in this process, and stay below what AWS documents for the whole account, because
//! consoles and autoscalers draw from the same ones. A call that was throttled all the same slows its bucket down.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

/// Calls of one service in one region under way at once.
const AT_ONCE: usize = 8;

/// After a throttled call its bucket refills this much slower, down to the slowest.
const SLOWER: f64 = 0.7;
const SLOWEST: f64 = 0.1;
/// Tokens a second where no limit is documented.
const UNLIMITED: f64 = 1_000.0;
/// Each call that was not throttled makes up this much of it.
const FASTER: f64 = 0.02;

/// The pace of all calls of this process.
#[derive(Debug)]
pub(crate) struct Pace {
    /// Whether AWS itself is called: an endpoint of one's own has no documented limits, only those that it shows.
    documented: bool,
    buckets: Mutex<HashMap<Lane, Arc<Bucket>>>,
    requests: AtomicU64,
    /// What time the cloud said that it is, and when it said so.
    cloud_time: Mutex<Option<(Timestamp, Instant)>>,
}

/// Which calls share a bucket.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Lane {
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) service: &'static str,
    /// Whether the calls only read.
    pub(crate) reads: bool,
}

/// A bucket of tokens: so many at once, refilled at so many a second.
#[derive(Debug)]
struct Bucket {
    size: f64,
    refill: f64,
    level: Mutex<Level>,
    slots: Arc<Semaphore>,
}

#[derive(Debug)]
struct Level {
    tokens: f64,
    at: Instant,
    /// 1 at full pace, less after calls that were throttled.
    pace: f64,
}

/// The right to make one call; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Turn {
    bucket: Arc<Bucket>,
    _slot: Option<OwnedSemaphorePermit>,
}

impl Turn {
    /// Tells how the call was answered.
    pub(crate) fn answered(&self, throttled: bool) {
        let mut level = self
            .bucket
            .level
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        level.pace = if throttled {
            (level.pace * SLOWER).max(SLOWEST)
        } else {
            (level.pace + FASTER).min(1.0)
        };
    }
}

/// Size and refill of a bucket, below the documented ones (EC2: request buckets of the API; tagging API 15/s for reads and
/// 5/s for writes; Price List 10 and 5/s; Cost Explorer publishes none and is asked one at a time).
fn limits(lane: &Lane) -> (f64, f64) {
    match (lane.service, lane.reads) {
        ("ec2", true) => (80.0, 18.0),
        ("ec2", false) => (40.0, 5.0),
        ("tagging", true) => (10.0, 10.0),
        ("tagging", false) => (4.0, 4.0),
        ("pricing", _) => (8.0, 4.0),
        ("ce", _) => (1.0, 1.0),
        ("iam" | "sts", true) => (20.0, 15.0),
        ("iam" | "sts", false) => (10.0, 5.0),
        (_, true) => (40.0, 20.0),
        (_, false) => (20.0, 10.0),
    }
}

impl Pace {
    /// A pace for AWS itself, or for an endpoint of one's own.
    pub(crate) fn new(documented: bool) -> Self {
        Self {
            documented,
            buckets: Mutex::default(),
            requests: AtomicU64::new(0),
            cloud_time: Mutex::default(),
        }
    }

    /// Waits until a call may be made.
    pub(crate) async fn turn(&self, lane: &Lane) -> Turn {
        let bucket = self.bucket(lane);
        // The semaphore is never closed.
        let slot = Arc::clone(&bucket.slots).acquire_owned().await.ok();
        while let Some(wait) = bucket.take() {
            tokio::time::sleep(wait).await;
        }
        self.requests.fetch_add(1, Ordering::Relaxed);
        Turn {
            bucket,
            _slot: slot,
        }
    }

    /// How many calls were made, tries included.
    pub(crate) fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// Notes what time the cloud says it is.
    pub(crate) fn heard(&self, time: Timestamp) {
        let mut heard = self
            .cloud_time
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *heard = Some((time, Instant::now()));
    }

    /// What time it is in the cloud: what it last said, and the time since.
    pub(crate) fn cloud_time(&self) -> Option<Timestamp> {
        let heard = self
            .cloud_time
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let (time, at) = (*heard)?;
        time.checked_add(at.elapsed()).ok()
    }

    fn bucket(&self, lane: &Lane) -> Arc<Bucket> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = buckets.entry(lane.clone()).or_insert_with(|| {
            let (size, refill) = if self.documented {
                limits(lane)
            } else {
                (UNLIMITED, UNLIMITED)
            };
            let at_once = if lane.service == "ce" { 1 } else { AT_ONCE };
            Arc::new(Bucket {
                size,
                refill,
                level: Mutex::new(Level {
                    tokens: size,
                    at: Instant::now(),
                    pace: 1.0,
                }),
                slots: Arc::new(Semaphore::new(at_once)),
            })
        });
        Arc::clone(bucket)
    }
}

impl Bucket {
    /// Takes a token; or how long to wait before trying again.
    fn take(&self) -> Option<Duration> {
        let mut level = self.level.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let rate = self.refill * level.pace;
        let since = now.duration_since(level.at).as_secs_f64();
        level.tokens = (level.tokens + since * rate).min(self.size);
        level.at = now;
        if level.tokens >= 1.0 {
            level.tokens -= 1.0;
            return None;
        }
        Some(Duration::from_secs_f64((1.0 - level.tokens) / rate))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lane(reads: bool) -> Lane {
        Lane {
            account: "123456789012".to_owned(),
            region: "eu-west-1".to_owned(),
            service: "ec2",
            reads,
        }
    }

    /// After the bucket is empty, calls go at its refill; throttling slows it down.
    #[tokio::test(start_paused = true)]
    async fn calls_keep_to_the_bucket() {
        let pace = Pace::new(true);
        let start = Instant::now();
        for _ in 0..40 {
            pace.turn(&lane(false)).await;
        }
        assert_eq!(start.elapsed(), Duration::ZERO);
        for _ in 0..10 {
            pace.turn(&lane(false)).await;
        }
        assert!(
            start.elapsed() >= Duration::from_millis(1_900),
            "{:?}",
            start.elapsed()
        );
        let before = Instant::now();
        let turn = pace.turn(&lane(false)).await;
        for _ in 0..20 {
            turn.answered(true);
        }
        drop(turn);
        pace.turn(&lane(false)).await;
        pace.turn(&lane(false)).await;
        assert!(
            before.elapsed() >= Duration::from_secs(2),
            "{:?}",
            before.elapsed()
        );
        assert_eq!(pace.requests(), 53);
        // Reads have a bucket of their own.
        let before = Instant::now();
        pace.turn(&lane(true)).await;
        assert_eq!(before.elapsed(), Duration::ZERO);
    }
}
