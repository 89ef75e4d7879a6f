#!/usr/bin/env bash
# Applies three stacks on this machine, with a real Terraform or OpenTofu, and no cloud account.
set -euo pipefail
. "$(dirname "$0")/common.sh"

# JITI_BIN_DIR names a folder with binaries that are already built.
bin=${JITI_BIN_DIR:-}
if [ -z "$bin" ]; then
  command -v cargo >/dev/null || die "cargo is not on PATH; install Rust from https://rustup.rs and run this again"
  printf '\n== Building jiti and its provider\n'
  # Without the AWS clients and shared ledgers: no stack here needs them, and they take most of
  # the time of a first build.
  (cd "$project" && cargo build --locked -p provider -p tui --no-default-features --bins)
  bin=$(cd "$project" && cargo metadata --locked --no-deps --format-version 1 |
    python3 -c 'import json, sys; print(json.load(sys.stdin)["target_directory"])')/debug
fi

printf '\n== Installing them into %s\n' "${local#"$project"/}"
mkdir -p "$local/bin" "$local/home"
# Before the first run of Terraform: OpenTofu warns on standard output while this file does not exist.
cat >"$TF_CLI_CONFIG_FILE" <<RC
provider_installation {
  filesystem_mirror {
    path = "$local/mirror"
  }
}
RC
platform=$(tf version -json | platform_of) ||
  die "$terraform_bin version -json did not print its platform; run it and fix what it reports"
release=$("$bin/jiti" --version | awk '{ print $2 }')
rm -rf "$local/mirror" "$local/bin"
mkdir -p "$local/bin"
cp "$bin/jiti" "$local/bin/"
# Terraform and OpenTofu look for the provider under different hosts.
for host in registry.terraform.io registry.opentofu.org; do
  folder=$local/mirror/$host/jiti-dev/jiti/$release/$platform
  mkdir -p "$folder"
  cp "$bin/terraform-provider-jiti" "$folder/terraform-provider-jiti_v$release"
done
cat >"$local/env" <<ENV
export JITI_LEDGER='$JITI_LEDGER'
export JITI_CONFIG='$JITI_CONFIG'
export TF_CLI_CONFIG_FILE='$TF_CLI_CONFIG_FILE'
export CHECKPOINT_DISABLE=1
export PATH='$local/bin':"\$PATH"
ENV

for root in "${roots[@]}"; do
  printf '\n== %s: %s apply\n' "$root" "$(basename "$terraform_bin")"
  cd "$here/$root"
  # A free port, stored for later plans of the same root module.
  [ -s port.auto.tfvars ] || python3 - >port.auto.tfvars <<'PORT'
import socket
with socket.socket() as probe:
    probe.bind(("127.0.0.1", 0))
    print(f"port = {probe.getsockname()[1]}")
PORT
  # The lock file holds the hash of an earlier build of the provider. The mirror holds this build.
  rm -f .terraform.lock.hcl
  tf init -input=false -no-color >"$local/init.log" 2>&1 || { cat "$local/init.log" >&2; die "$(basename "$terraform_bin") init failed in $here/$root"; }
  tf apply -input=false -auto-approve
done

printf '\n== jiti ls\n'
jiti ls
cat <<NEXT

Three stacks are live. reports-2.0.0 is billed but never becomes ready. The ledger is
  $JITI_LEDGER

Next, try:
  . .local/quickstart/env                     # use this ledger and Terraform configuration in your shell
  jiti show checkout-1.4.0                    # its lease and its start-up phases
  jiti extend checkout-1.5.0 2h               # afterwards, a plan shows no changes:
  $(basename "$terraform_bin") -chdir=examples/quickstart/checkout-1.5.0 plan
  jiti hold checkout-1.5.0 --until 6h --why "demo at four"
  jiti events reports-2.0.0                   # what happened, and when
  jiti doctor                                 # what is set up, and what is missing
  make quickstart-cycles                      # three times down and up, then a report with a verdict for checkout
  make quickstart-down                        # removes everything
NEXT
