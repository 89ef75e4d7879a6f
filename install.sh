#!/bin/sh
# Installs jiti for this user: downloads the archive of a release, verifies its checksum, and unpacks it.
#
#   install.sh [--provider] [--to FOLDER] [--release VERSION] [--from URL]
#
#   --provider          also put the Terraform provider into ~/.terraform.d/plugins, for machines that do not reach the
#                       registry. Terraform then takes the provider only from there.
#   --to FOLDER         where the program goes; default: ~/.local/bin. Man pages and completions go to ~/.local/share.
#   --release VERSION   such as 0.1.0; default: the latest, or that of the release which contains this script
#   --from URL          where the files of the release are; default: the project's releases. A folder works too.
#
# It changes nothing unless every checksum is right. Run it again for another version.
set -eu

release=""
releases=https://github.com/jiti-dev/jiti/releases

# A function, so that a download that breaks off runs nothing.
main() {
  from=""
  to=$HOME/.local/bin
  with_provider=false

  fail() {
    printf 'install.sh: %s\n' "$*" >&2
    exit 1
  }

  while [ $# -gt 0 ]; do
    case $1 in
      --provider) with_provider=true ;;
      --to | --release | --from)
        [ $# -ge 2 ] || fail "$1 needs a value"
        case $1 in
          --to) to=$2 ;;
          --release) release=$2 ;;
          --from) from=$2 ;;
        esac
        shift
        ;;
      -h | --help)
        # Piped into a shell, this script is no file.
        sed -n '/^#!/d; /^#/!q; s/^# \{0,1\}//p' "$0" 2>/dev/null || printf 'see %s\n' "$releases"
        exit 0
        ;;
      *) fail "unknown argument $1: see --help" ;;
    esac
    shift
  done

  if command -v curl >/dev/null; then
    download() { curl --fail --silent --show-error --location --output "$2" "$1"; }
    latest() { curl --fail --silent --show-error --location --head --output /dev/null --write-out '%{url_effective}' "$releases/latest"; }
  elif command -v wget >/dev/null; then
    download() { wget --quiet --output-document="$2" "$1"; }
    latest() { wget --quiet --server-response --spider "$releases/latest" 2>&1 | sed -n 's/^ *Location: *//p' | tail -n 1; }
  else
    fail "needs curl or wget"
  fi
  if command -v sha256sum >/dev/null; then
    sha256() { sha256sum "$1" | cut -d' ' -f1; }
  elif command -v shasum >/dev/null; then
    sha256() { shasum -a 256 "$1" | cut -d' ' -f1; }
  else
    fail "needs sha256sum or shasum, to verify what it downloads"
  fi

  case $(uname -s) in
    Linux) system=linux ;;
    Darwin) system=darwin ;;
    *) fail "no package for $(uname -s): build jiti from source" ;;
  esac
  case $(uname -m) in
    x86_64 | amd64) processor=amd64 ;;
    aarch64 | arm64) processor=arm64 ;;
    *) fail "no package for $(uname -m): build jiti from source" ;;
  esac
  platform=${system}_$processor
  # Alpine and others have musl, whose archive is a platform of its own.
  library=""
  if [ "$system" = linux ] && (ldd --version 2>&1 || true) | grep -qi musl; then
    library=_musl
  fi

  if [ -z "$release" ]; then
    [ -z "$from" ] || fail "--from needs --release"
    release=$(latest | sed 's|.*/v||')
    [ -n "$release" ] || fail "cannot find the latest release at $releases: use --release"
  fi
  : "${from:=$releases/download/v$release}"

  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT

  # Fetches the file $1 of the release, and verifies it with the list of checksums $2.
  fetch() {
    if [ -d "$from" ]; then
      cp "$from/$1" "$from/$2" "$work/" || fail "$from has no $1"
    else
      download "$from/$1" "$work/$1" || fail "cannot download $from/$1"
      download "$from/$2" "$work/$2" || fail "cannot download $from/$2"
    fi
    wanted=$(awk -v name="$1" '$2 == name { print $1 }' "$work/$2")
    [ -n "$wanted" ] || fail "$2 has no checksum of $1: nothing was installed"
    found=$(sha256 "$work/$1")
    [ "$wanted" = "$found" ] || fail "the checksum of $1 is $found, not $wanted: nothing was installed"
  }

  archive=jiti_${release}_$platform$library.tar.gz
  package=terraform-provider-jiti_${release}_$platform.zip
  fetch "$archive" "jiti_${release}_SHA256SUMS"
  if $with_provider; then
    fetch "$package" "terraform-provider-jiti_${release}_SHA256SUMS"
  fi

  tar -xzf "$work/$archive" -C "$work"
  share=${XDG_DATA_HOME:-$HOME/.local/share}
  mkdir -p "$to" "$share/man/man1" "$share/bash-completion/completions" "$share/fish/vendor_completions.d" \
    "$share/zsh/site-functions"
  # Moved into place, so that a jiti that runs is not written to.
  cp "$work/jiti" "$to/.jiti.new"
  chmod 755 "$to/.jiti.new"
  mv -f "$to/.jiti.new" "$to/jiti"
  cp "$work"/man/man1/*.1 "$share/man/man1/"
  cp "$work/completions/jiti.bash" "$share/bash-completion/completions/jiti"
  cp "$work/completions/jiti.fish" "$share/fish/vendor_completions.d/jiti.fish"
  cp "$work/completions/_jiti" "$share/zsh/site-functions/_jiti"
  printf 'Installed jiti %s as %s/jiti.\n' "$release" "$to"

  if $with_provider; then
    # Terraform and OpenTofu look for the provider under different hosts, and read the zip file as it is.
    for host in registry.terraform.io registry.opentofu.org; do
      plugins=$HOME/.terraform.d/plugins/$host/jiti-dev/jiti
      mkdir -p "$plugins"
      cp "$work/$package" "$plugins/"
    done
    printf 'Put the provider into %s/.terraform.d/plugins, where terraform init finds it.\n' "$HOME"
  fi
  case :$PATH: in
    *":$to:"*) ;;
    *) printf 'Put %s into your PATH.\n' "$to" ;;
  esac
}

main "$@"
