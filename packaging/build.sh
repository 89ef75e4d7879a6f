#!/usr/bin/env bash
# Builds the binaries of one platform for the packages, into target/binaries/PLATFORM. The same commit gives the same
# bytes on every machine: no path of this machine is in them.
#   packaging/build.sh [RUST_TARGET] [PACKAGE...]    default: the GNU target of this processor, and both packages
set -euo pipefail
cd "$(dirname "$0")/.."
# The oldest C library that the GNU binaries run with: that of RHEL 8 and Debian 10.
glibc=2.28
rust_target=${1:-$(uname -m)-unknown-linux-gnu}
shift || true
[ $# -gt 0 ] || set -- provider tui

case $rust_target in
  x86_64-unknown-linux-gnu) platform=linux_amd64 ;;
  aarch64-unknown-linux-gnu) platform=linux_arm64 ;;
  x86_64-unknown-linux-musl) platform=linux_amd64_musl ;;
  aarch64-unknown-linux-musl) platform=linux_arm64_musl ;;
  x86_64-apple-darwin) platform=darwin_amd64 ;;
  aarch64-apple-darwin) platform=darwin_arm64 ;;
  *) printf 'build.sh: no platform for %s: add it here\n' "$rust_target" >&2; exit 2 ;;
esac

build=(cargo build)
selected=$rust_target
if [[ $rust_target == *linux* ]]; then
  packaging/prepare.sh
  export PATH=$PWD/.local/zig/bin:$PATH
  build=(cargo zigbuild)
  [[ $rust_target != *gnu ]] || selected=$rust_target.$glibc
fi

cargo_home=${CARGO_HOME:-$HOME/.cargo}
export RUSTFLAGS="--remap-path-prefix=$cargo_home=/cargo --remap-path-prefix=$PWD=/jiti"
for language in CFLAGS CXXFLAGS; do
  # With zig, this is a flag of clang; on macOS too.
  export "$language=-ffile-prefix-map=$cargo_home=/cargo -ffile-prefix-map=$PWD=/jiti"
done
target=$(cargo metadata --locked --no-deps --format-version 1 |
  python3 -c 'import json, sys; print(json.load(sys.stdin)["target_directory"])')
folder=$target/binaries/$platform

for package in "$@"; do
  case $package in
    provider) profile=dist-provider binary=terraform-provider-jiti ;;
    tui) profile=dist binary=jiti ;;
    *) printf 'build.sh: no profile for the package %s\n' "$package" >&2; exit 2 ;;
  esac
  "${build[@]}" --locked --profile "$profile" --package "$package" --bins --target "$selected"
  mkdir -p "$folder"
  cp "$target/$rust_target/$profile/$binary" "$folder/"
done
ls -l "$folder"
