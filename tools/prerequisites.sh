#!/usr/bin/env bash
# Names what is missing, with the command that installs it, before anything starts.
set -u

missing=0
need() { # program, what it is for, how to get it
  if ! command -v "$1" >/dev/null 2>&1; then
    printf 'missing: %s (%s)\n  %s\n' "$1" "$2" "$3" >&2
    missing=1
  fi
}

need cargo "Rust; the version in rust-toolchain.toml installs itself" \
  "curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh"
need cc "a C compiler, to link and for the TLS library" \
  "Debian, Ubuntu: sudo apt-get install build-essential   Fedora: sudo dnf install gcc   macOS: xcode-select --install"
if [ -z "${KUBEBUILDER_ASSETS:-}" ]; then
  need go "Go 1.26 or newer, to build etcd and the Kubernetes API server once; or set KUBEBUILDER_ASSETS to a folder that has them" \
    "see https://go.dev/doc/install"
fi
if [ "$missing" -ne 0 ]; then
  exit 1
fi

if [ -z "${KUBEBUILDER_ASSETS:-}" ]; then
  version=$(go env GOVERSION 2>/dev/null | sed 's/^go//')
  minor=$(printf '%s' "$version" | cut -d. -f2)
  # An older Go fetches the newer one by itself, unless it was told not to.
  if [ "${minor:-0}" -lt 26 ] && [ "$(go env GOTOOLCHAIN)" = local ]; then
    printf 'go %s is too old, and GOTOOLCHAIN=local keeps it from fetching 1.26\n  see https://go.dev/doc/install\n' "$version" >&2
    exit 1
  fi
fi
