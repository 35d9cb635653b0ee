#!/usr/bin/env bash
# Names what is missing or too old, with the command that installs it, before anything starts.
set -u

missing=0
complain() { # what, how to get it
  printf '%s\n  %s\n' "$1" "$2" >&2
  missing=1
}
need() { # program, what it is for, how to get it
  command -v "$1" >/dev/null 2>&1 || complain "missing: $1 ($2)" "$3"
}
older() { # version, major.minor: whether the version is older, or cannot be told
  local major minor
  major=$(printf '%s' "$1" | cut -d. -f1)
  minor=$(printf '%s' "$1" | cut -d. -f2)
  case "$major$minor" in '' | *[!0-9]*) return 0 ;; esac
  [ "$major" -lt "${2%.*}" ] || { [ "$major" -eq "${2%.*}" ] && [ "$minor" -lt "${2#*.}" ]; }
}

rustup="curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh"
need cargo "Rust; the version in rust-toolchain.toml installs itself" "$rustup"
need cc "a C compiler, to link and for the TLS library" \
  "Debian, Ubuntu: sudo apt-get install build-essential   Fedora: sudo dnf install gcc   macOS: xcode-select --install"
# With rustup, cargo fetches the version of rust-toolchain.toml by itself.
if command -v cargo >/dev/null 2>&1 && ! command -v rustup >/dev/null 2>&1; then
  version=$(cargo --version 2>/dev/null | cut -d' ' -f2)
  if older "$version" 1.95; then
    complain "cargo $version is too old, and there is no rustup to fetch 1.95" "$rustup"
  fi
fi

if [ "${1:-}" = test ]; then
  python="Debian, Ubuntu: sudo apt-get install python3-venv   Fedora: sudo dnf install python3   macOS: brew install python"
  need python3 "Python 3.10 or newer, for the tests in which AWS's own clients are let loose on the simulated AWS" "$python"
  if command -v python3 >/dev/null 2>&1; then
    version=$(python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)
    if older "$version" 3.10; then
      complain "python3 $version is too old for AWS's own clients" "$python"
    elif ! python3 -c 'import ensurepip, venv' 2>/dev/null; then
      complain "missing: Python's venv and ensurepip" "$python"
    fi
  fi
fi

if [ -z "${KUBEBUILDER_ASSETS:-}" ]; then
  need go "Go 1.26 or newer, to build etcd and the Kubernetes API server once; or set KUBEBUILDER_ASSETS to a folder that has them" \
    "see https://go.dev/doc/install"
  if command -v go >/dev/null 2>&1; then
    version=$(go env GOVERSION 2>/dev/null | sed 's/^go//')
    # From 1.21 on Go fetches the newer one by itself, unless it was told not to.
    if older "$version" 1.21; then
      complain "go $version is too old to fetch 1.26 by itself" "see https://go.dev/doc/install"
    elif older "$version" 1.26 && [ "$(go env GOTOOLCHAIN)" = local ]; then
      complain "go $version is too old, and GOTOOLCHAIN=local keeps it from fetching 1.26" "see https://go.dev/doc/install"
    fi
  fi
else
  for program in etcd kube-apiserver kubectl; do
    [ -x "$KUBEBUILDER_ASSETS/$program" ] || { [ "$program" = kubectl ] && command -v kubectl >/dev/null 2>&1; } ||
      complain "missing: $KUBEBUILDER_ASSETS/$program (KUBEBUILDER_ASSETS says it is there)" \
        "unset KUBEBUILDER_ASSETS to have it built, or see setup-envtest of controller-runtime"
  done
fi
exit "$missing"
