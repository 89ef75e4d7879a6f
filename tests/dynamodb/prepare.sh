#!/usr/bin/env bash
# Installs the DynamoDB test server into .local/dynoxide, once for each version. Later runs need no network. The server
# is a program of its own, because its SQLite and ours cannot be linked into one program.
set -euo pipefail
cd "$(dirname "$0")/../.."
version=3.2.0
folder=$PWD/.local/dynoxide
if [ "$(cat "$folder/made-of" 2>/dev/null)" = "$version" ] && "$folder/bin/dynoxide" --version >/dev/null 2>&1; then
  exit 0
fi
printf 'Installing the DynamoDB test server (dynoxide %s), once.\n' "$version"
rm -rf "$folder"
mkdir -p "$folder"
# Only what the server needs, without optimisation. Its target folder is removed afterwards.
env -u RUSTC_WORKSPACE_WRAPPER -u CLIPPY_ARGS CARGO_TARGET_DIR="$folder/target" CARGO_PROFILE_DEV_DEBUG=0 \
  cargo install --quiet --debug --locked --root "$folder" --version "=$version" \
  --no-default-features --features native-sqlite,http-server,cli dynoxide-rs
rm -rf "$folder/target"
printf '%s' "$version" >"$folder/made-of"
