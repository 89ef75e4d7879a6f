#!/usr/bin/env bash
# Fuzzes every decoder for SECONDS each. Needs a nightly toolchain and cargo-fuzz.
#   tfplugin/fuzz/run.sh [SECONDS]
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-600}
for target in fuzz/fuzz_targets/*.rs; do
  name=$(basename "$target" .rs)
  printf '== %s\n' "$name"
  cargo +nightly fuzz run "$name" -- -max_total_time="$seconds" -max_len=4096
done
