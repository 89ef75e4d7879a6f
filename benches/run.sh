#!/usr/bin/env bash
# Everything that is measured, in release builds. Ratios are medians of interleaved runs: machines are noisy.
set -euo pipefail
cd "$(dirname "$0")/.."
printf '== ledger\n';    cargo bench --quiet -p stack
printf '\n== start-up\n'; cargo bench --quiet -p tfplugin
printf '\n== terraform\n'; cargo bench --quiet -p e2e
