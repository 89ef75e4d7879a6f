#!/usr/bin/env bash
# Destroys and applies checkout-1.4.0 a few times, so that jiti has enough history for a verdict.
# usage: cycles.sh [NUMBER]
set -euo pipefail
. "$(dirname "$0")/common.sh"

number=${1:-3}
[[ $number =~ ^[1-9][0-9]?$ ]] || die "the number of cycles is from 1 to 99, not \"$number\""
cd "$here/checkout-1.4.0"
[ -s terraform.tfstate ] && [ -d .terraform ] || die "checkout-1.4.0 is not applied; run make quickstart first"

for ((cycle = 1; cycle <= number; cycle++)); do
  printf '\n== checkout-1.4.0: cycle %s of %s\n' "$cycle" "$number"
  for action in destroy apply; do
    tf "$action" -input=false -auto-approve -no-color >"$local/cycle.log" 2>&1 ||
      { cat "$local/cycle.log" >&2; die "$(basename "$terraform_bin") $action failed in $here/checkout-1.4.0"; }
    tail -n 1 "$local/cycle.log"
  done
done

printf '\n== jiti report\n'
jiti report
