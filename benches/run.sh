#!/usr/bin/env bash
# Runs the benchmarks in release builds, and writes what they measured into docs/dev/benchmarks.md. Ratios are medians of
# interleaved runs, because machines are noisy. Benchmarks of whole programs run the binaries of the packages.
#   benches/run.sh [NAME...]    default: all, which are ledger report check shared startup dashboard terraform sweep cloud_control
# NOTE is what the page says besides, such as NOTE="while other programs ran".
set -euo pipefail
cd "$(dirname "$0")/.."
target=$(cargo metadata --locked --no-deps --format-version 1 |
  python3 -c 'import json, sys; print(json.load(sys.stdin)["target_directory"])')
JITI_BENCH_FIGURES=$(mktemp)
export JITI_BENCH_FIGURES
trap 'rm -f "$JITI_BENCH_FIGURES"' EXIT
bench() { cargo bench --quiet --locked "$@"; }
# Builds the binaries of the packages, once. Only packaging/build.sh sets the flags of their compiler.
own=$(packaging/platform.sh)
export JITI_BENCH_BINARIES=$target/binaries/$own
packages() { packaging/build.sh >&2; }

[ $# -gt 0 ] || set -- ledger report check shared startup dashboard terraform sweep cloud_control
for name in "$@"; do
  printf '== %s\n' "$name"
  case $name in
    ledger | report) bench -p stack --bench "$name" ;;
    check) bench -p check --bench plan ;;
    shared)
      tests/dynamodb/prepare.sh
      bench -p aws --no-default-features --features ledger --bench shared_ledger
      ;;
    startup)
      packages
      bench -p tfplugin --bench startup -- "$JITI_BENCH_BINARIES/terraform-provider-jiti"
      ;;
    dashboard) bench -p tui --bench dashboard ;;
    terraform) packages && bench -p e2e --bench terraform ;;
    sweep | cloud_control)
      packages && tests/python/prepare.sh && tests/python/prepare.sh bench
      bench -p e2e --bench "$name"
      ;;
    *) printf 'run.sh: no benchmark %s\n' "$name" >&2; exit 2 ;;
  esac
  # Now, so that what one benchmark measured survives a failure of the next.
  python3 benches/page.py --add "$JITI_BENCH_FIGURES" ${NOTE:+--note "$NOTE"}
  : >"$JITI_BENCH_FIGURES"
done
