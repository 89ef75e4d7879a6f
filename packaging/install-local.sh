#!/usr/bin/env bash
# Installs built binaries for this user: both into BIN, and the provider also into Terraform's local plugin folder, where
# `terraform init` finds it without a configuration.
#   packaging/install-local.sh BUILT BIN
set -euo pipefail
built=$1 bin=$2
platform=$("$(dirname "$0")/platform.sh")
mkdir -p "$bin"
install "$built/jiti" "$built/terraform-provider-jiti" "$bin/"
release=$("$bin/jiti" --version | awk '{ print $2 }')
# Terraform and OpenTofu look for the provider under different hosts.
for host in registry.terraform.io registry.opentofu.org; do
  plugins=$HOME/.terraform.d/plugins/$host/jiti-dev/jiti
  mkdir -p "$plugins/$release/$platform"
  install "$built/terraform-provider-jiti" "$plugins/$release/$platform/terraform-provider-jiti_v$release"
done

printf 'Installed jiti %s into %s, and the provider into %s.\n' "$release" "$bin" "${plugins%/registry*}"
case ":$PATH:" in
  *":$bin:"*) ;;
  *) printf 'Put %s into your PATH.\n' "$bin" ;;
esac
configuration=${TF_CLI_CONFIG_FILE:-$HOME/.terraformrc}
if grep -qs provider_installation "$configuration"; then
  printf 'Note: %s has a block provider_installation, so Terraform looks only where that block says.\n' "$configuration"
fi
