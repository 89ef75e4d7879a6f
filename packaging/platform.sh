#!/usr/bin/env bash
# Prints the platform of this machine as the packages name it, such as linux_amd64.
#   packaging/platform.sh
set -euo pipefail
case "$(uname -sm)" in
  "Linux x86_64") echo linux_amd64 ;;
  "Linux aarch64") echo linux_arm64 ;;
  "Darwin x86_64") echo darwin_amd64 ;;
  "Darwin arm64") echo darwin_arm64 ;;
  *) printf 'platform.sh: no platform for %s: add it here\n' "$(uname -sm)" >&2; exit 2 ;;
esac
