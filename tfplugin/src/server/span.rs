//! The tracing span of a call: which, of what type, and how long it took.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use tracing::Instrument;

/// Runs a call in a span of its own. The names of its fields are the ones of Terraform's own logs.
pub(crate) async fn observed<T>(
    rpc: &'static str,
    type_name: &str,
    call: impl Future<Output = T>,
) -> T {
    static CALLS: AtomicU64 = AtomicU64::new(1);
    let id = CALLS.fetch_add(1, Ordering::Relaxed);
    let span = tracing::info_span!(
        "rpc",
        tf_req_id = id,
        tf_rpc = rpc,
        tf_resource_type = type_name
    );
    async {
        let begun = Instant::now();
        let answer = call.await;
        let milliseconds = begun.elapsed().as_secs_f64() * 1000.0;
        tracing::debug!(tf_req_duration_ms = milliseconds, "answered");
        answer
    }
    .instrument(span)
    .await
}
