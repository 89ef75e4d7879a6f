#!/usr/bin/env bash
# Installs cargo-zigbuild and zig into .local/zig, once for each set of pinned packages. Later runs need no network.
set -euo pipefail
cd "$(dirname "$0")"
folder=../.local/zig
python=${PYTHON:-python3}
wanted="$("$python" --version) $(cksum <requirements.txt)"
if [ "$(cat "$folder/made-of" 2>/dev/null)" = "$wanted" ] && "$folder/bin/python" -c '' 2>/dev/null; then
  exit 0
fi
printf 'Installing the cross compiler of the packages, once.\n'
rm -rf "$folder"
mkdir -p "$(dirname "$folder")"
"$python" -m venv "$folder"
"$folder/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.txt
printf '%s' "$wanted" >"$folder/made-of"
