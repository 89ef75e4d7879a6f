#!/usr/bin/env bash
# Makes the packages of the binaries in target/binaries, in target/packages. The completions and man pages come from the
# binary for this machine.
#   packaging/package.sh
set -euo pipefail
cd "$(dirname "$0")/.."
target=$(cargo metadata --locked --no-deps --format-version 1 |
  python3 -c 'import json, sys; print(json.load(sys.stdin)["target_directory"])')
binaries=$target/binaries
own=$(packaging/platform.sh)
jiti=$binaries/$own/jiti

rm -rf "$binaries/shared" "$target/packages"
if [ -x "$jiti" ]; then
  mkdir -p "$binaries/shared/completions" "$binaries/shared/man/man1"
  "$jiti" completions bash >"$binaries/shared/completions/jiti.bash"
  "$jiti" completions zsh >"$binaries/shared/completions/_jiti"
  "$jiti" completions fish >"$binaries/shared/completions/jiti.fish"
  "$jiti" man "$binaries/shared/man/man1"
fi
# The time in the packages is that of the commit.
epoch=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
python3 packaging/package.py --binaries "$binaries" --out "$target/packages" --epoch "$epoch"
