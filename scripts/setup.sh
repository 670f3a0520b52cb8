#!/usr/bin/env bash
# Installs the Debian packages that are missing and says which. usage: setup.sh [build] [test]
set -euo pipefail

build_packages=(
  g++ cmake ninja-build ccache mold pkg-config python3 git ca-certificates
  libboost1.81-dev libboost-json1.81-dev libssl-dev libc-ares-dev libsqlite3-dev
  libtomlplusplus-dev libcli11-dev libre2-dev libgtest-dev libgmock-dev libjemalloc-dev
  libopus-dev libspandsp-dev libspeexdsp-dev libsndfile1-dev libwebrtc-audio-processing-dev flite1-dev
)
test_packages=(
  clang-19 libclang-rt-19-dev libsrtp2-dev
  baresip-core sip-tester kamailio openssl nodejs node-typescript node-ws
)

wanted=()
for set in "${@:-build}"; do
  case $set in
    build) wanted+=("${build_packages[@]}") ;;
    test) wanted+=("${test_packages[@]}") ;;
    *) echo "usage: $0 [build] [test]" >&2; exit 2 ;;
  esac
done

missing=()
for package in "${wanted[@]}"; do
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then
  echo "setup: all ${#wanted[@]} Debian packages are installed"
  exit 0
fi

echo "setup: installing ${missing[*]}"
sudo=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || { echo "setup: not root and no sudo; install these yourself: ${missing[*]}" >&2; exit 1; }
  sudo=(sudo)
fi

# The peers that the tests start themselves must not be left running as services of this machine.
policy=/usr/sbin/policy-rc.d
made_policy=
if [ ! -e $policy ]; then
  printf '#!/bin/sh\nexit 101\n' | "${sudo[@]}" tee $policy >/dev/null
  "${sudo[@]}" chmod 755 $policy
  made_policy=yes
fi
restore() { [ -z "$made_policy" ] || "${sudo[@]}" rm -f $policy; }
trap restore EXIT

export DEBIAN_FRONTEND=noninteractive
"${sudo[@]}" apt-get update -qq
"${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
# With services held back while installing, kamailio would still start at the next boot.
if command -v systemctl >/dev/null; then "${sudo[@]}" systemctl disable kamailio >/dev/null 2>&1 || true; fi
echo "setup: done"
