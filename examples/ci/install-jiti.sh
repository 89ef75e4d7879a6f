#!/usr/bin/env bash
# Installs jiti on a runner: downloads the archive $JITI_ARCHIVE, which has the program `jiti`, if it has this SHA-256.
set -euo pipefail
archive=$RUNNER_TEMP/jiti.tar.gz
mkdir -p "$RUNNER_TEMP/bin"
curl --fail --silent --show-error --location --output "$archive" "$JITI_ARCHIVE"
printf '%s  %s\n' "$JITI_SHA256" "$archive" | sha256sum --check --quiet
tar --extract --gzip --file "$archive" --directory "$RUNNER_TEMP/bin" jiti
printf '%s\n' "$RUNNER_TEMP/bin" >>"$GITHUB_PATH"
"$RUNNER_TEMP/bin/jiti" --version
