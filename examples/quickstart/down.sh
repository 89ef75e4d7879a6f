#!/usr/bin/env bash
# Destroys the quick start's stacks and removes everything that up.sh created.
set -euo pipefail
. "$(dirname "$0")/common.sh"

for root in "${roots[@]}"; do
  cd "$here/$root"
  if [ -s terraform.tfstate ] && [ -d .terraform ]; then
    printf '\n== %s: %s destroy\n' "$root" "$(basename "$terraform_bin")"
    tf destroy -input=false -auto-approve ||
      die "$(basename "$terraform_bin") destroy failed in $root; fix the error above and run make quickstart-down again"
  fi
  rm -rf .terraform .terraform.lock.hcl .terraform.tfstate.lock.info terraform.tfstate terraform.tfstate.backup port.auto.tfvars
done
rm -rf "$local"
rmdir "$project/.local" 2>/dev/null || true
printf '\nThe quick start is removed.\n'
