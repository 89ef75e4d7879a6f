//! The tracing span of a call: the RPC, the resource type and the duration.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use tracing::Instrument;

/// Runs a call in its own span. The field names match Terraform's own logs.
pub(crate) async fn in_call_span<T>(
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
        let started = Instant::now();
        let response = call.await;
        let milliseconds = started.elapsed().as_secs_f64() * 1000.0;
        tracing::debug!(tf_req_duration_ms = milliseconds, "call completed");
        response
    }
    .instrument(span)
    .await
}
