#!/bin/sh
# Runs every fuzz target for ten minutes, or for as many seconds as the first argument says.
# Needs a nightly compiler, and `cargo install cargo-fuzz`.
set -eu
cd "$(dirname "$0")/.."
for target in msgpack json type_json; do
    cargo +nightly fuzz run --sanitizer none "$target" -- \
        -max_total_time="${1:-600}" -max_len=4096 -rss_limit_mb=1024 -timeout=10
done
