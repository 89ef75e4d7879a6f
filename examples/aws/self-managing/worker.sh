#!/bin/sh
# Works through the queue of a stack: worker COMMAND [ARGUMENT...]. The command gets the text of each message as its last
# argument. While it runs, the worker keeps the lease of the stack ahead. When the queue is empty, it ends the stack.
#
# The environment has STACK, QUEUE_URL, and what `jiti` and `aws` need.
set -eu

renew_every=${RENEW_EVERY:-60}    # seconds between two looks at the lease
least_left=${LEAST_LEFT:-1800}    # seconds: with less left, the worker extends the lease
extend_by=${EXTEND_BY:-30m}
wait_seconds=${WAIT_SECONDS:-20}  # seconds that one request waits for a message
patience=${PATIENCE:-15}          # so many waits without a message, and the queue counts as empty

# Records that the stack is in use, and extends the lease if it ends soon. If that fails, the job continues: a refusal
# means that the lease has reached its cap.
renew() {
  hide "$1" 300 || return 1
  listing=$(jiti touch "$STACK" --json) || return 1
  left=$(printf '%s\n' "$listing" | sed -n 's/^ *"ttl_seconds_left": *\([0-9]*\).*/\1/p')
  [ "${left:-0}" -ge "$least_left" ] || jiti extend "$STACK" "$extend_by"
}

# Keeps a message from other readers of the queue for so many seconds.
hide() {
  aws sqs change-message-visibility --queue-url "$QUEUE_URL" --receipt-handle "$1" --visibility-timeout "$2"
}

# Renews until it is terminated. A renewal that has begun is finished first.
keep_renewing() {
  pause=
  trap '[ -z "$pause" ] || kill "$pause"; exit 0' TERM
  while true; do
    renew "$1" || echo "worker: could not renew the lease of $STACK" >&2
    sleep "$renew_every" &
    pause=$!
    wait "$pause"
    pause=
  done
}

jiti mark "$STACK" ready

waits=0
while [ "$waits" -lt "$patience" ]; do
  message=$(aws sqs receive-message --queue-url "$QUEUE_URL" --wait-time-seconds "$wait_seconds" \
    --query 'Messages[0].[ReceiptHandle,Body]' --output text)
  if [ "$message" = None ]; then
    waits=$((waits + 1))
    continue
  fi
  waits=0
  receipt=$(printf '%s' "$message" | cut -f 1)
  body=$(printf '%s' "$message" | cut -f 2-)

  keep_renewing "$receipt" &
  renewing=$!
  if "$@" "$body"; then done=true; else done=false; fi
  kill "$renewing" 2>/dev/null || true
  wait "$renewing" 2>/dev/null || true
  if [ "$done" = true ]; then
    aws sqs delete-message --queue-url "$QUEUE_URL" --receipt-handle "$receipt"
  else
    # It is in the queue again at once. If it never succeeds, the stack ends when its lease reaches its cap.
    echo "worker: the job failed: $body" >&2
    hide "$receipt" 0
  fi
done

# Starts the teardown elsewhere, and follows it for as long as this machine exists.
jiti teardown "$STACK" --yes
