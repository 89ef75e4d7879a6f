# What up.sh and down.sh share: paths, and Terraform with its own configuration.
# Both write only inside the project's folder: to .local/quickstart, and to the .terraform of each root module.

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
project=$(cd "$here/../.." && pwd)
local=$project/.local/quickstart
roots=(checkout-1.4.0 checkout-1.5.0 reports-2.0.0)

die() { printf 'quickstart: %s\n' "$*" >&2; exit 1; }

terraform_bin=$(command -v terraform || command -v tofu) ||
  die "neither terraform nor tofu is on PATH; install Terraform 1.8 or later and run this again"
command -v python3 >/dev/null ||
  die "python3 is not on PATH; the quick start's app is a small Python program"

export JITI_LEDGER=$local/ledger.db
export JITI_CONFIG=$here/config.toml
export TF_CLI_CONFIG_FILE=$local/terraform.rc
export CHECKPOINT_DISABLE=1
export PATH=$local/bin:$PATH

# Terraform with its own home folder, so that it neither reads nor writes the user's files.
tf() { env -u TF_WORKSPACE -u TF_DATA_DIR -u TF_CLI_ARGS HOME="$local/home" "$terraform_bin" "$@"; }

# The platform in the output of `version -json`. Warnings before and after the JSON document do not matter.
platform_of() {
  python3 -c '
import json, sys
text = sys.stdin.read()
for start in (at for at, character in enumerate(text) if character == "{"):
    try:
        document, _ = json.JSONDecoder().raw_decode(text, start)
    except ValueError:
        continue
    if "platform" in document:
        print(document["platform"])
        sys.exit()
sys.exit(1)'
}
