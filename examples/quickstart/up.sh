#!/usr/bin/env bash
# Applies three stacks on this machine, with a real Terraform and no cloud account.
set -euo pipefail
. "$(dirname "$0")/common.sh"

# JITI_BIN_DIR names a folder with binaries that are already built.
bin=${JITI_BIN_DIR:-}
if [ -z "$bin" ]; then
  command -v cargo >/dev/null || die "cargo is not on PATH; install Rust from https://rustup.rs and run this again"
  printf '\n== Building jiti and its provider\n'
  # Without the AWS clients: no stack here needs them, and they take most of the time of a first build.
  (cd "$project" && cargo build --locked -p provider -p tui --no-default-features --bins)
  bin=$(cd "$project" && cargo metadata --locked --no-deps --format-version 1 |
    python3 -c 'import json, sys; print(json.load(sys.stdin)["target_directory"])')/debug
fi

printf '\n== Installing them into %s\n' "${local#"$project"/}"
host=registry.terraform.io
[ "$(basename "$terraform_bin")" = tofu ] && host=registry.opentofu.org
platform=$(tf version -json 2>/dev/null | python3 -c 'import json, sys; print(json.load(sys.stdin)["platform"])')
release=$("$bin/jiti" --version | awk '{ print $2 }')
mirror=$local/mirror/$host/jiti-dev/jiti
rm -rf "$local/mirror" "$local/bin"
mkdir -p "$local/bin" "$local/home" "$mirror/$release/$platform"
cp "$bin/jiti" "$local/bin/"
cp "$bin/terraform-provider-jiti" "$mirror/$release/$platform/terraform-provider-jiti_v$release"
cat >"$TF_CLI_CONFIG_FILE" <<RC
provider_installation {
  filesystem_mirror {
    path = "$local/mirror"
  }
}
RC
cat >"$local/env" <<ENV
export JITI_LEDGER='$JITI_LEDGER'
export JITI_CONFIG='$JITI_CONFIG'
export TF_CLI_CONFIG_FILE='$TF_CLI_CONFIG_FILE'
export CHECKPOINT_DISABLE=1
export PATH='$local/bin':"\$PATH"
ENV

for root in "${roots[@]}"; do
  printf '\n== %s: terraform apply\n' "$root"
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
  tf init -input=false -no-color >"$local/init.log" 2>&1 || { cat "$local/init.log" >&2; die "terraform init failed in $here/$root"; }
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
  terraform -chdir=examples/quickstart/checkout-1.5.0 plan
  jiti hold checkout-1.5.0 --until 6h --why "demo at four"
  jiti events reports-2.0.0                   # what happened, and when
  jiti doctor                                 # what is set up, and what is missing
  make quickstart-down                        # removes everything
NEXT
