#!/usr/bin/env bash
# Installs the Python packages of the tests into .local/python, once for each set of pinned packages. Later runs need no
# network. A name selects another set: `prepare.sh bench` installs bench-requirements.txt into .local/python-bench.
set -euo pipefail
cd "$(dirname "$0")"
set=${1:-}
requirements=${set:+$set-}requirements.txt
folder=../../.local/python${set:+-$set}
python=${PYTHON:-python3}
wanted="$("$python" --version) $(cksum <"$requirements")"
if [ "$(cat "$folder/made-of" 2>/dev/null)" = "$wanted" ] && "$folder/bin/python" -c '' 2>/dev/null; then
  exit 0
fi
printf 'Installing the Python packages of the tests (%s), once.\n' "$requirements"
rm -rf "$folder"
mkdir -p "$(dirname "$folder")"
"$python" -m venv "$folder"
"$folder/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes --requirement "$requirements"
printf '%s' "$wanted" >"$folder/made-of"
