#!/usr/bin/env bash
# Configures (when needed) and builds one preset. usage: build.sh PRESET [TARGET...]
set -euo pipefail
cd "$(dirname "$0")/.."
preset=$1
shift
# With these a compiler cache also serves another clone of the same sources.
export CCACHE_NOHASHDIR=1 CCACHE_BASEDIR=$PWD CCACHE_SLOPPINESS=pch_defines,time_macros
[ -f "build/$preset/build.ninja" ] || { echo "build: configuring $preset"; cmake --preset "$preset" >/dev/null; }
echo "build: $preset ${*:-(everything)}"
cmake --build "build/$preset" -- --quiet ${*:+"$@"}
