//! Limits the rate and the concurrency of calls: one token bucket for each account, region, service
//! and kind of call.
//!
//! All calls of this process share the buckets. They stay below the limits that AWS documents for
//! the whole account, because consoles and autoscalers use the same limits. A call that AWS
//! throttles anyway slows its bucket down.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

/// Calls in flight at once, for each bucket.
const MAX_CALLS_IN_FLIGHT: usize = 8;

/// The factor on a bucket's refill rate after a throttled call.
const SLOWDOWN: f64 = 0.7;
/// The lowest share of its refill rate that a bucket slows down to.
const MIN_SPEED: f64 = 0.1;
/// The share of the refill rate that each unthrottled call restores.
const RECOVERY: f64 = 0.02;
/// Tokens for each second where AWS documents no limit.
const UNLIMITED: f64 = 1_000.0;

/// The rate limits of all calls of this process.
#[derive(Debug)]
pub(crate) struct RateLimiter {
    /// Whether calls go to AWS. A custom endpoint has no documented limits; only its throttling
    /// counts.
    has_documented_limits: bool,
    buckets: Mutex<HashMap<RateLimitKey, Arc<Bucket>>>,
    requests: AtomicU64,
    /// The time that AWS last reported, and when it did.
    cloud_time: Mutex<Option<(Timestamp, Instant)>>,
}

/// Identifies the calls that share a bucket.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct RateLimitKey {
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) service: &'static str,
    /// Whether the calls only read.
    pub(crate) reads: bool,
}

/// A token bucket with a limit on the calls in flight.
#[derive(Debug)]
struct Bucket {
    /// The most tokens that it holds.
    size: f64,
    /// Tokens added each second at full speed.
    refill: f64,
    level: Mutex<Level>,
    slots: Arc<Semaphore>,
}

#[derive(Debug)]
struct Level {
    tokens: f64,
    updated: Instant,
    /// 1 at full speed, less after throttled calls.
    speed: f64,
}

/// Permission to make one call, until it is dropped.
#[derive(Debug)]
pub(crate) struct CallPermit {
    bucket: Arc<Bucket>,
    _slot: Option<OwnedSemaphorePermit>,
}

impl CallPermit {
    /// Reports whether AWS throttled the call.
    pub(crate) fn report(&self, throttled: bool) {
        let level = &self.bucket.level;
        let mut level = level.lock().unwrap_or_else(PoisonError::into_inner);
        level.speed = if throttled {
            (level.speed * SLOWDOWN).max(MIN_SPEED)
        } else {
            (level.speed + RECOVERY).min(1.0)
        };
    }
}

/// The size and refill rate of a bucket, below the documented limits: EC2's request buckets; 15
/// reads and 5 writes a second for the tagging API; a burst of 10 and 5 a second for the price
/// list. Cost Explorer publishes no limit and gets one call at a time.
fn limits(key: &RateLimitKey) -> (f64, f64) {
    match (key.service, key.reads) {
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

impl RateLimiter {
    /// A limiter for AWS, or for a custom endpoint without documented limits.
    pub(crate) fn new(has_documented_limits: bool) -> Self {
        Self {
            has_documented_limits,
            buckets: Mutex::default(),
            requests: AtomicU64::new(0),
            cloud_time: Mutex::default(),
        }
    }

    /// Waits until a call may be made, and counts it.
    pub(crate) async fn acquire(&self, key: &RateLimitKey) -> CallPermit {
        let bucket = self.bucket(key);
        // The semaphore is never closed.
        let slot = Arc::clone(&bucket.slots).acquire_owned().await.ok();
        while let Some(wait) = bucket.take_token() {
            tokio::time::sleep(wait).await;
        }
        self.requests.fetch_add(1, Ordering::Relaxed);
        CallPermit {
            bucket,
            _slot: slot,
        }
    }

    /// The number of calls so far, retries included.
    pub(crate) fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// Records the time that AWS reports.
    pub(crate) fn set_cloud_time(&self, time: Timestamp) {
        let reported = &self.cloud_time;
        let mut reported = reported.lock().unwrap_or_else(PoisonError::into_inner);
        *reported = Some((time, Instant::now()));
    }

    /// The time in the cloud: what it last reported, plus the time since.
    pub(crate) fn cloud_time(&self) -> Option<Timestamp> {
        let reported = &self.cloud_time;
        let reported = reported.lock().unwrap_or_else(PoisonError::into_inner);
        let (time, received) = (*reported)?;
        time.checked_add(received.elapsed()).ok()
    }

    fn bucket(&self, key: &RateLimitKey) -> Arc<Bucket> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = buckets.entry(key.clone()).or_insert_with(|| {
            let (size, refill) = if self.has_documented_limits {
                limits(key)
            } else {
                (UNLIMITED, UNLIMITED)
            };
            let slots = if key.service == "ce" {
                1
            } else {
                MAX_CALLS_IN_FLIGHT
            };
            Arc::new(Bucket {
                size,
                refill,
                level: Mutex::new(Level {
                    tokens: size,
                    updated: Instant::now(),
                    speed: 1.0,
                }),
                slots: Arc::new(Semaphore::new(slots)),
            })
        });
        Arc::clone(bucket)
    }
}

impl Bucket {
    /// Takes a token, or returns how long to wait before the next try.
    fn take_token(&self) -> Option<Duration> {
        let mut level = self.level.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let rate = self.refill * level.speed;
        let elapsed = now.duration_since(level.updated).as_secs_f64();
        level.tokens = (level.tokens + elapsed * rate).min(self.size);
        level.updated = now;
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

    fn key(reads: bool) -> RateLimitKey {
        RateLimitKey {
            account: "123456789012".to_owned(),
            region: "eu-west-1".to_owned(),
            service: "ec2",
            reads,
        }
    }

    /// Calls use up the bucket, then follow its refill rate. Throttling slows the bucket down.
    /// Reads and writes have buckets of their own.
    #[tokio::test(start_paused = true)]
    async fn calls_follow_the_bucket() {
        let limiter = RateLimiter::new(true);
        let start = Instant::now();
        for _ in 0..40 {
            limiter.acquire(&key(false)).await;
        }
        assert_eq!(start.elapsed(), Duration::ZERO);
        for _ in 0..10 {
            limiter.acquire(&key(false)).await;
        }
        let elapsed = start.elapsed();
        assert!(elapsed >= Duration::from_millis(1_900), "{elapsed:?}");
        let start = Instant::now();
        let permit = limiter.acquire(&key(false)).await;
        for _ in 0..20 {
            permit.report(true);
        }
        drop(permit);
        limiter.acquire(&key(false)).await;
        limiter.acquire(&key(false)).await;
        let elapsed = start.elapsed();
        assert!(elapsed >= Duration::from_secs(2), "{elapsed:?}");
        assert_eq!(limiter.requests(), 53);
        let start = Instant::now();
        limiter.acquire(&key(true)).await;
        assert_eq!(start.elapsed(), Duration::ZERO);
    }
}
