#!/usr/bin/env bash
# Runs all benchmarks in release builds. Ratios are medians of interleaved runs, because machines are noisy.
set -euo pipefail
cd "$(dirname "$0")/.."
target=$(cargo metadata --locked --no-deps --format-version 1 |
  python3 -c 'import json, sys; print(json.load(sys.stdin)["target_directory"])')
cargo build --quiet --locked --release -p provider --bins

printf '== The ledger\n'
cargo bench --quiet --locked -p stack
printf '\n== The shared ledger\n'
tests/dynamodb/prepare.sh
cargo bench --quiet --locked -p aws --no-default-features --features ledger --bench shared_ledger
printf '\n== Start-up of the provider\n'
cargo bench --quiet --locked -p tfplugin --bench startup -- "$target/release/terraform-provider-jiti"
printf '\n== The dashboard\n'
cargo bench --quiet --locked -p tui --bench dashboard
printf '\n== A run of Terraform\n'
cargo bench --quiet --locked -p e2e --bench terraform
printf '\n== A sweep\n'
tests/python/prepare.sh && tests/python/prepare.sh bench
cargo bench --quiet --locked -p e2e --bench sweep
